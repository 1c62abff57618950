"""Many inputs through one function: seeds, limits, and what is left behind when one of them breaks it.

Every input is made from its target's name and a number alone, so a number is enough to make it again. In every run the
numbers are the same few. `NBTRACE_FUZZ_SECONDS` gives a time instead, shared by the targets, and `NBTRACE_FUZZ_SEED`
the first number; it is drawn and printed where it is not given. What broke a target is saved in
`NBTRACE_FUZZ_FOLDER`, by default the folder nbtrace-fuzz of the system's temporary one.
"""

import os
import resource
import signal
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random, SystemRandom
from types import FrameType
from typing import NoReturn, TypeAlias

from tests.places import ROOT

Sample: TypeAlias = Mapping[str, bytes]
"""An input: contents by file name."""

_SHOWN = 300
_MOST_FAULTS = 20
_MOST_SHORTENINGS = 400
_MOST_GROWTH = 300 << 20


class TooSlowError(BaseException):
    """An input takes too long; no error of a program, so that no program catches it."""


@dataclass(frozen=True)
class Target:
    """What inputs are thrown at.

    Attributes
    ----------
    name : str
    make : callable
        Makes an input.
    attempt : callable
        Uses an input; may write to the folder that it is given. Any exception is a fault, a failed assertion too. It
        returns whether the input came as far as what is to be held: one that is refused at once shows little.
    few : int
        Inputs of every run.
    share : float
        Weight in the time of a long run.
    least : float
        Part of the inputs that must come that far, so that no run passes because nothing was held.
    """

    name: str
    make: Callable[[Random], Sample]
    attempt: Callable[[Sample, Path], bool]
    few: int
    share: float = 1.0
    least: float = 0.0


@dataclass(frozen=True)
class Extent:
    """How much is tried: `few` inputs from number 0 on, or for some seconds from a seed on.

    Attributes
    ----------
    seconds : float or None
        None for the few inputs of every run.
    first : int
        Number of the first input.
    each : float
        Seconds of processor time that an input may take; generous where many tests share a machine.
    most : int or None
        Inputs at which a long run ends before its time.
    """

    seconds: float | None = None
    first: int = 0
    each: float = 10.0
    most: int | None = None

    @classmethod
    def of_environment(cls, share: float) -> "Extent":
        """Return what the environment asks for, `share` being the part of the time."""
        seconds = os.environ.get("NBTRACE_FUZZ_SECONDS")
        if not seconds:
            return cls()
        seed = os.environ.get("NBTRACE_FUZZ_SEED")
        return cls(float(seconds) * share, int(seed) if seed else SystemRandom().randrange(10**9) * 1000, 1.0)


@dataclass(frozen=True)
class Fault:
    """An input that broke its target, and where it was saved."""

    number: int
    kind: str
    text: str
    folder: Path

    def __str__(self) -> str:
        return f"input {self.number}, saved in {self.folder}: {self.text}"


@dataclass
class Outcome:
    """What a campaign came to."""

    inputs: int = 0
    held: int = 0
    seconds: float = 0.0
    slowest: tuple[float, int] = (0.0, -1)
    growth: int = 0
    faults: list[Fault] = field(default_factory=list)

    def line(self, target: Target, extent: Extent) -> str:
        """Return it in one line."""
        return (
            f"{target.name}: {self.inputs} inputs from {extent.first} ({self.held} held) in {self.seconds:.1f} s, "
            f"slowest {self.slowest[0]:.3f} s (input {self.slowest[1]}), "
            f"peak memory {_peak() >> 20} MB, grown by at most {self.growth >> 20}, {len(self.faults)} faults"
        )


def sample_of(target: Target, number: int) -> Sample:
    """Return an input by its number."""
    return target.make(Random(f"{target.name} {number}"))  # noqa: S311 - no secret


def campaign(target: Target, extent: Extent, folder: Path) -> Outcome:
    """Throw inputs at a target; `folder` is where it may write."""
    outcome = Outcome()
    start, peak = time.monotonic(), _peak()
    seen: set[str] = set()
    for number in _numbers(target, extent, start):
        sample = sample_of(target, number)
        before = time.process_time()
        broken, held = attempted(target, sample, folder, extent.each)
        took = time.process_time() - before
        outcome.inputs += 1
        outcome.held += held
        outcome.slowest = max(outcome.slowest, (took, number))
        if broken is None and _peak() - peak > _MOST_GROWTH:
            broken = MemoryError(f"the peak of memory grew by {(_peak() - peak) >> 20} MB")
        if _peak() > peak:
            outcome.growth = max(outcome.growth, _peak() - peak)
            peak = _peak()
        if broken is not None and (kind := kind_of(broken)) not in seen:
            seen.add(kind)
            outcome.faults.append(_fault(target, number, sample, broken, folder, extent.each))
            if len(seen) == _MOST_FAULTS:
                break
    outcome.seconds = time.monotonic() - start
    return outcome


def _numbers(target: Target, extent: Extent, start: float) -> Iterator[int]:
    if extent.seconds is None:
        yield from range(extent.first, extent.first + target.few)
        return
    number = extent.first
    while time.monotonic() - start < extent.seconds and (extent.most is None or number < extent.first + extent.most):
        yield number
        number += 1


def attempted(target: Target, sample: Sample, folder: Path, seconds: float) -> tuple[BaseException | None, bool]:
    """Return what an input breaks its target with, None if it does not, and whether there was something to hold."""
    try:
        with _limited(seconds):
            return None, target.attempt(sample, folder)
    except (Exception, TooSlowError) as broken:  # noqa: BLE001 - what it may be is the question
        return broken, False


@contextmanager
def _limited(seconds: float) -> Iterator[None]:
    """Raise `TooSlowError` after so much time of the processor, which a busy machine does not change."""
    before = signal.signal(signal.SIGPROF, _too_slow)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _too_slow(number: int, frame: FrameType | None) -> NoReturn:
    raise TooSlowError("took too long")


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def kind_of(broken: BaseException) -> str:
    """Return what tells one fault from another: the error's type and the line that it comes from."""
    if isinstance(broken, TooSlowError | MemoryError):
        return type(broken).__name__
    frames = traceback.extract_tb(broken.__traceback__)
    where = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"{type(broken).__name__} {where}"


def _fault(target: Target, number: int, sample: Sample, broken: BaseException, folder: Path, seconds: float) -> Fault:
    kind = kind_of(broken)
    home = Path(tempfile.mkdtemp(prefix=f"{target.name.replace(' ', '-')}-{number}-", dir=_home()))
    for name, content in shortened(target, sample, folder, kind, seconds).items():
        (home / name).write_bytes(content)
    told = "".join(traceback.format_exception(broken, limit=-20))
    (home / "fault.txt").write_text(f"{target.name}, input {number}\n{told}", encoding="utf-8", errors="replace")
    return Fault(number, kind, _in_a_line(broken), home)


def _in_a_line(broken: BaseException) -> str:
    """Return an error with the last line of ours that it went through."""
    own = [frame for frame in traceback.extract_tb(broken.__traceback__) if Path(frame.filename).is_relative_to(ROOT)]
    where = f" at {Path(own[-1].filename).relative_to(ROOT)}:{own[-1].lineno}" if own else ""
    return f"{type(broken).__name__}{where}: {str(broken)[:_SHOWN]}"


def _home() -> Path:
    home = Path(os.environ.get("NBTRACE_FUZZ_FOLDER") or Path(tempfile.gettempdir()) / "nbtrace-fuzz")
    home.mkdir(parents=True, exist_ok=True)
    return home


def shortened(target: Target, sample: Sample, folder: Path, kind: str, seconds: float) -> Sample:
    """Return an input with fewer lines that breaks the target in the same way."""
    if kind in {"TooSlowError", "MemoryError"}:
        return sample
    left = _MOST_SHORTENINGS
    for name in sample:
        pieces = sample[name].splitlines(keepends=True)
        size = max(1, len(pieces) // 2)
        while size and left:
            at = 0
            while at < len(pieces) and left:
                left -= 1
                fewer = pieces[:at] + pieces[at + size :]
                trial = {**sample, name: b"".join(fewer)}
                broken, _ = attempted(target, trial, folder, seconds)
                if broken is not None and kind_of(broken) == kind:
                    pieces, sample = fewer, trial
                else:
                    at += size
            size //= 2
    return sample
