"""The answers of runs: each case is run once, several at a time if asked for, and a file remembers them."""

import json
import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from pydantic import BaseModel, ConfigDict, ValidationError

from nbtrace.errors import InputError, MismatchError, NbtraceError, ProgramError, UsageError
from nbtrace.files import read_bytes, write_new
from nbtrace.programs.worker_pool import run_until_told
from nbtrace.progress import step
from nbtrace.records import Pixel, Side
from nbtrace.reduction.case import FlagCase
from nbtrace.reduction.delta_debugging import Answer
from nbtrace.reduction.failure import CaseFailure
from nbtrace.reduction.images_outcome import ImagesOutcome

ANSWERS = "answers.jsonl"
"""The file in a work folder that remembers."""

_ERRORS = {kind.exit_code: kind for kind in (InputError, MismatchError, ProgramError, UsageError)}


class RunsSpentError(Exception):
    """As many runs as were allowed have been made."""


@dataclass(frozen=True)
class Outcome:
    """What a run of a case gave.

    Attributes
    ----------
    failure : CaseFailure or None
        None where the sides agree, or there is no answer.
    trouble : str
        Why there is no answer; empty if there is one.
    code : int
        How a command that compares it ends.
    """

    failure: CaseFailure | None
    trouble: str = ""
    code: int = 0

    @classmethod
    def of_error(cls, error: NbtraceError) -> "Outcome":
        """Return what a run gives that ends with an error."""
        return cls(None, str(error) or type(error).__name__, int(error.exit_code))

    @property
    def text(self) -> str:
        """What it says, in words."""
        if self.trouble:
            return f"it cannot be run ({self.trouble})"
        return "it passes" if self.failure is None else self.failure.text

    @property
    def passes(self) -> bool:
        """Whether the sides agree."""
        return self.failure is None and not self.trouble

    @property
    def error(self) -> NbtraceError:
        """The error that a run without an answer ended with."""
        known = {int(code): kind for code, kind in _ERRORS.items()}
        return known.get(self.code, ProgramError)(self.trouble)

    def answer(self, failure: CaseFailure) -> Answer:
        """Return what it says of a way to fail."""
        if self.trouble:
            return Answer.UNRESOLVED
        return Answer.SAME if self.failure == failure else Answer.OTHER


class CaseTest(Protocol):
    """Runs a case on both sides. It goes to other processes."""

    def key(self, case: FlagCase) -> str:
        """Return a digest of all that decides what the case gives: words, inputs, programs, limits.

        Raises
        ------
        NbtraceError
            If the words make no run.
        """

    def __call__(self, case: FlagCase) -> Outcome:
        """Run it; an error of ours is an outcome, too."""


class _Written(BaseModel):
    """A line of the file."""

    model_config = ConfigDict(extra="forbid", strict=True)

    key: str
    images: str | None = None
    gate: str = ""
    band: str = ""
    quantity: str = ""
    side: str = ""
    cause: str = ""
    words: str = ""
    slow: int | None = None
    fast: int | None = None
    untraced: str = ""
    trouble: str = ""
    code: int = 0

    @classmethod
    def of(cls, key: str, outcome: Outcome) -> "_Written":
        failure = outcome.failure
        if failure is None:
            return cls(key=key, trouble=outcome.trouble, code=outcome.code)
        slow, fast = failure.pixel or (None, None)
        return cls(
            key=key,
            images=failure.images.value,
            gate=failure.gate,
            band=failure.band,
            quantity=failure.quantity,
            side=failure.side.value,
            cause=failure.cause,
            words=failure.words,
            slow=slow,
            fast=fast,
            untraced=failure.untraced,
            code=outcome.code,
        )

    @property
    def outcome(self) -> Outcome:
        if self.images is None:
            return Outcome(None, self.trouble, self.code)
        pixel: Pixel | None = None if self.slow is None or self.fast is None else (self.slow, self.fast)
        images, side = ImagesOutcome(self.images), Side(self.side)
        told = self.quantity, side, self.cause, self.words, pixel, self.untraced
        failure = CaseFailure(images, self.gate, self.band, *told)
        return Outcome(failure, code=self.code)


def _remembered(path: Path) -> Iterator[tuple[str, Outcome]]:
    """Yield what a file remembers; a line that a killed run left unfinished is none."""
    if not path.exists():
        return
    for line in read_bytes(path).splitlines():
        try:
            written = _Written.model_validate(json.loads(line))
            yield written.key, written.outcome
        except (ValueError, ValidationError, RecursionError):
            continue


Waiting: TypeAlias = "Future[Outcome]"


@dataclass
class Answers:
    """Runs cases, each once.

    What is asked, in which order, and what counts against the limit does not depend on `jobs`: cases that are run ahead
    count when they are asked for. A folder's answers are of use only where the given case is answered as before
    (:meth:`begun`).

    Attributes
    ----------
    test : CaseTest
    most : int
        Runs that may be made.
    executor : Executor or None
        What runs cases; None for this process. It takes further ones after a process of it was killed.
    jobs : int
        Cases that are run at a time.
    folder : Path or None
        Where answers are remembered.
    runs, recalled : int
        Cases that were run, and those that the folder remembered.
    unresolved : int
        Cases without an answer among them.
    other_before : Outcome or None
        What the folder remembered of the given case, where it is answered otherwise now.
    """

    test: CaseTest
    most: int
    executor: Executor | None = None
    jobs: int = 1
    folder: Path | None = None
    runs: int = 0
    recalled: int = 0
    unresolved: int = 0
    other_before: Outcome | None = None
    _known: dict[str, Outcome] = field(default_factory=dict)
    _remembered: dict[str, Outcome] = field(default_factory=dict)
    _waiting: dict[str, Waiting] = field(default_factory=dict)
    _keys: dict[FlagCase, str | Outcome] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.folder is not None:
            self._remembered = dict(_remembered(self.folder / ANSWERS))

    def begun(self, given: FlagCase) -> Outcome:
        """Run the case that all others are held against, whatever is remembered of it.

        Where the folder remembers another answer, nothing that it remembers is used, and it begins anew: something has
        changed that no key tells, or a side does not give one answer.
        """
        key = self._key(given)
        if isinstance(key, Outcome):
            return key
        before = self._remembered.pop(key, None)
        outcome = self._known[key] = self._ran(key, given)
        self.unresolved += bool(outcome.trouble)
        if before is not None and not (outcome.trouble or before.trouble) and outcome != before:
            self.other_before = before
            self._remembered.clear()
            self._forget()
        if before != outcome:
            self._remember(key, outcome)
        return outcome

    def again(self, case: FlagCase) -> Outcome | None:
        """Run a case once more that has been answered; None where no more runs are allowed."""
        key = self._key(case)
        if isinstance(key, Outcome):
            return key
        return self._ran(key, case) if self.runs < self.most else None

    def first_same(self, cases: Iterable[FlagCase], failure: CaseFailure) -> FlagCase | None:
        """Return the first case that fails in the same way; None if none does.

        Raises
        ------
        RunsSpentError
            If the limit is reached before.
        """
        coming = iter(cases)
        ahead: deque[FlagCase] = deque()
        while True:
            while len(ahead) < self.jobs and (case := next(coming, None)) is not None:
                self._start(case)
                ahead.append(case)
            if not ahead:
                return None
            case = ahead.popleft()
            if self.outcome(case).answer(failure) is Answer.SAME:
                return case

    def outcome(self, case: FlagCase) -> Outcome:
        """Return what a case gives.

        Raises
        ------
        RunsSpentError
            If it is not known, and the limit is reached.
        """
        key = self._key(case)
        if isinstance(key, Outcome):
            return key
        if key not in self._known:
            self._known[key] = self._asked(key, case)
            self.unresolved += bool(self._known[key].trouble)
        return self._known[key]

    def known(self, case: FlagCase) -> Outcome | None:
        """Return what a case gave; None if it was not asked."""
        key = self._key(case)
        return key if isinstance(key, Outcome) else self._known.get(key)

    def _key(self, case: FlagCase) -> str | Outcome:
        """Return the key of a case, or why it has none; that costs no run."""
        if case not in self._keys:
            try:
                self._keys[case] = self.test.key(case)
            except NbtraceError as error:
                self._keys[case] = Outcome.of_error(error)
        return self._keys[case]

    def _asked(self, key: str, case: FlagCase) -> Outcome:
        if key in self._remembered:
            self.recalled += 1
            return self._remembered[key]
        if self.runs >= self.most:
            raise RunsSpentError
        outcome = self._ran(key, case)
        self._remember(key, outcome)
        return outcome

    def _ran(self, key: str, case: FlagCase) -> Outcome:
        self.runs += 1
        step()
        return self._run(key, case)

    def _run(self, key: str, case: FlagCase) -> Outcome:
        if self.executor is None:
            return self.test(case)
        waiting = self._waiting.pop(key, None) or self.executor.submit(run_until_told, self.test, case)
        try:
            return waiting.result()
        except BrokenExecutor:
            return self._alone(self.executor, case)

    def _alone(self, executor: Executor, case: FlagCase) -> Outcome:
        """Run a case with no other beside it: a process was killed, and which case did that is not known."""
        wait(self._waiting.values())
        self._waiting = {
            key: done for key, done in self._waiting.items() if not isinstance(done.exception(), BrokenExecutor)
        }
        try:
            return executor.submit(run_until_told, self.test, case).result()
        except BrokenExecutor:
            return Outcome.of_error(ProgramError("the process that runs it is killed, also with no other beside it"))

    def _start(self, case: FlagCase) -> None:
        """Let a case run ahead, if there is something that runs it."""
        key = self._key(case)
        if self.executor is None or isinstance(key, Outcome):
            return
        if not {key} & (self._known.keys() | self._remembered.keys() | self._waiting.keys()):
            self._waiting[key] = self.executor.submit(run_until_told, self.test, case)

    def _forget(self) -> None:
        if self.folder is not None:
            write_new(self.folder / ANSWERS, b"", force=True)

    def _remember(self, key: str, outcome: Outcome) -> None:
        if self.folder is None:
            return
        line = json.dumps(_Written.of(key, outcome).model_dump(exclude_defaults=True)) + "\n"
        path = self.folder / ANSWERS
        try:
            with path.open("ab+") as stream:
                if stream.tell() and not _ends_a_line(stream):
                    line = f"\n{line}"
                stream.write(line.encode())
                stream.flush()
                os.fsync(stream.fileno())
        except OSError as error:
            raise UsageError(f"{path} cannot be written: {error.strerror}") from error


def _ends_a_line(stream: Any) -> bool:
    stream.seek(-1, os.SEEK_END)
    return bool(stream.read(1) == b"\n")
