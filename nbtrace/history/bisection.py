"""The commit that brought a divergence: `git bisect run`, asking each commit whether the same one comes first.

The repository is left as it was: on the branch it was on, without a bisection under way. It must be clean, so that
nothing of its owner's can be lost; what a command changes in tracked files is undone after each commit.
"""

import os
import re
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import ClassVar

from nbtrace.errors import ProgramError, UsageError
from nbtrace.plain_text import clean
from nbtrace.presentable import Presentable

SKIPPED = 125
"""Exit status by which `git bisect run` passes a commit over."""

_LINES = 3
"""Lines of what git says of a failure that are told."""

_FIRST_BAD = re.compile(r"^# first bad commit: \[([0-9a-f]{40,64})\]", re.MULTILINE)
_POSSIBLE = re.compile(r"^# possible first bad commit: \[([0-9a-f]{40,64})\]", re.MULTILINE)


class CommitOutcome(StrEnum):
    """What a commit says. HIDDEN: another divergence comes first, from which this one may follow."""

    SAME = "same"
    ABSENT = "absent"
    HIDDEN = "hidden"
    FAILED = "failed"

    @property
    def exit_status(self) -> int:
        """What `git bisect run` is told: 0 good, 1 bad, 125 neither."""
        return {CommitOutcome.ABSENT: 0, CommitOutcome.SAME: 1}.get(self, SKIPPED)


@dataclass(frozen=True, slots=True)
class DivergenceMark:
    """A first divergence by what it is called: its case, its quantity, and side and cause where they are told."""

    quantity: str
    case: str = ""
    side: str = ""
    cause: str = ""

    def is_same(self, other: "DivergenceMark") -> bool:
        """Whether another one is the same, as far as both tell."""
        pairs = ((self.case, other.case), (self.side, other.side), (self.cause, other.cause))
        return self.quantity == other.quantity and all(not a or not b or a == b for a, b in pairs)

    def __str__(self) -> str:
        told = ", ".join(filter(None, (self.side, self.cause)))
        return f"{self.quantity}{f' of {self.case}' if self.case else ''}{f' ({told})' if told else ''}"


@dataclass(frozen=True, slots=True)
class BisectStep:
    """A commit that was tried, what it says, and its first divergence or why there is none."""

    commit: str
    outcome: CommitOutcome
    what: str


@dataclass(frozen=True, repr=False)
class BisectResult(Presentable):
    """The commit that brought a divergence.

    Attributes
    ----------
    good, bad : str
        The commits between which it was looked for.
    mark : DivergenceMark
    first_bad : str or None
        None where only commits that were passed over are left.
    subject : str
        Its first line.
    possible : tuple of str
        Commits of which one brought it, where none is known to.
    steps : tuple of BisectStep
        In the order in which they were tried.
    """

    presented_as: ClassVar[str] = "bisect"

    good: str
    bad: str
    mark: DivergenceMark
    first_bad: str | None
    subject: str
    possible: tuple[str, ...]
    steps: tuple[BisectStep, ...]


@dataclass(frozen=True)
class Repository:
    """A git repository.

    Attributes
    ----------
    top : Path
    """

    top: Path

    @classmethod
    def of(cls, folder: Path) -> "Repository":
        """Return the repository that holds a folder.

        Raises
        ------
        UsageError
            If there is none.
        ProgramError
            If git cannot be run.
        """
        done = _git(folder, "rev-parse", "--show-toplevel")
        if done.returncode != 0:
            raise UsageError(f"{folder.absolute()} is in no git repository")
        return cls(Path(done.stdout.strip()))

    def require_clean(self) -> None:
        """Refuse a repository that has changes in tracked files, or in which a bisection is under way.

        Raises
        ------
        UsageError
        """
        changed = self._told("status", "--porcelain", "--untracked-files=no").splitlines()
        if changed:
            first = clean(changed[0][3:])
            raise UsageError(
                f"{self.top} has {len(changed)} changes that are in no commit ({first}); commit them first"
            )
        if (self.top / self._told("rev-parse", "--git-path", "BISECT_START").strip()).exists():
            raise UsageError(f"{self.top} has a bisection under way; end it first: git bisect reset")

    def commit(self, name: str) -> str:
        """Return the full name of a commit.

        Raises
        ------
        UsageError
            If there is none of that name.
        """
        done = _git(self.top, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
        if done.returncode != 0:
            raise UsageError(f"there is no commit {clean(name)!r}")
        return done.stdout.strip()

    def require_ancestor(self, good: str, bad: str) -> None:
        """Refuse commits of which the first is not before the second.

        Raises
        ------
        UsageError
        """
        if good == bad or _git(self.top, "merge-base", "--is-ancestor", good, bad).returncode != 0:
            raise UsageError(f"GOOD {good[:10]} is not before BAD {bad[:10]}; give the older commit first")

    def subject(self, commit: str) -> str:
        """Return the first line of a commit's message."""
        return clean(self._told("log", "-1", "--format=%s", commit).strip())

    @contextmanager
    def left_as_it_was(self) -> Iterator[None]:
        """Come back, whatever happens, to the branch or commit that is checked out now."""
        done = _git(self.top, "symbolic-ref", "--quiet", "--short", "HEAD")
        start = done.stdout.strip() if done.returncode == 0 else self.commit("HEAD")
        try:
            yield
        finally:
            self.undo()
            _git(self.top, "bisect", "reset")
            self._told("checkout", "--quiet", start, "--")

    def check_out(self, commit: str) -> None:
        """Check a commit out, on no branch; a file that git does not know is never overwritten."""
        self._told("checkout", "--quiet", "--detach", commit)

    def undo(self) -> None:
        """Undo what a command changed in tracked files."""
        self._told("reset", "--quiet", "--hard")

    def bisect(self, good: str, bad: str, command: Sequence[str]) -> tuple[str | None, tuple[str, ...]]:
        """Run `git bisect run`; return the first bad commit, and those of which one is it where it is not known."""
        self._told("bisect", "start", bad, good, "--")
        _git(self.top, "bisect", "run", *command)
        log = self._told("bisect", "log")
        found = _FIRST_BAD.search(log)
        return (None if found is None else found[1]), tuple(dict.fromkeys(_POSSIBLE.findall(log)))

    def _told(self, *words: str) -> str:
        done = _git(self.top, *words)
        if done.returncode != 0:
            said = clean("; ".join(done.stderr.split("\n")[:_LINES]).strip("; ")) or "it says nothing"
            raise ProgramError(f"git {words[0]} failed: {said}")
        return done.stdout


def first_bad_commit(
    repository: Repository,
    good: str,
    bad: str,
    ask: Callable[[], DivergenceMark | None],
    step: Callable[[DivergenceMark], Sequence[str]],
) -> tuple[DivergenceMark, str | None, tuple[str, ...]]:
    """Find the commit that brought the first divergence of `bad`.

    Parameters
    ----------
    repository : Repository
        A clean one.
    good, bad : str
        Names of commits.
    ask : callable
        Returns the first divergence of what is checked out; None where there is none.
    step : callable
        Returns the command that exits 0, 1 or 125 for what is checked out.

    Raises
    ------
    UsageError
        If `bad` has no divergence, or `good` has the same.
    """
    with repository.left_as_it_was():
        repository.check_out(bad)
        mark = ask()
        repository.undo()
        if mark is None:
            raise UsageError(f"BAD {bad[:10]} has no first divergence to look for")
        repository.check_out(good)
        other = ask()
        repository.undo()
        if other is not None and mark.is_same(other):
            raise UsageError(f"GOOD {good[:10]} has the same first divergence: {clean(str(mark))}")
        return mark, *repository.bisect(good, bad, step(mark))


def _git(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    try:
        return subprocess.run(
            ["git", *words],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            env={**os.environ, "LC_ALL": "C"},
        )
    except FileNotFoundError:
        raise ProgramError("git is not installed, or the folder is not there") from None
    except OSError as error:
        raise ProgramError(f"git cannot be run: {error.strerror}") from error
