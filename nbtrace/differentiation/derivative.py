"""One derivative as one source gives it: measured or told, with its error bar, or the reason why there is none."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from nbtrace.differentiation.finite_differences import Evaluated

_NEAR = 1e-10
"""Distance of the points at which rounding is measured, in first steps."""


class DerivativeKind(StrEnum):
    """What a source says of a derivative."""

    MEASURED = "finite differences"
    AUTOGRAD = "autograd"
    NONE = "there is none"
    """The function has no derivative there."""
    DETACHED = "no graph"
    """What should tell it has no graph that leads to the parameter."""
    MISSING = "not told"


@dataclass(frozen=True, slots=True)
class Derivative:
    """A derivative.

    Attributes
    ----------
    kind : DerivativeKind
    value : float
        nan where there is none.
    error : float
        Bound of how far it is off.
    reason : str
        Why there is none.
    step : float
        The smallest step of finite differences; 0 for autograd.
    sides : (float, float) or None
        The derivatives from below and from above where these differ.
    """

    kind: DerivativeKind
    value: float = float("nan")
    error: float = 0.0
    reason: str = ""
    step: float = 0.0
    sides: tuple[float, float] | None = None

    @property
    def exists(self) -> bool:
        """Whether there is a number."""
        return self.kind in {DerivativeKind.MEASURED, DerivativeKind.AUTOGRAD}


@dataclass(frozen=True, slots=True)
class GradientParameter:
    """Something that a derivative may be taken by.

    Attributes
    ----------
    name : str
    unit : str
        Of the parameter; 1 for a number without.
    value : float
        Where the derivative is taken.
    first_step : float
        The largest step of finite differences.
    resolution : float
        How far a program rounds it.
    whole : bool
        Programs take whole numbers alone.
    undefined : str
        Why no program has a derivative by it; empty where that is to be seen.
    """

    name: str
    unit: str
    value: float
    first_step: float
    resolution: float = 0.0
    whole: bool = False
    undefined: str = ""

    @property
    def near(self) -> float:
        """The distance of points between which every function is a straight line, but no rounding is the same."""
        return max(_NEAR * self.first_step, 16.0 * math.ulp(self.value))


class Valued(Protocol):
    """What gives the value of a pixel, or the sum over pixels, for any value of a parameter."""

    @property
    def name(self) -> str:
        """What it is, for people."""

    @property
    def fractions(self) -> bool:
        """Whether it takes fractions where programs take whole numbers alone."""

    def base(self) -> Evaluated:
        """Return the value as configured.

        Raises
        ------
        ProgramError, MismatchError
            If a program fails, or gives another image than asked for.
        """

    def value(self, parameter: GradientParameter, at: float) -> Evaluated:
        """Return the value where the parameter is `at` and everything else as configured.

        Raises
        ------
        OutOfRangeError
            If there is none.
        """

    def break_near(self, parameter: GradientParameter, low: float, high: float) -> str:
        """Return what changes by whole steps between two values of a parameter; empty for nothing that is known."""


class Differentiated(Protocol):
    """What tells derivatives itself."""

    @property
    def name(self) -> str:
        """What it is, for people."""

    def gradient(self, parameters: Sequence[GradientParameter]) -> tuple[Evaluated, Mapping[str, Derivative]]:
        """Return the value and the derivatives by the names of parameters, where these have the given values."""
