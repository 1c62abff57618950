import math

import pytest

from nbtrace.errors import UsageError
from nbtrace.units import canonical, factor, metres


@pytest.mark.parametrize(
    ("source", "target", "ratio"),
    [
        ("mm", "m", 1e-3),
        ("m", "mm", 1e3),
        ("µm", "mm", 1e-3),
        ("Å", "m", 1e-10),
        ("Å", "mm", 1e-7),
        ("m", "Å", 1e10),
        ("Å⁻¹", "m⁻¹", 1e10),
        ("m⁻¹", "Å⁻¹", 1e-10),
        ("mm⁻²", "m⁻²", 1e6),
        ("Å²", "m²", 1e-20),
        ("Å³", "m³", 1e-30),
        ("m⁻³", "Å⁻³", 1e-30),
        ("deg", "rad", math.pi / 180),
        ("sr", "sr", 1.0),
    ],
)
def test_a_unit_becomes_another_by_an_exact_factor(source: str, target: str, ratio: float) -> None:
    assert factor(source, target) == ratio


@pytest.mark.parametrize(("source", "target"), [("m", "Å⁻¹"), ("deg", "1"), ("sr", "rad"), ("px", "m"), ("m²", "m")])
def test_units_of_different_dimensions_are_refused(source: str, target: str) -> None:
    with pytest.raises(UsageError, match=f"{source} and {target} measure different things"):
        factor(source, target)


@pytest.mark.parametrize(("source", "target"), [("parsec", "m"), ("m", "parsec")])
def test_a_unit_that_is_none_is_refused(source: str, target: str) -> None:
    with pytest.raises(UsageError, match="'parsec' is not a unit"):
        factor(source, target)


@pytest.mark.parametrize(
    ("spelling", "unit"),
    [
        ("meters", "m"),
        ("Angstroms", "Å"),
        ("Å", "Å"),
        ("1/Å", "Å⁻¹"),
        ("1/Angstrom", "Å⁻¹"),
        ("Å^-1", "Å⁻¹"),
        ("Å^3", "Å³"),
        ("degrees", "deg"),
        ("radians", "rad"),
        ("photons/mm^2", "mm⁻²"),
        ("m", "m"),
        ("furlong", None),
        ("", None),
        ("M", None),
    ],
)
def test_every_spelling_of_a_unit_is_one_unit(spelling: str, unit: str | None) -> None:
    assert canonical(spelling) == unit


def test_metres_show_micrometres() -> None:
    assert metres(2.85e-6) == "2.85e-06 m (2.85 µm)"
    assert metres(-0.2312718261234567) == "-0.231271826 m (-231272 µm)"
