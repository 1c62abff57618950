"""The outcome of comparing one quantity, and of comparing two traces."""

from enum import StrEnum
from typing import NoReturn


class NoTruth(StrEnum):
    """An outcome without a truth value: whoever asks must say which outcome is meant."""

    def __bool__(self) -> NoReturn:
        raise TypeError(f"{type(self).__name__} has no truth value; compare it with a member")


class Status(NoTruth):
    """How far a quantity differs; for relative tolerances the bands are those that users of such tools know."""

    PASS = "PASS"  # noqa: S105 - a verdict, not a password
    MINOR = "MINOR"
    DIVERGENT = "DIVERGENT"
    CRITICAL = "CRITICAL"
    MISSING = "MISSING"
    SHAPE = "SHAPE"
    NOT_FINITE = "NOT_FINITE"

    @property
    def diverges(self) -> bool:
        """Whether this is anything but agreement."""
        return self is not Status.PASS


class Verdict(NoTruth):
    """What a comparison as a whole says."""

    AGREE = "agree"
    DIFFER = "differ"
    NOT_COMPARABLE = "not_comparable"


MINOR_BELOW = 1e-4
"""Relative difference under which a divergence is MINOR."""

DIVERGENT_BELOW = 1e-2
"""Relative difference under which a divergence is DIVERGENT; from here on it is CRITICAL."""

ABSOLUTE_MINOR = 100.0
"""With an absolute tolerance: MINOR up to this many times the tolerance, as 1e-4 is to 1e-6."""

ABSOLUTE_DIVERGENT = 10_000.0
"""With an absolute tolerance: DIVERGENT up to this many times the tolerance."""


def band(size: float, minor: float = MINOR_BELOW, divergent: float = DIVERGENT_BELOW) -> Status:
    """Return the status of a difference beyond its tolerance by its size; by default that is a relative one."""
    if size < minor:
        return Status.MINOR
    return Status.DIVERGENT if size < divergent else Status.CRITICAL
