"""Derivatives of a pixel by its parameters: the reference's, measured, against the candidate's."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property, partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from nbtrace.differentiation.compare_gradients import GradientSides, compare_gradients
from nbtrace.differentiation.derivative import GradientParameter, Valued
from nbtrace.differentiation.gradients_result import GradientSources, GradientsResult, why_nothing
from nbtrace.differentiation.measured_program import MeasuredProgram, measured_program
from nbtrace.differentiation.python_function import PythonFunction, is_function, python_function
from nbtrace.embedded.choice import Choice, require_simulator
from nbtrace.errors import InputError, UsageError
from nbtrace.images.roi import Roi
from nbtrace.physics.nanobragg.gradient_parameters import chosen_names, parameters_in, words_at
from nbtrace.programs.command import FlagLine, flag_line, require_on_detector
from nbtrace.programs.leniency import LENIENT
from nbtrace.programs.program_source import ProgramSource
from nbtrace.programs.programs import CANDIDATE_VARIABLE, Program, candidate, reference_if_any
from nbtrace.programs.side_source import RunOptions
from nbtrace.records import Pixel
from nbtrace.temporary import temporary_folder
from nbtrace.verdicts.notices import Notice, Subject, Weight
from nbtrace.verdicts.status import Verdict
from nbtrace.vocabulary import registry

if TYPE_CHECKING:
    from nbtrace.embedded.autograd_runs import EmbeddedRegion

TOLERANCE = 1e-6
"""Relative, besides the error bars."""

_AUTOGRAD = "autograd"


@dataclass(frozen=True)
class GradientRequest:
    """What is asked for.

    Attributes
    ----------
    flags : tuple of str
        The reference's.
    reference, candidate : str or None
        A program; a command, `MODULE:FUNCTION` or `FILE.py:FUNCTION`. None for those that the environment names, and
        then for the embedded simulator.
    pixel : (slow, fast) or None
        The one whose value is differentiated.
    region : Roi or None
        The pixels whose sum is, in its place; without either, all that the flags compute.
    parameters : tuple of str
        Names of parameters or of groups; none for all.
    tolerance : float
        Relative.
    options : RunOptions
        How programs run.
    embedded : Choice
        What is chosen of the embedded simulator.
    lenient : bool
        Flags that the reference ignores are passed over.
    """

    flags: tuple[str, ...]
    reference: str | None = None
    candidate: str | None = None
    pixel: Pixel | None = None
    region: Roi | None = None
    parameters: tuple[str, ...] = ()
    tolerance: float = TOLERANCE
    options: RunOptions = field(default_factory=RunOptions)
    embedded: Choice = field(default_factory=Choice)
    lenient: bool = False

    @cached_property
    def line(self) -> FlagLine:
        """The flags, understood.

        Raises
        ------
        UsageError, InputError
            If they make no run, or the clock decides what it is.
        """
        line = flag_line(self.flags, lenient=self.lenient)
        if line.seeded_by_clock:
            raise UsageError("-misset random without -misset_seed before it: every run has another orientation")
        return line

    @cached_property
    def program(self) -> Program | None:
        """The reference program; None for the embedded simulator."""
        return reference_if_any(self.reference)

    @cached_property
    def _cand(self) -> str | None:
        return self.candidate if self.candidate is not None else os.environ.get(CANDIDATE_VARIABLE) or None

    @property
    def function(self) -> str | None:
        """The function that is the candidate, where it is one."""
        return self._cand if self._cand is not None and is_function(self._cand) else None

    @cached_property
    def other(self) -> Program | None:
        """The program that is the candidate, where it is one."""
        return None if self.function is not None else candidate(self.candidate)

    @cached_property
    def place(self) -> Roi:
        """The pixels that count.

        Raises
        ------
        UsageError
            If they are not on the detector, or not computed.
        """
        if self.pixel is not None and self.region is not None:
            raise UsageError("--pixel is one pixel, --region the sum over several; give one of them")
        computed = Roi(*self.line.config.roi)
        if self.pixel is not None:
            require_on_detector(self.line.shape, self.pixel)
            slow, fast = self.pixel
            place = Roi(fast, fast, slow, slow)
        else:
            place = self.region or computed
        inside = (
            computed.slow_first <= place.slow_first
            and place.slow_last <= computed.slow_last
            and computed.fast_first <= place.fast_first
            and place.fast_last <= computed.fast_last
        )
        if not inside:
            raise UsageError(f"the flags compute {computed.words}; {place.words} is not inside")
        return place

    @property
    def what(self) -> str:
        """What is differentiated."""
        if self.pixel is not None:
            return f"pixel slow {self.pixel[0]} fast {self.pixel[1]}"
        return f"the sum over {self.place.words}"

    def checked(self) -> "GradientRequest":
        """Return it where it can be answered; what cannot ends here, before anything runs.

        Raises
        ------
        UsageError, InputError, ProgramError
        """
        if not 0.0 < self.tolerance < 1.0:
            raise UsageError(f"--tolerance {self.tolerance:g}: give a relative tolerance between 0 and 1, as in 1e-4")
        parameters_in(self.line.config, chosen_names(self.parameters))
        _ = self.line, self.place, self.program, self.other
        self.embedded.defects()
        if self.program is None or (self.other is None and self.function is None):
            require_simulator()
        return self


def gradients(request: GradientRequest) -> GradientsResult:
    """Hold the candidate's derivatives of a pixel, or of a sum of pixels, against the reference's.

    The reference is measured by finite differences: a program with other flags, or the embedded simulator. The
    candidate is the embedded simulator's autograd, a program that is measured too, or a function of Python that tells
    its own derivatives. Where the candidate is another one, the embedded simulator's autograd is a witness.

    Raises
    ------
    UsageError, InputError, ProgramError, MismatchError
        If the runs cannot be made; :class:`InputError` too if no derivative could be compared.
    """
    request = request.checked()
    parameters, left_out = parameters_in(request.line.config, chosen_names(request.parameters))
    with _sides(request, parameters) as (sides, sources, said):
        compared = compare_gradients(sides, parameters, tolerance=request.tolerance)
    notices = [Notice(Subject.CONFIGURATION, Weight.WARNING, f"flags: {text}") for text in request.line.remarks]
    place = request.place
    result = GradientsResult(
        request.what,
        (place.slow_first, place.slow_last, place.fast_first, place.fast_last),
        tuple(word for word in request.flags if word != LENIENT),
        sources,
        compared.reference_value,
        compared.candidate_value,
        compared.rows,
        left_out,
        request.tolerance,
        (*notices, *(Notice(Subject.LOG, Weight.WARNING, text) for text in said if text)),
    )
    if result.verdict is Verdict.NOT_COMPARABLE:
        raise InputError(f"no derivative of {request.what} could be compared: {why_nothing(result.rows, left_out)}")
    return result


@contextmanager
def _sides(
    request: GradientRequest, parameters: Sequence[GradientParameter]
) -> Iterator[tuple[GradientSides, GradientSources, tuple[str, ...]]]:
    """Yield who is held against whom, how reports call them, and what is to be said of them."""
    with temporary_folder() as folder:
        yield from _sides_in(folder, request, parameters)


def _sides_in(
    folder: Path, request: GradientRequest, parameters: Sequence[GradientParameter]
) -> Iterator[tuple[GradientSides, GradientSources, tuple[str, ...]]]:
    """Yield what :func:`_sides` does; changed lists of reflections are written to a folder."""
    embedded = _embedded(request)
    measured = partial(_measured, request, embedded, folder)
    names = registry.default().names
    reference, said = measured(request.program, names.reference)
    by = _how(reference)
    if request.function is not None:
        line, place = request.line, request.place
        with python_function(request.function, line.words, place, parameters, request.options.seconds) as function:
            yield (
                GradientSides(reference, function, function, embedded, embedded),
                _named(reference, function, by, _AUTOGRAD, embedded),
                (said,),
            )
        return
    if request.other is not None:
        other, more = measured(request.other, names.candidate)
        sides = GradientSides(reference, other, None, embedded)
        yield sides, _named(reference, other, by, _how(other), embedded), (said, more)
        return
    own = _required(embedded)
    yield GradientSides(reference, own, own), _named(reference, own, by, _AUTOGRAD, None), (said,)


def _named(
    reference: Valued, other: "Valued | PythonFunction", by: str, other_by: str, witness: "EmbeddedRegion | None"
) -> GradientSources:
    return GradientSources(reference.name, other.name, by, other_by, "" if witness is None else witness.name)


def _how(source: Valued) -> str:
    """Return how a source is measured."""
    values = source.told_by if isinstance(source, MeasuredProgram) else "its values in double precision"
    return f"finite differences of {values}"


def _embedded(request: GradientRequest) -> "EmbeddedRegion | None":
    """Return the embedded simulator; None where PyTorch is not installed."""
    if find_spec("torch") is None:
        return None
    from nbtrace.embedded.autograd_runs import EmbeddedRegion  # noqa: PLC0415 - imports torch

    return EmbeddedRegion(request.line, request.embedded, request.place, request.options.threads)


def _required(embedded: "EmbeddedRegion | None") -> "EmbeddedRegion":
    if embedded is None:
        require_simulator()
        raise UsageError("the embedded simulator cannot be loaded")
    return embedded


def _measured(
    request: GradientRequest, embedded: "EmbeddedRegion | None", folder: Path, program: Program | None, label: str
) -> tuple[Valued, str]:
    """Return what is measured, and what is to be said of it."""
    if program is None:
        return _required(embedded), ""
    source = ProgramSource(program, request.line, request.options, label=label)

    def breaks(parameter: GradientParameter, low: float, high: float) -> str:
        return "" if embedded is None else embedded.break_near(parameter, low, high)

    return measured_program(source, request.place, partial(words_at, folder=folder), breaks)
