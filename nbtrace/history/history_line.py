"""A line of a history: what one result says of one quantity of one case."""

import math
import sys
from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, Field, StringConstraints

from nbtrace.schema import DocumentPart, FormatOne, Number
from nbtrace.verdicts.status import Status
from nbtrace.vocabulary.quantity import Basis

MOST_DIGITS = 14.0
"""Digits that all count as agreeing entirely: behind these, numbers in double precision hold rounding."""

VERDICT = "verdict"
"""What stands for a result as a whole, in place of a quantity."""

_LONGEST = 4000
_PLACES = 4


def _finite(value: float | None) -> float | None:
    if value is not None and not abs(value) <= sys.float_info.max:
        raise ValueError("Input should be a finite number")
    return value


def _in_range(value: float | None) -> float | None:
    if value is not None and not abs(value) <= MOST_DIGITS:
        raise ValueError(f"Input should be at most {MOST_DIGITS:g} digits")
    return value


_Finite: TypeAlias = Annotated[Number, AfterValidator(_finite)]
_Digits: TypeAlias = Annotated[Number, AfterValidator(_in_range)]

Text: TypeAlias = Annotated[str, StringConstraints(max_length=_LONGEST)]


class ToolVersions(DocumentPart):
    """Versions of what made a result."""

    nbtrace: Text | None = Field(default=None, description="Version of nbtrace; null where it is not told.")
    python: Text | None = Field(default=None, description="Version of Python; null where it is not told.")
    torch: Text | None = Field(
        default=None, description="Version of torch; null where there is none, or it is not told."
    )


class HistoryLine(DocumentPart):
    """A line of a history; lines of one case, quantity, result and time are one."""

    format: Literal["nbtrace history"]
    format_version: FormatOne
    case: Text = Field(description="The case: its name in a suite, or the names of the two files.")
    quantity: Text = Field(description="A quantity or a gate of images; `verdict` for the result as a whole.")
    result: Text = Field(description="The command that made the result.")
    time: Annotated[str, StringConstraints(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$")] = Field(
        description="When the result was made, ISO 8601 in UTC."
    )
    commit: Text | None = Field(description="The commit of the folder in which the command ran; null where unknown.")
    dirty: bool | None = Field(
        description="Whether tracked files had changes that are in no commit; null where unknown."
    )
    status: Text = Field(description="How far it differs, as the result has it; of a verdict its word.")
    digits: _Digits = Field(
        description="Decimal digits in agreement, 14 where all that can be told agree; null where none is measured."
    )
    headroom: _Digits = Field(
        description="Digits between the difference and its tolerance, negative beyond it; null without a tolerance."
    )
    relative: _Finite = Field(description="The relative difference; null where it is not measured.")
    absolute: _Finite = Field(description="The difference in the unit of the quantity; null where it is not measured.")
    tolerance: _Finite = Field(description="Largest difference that agrees; null where there is none.")
    basis: Literal["relative", "absolute"] = Field(description="What difference and tolerance are held against.")
    first_divergence: Text | None = Field(description="What diverges first in the case; null where nothing does.")
    side: Text = Field(description="Who is wrong in it: c, py, both, unknown; empty where nothing tells.")
    cause: Text = Field(description="Name of its cause; empty where nothing tells.")
    versions: ToolVersions = Field(description="What made it.")
    machine: Text | None = Field(description="The system and the machine; null where unknown.")

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What is one line, however often it stands in a file."""
        return self.time, self.case, self.result, self.quantity

    @property
    def size(self) -> float | None:
        """The difference that is held against the tolerance."""
        return self.relative if self.basis == Basis.RELATIVE.value else self.absolute

    @property
    def diverges(self) -> bool | None:
        """Whether it does not agree; None where the line does not tell."""
        if self.quantity == VERDICT:
            return {"agree": False, "differ": True}.get(self.status)
        return None if self.status not in set(Status) else self.status != Status.PASS.value


def measured_digits(
    status: str, relative: float | None, absolute: float | None, tolerance: float | None, basis: Basis
) -> float | None:
    """Return the digits of agreement of a difference, at most :data:`MOST_DIGITS`.

    A difference that agrees although it is beyond its tolerance agrees in all digits that are printed. What diverges
    and cannot be measured agrees in none.
    """
    size = relative if basis is Basis.RELATIVE or relative is not None else absolute
    held = relative if basis is Basis.RELATIVE else absolute
    agrees = status == Status.PASS.value
    if size is None or not _is_finite(size):
        if status not in set(Status):
            return None
        return MOST_DIGITS if agrees else 0.0
    if size == 0 or (agrees and tolerance is not None and held is not None and held > tolerance):
        return MOST_DIGITS
    return round(min(MOST_DIGITS, max(0.0, -math.log10(abs(size)))), _PLACES)


def headroom_of(size: float | None, tolerance: float | None) -> float | None:
    """Return the digits between a difference and its tolerance, within ± :data:`MOST_DIGITS`."""
    if size is None or tolerance is None or not _is_finite(size) or not _is_finite(tolerance) or tolerance <= 0:
        return None
    if size == 0:
        return MOST_DIGITS
    return round(max(-MOST_DIGITS, min(MOST_DIGITS, math.log10(tolerance) - math.log10(abs(size)))), _PLACES)


def _is_finite(value: float) -> bool:
    return abs(value) <= sys.float_info.max
