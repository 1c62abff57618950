"""Who is compared with whom: the sides that the options of `nbtrace compare` ask for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path

from nbtrace.cli.trace_capture_options import TraceCaptureOptions, shipped_probes
from nbtrace.embedded.choice import Choice, asked_by_environment, require_simulator
from nbtrace.errors import ProgramError, UsageError
from nbtrace.files import sha256_of
from nbtrace.programs.archived import ArchivedSource
from nbtrace.programs.case_keys import digest_of_values, program_digest
from nbtrace.programs.command import FlagLine, flag_line
from nbtrace.programs.leniency import LENIENT
from nbtrace.programs.named_candidates import NamedCandidate
from nbtrace.programs.program_source import ProgramSource
from nbtrace.programs.programs import Program, candidate, find_reference
from nbtrace.programs.reference_cache import CachedReference
from nbtrace.programs.side_source import RunOptions, SideSource
from nbtrace.programs.trace_capture import TraceCapture
from nbtrace.temporary import Owner, process_folder
from nbtrace.vocabulary import registry


@dataclass(frozen=True)
class Request:
    """What the command line asks for.

    Attributes
    ----------
    flags : tuple of str
        The reference's; empty where they are recorded, or stand in a suite.
    reference, candidate : str or None
        `--ref` and `--cand`.
    archived : Path or None
    threads : int or None
        By default those of recorded output, else one.
    seconds : float or None
        Time limit of a run.
    embedded : Choice
    spellings : (str, str)
        What the command calls the options of the reference and of the candidate.
    flags_lenient : bool
        Whether flags that the reference ignores are passed over although the embedded simulator refuses them.
    capturing : TraceCaptureOptions
    work : Path or None
        A folder for what captures the values of programs that print no trace; None to leave those without.
    alive : bool
        Whether the candidate stays alive between runs.
    cache : Path or None
        Folder in which the reference's output is kept between runs.
    number : int
        Which of several candidates this one is, from 0.
    """

    flags: tuple[str, ...]
    reference: str | None
    candidate: str | None
    archived: Path | None
    threads: int | None
    seconds: float | None
    embedded: Choice
    spellings: tuple[str, str] = ("--ref", "--cand")
    flags_lenient: bool = False
    capturing: TraceCaptureOptions = field(default_factory=TraceCaptureOptions)
    work: Path | None = None
    alive: bool = False
    cache: Path | None = None
    number: int = 0

    def __post_init__(self) -> None:
        if self.archived is not None and self.reference is not None:
            raise UsageError("--archived stands for the reference; give it or --ref, not both")
        if self.other is not None and self.embedded:
            raise UsageError(
                f"--mode, --device and --dtype are of the embedded simulator; the candidate is {self.other.file.name} "
                f"({self.other.origin})"
            )

        if self.other is None and self.alive:
            raise UsageError("--alive is about another candidate than the embedded simulator; give --cand")
        if self.other is None and self.embedded.dtype is None:
            asked_by_environment()  # what is wrong there ends here, and not after the reference has run

    @cached_property
    def other(self) -> Program | None:
        """The candidate program; None for the embedded simulator."""
        found = candidate(self.candidate, spelling=self.spellings[1])
        return found if found is None or not self.alive else replace(found, stays_alive=True)

    def each(self, candidates: Sequence[NamedCandidate]) -> tuple[tuple[NamedCandidate, "Request"], ...]:
        """Return each of several candidates with what is asked of it."""
        return tuple((one, replace(self, candidate=one.command, number=at)) for at, one in enumerate(candidates))

    @cached_property
    def program(self) -> Program:
        """The reference program.

        Raises
        ------
        ProgramError
            If there is none.
        """
        return find_reference(self.reference, spelling=self.spellings[0])

    @property
    def lenient(self) -> bool:
        """Whether flags that the reference ignores are passed over: the embedded simulator refuses them."""
        return self.flags_lenient or self.other is not None or LENIENT in self.flags

    def line(self) -> FlagLine:
        """Return the flags, those of the recorded output where none are given.

        Raises
        ------
        UsageError, InputError
            If there are none, or they make no run.
        """
        if self.archived is None:
            return flag_line(self.flags, lenient=self.lenient)
        return ArchivedSource(self.archived).line(self.flags, (Path(),), lenient=self.lenient)

    @property
    def thread_count(self) -> int:
        """Threads that the programs run with, and that the embedded simulator imitates."""
        recorded = 1 if self.archived is None else ArchivedSource(self.archived).case.threads
        return self.threads or recorded

    @property
    def files(self) -> tuple[Path, ...]:
        """The files of recorded output."""
        return () if self.archived is None else ArchivedSource(self.archived).files

    def reference_side(self, line: FlagLine, threads: int) -> SideSource:
        """Return the reference, or its recorded output."""
        if self.archived is not None:
            return ArchivedSource(self.archived)
        options = RunOptions(self.seconds, threads)
        source = ProgramSource(self.program, line, options, capture=self.reference_capture)
        return source if self.cache is None else CachedReference(source, self.cache)

    @cached_property
    def reference_capture(self) -> TraceCapture | None:
        """What captures the values of the reference, for all of its runs."""
        return None if self.work is None else self.capturing.capture_of(self.program, _own(self.work))

    @cached_property
    def candidate_capture(self) -> TraceCapture | None:
        """What captures the values of another candidate, as far as the shipped probes fit it."""
        if self.work is None or self.other is None:
            return None
        folder = _own(self.work) / (f"candidate_{self.number}" if self.number else "candidate")
        return TraceCapture(replace(self.other, stays_alive=False), shipped_probes, folder)

    def require_candidate(self) -> None:
        """Check, before anything is run, that the candidate can run here.

        Raises
        ------
        UsageError
            If it is the embedded simulator, and PyTorch is not installed.
        """
        if self.other is None:
            require_simulator()

    def candidate_side(self, line: FlagLine, threads: int) -> SideSource:
        """Return the candidate."""
        if self.other is not None:
            label = registry.default().names.candidate
            options = RunOptions(self.seconds, threads)
            return ProgramSource(self.other, line, options, label=label, capture=self.candidate_capture)
        # The simulator imports torch, which another candidate does not need.
        from nbtrace.embedded.embedded_source import EmbeddedSource  # noqa: PLC0415

        return EmbeddedSource(line, self.embedded, threads)

    def candidate_maker(self, line: FlagLine, threads: int) -> Callable[[], SideSource]:
        """Return what makes the candidate, when its turn has come."""
        _ = self.other  # a program that is missing is told now
        return partial(self.candidate_side, line, threads)

    @property
    def side_digests(self) -> tuple[str, ...]:
        """What tells the programs and what is chosen of them from others; a reference that is missing is none.

        Raises
        ------
        InputError
            If a program or a file of probes cannot be read.
        """
        try:
            reference = program_digest(self.program)
        except ProgramError:
            reference = ""
        other = self.other
        dtype = None if self.embedded.dtype is not None or other is not None else asked_by_environment()
        candidate = digest_of_values(self.embedded, dtype) if other is None else program_digest(other)
        probes = "" if self.capturing.probes is None else sha256_of(self.capturing.probes)
        return reference, candidate, probes, self.capturing.build or ""

    @property
    def candidate_name(self) -> str:
        """The candidate, for people."""
        if self.other is not None:
            return f"{self.other.file.name} ({self.other.origin})"
        chosen = (self.embedded.mode, self.embedded.dtype, self.embedded.device)
        return ", ".join(["embedded simulator", *(word for word in chosen if word is not None)])


def _own(work: Path) -> Path:
    """Return the folder if this process made it; in a worker, one that goes with the worker."""
    return work if Owner.of(work.name) == Owner.current() else process_folder()
