"""Units as text: what they measure, and their exact factors.

A unit is a product of powers of named units: `W/(m K)`, `W m-2 K-1`, `kg*m^2/s^2`, `Å⁻¹`, `1/Angstrom`, `%`.
A word that is no known unit is a base unit of its own (`grains`, `cells/s`). Factors are products of powers of primes
and of π, so that products, quotients and roots of units stay exact.
"""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import field
from fractions import Fraction
from functools import cache, lru_cache
from types import MappingProxyType
from typing import TypeAlias

from nbtrace.errors import UsageError
from nbtrace.frozen import frozen

Powers: TypeAlias = tuple[tuple[str, Fraction], ...]
"""A product of powers: names with their exponents, sorted by name, none of them 0."""

LONGEST = 200
"""Letters of a unit that is read."""

_LARGEST_EXPONENT = 100
_ANGLES_AND_COUNTS = frozenset({"rad", "photon", "px", "e⁻", "count"})
"""Base units that are plain numbers in a formula."""

_DEFINITIONS = """
m = - | metre meter | p
kg = -
g = 1e-3 kg | gram | p
s = - | second sec | p
A = - | ampere | p
K = - | kelvin | p
mol = - | mole | p
cd = - | candela | p
rad = - | radian | p
px = - | pixel
photon = -
e⁻ = - | e- electron
count = -
sr = 1 rad2 | steradian | p
Hz = 1 s-1 | hertz | p
N = 1 kg m s-2 | newton | p
Pa = 1 kg m-1 s-2 | pascal | p
J = 1 kg m2 s-2 | joule | p
W = 1 kg m2 s-3 | watt | p
C = 1 A s | coulomb | p
V = 1 kg m2 s-3 A-1 | volt | p
F = 1 kg-1 m-2 s4 A2 | farad | p
Ω = 1 kg m2 s-3 A-2 | ohm Ohm | p
S = 1 kg-1 m-2 s3 A2 | siemens | p
Wb = 1 kg m2 s-2 A-1 | weber | p
T = 1 kg s-2 A-1 | tesla | p
H = 1 kg m2 s-2 A-2 | henry | p
lm = 1 cd sr | lumen | p
lx = 1 cd sr m-2 | lux | p
Bq = 1 s-1 | becquerel | p
Gy = 1 m2 s-2 | gray | p
Sv = 1 m2 s-2 | sievert | p
kat = 1 mol s-1 | katal | p
deg = pi/180 rad | degree ° | p
arcmin = pi/10800 rad | arcminute
arcsec = pi/648000 rad | arcsecond
min = 60 s | minute
h = 3600 s | hour hr
d = 86400 s | day
L = 1e-3 m3 | l litre liter | p
t = 1e3 kg | tonne
Å = 1e-10 m | Angstrom angstrom Ångström ångström
micron = 1e-6 m
b = 1e-28 m2 | barn | p
bar = 1e5 Pa | | p
atm = 101325 Pa
Torr = 101325/760 Pa | torr
eV = 1.602176634e-19 J | electronvolt | p
u = 1.66053906892e-27 kg | Da dalton
erg = 1e-7 J
dyn = 1e-5 N | dyne
G = 1e-4 T | gauss | p
cal = 4.184 J | calorie | p
% = 1e-2 | percent
‰ = 1e-3 | permille
ppm = 1e-6
"""
"""Unit = factor and unit, `-` for a base unit | other names, whose plurals are known too | p: takes prefixes."""

_PREFIXES = {
    "Q": 30, "R": 27, "Y": 24, "Z": 21, "E": 18, "P": 15, "T": 12, "G": 9, "M": 6, "k": 3, "h": 2, "da": 1,
    "d": -1, "c": -2, "m": -3, "µ": -6, "u": -6, "n": -9, "p": -12, "f": -15, "a": -18, "z": -21, "y": -24, "r": -27,
    "q": -30,
}  # fmt: skip
_PREFIX_WORDS = {
    "quetta": 30, "ronna": 27, "yotta": 24, "zetta": 21, "exa": 18, "peta": 15, "tera": 12, "giga": 9, "mega": 6,
    "kilo": 3, "hecto": 2, "deca": 1, "deci": -1, "centi": -2, "milli": -3, "micro": -6, "nano": -9, "pico": -12,
    "femto": -15, "atto": -18, "zepto": -21, "yocto": -24, "ronto": -27, "quecto": -30,
}  # fmt: skip
_WITH_OFFSET = frozenset({"°C", "°F", "degC", "degF", "celsius", "Celsius", "fahrenheit", "Fahrenheit"})
_LOOKALIKES = str.maketrans({"μ": "µ", "\u212b": "Å", "\u2126": "Ω", "−": "-", "·": "*", "⋅": "*", "×": "*"})
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_token = re.compile(
    r"\s*(?:(?P<word>e⁻(?![⁰¹²³⁴-⁹])|e-(?!\d)|(?:[^\W\d⁰¹²³⁴-⁹]|[%‰°])+)|(?P<one>1)(?![\d.])|(?P<mark>\*\*|[*/()^])"
    r"|(?P<raised>⁻?[⁰¹²³⁴-⁹]+))"
)
_exponent = re.compile(
    r"\s*(?:\^|\*\*)\s*(?:\(\s*(-?\d+(?:/\d+|\.\d+)?)\s*\)|(-?\d+(?:\.\d+)?))|(-?\d+)|(⁻?[⁰¹²³⁴-⁹]+)"
)


class UnitError(UsageError):
    """A text is no unit, or two units do not go together."""


@frozen
class Unit:
    """A unit.

    Attributes
    ----------
    dimension : powers of base units
        SI's, radians, counting units, and words that are no known unit.
    scale : powers of primes and of `pi`
        The unit in base units.
    text : str
        As it was written; empty for a unit that came about in a calculation.
    """

    dimension: Powers = ()
    scale: Powers = ()
    text: str = field(default="", compare=False)

    def __str__(self) -> str:
        """Return the text, or the unit in base units."""
        if self.text:
            return self.text
        bases = " ".join(name + _raised(power) for name, power in sorted(self.dimension, key=_as_written))
        number = f"{self.size:.12g}" if self.scale else ""
        return " ".join(part for part in (number, bases) if part) or "1"

    @property
    def size(self) -> float:
        """The unit in base units, correctly rounded where no root and no π is in it."""
        return _number(self.scale)

    def times(self, other: "Unit") -> "Unit":
        """Return the product."""
        if not (other.dimension or other.scale):
            return self
        if not (other.dimension or other.scale):
            return self
        return Unit(_product(self.dimension, other.dimension), _product(self.scale, other.scale))

    def to(self, power: Fraction) -> "Unit":
        """Return a power."""
        if power == 1:
            return self
        return Unit(_raised_to(self.dimension, power), _raised_to(self.scale, power))

    def over(self, other: "Unit") -> "Unit":
        """Return the quotient."""
        return self.times(other.to(Fraction(-1)))

    @property
    def plain(self) -> "Unit":
        """The unit as formulas see it: angles and counts are numbers."""
        kept = tuple(item for item in self.dimension if item[0] not in _ANGLES_AND_COUNTS)
        return self if kept == self.dimension else Unit(kept, self.scale, self.text)

    @property
    def own_words(self) -> tuple[str, ...]:
        """The words in it that are no known unit, each a base unit of its own."""
        return tuple(name for name, _ in self.dimension if name not in _known())


ONE = Unit(text="1")
"""What a plain number has."""


def _as_written(item: tuple[str, Fraction]) -> tuple[bool, int]:
    """Order the bases of a unit as SI writes them, divisors last."""
    name, power = item
    symbols = tuple(_table())
    return power < 0, ("kg", *symbols).index(name) if name in symbols else len(symbols)


def _raised(power: Fraction) -> str:
    if power == 1:
        return ""
    if power.denominator == 1:
        return str(power.numerator).translate({value: key for key, value in _SUPERSCRIPTS.items()})
    return f"^({power})"


def _product(*parts: Powers) -> Powers:
    powers: dict[str, Fraction] = {}
    for name, power in (item for part in parts for item in part):
        powers[name] = powers.get(name, Fraction(0)) + power
    return _sorted(powers)


def _raised_to(part: Powers, power: Fraction) -> Powers:
    return _sorted({name: exponent * power for name, exponent in part})


def _sorted(powers: Mapping[str, Fraction]) -> Powers:
    return tuple(sorted((name, power) for name, power in powers.items() if power))


def _number(scale: Powers) -> float:
    """Return a scale as a float; whole powers are exact until the one division at the end."""
    above = below = 1
    rest = 1.0
    pi = 0
    for name, power in scale:
        if power.denominator != 1:
            rest *= (math.pi if name == "pi" else int(name)) ** float(power)
        elif name == "pi":
            pi = int(power)
        elif power > 0:
            above *= int(name) ** int(power)
        else:
            below *= int(name) ** int(-power)
    if pi >= 0:
        return (math.pi**pi * above / below if pi else above / below) * rest
    return above / (below * math.pi**-pi) * rest


@cache
def _primes(number: int) -> Powers:
    """Return a whole number as a product of powers of primes."""
    powers: dict[str, Fraction] = {}
    prime = 2
    while prime * prime <= number:
        while number % prime == 0:
            powers[str(prime)] = powers.get(str(prime), Fraction(0)) + 1
            number //= prime
        prime += 1 if prime == 2 else 2
    if number > 1:
        powers[str(number)] = powers.get(str(number), Fraction(0)) + 1
    return _sorted(powers)


def _scale_of(text: str) -> Powers:
    """Return a factor as it stands in the table: `1e-3`, `101325/760`, `pi/180`."""
    above, _, below = text.partition("/")
    if above == "pi":
        return _product((("pi", Fraction(1)),), _raised_to(_primes(int(below)), Fraction(-1)))
    number = Fraction(above) / Fraction(below or 1)
    return _product(_primes(number.numerator), _raised_to(_primes(number.denominator), Fraction(-1)))


@cache
def _known() -> Mapping[str, tuple[str, bool]]:
    """Return what is known: name → name of the definition, and whether it takes prefixes as a symbol does."""
    known: dict[str, tuple[str, bool]] = {}
    for symbol, (_, others, prefixed) in _table().items():
        known[symbol] = (symbol, prefixed)
        for other in others:
            known[other] = (symbol, False)
    for name in ("photons", "counts"):
        known[name] = (name.removesuffix("s"), False)
    return MappingProxyType(known)


@cache
def _table() -> Mapping[str, tuple[str, tuple[str, ...], bool]]:
    table = {}
    for line in _DEFINITIONS.strip().splitlines():
        symbol, _, rest = line.partition(" = ")
        definition, *more = (part.strip() for part in rest.split("|"))
        names = more[0].split() if more else []
        plurals = [f"{name}s" for name in (*names, symbol) if len(name) > 3 and name.isalpha() and name[-1] not in "sz"]
        table[symbol] = (definition, (*names, *plurals), "p" in more[1:])
    return table


@cache
def _words() -> Mapping[str, str]:
    """Return the full names that take a prefix in full (`millimetres`): name → symbol."""
    return {
        name: symbol
        for symbol, (_, names, prefixed) in _table().items()
        if prefixed
        for name in names
        if len(name) > 3 and name.isalpha()
    }


@cache
def _defined(symbol: str) -> Unit:
    definition = _table()[symbol][0]
    if definition == "-":
        return Unit(((symbol, Fraction(1)),), ())
    number, _, rest = definition.partition(" ")
    return Unit((), _scale_of(number)).times(parse(rest))


def _tenfold(exponent: int) -> Unit:
    return Unit((), _raised_to(_primes(10), Fraction(exponent)))


def _unit_of(word: str) -> Unit:
    """Return what a word means; one that is not known is a base unit."""
    if word in _WITH_OFFSET:
        raise UnitError(f"{word} has its zero elsewhere and is no factor of K; use K")
    if word in _known():
        return _defined(_known()[word][0])
    for length in (1, 2):
        prefix, symbol = word[:length], word[length:]
        if prefix in _PREFIXES and symbol in _known() and _known()[symbol][1]:
            return _tenfold(_PREFIXES[prefix]).times(_defined(symbol))
    for prefix, exponent in _PREFIX_WORDS.items():
        rest = word.lower().removeprefix(prefix)
        if len(rest) < len(word) and rest in _words():
            return _tenfold(exponent).times(_defined(_words()[rest]))
    return Unit(((word, Fraction(1)),), ())


@cache
def parse(text: str) -> Unit:
    """Return the unit that a text stands for.

    Raises
    ------
    UnitError
        If it is no product of units, ambiguous (`W/m K`), a unit with an offset (`degC`), or beyond all bounds.
    """
    if len(text) > LONGEST:
        raise UnitError(f"a unit of {len(text)} letters is none; at most {LONGEST} are read")
    if not text.strip():
        return ONE
    reader = _Reader(text)
    unit = reader.product(0)
    if reader.rest.strip():
        raise UnitError(f"{text!r} is no unit: what is {reader.rest.strip()!r}?")
    _check_bounds(text, unit)
    return Unit(unit.dimension, unit.scale, text.strip())


def _check_bounds(text: str, unit: Unit) -> None:
    powers = [abs(power) for _, power in unit.dimension] or [Fraction(0)]
    try:
        usable = max(powers) <= _LARGEST_EXPONENT and 1e-290 < unit.size < 1e290
    except OverflowError:
        usable = False
    if not usable:
        raise UnitError(f"{text!r} is no unit: its exponents are too large")


class _Reader:
    """Reads a unit from left to right."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.rest = text.translate(_LOOKALIKES)

    def product(self, depth: int) -> Unit:
        """Return a product up to a closing bracket or the end."""
        if depth > 5:
            raise self._error("its brackets are nested too deeply")
        unit = self._power(depth)
        divided = False
        while self.rest.strip() and not self.rest.lstrip().startswith(")"):
            if self._takes("/"):
                divided = True
                unit = unit.over(self._power(depth))
                continue
            if divided:
                raise self._error("what follows the / is ambiguous; put the divisor in brackets")
            self._takes("*")
            unit = unit.times(self._power(depth))
        return unit

    def _takes(self, mark: str) -> bool:
        rest = self.rest.lstrip()
        if not rest.startswith(mark):
            return False
        self.rest = rest[len(mark) :]
        return True

    def _power(self, depth: int) -> Unit:
        base = self._base(depth)
        match = _exponent.match(self.rest)
        if match is None:
            return base
        self.rest = self.rest[match.end() :]
        digits = next(group for group in match.groups() if group is not None).translate(_SUPERSCRIPTS)
        if len(digits) > 8:
            raise self._error("an exponent is too large")
        above, _, below = digits.partition("/")
        if below and int(below) == 0:
            raise self._error("an exponent is divided by 0")
        power = Fraction(above) / int(below or 1)
        if abs(power) > _LARGEST_EXPONENT or power.denominator > 100:
            raise self._error("an exponent is too large")
        return base.to(power)

    def _base(self, depth: int) -> Unit:
        if self._takes("("):
            unit = self.product(depth + 1)
            if not self._takes(")"):
                raise self._error("a bracket is not closed")
            return unit
        match = _token.match(self.rest)
        if match is None or not (match["word"] or match["one"]):
            raise self._error(f"a unit is expected at {self.rest.strip()!r}" if self.rest.strip() else "it breaks off")
        self.rest = self.rest[match.end() :]
        return _unit_of(match["word"]) if match["word"] else Unit()

    def _error(self, why: str) -> UnitError:
        return UnitError(f"{self.text!r} is no unit: {why}")


@lru_cache(maxsize=1024)
def known(text: str) -> bool:
    """Return whether a text is made of known units alone, and is more than a number."""
    try:
        unit = parse(text)
    except UnitError:
        return False
    return unit != ONE and not unit.own_words


def factor(source: Unit, target: Unit) -> float | None:
    """Return the number of `target` units in one `source` unit, None where they measure different things."""
    ratio = source.over(target)
    return None if ratio.dimension else ratio.size


def own_words(texts: Iterable[str]) -> tuple[str, ...]:
    """Return the words of units that are no known unit, each once, as they come."""
    return tuple(dict.fromkeys(word for text in texts for word in parse(text).own_words))
