import math
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbtrace.vocabulary.dimensions import ONE, Unit, UnitError, factor, known, own_words, parse

pint = pytest.importorskip("pint")

REGISTRY = pint.UnitRegistry()
AS_PINT = {"Å": "angstrom", "°": "degree", "Ω": "ohm", "u": "dalton", "e⁻": "count", "%": "percent"}
SYMBOLS = [
    *("m", "kg", "g", "s", "A", "K", "mol", "cd", "rad", "sr", "Hz", "N", "Pa", "J", "W", "C", "V", "F"),
    *("Ω", "S", "Wb", "T", "H", "lm", "lx", "Bq", "Gy", "Sv", "kat", "deg", "min", "h", "L", "t", "Å", "b"),
    *("bar", "atm", "eV", "u", "erg", "dyn", "cal"),
]
PREFIXABLE = [
    *("m", "g", "s", "A", "K", "mol", "Hz", "N", "Pa", "J", "W", "C", "V", "F", "S", "T", "H", "eV"),
    *("bar", "L"),
]


def of_pint(powers: dict[str, int]) -> Any:
    result = REGISTRY.Quantity(1.0)
    for name, power in powers.items():
        result = result * REGISTRY.Quantity(1.0, AS_PINT.get(name, name)) ** power
    return result.to_base_units()


@given(st.dictionaries(st.sampled_from(SYMBOLS), st.integers(-3, 3), min_size=1, max_size=4))
def test_products_of_known_units_are_those_of_pint(powers: dict[str, int]) -> None:
    unit = parse(" ".join(f"{name}^{power}" for name, power in powers.items()))
    wanted = of_pint(powers)
    bases = {"meter": "m", "kilogram": "kg", "second": "s", "ampere": "A", "kelvin": "K", "mole": "mol"}
    bases |= {"candela": "cd", "radian": "rad"}
    dimension = {bases[name]: power for name, power in wanted.unit_items() if power and name != "count"}
    # pint's becquerel counts; SI's does not.
    assert {name: float(power) for name, power in unit.dimension} == dimension
    assert unit.size == pytest.approx(wanted.magnitude, rel=1e-12)


@pytest.mark.parametrize("prefix", [*"QRYZEPTGMkh", "da", *"dcmµnpfazyrq"])
@pytest.mark.parametrize("symbol", PREFIXABLE)
def test_prefixes_are_those_of_pint(prefix: str, symbol: str) -> None:
    if prefix + symbol in {"min", "cd", "Pa", "dag", "ft", "hbar"}:
        pytest.skip("a unit of its own")
    ours = factor(parse(prefix + symbol), parse(symbol))
    assert ours == pytest.approx(REGISTRY.Quantity(1.0, prefix + symbol).to(symbol).magnitude, rel=1e-12)


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("W/(m K)", "kg m s-3 K-1"),
        ("W m-2 K-1", "W/(m2 K)"),
        ("kg*m^2/s^2", "J"),
        ("Å⁻¹", "1/Angstrom"),
        ("\u212b⁻¹", "Å^-1"),
        ("m^-2", "m**-2"),
        ("m²", "m2"),
        ("µm", "μm"),
        ("um", "microns"),
        ("millimetres", "mm"),
        ("kilometers", "km"),
        ("J/kg/K", "J/(kg K)"),
        ("V/Hz^0.5", "V Hz^(-1/2)"),
        ("V·s", "Wb"),
        ("", "1"),
        ("photons/mm²", "photon mm-2"),
        ("e-", "e⁻"),
        ("e⁻/Å³", "electrons Å-3"),
        ("grains/min", "grains min⁻¹"),
    ],
)
def test_spellings_of_one_unit(text: str, same: str) -> None:
    assert parse(text) == parse(same)


@pytest.mark.parametrize(
    ("source", "target", "ratio"),
    [
        ("Å", "mm", 1e-7),
        ("W/cm2", "W/m2", 1e4),
        ("deg", "rad", math.pi / 180),
        ("rad", "deg", 180 / math.pi),
        ("%", "1", 0.01),
        ("eV", "J", 1.602176634e-19),
        ("min", "s", 60.0),
        ("km/h", "m/s", 1000 / 3600),
        ("mm^(1/2)", "m^0.5", 2**-1.5 * 5**-1.5),
        ("grains/s", "grains/min", 60.0),
        ("m", "s", None),
        ("grains", "cells", None),
        ("rad", "1", None),
        ("photons", "1", None),
    ],
)
def test_a_unit_becomes_another_by_a_factor_or_not_at_all(source: str, target: str, ratio: float | None) -> None:
    assert factor(parse(source), parse(target)) == ratio


def test_a_power_of_ten_is_the_nearest_float() -> None:
    for exponent in range(-30, 31):
        unit = Unit((), parse("km").to(Fraction(exponent, 3)).scale)
        assert unit.size == float(f"1e{exponent}")


def test_angles_and_counts_are_numbers_in_formulas() -> None:
    assert parse("rad").plain == parse("photons").plain == parse("sr").plain == ONE
    assert parse("deg").plain != ONE
    assert parse("grains").plain != ONE


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("W/m K", "ambiguous"),
        ("W/m*K", "ambiguous"),
        ("degC", "its zero elsewhere"),
        ("°F", "its zero elsewhere"),
        ("m/", "breaks off"),
        ("(m", "not closed"),
        ("m)", "what is"),
        ("10 m", "is no unit"),
        ("m^101", "too large"),
        ("m^(1/0)", "divided by 0"),
        ("m" + "9" * 100, "too large"),
        ("(m^20)^9", "too large"),
        ("Qm^20", "too large"),
        ("(" * 50 + "m" + ")" * 50, "nested"),
        ("m" * 201, "at most 200"),
        ("m+s", "is no unit"),
        ("m\n;", "is no unit"),
        ("m^-", "is no unit"),
    ],
)
def test_what_is_no_unit(text: str, reason: str) -> None:
    with pytest.raises(UnitError, match=reason) as raised:
        parse(text)
    assert "\n" not in str(raised.value)


@given(st.text(max_size=60))
def test_any_text_is_a_unit_or_an_error(text: str) -> None:
    try:
        unit = parse(text)
    except UnitError:
        return
    assert unit.over(unit) == ONE
    assert unit.times(unit) == unit.to(Fraction(2))


@given(st.dictionaries(st.sampled_from(SYMBOLS), st.integers(-3, 3).filter(bool), min_size=1, max_size=4))
def test_what_is_printed_is_read_again(powers: dict[str, int]) -> None:
    unit = parse(" ".join(f"{name}^{power}" for name, power in powers.items()))
    bases = Unit(unit.dimension)
    assert parse(str(bases)) == bases


def test_words_that_are_no_known_unit() -> None:
    assert own_words(["grains/s", "m", "cells grains"]) == ("grains", "cells")
    assert known("W/(m K)")
    assert not known("1")
    assert not known("grains/s")
    assert not known("W/")
