"""Units as traces print them, and the factors between them."""

from nbtrace.errors import UsageError
from nbtrace.vocabulary import dimensions

ANGSTROM = 1e-10
"""Metres in one ångström."""

_OF_TRACES = frozenset(
    {
        *("1", "m", "mm", "µm", "Å", "m⁻¹", "Å⁻¹", "m²", "Å²", "m⁻²", "mm⁻²", "m³", "Å³", "m⁻³", "Å⁻³"),
        *("rad", "deg", "sr", "e⁻", "photons", "px"),
    }
)
"""The units that traces print beside a value; what they mean is said in :mod:`nbtrace.vocabulary.dimensions`."""

_SPELLINGS = {
    "meters": "m",
    "metres": "m",
    "meter": "m",
    "Angstroms": "Å",
    "Angstrom": "Å",
    "A": "Å",
    "1/Å": "Å⁻¹",
    "1/Angstrom": "Å⁻¹",
    "Å^-1": "Å⁻¹",
    "A^-1": "Å⁻¹",
    "1/m": "m⁻¹",
    "Å^3": "Å³",
    "A^3": "Å³",
    "m^3": "m³",
    "degrees": "deg",
    "radians": "rad",
    "um": "µm",
    "microns": "µm",
    "photons/m^2": "m⁻²",
    "photons/mm^2": "mm⁻²",
}
"""Other spellings found in logs."""


def canonical(spelling: str) -> str | None:
    """Return the unit that `spelling` stands for, or None if it is no unit that traces use."""
    name = _SPELLINGS.get(spelling, spelling)
    return name if name in _OF_TRACES else None


def factor(source: str, target: str) -> float:
    """Return the number of `target` units in one `source` unit.

    Raises
    ------
    UsageError
        If one of them is unknown or they measure different things.
    """
    one, other = dimensions.parse(source), dimensions.parse(target)
    ratio = dimensions.factor(one, other)
    if ratio is not None:
        return ratio
    if unknown := one.own_words or other.own_words:
        raise UsageError(f"{unknown[0]!r} is not a unit that traces use")
    raise UsageError(f"{source} and {target} measure different things")


def metres(value: float) -> str:
    """Return a length given in metres as text in metres with micrometres in parentheses."""
    return f"{value:.9g} m ({value * 1e6:.6g} µm)"
