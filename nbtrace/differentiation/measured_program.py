"""The value of a pixel, or the sum over pixels, of a program: through its image, or the number that it prints."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

import numpy as np

from nbtrace.compare.precision import printed_number
from nbtrace.differentiation.derivative import GradientParameter
from nbtrace.differentiation.finite_differences import Evaluated, OutOfRangeError
from nbtrace.errors import InputError, MismatchError, ProgramError
from nbtrace.images.image import Pixels
from nbtrace.images.roi import Roi
from nbtrace.parsers import parse_trace
from nbtrace.programs.program_source import TRACE_FLAG, ProgramSource
from nbtrace.vocabulary import registry

Words: TypeAlias = Callable[[Sequence[str], GradientParameter, float], Sequence[str] | None]
"""Flags, a parameter and its value → the flags with that value; None where they cannot say it."""

Breaks: TypeAlias = Callable[[GradientParameter, float, float], str]

_SINGLE = 2.0**-24
"""Relative rounding of a float32 image."""

_DOUBLE = 2.0**-50
_SPREAD = 4.0
"""Standard deviations of a sum of roundings that its noise stands for."""


def image_value(pixels: Pixels, region: Roi) -> Evaluated:
    """Return the sum over a region of a float32 image, and the rounding of its pixels."""
    part = np.asarray(pixels[region.slices], dtype=np.float64).ravel()
    bound = float(np.abs(part).sum()) * _SINGLE
    likely = _SPREAD * float(np.sqrt(np.square(part).sum() / 3.0)) * _SINGLE
    return Evaluated(math.fsum(part), min(bound, likely))


@dataclass(frozen=True, eq=False)
class MeasuredProgram:
    """A program whose flags are changed, a number at a time.

    Attributes
    ----------
    source : ProgramSource
    region : Roi
        The pixels whose sum is the value.
    words : callable
        Changes a flag.
    breaks : callable
        Tells what changes by whole steps between two values of a parameter.
    printed : bool
        The value is the number that the program prints for the pixel, which has more digits than its image.
    scatter : float
        How far two runs of the same flags were apart.
    digits : list of int
        Significant digits of the numbers that were printed so far: zeros at the end may be left out, so that the most
        of them count.
    """

    source: ProgramSource
    region: Roi
    words: Words
    breaks: Breaks
    printed: bool = False
    scatter: float = 0.0
    fractions: bool = False
    digits: list[int] = field(default_factory=list)

    @property
    def name(self) -> str:
        """What it is, for people."""
        return self.source.identity.name

    @property
    def told_by(self) -> str:
        """Where its values are read."""
        if self.printed:
            return f"the {registry.default().final} that it prints"
        return "its float32 image"

    def base(self) -> Evaluated:
        """Return the value as configured."""
        return self._of(self.source)

    def value(self, parameter: GradientParameter, at: float) -> Evaluated:
        """Return the value where a parameter is `at`."""
        words = self.words(self.source.line.words, parameter, at)
        if words is None:
            raise OutOfRangeError
        return self._of(replace(self.source, line=replace(self.source.line, words=tuple(words))))

    def break_near(self, parameter: GradientParameter, low: float, high: float) -> str:
        """Return what changes by whole steps between two values of a parameter."""
        return self.breaks(parameter, low, high)

    def _of(self, source: ProgramSource) -> Evaluated:
        if self.printed:
            found = self._printed(source)
            if found is None:
                raise ProgramError(f"{self.name} printed a trace of the pixel, and now none")
        else:
            found = image_value(source.run().image.pixels, self.region)
        return replace(found, noise=max(found.noise, self.scatter))

    def printed_value(self) -> Evaluated | None:
        """Return the final value that the program prints of the pixel, and the rounding of its digits.

        None if it prints none.

        Raises
        ------
        ProgramError, MismatchError
            If the program fails.
        """
        return self._printed(self.source)

    def _printed(self, source: ProgramSource) -> Evaluated | None:
        run = source.run((TRACE_FLAG, str(self.region.slow_first), str(self.region.fast_first)))
        try:
            traces = parse_trace(run.stdout)
        except (InputError, MismatchError):
            return None
        final = registry.default().final
        record = traces[0].get(final) if traces and final is not None else None
        if record is None or len(record.numbers) != 1:
            return None
        value = record.numbers[0]
        as_printed = printed_number(record.value.tokens[0])
        if as_printed is None or as_printed.exponent is None:
            return Evaluated(value, 0.0)
        self.digits.append(as_printed.digits)
        last_digit = abs(record.scale) * 10.0 ** (as_printed.exponent - max(self.digits) + 1)
        return Evaluated(value, last_digit / 2.0 + _DOUBLE * abs(value))


def measured_program(source: ProgramSource, region: Roi, words: Words, breaks: Breaks) -> tuple[MeasuredProgram, str]:
    """Find out how a program tells the value best, and what two runs of the same flags leave of it.

    A pixel of a program that prints it is told by the printed number, where that is the pixel of the image. It is
    computed alone where that does not change its value.

    Returns
    -------
    MeasuredProgram
    str
        What is to be said of it; empty for nothing.

    Raises
    ------
    ProgramError, MismatchError
        If the program fails.
    """
    plain = MeasuredProgram(source, region, words, breaks)
    if region.slow_first != region.slow_last or region.fast_first != region.fast_last:
        return _scattered(plain), ""
    shown = plain.base()
    printed = plain.printed_value()
    said = ""
    if printed is not None:
        if abs(printed.value - shown.value) <= 2.0 * (printed.noise + shown.noise):
            plain = replace(plain, printed=True)
        else:
            said = f"it prints {printed.value:.9g} for the pixel, and its image has {shown.value:.9g}: the image counts"
    return _scattered(_alone(plain)), said


def _alone(values: MeasuredProgram) -> MeasuredProgram:
    """Return the values of a pixel that is computed alone, where it is the same as in the whole image."""
    source = values.source
    alone = replace(values, source=replace(source, line=source.line.with_flag(values.region.flags)))
    try:
        return alone if alone.base().value == values.base().value else values
    except (ProgramError, MismatchError):
        return values


def _scattered(values: MeasuredProgram) -> MeasuredProgram:
    """Return the values with what two runs leave of them."""
    return replace(values, scatter=abs(values.base().value - values.base().value))
