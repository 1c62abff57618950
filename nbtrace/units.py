"""Units as traces print them, and the factors between them."""

from nbtrace.errors import UsageError

ANGSTROM = 1e-10
"""Metres in one ångström."""

_SI = {
    "1": ("1", 1.0),
    "m": ("m", 1.0),
    "mm": ("m", 1e-3),
    "µm": ("m", 1e-6),
    "Å": ("m", ANGSTROM),
    "m⁻¹": ("m⁻¹", 1.0),
    "Å⁻¹": ("m⁻¹", 1e10),
    "m²": ("m²", 1.0),
    "Å²": ("m²", 1e-20),
    "m⁻²": ("m⁻²", 1.0),
    "mm⁻²": ("m⁻²", 1e6),
    "m³": ("m³", 1.0),
    "Å³": ("m³", 1e-30),
    "m⁻³": ("m⁻³", 1.0),
    "Å⁻³": ("m⁻³", 1e30),
    "rad": ("rad", 1.0),
    "deg": ("rad", 0.017453292519943295),
    "sr": ("sr", 1.0),
    "e⁻": ("e⁻", 1.0),
    "photons": ("photons", 1.0),
    "px": ("px", 1.0),
}
"""Unit: its SI unit and the factor to it."""

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
    return name if name in _SI else None


def factor(source: str, target: str) -> float:
    """Return the number of `target` units in one `source` unit.

    Raises
    ------
    UsageError
        If one of them is unknown or they measure different things.
    """
    try:
        dimension, size = _SI[source]
        wanted, target_size = _SI[target]
    except KeyError as error:
        raise UsageError(f"{error.args[0]!r} is not a unit that traces use") from None
    if dimension != wanted:
        raise UsageError(f"{source} and {target} measure different things")
    ratio = size / target_size
    # 1e-10/1e-3 is a power of ten that binary division misses by an ulp.
    return float(f"{ratio:.12g}") if dimension != "rad" else ratio


def metres(value: float) -> str:
    """Return a length given in metres as text in metres with micrometres in parentheses."""
    return f"{value:.9g} m ({value * 1e6:.6g} µm)"
