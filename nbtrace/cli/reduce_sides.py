"""The two sides that `nbtrace reduce` runs: what a case gives with them. It goes to other processes as it is."""

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from nbtrace.cli.compare_sides import Request
from nbtrace.cli.trace_capture_options import TraceCaptureOptions
from nbtrace.compare.images import ImageOptions
from nbtrace.embedded.available_runs import runs_of_pixels
from nbtrace.embedded.choice import Choice, require_simulator
from nbtrace.errors import NbtraceError, UsageError
from nbtrace.files import sha256_of
from nbtrace.nearness import nearest
from nbtrace.programs.case_keys import digest_of_values, versions
from nbtrace.programs.command import FlagLine, flag_line
from nbtrace.programs.comparison import Plan, compare
from nbtrace.programs.programs import Program, reference_if_any
from nbtrace.programs.side_source import SideSource
from nbtrace.reduction.answers import Outcome
from nbtrace.reduction.case import FlagCase
from nbtrace.reduction.failure import failure_of
from nbtrace.verdicts.tolerance import resolve_policy
from simulator.config import Config

if TYPE_CHECKING:
    from nbtrace.verdicts.tolerance import Policy

_DIFFER = 1
_EMBEDDED = "embedded simulator"


@dataclass(frozen=True)
class SidesUnderTest:
    """The two sides, as the options name them.

    Attributes
    ----------
    reference, candidate : str or None
        `--ref` and `--cand`.
    threads : int
    seconds : float or None
        Time limit of a run.
    embedded : Choice
        Of the embedded candidate.
    lenient : bool
    traced : bool
        Whether a pixel is traced.
    capturing : TraceCaptureOptions
    limits : tuple of (str, float)
        Fields of ImageOptions that are limits.
    tolerances : tuple of str
        Of traced quantities.
    policy_file : Path or None
    work : Path
        A folder for what captures values.
    """

    reference: str | None
    candidate: str | None
    threads: int
    seconds: float | None
    embedded: Choice
    lenient: bool
    traced: bool
    capturing: TraceCaptureOptions
    limits: tuple[tuple[str, float], ...]
    tolerances: tuple[str, ...]
    policy_file: Path | None
    work: Path

    def checked(self) -> "SidesUnderTest":
        """Return it after the programs were found and the options read.

        Raises
        ------
        NbtraceError
            If one is missing or makes no sense.
        """
        request, program = self._request, self.program
        _refuse_unknown(self.policy())
        if program is None and request.other is None and not self.embedded:
            raise UsageError(
                "both sides are the embedded simulator as it is, which always agrees with itself: give --ref BINARY, "
                "--cand CMD, or --mode, --dtype or --device of the candidate"
            )
        if request.other is None:
            self.embedded.applied(Config())
        if program is None:
            require_simulator()
        return self

    @property
    def _request(self) -> Request:
        return _request_of(self, os.getpid())

    @property
    def program(self) -> Program | None:
        """The reference program; None for the embedded simulator."""
        return reference_if_any(self.reference)

    @property
    def names(self) -> tuple[str, str]:
        """The two sides, for people."""
        program = self.program
        reference = _EMBEDDED if program is None else f"{program.file.name} ({program.origin})"
        return reference, self._request.candidate_name

    @property
    def options(self) -> tuple[str, ...]:
        """The options by which another command of nbtrace runs the same sides."""
        chosen = self.embedded
        given = (
            ("--ref", self.reference),
            ("--cand", self.candidate),
            ("--mode", chosen.mode),
            ("--dtype", chosen.dtype),
            ("--device", chosen.device),
        )
        return tuple(word for name, value in given if value is not None for word in (name, value))

    def policy(self) -> "Policy":
        """Return the tolerances of traced quantities."""
        return resolve_policy(list(self.tolerances), self.policy_file, Path())

    def line(self, case: FlagCase) -> FlagLine:
        """Return the flags of a case.

        Raises
        ------
        UsageError, InputError
            If they make no run.
        """
        return flag_line(case.words, lenient=self._request.lenient or self.lenient)

    def key(self, case: FlagCase) -> str:
        """Return a digest of all that decides what a case gives: programs, versions, the plan, words, input files."""
        line = self.line(case)
        files = line.inputs if line.cache is None else (*line.inputs, line.cache)
        digests = {str(path): _digest(path, path.stat().st_mtime_ns) for path in files}
        words = [digests.get(word, word) for word in line.words]
        cache = None if line.cache is None else digests[str(line.cache)]
        own = self.threads, self.seconds, self.lenient
        return digest_of_values(_identity(self, os.getpid()), self._plan(case), own, words, cache)

    def __call__(self, case: FlagCase) -> Outcome:
        """Run a case on both sides."""
        try:
            line = self.line(case)
            reference, candidate = self._sides(line)
            result = compare(reference, candidate, line, self._plan(case))
            failure = failure_of(result)
        except NbtraceError as error:
            return Outcome.of_error(error)
        return Outcome(failure, code=0 if failure is None else _DIFFER)

    def _plan(self, case: FlagCase) -> Plan:
        pixels = () if case.pixel is None else (case.pixel,)
        images = ImageOptions(**dict(self.limits))  # type: ignore[arg-type]
        return Plan(images, 1, pixels, self.traced, self.policy(), None, runs_of_pixels, alone=True)

    def _sides(self, line: FlagLine) -> tuple[SideSource, SideSource]:
        request = self._request
        program = self.program
        reference = self._embedded(line) if program is None else request.reference_side(line, self.threads)
        if request.other is not None:
            return reference, request.candidate_side(line, self.threads)
        return reference, self._limited(request.candidate_side(line, self.threads))

    def _embedded(self, line: FlagLine) -> SideSource:
        """Return the embedded simulator as the reference."""
        from nbtrace.embedded.embedded_source import EmbeddedSource  # noqa: PLC0415 - torch

        return self._limited(EmbeddedSource(line, Choice(), self.threads))

    def _limited(self, side: SideSource) -> SideSource:
        from nbtrace.embedded.limited_source import LimitedSource  # noqa: PLC0415 - of no use to programs

        return LimitedSource(side, self.seconds)


def _refuse_unknown(policy: "Policy") -> None:
    """Refuse a tolerance, given as an option, of a quantity that the vocabulary does not know."""
    for name, limit in policy.overrides.items():
        if limit.by_option and name not in policy.vocabulary.quantities:
            near = nearest(name, policy.vocabulary.quantities)
            hint = f"; did you mean {near}?" if near is not None else ""
            raise UsageError(f"--tolerance {name}: the vocabulary knows no such quantity{hint}")


@cache
def _request_of(sides: SidesUnderTest, process: int) -> Request:
    """Return the request of this process: each captures values in a folder of its own."""
    return Request(
        (),
        sides.reference,
        sides.candidate,
        None,
        sides.threads,
        sides.seconds,
        sides.embedded,
        flags_lenient=sides.lenient,
        capturing=sides.capturing,
        work=sides.work / str(process),
    )


@cache
def _identity(sides: SidesUnderTest, process: int) -> str:
    """Return the digest of the programs of both sides and of the versions that compare them."""
    return digest_of_values(versions(), _request_of(sides, process).side_digests)


@cache
def _digest(path: Path, _: int) -> str:
    return sha256_of(path)
