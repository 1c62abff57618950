"""What programs print of a whole image once it is done: its largest, mean and root-mean-square value, its scale."""

import re

from nbtrace.lazy_pattern import LazyPattern
from nbtrace.parsers.numerals import PLAIN_NUMBER, number_of
from nbtrace.parsers.outcome import Field, Fields
from nbtrace.records import Shape, Value
from nbtrace.vocabulary.quantity import Meaning

_N = f"({PLAIN_NUMBER})"

_LINES: tuple[tuple[str, tuple[str, ...]], ...] = (
    (rf"max_I = {_N}\s+at .*", ("image_max",)),
    (rf"mean= ?{_N} rms= ?{_N} rmsd= ?{_N}", ("image_mean", "image_rms", "image_rmsd")),
    (rf"intfile_scale = {_N}", ("intfile_scale",)),
    (rf"solid angle subtended by detector = {_N} steradian.*", ("detector_solid_angle_sr",)),
    (r"([0-9]+) photons on noise image .*", ("noise_photons",)),
    (rf"  Max intensity: {_N} at pixel .*", ("image_max",)),
    (rf"  Mean: {_N}", ("image_mean",)),
    (rf"  RMS: {_N}", ("image_rms",)),
    (rf"  RMSD: {_N}", ("image_rmsd",)),
)
"""Pattern of a whole line, and what its numbers are."""

_UNITS = {"detector_solid_angle_sr": "sr"}
_first = re.compile(r"max_I|mean=|intfile|solid angle|[0-9]+ photons on|  (?:Max intensity|Mean|RMSD?):").match
_lines = tuple((LazyPattern(pattern), names) for pattern, names in _LINES)


def statistics(line: str) -> Fields | None:
    """Return what a line says of the whole image, None if it says nothing of it."""
    if not _first(line):
        return None
    line = line.rstrip()
    for pattern, names in _lines:
        if matched := pattern.fullmatch(line):
            pairs = zip(names, matched.groups(), strict=True)
            return Fields(tuple(_field(name, token) for name, token in pairs))
    return None


def _field(name: str, token: str) -> Field:
    value = Value(Shape.SCALAR, (number_of(token),), (token,), token)
    return Field(name, value, Meaning(name, _UNITS.get(name)))
