"""Causes that belong to a convention: directions that it has by default, and its half pixel in the beam centre."""

from collections.abc import Iterator, Mapping

from nbtrace.compare.scene import Node, Vector
from nbtrace.compare.vectors import scaled
from nbtrace.explanation.causes.kinds_of_cause import Candidate, Case
from simulator.frames import FRAMES, Frame

_DIRECTIONS: Mapping[str, tuple[str, str]] = {
    "incident": ("beam", "the beam"),
    "fdet": ("fast", "the fast axis"),
    "sdet": ("slow", "the slow axis"),
    "odet": ("normal", "the detector's normal"),
    "twotheta": ("twotheta", "the two-theta axis"),
    "polar": ("polar", "the polarisation axis"),
    "spindle": ("spindle", "the spindle axis"),
}
"""By the first word of a quantity: the direction of a frame, and what a sentence calls it."""


def default_direction(case: Case) -> Iterator[Candidate]:
    """Yield the direction that a convention has by default: the given vectors were not used."""
    key = case.name.removeprefix("initial_").partition("_")[0]
    field, what = _DIRECTIONS[key]
    for vector, conventions in _by_default(field).items():
        shown = " ".join(f"{x:g}" for x in vector)
        words = f"{what} of the {conventions} ({shown})"
        yield Candidate(vector, words)
        yield Candidate(scaled(vector, -1), f"{words} with the other sign")


def _by_default(field: str) -> Mapping[Vector, str]:
    """Return each direction that conventions have, with their names."""
    names: dict[Vector, list[str]] = {}
    for convention, frame in FRAMES.items():
        names.setdefault(_direction(frame, field), []).append(convention.value.upper())
    return {vector: _listed(conventions) for vector, conventions in names.items()}


def _direction(frame: Frame, field: str) -> Vector:
    direction: Vector = getattr(frame, field)
    return direction


def _listed(conventions: list[str]) -> str:
    *others, last = conventions
    return f"{', '.join(others)} and {last} conventions" if others else f"{last} convention"


_SIBLINGS = {"Fbeam_m": "Sbeam_m", "Sbeam_m": "Fbeam_m", "Fclose_m": "Sclose_m", "Sclose_m": "Fclose_m"}

_FARTHEST = 16
"""Half pixels up to which a shift of the beam centre is solved for."""


def beam_centre(case: Case) -> Iterator[Candidate]:
    """Yield the beam centre some half pixels off, or that of the other axis."""
    view = case.view()
    other = Node(_SIBLINGS[case.name])
    if other in case.theirs and case.values.get(other) == case.right:
        yield Candidate(case.theirs[other], "slow and fast beam centre exchanged")
    pixel = view.number("pixel_m")
    (right,), (logged,) = case.right, case.logged
    halves = round(2 * (logged - right) / pixel)
    if 0 < abs(halves) <= _FARTHEST:
        yield Candidate((right + halves * pixel / 2,), _shift_words(halves), among=2 * _FARTHEST)


def _shift_words(halves: int) -> str:
    way = "more" if halves > 0 else "less"
    if abs(halves) == 1:
        return f"half a pixel {way}: the MOSFLM convention adds half a pixel to the beam centre, others do not"
    return f"{abs(halves) / 2:g} pixel{'s' if abs(halves) > 2 else ''} {way}"
