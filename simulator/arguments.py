"""From the reference's flags to a configuration and back, and what is wrong with a command line."""

import difflib
import math
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum
from itertools import pairwise
from pathlib import Path

from pydantic import ValidationError

from simulator.config import Config, Convention, Pivot
from simulator.constants import ENERGY_WAVELENGTH_EV_A
from simulator.defects import Defect, Mode
from simulator.errors import ConfigurationError
from simulator.flags import FLAGS, Flag, Kind, Special
from simulator.smv import SmvGeometry, read_geometry, read_smv


class FlagError(ConfigurationError):
    """A flag that is unknown, lacks values, or has a value that makes no sense."""


class Trouble(Enum):
    """What can be wrong with an argument."""

    UNKNOWN = "unknown"
    TOO_FEW = "too few values"
    BAD_VALUE = "bad value"
    COLLISION = "collision"


FATAL = frozenset({Trouble.UNKNOWN, Trouble.TOO_FEW, Trouble.BAD_VALUE})
"""What the reference silently ignores and a strict run refuses."""


@dataclass(frozen=True)
class Finding:
    """Something to know about an argument, in one line."""

    trouble: Trouble
    argument: str
    text: str


@dataclass(frozen=True)
class Command:
    """A parsed command line."""

    config: Config
    findings: tuple[Finding, ...]


def parse(arguments: Sequence[str], *, lenient: bool = False) -> Command:
    """Read the reference's flags, by its rules.

    Parameters
    ----------
    arguments : sequence of str
        The command line without the program.
    lenient : bool
        Ignore what the reference ignores and read numbers as C does; every such case becomes a finding. Values that
        begin with a minus sign are then tested as flags too.

    Raises
    ------
    FlagError
        If a flag is unknown, has too few values or a value that it cannot have (not if `lenient`).
    ConfigurationError
        If the flags describe no experiment.
    """
    reader = _Reader(list(arguments), lenient=lenient)
    reader.read()
    return Command(_config(reader.settings), tuple(reader.findings))


def file_values(arguments: Sequence[str]) -> list[tuple[int, Flag]]:
    """Return which arguments are names of files: the index of each, and the flag whose value it is.

    An argument acts as the flag that it is meant to be; what makes no sense is passed over.
    """
    found = []
    index = 0
    while index < len(arguments):
        flags = _triggered(arguments[index], collisions=False) if arguments[index].startswith("-") else []
        index += 1
        wanted = _wanted(flags[0], arguments[index:]) if flags else 0
        if flags and flags[0].kind is Kind.FILE and index < len(arguments):
            found.append((index, flags[0]))
        index += wanted
    return found


def _config(settings: Mapping[str, object]) -> Config:
    sections: dict[str, dict[str, object]] = {}
    for path, value in settings.items():
        section, _, attribute = path.partition(".")
        sections.setdefault(section, {})[attribute] = value
    try:
        return Config.model_validate(sections)
    except ValidationError as error:
        first = error.errors()[0]
        text = str(first["msg"]).removeprefix("Value error, ").replace("Input should be", "must be")
        # A message about several fields names their flags itself.
        place = "" if first["type"] == "value_error" else _flag_names(".".join(str(part) for part in first["loc"]))
        raise ConfigurationError(f"{place}: {text}" if place else text) from None


def _flag_names(path: str) -> str:
    """Return the flags that set a field, or the field's own name where none does."""
    found = [flag.token for flag in FLAGS if any(path == known or path.startswith(f"{known}.") for known in flag.sets)]
    return " or ".join(dict.fromkeys(found)) or path


@dataclass
class _Reader:
    arguments: list[str]
    lenient: bool
    settings: dict[str, object] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def read(self) -> None:
        self._read_mode()
        self._scan(headers=True)
        self._scan(headers=False)
        self._normalise()

    def _read_mode(self) -> None:
        """Take the last -mode first: it decides whether an argument may act as two flags."""
        for flag, value in pairwise(self.arguments):
            if flag == "-mode":
                with suppress(ValueError):
                    self.settings["execution.defects"] = _defects(value)

    def _scan(self, *, headers: bool) -> None:
        index = 0
        while index < len(self.arguments):
            argument = self.arguments[index]
            index += 1
            if argument.startswith("-"):
                consumed = self._argument(argument, index, headers=headers)
                index += 0 if self.lenient else consumed
            elif not self.lenient and not headers:
                self._report(Trouble.UNKNOWN, argument, f"'{argument}' is neither a flag nor the value of one")

    def _argument(self, argument: str, index: int, *, headers: bool) -> int:
        """Act on one argument; return how many of the following ones were values."""
        found = _triggered(argument, collisions=self._collisions())
        if not found:
            if not headers and not (self.lenient and _is_number(argument)):
                self._report(Trouble.UNKNOWN, argument, f"unknown flag {argument}{_suggestion(argument)}")
            return 0
        if not headers:
            self._report_collision(argument)
        consumed = 0
        for flag in found:
            values = self.arguments[index : index + _wanted(flag, self.arguments[index:])]
            if headers is (flag.special is Special.HEADER):
                self._flag(flag, argument, values, following=len(self.arguments) - index)
            consumed = max(consumed, len(values))
        return consumed

    def _collisions(self) -> bool:
        defects = self.settings.get("execution.defects", Mode.C_PARITY.defects)
        return isinstance(defects, frozenset) and Defect.FLAG_COLLISIONS in defects

    def _report(self, trouble: Trouble, argument: str, text: str) -> None:
        if trouble in FATAL and not self.lenient:
            raise FlagError(text)
        self.findings.append(Finding(trouble, argument, text))

    def _report_collision(self, argument: str) -> None:
        others = _triggered(argument, collisions=True)[1:]
        harmful = [flag.token for flag in others if flag.token != "-printout"]  # noqa: S105 - a flag's token
        if harmful:
            effect = "also acts as" if self._collisions() else "would act, in the reference, also as"
            hint = f"; give {harmful[0]} after it"
            self._report(Trouble.COLLISION, argument, f"{argument} {effect} {' and '.join(harmful)}{hint}")

    def _flag(self, flag: Flag, argument: str, values: list[str], following: int) -> None:
        least = 1 if flag.special in {Special.CELL, Special.MISSET} else flag.count
        if len(values) < least or following < flag.needs_more:
            number = max(least, flag.needs_more)
            what = "another argument after it" if flag.needs_more else f"{number} value{'s'[: number > 1]}"
            self._report(Trouble.TOO_FEW, argument, f"{argument} needs {what} ({flag.about})")
            return
        try:
            settings = self._settings(flag, values)
        except ValueError as error:
            self._report(Trouble.BAD_VALUE, argument, f"{argument} {' '.join(values)}: {error}")
            return
        self.settings.update(flag.fixed)
        self.settings.update(settings)

    def _settings(self, flag: Flag, values: list[str]) -> dict[str, object]:
        """Return the fields that a flag sets to these values."""
        if flag.special is not None:
            return _special(flag, values, self.settings, lenient=self.lenient)
        if flag.token == "-mode":  # noqa: S105 - a flag's token
            return {flag.sets[0]: _defects(values[0])}
        converted = [_value(flag.kind, value, lenient=self.lenient) for value in values]
        if len(flag.sets) == 1 and flag.count > 1:
            return {flag.sets[0]: tuple(converted)}
        if flag.count == 1:
            return dict.fromkeys(flag.sets, converted[0])
        return dict(zip(flag.sets, converted, strict=True)) if flag.sets else {}

    def _normalise(self) -> None:
        """Forget what a named convention overrules, so that equal experiments have equal configurations."""
        if self.settings.get("detector.convention", Convention.MOSFLM) is Convention.CUSTOM:
            self.settings.setdefault("detector.pivot", Pivot.BEAM)
            return
        for name in _VECTORS:
            self.settings.pop(f"detector.{name}", None)
        self.settings.pop("detector.pivot", None)


_VECTORS = (
    "fast_vector",
    "slow_vector",
    "normal_vector",
    "beam_vector",
    "polar_vector",
    "spindle_axis",
    "twotheta_axis",
    "pix0_vector",
)


def _triggered(argument: str, *, collisions: bool) -> list[Flag]:
    """Return the flags that an argument triggers, the one it is meant to be first."""
    found: list[Flag] = []
    for flag in FLAGS:
        if flag.matches(argument):
            found.append(flag)
            if flag.stops:
                break
    found.sort(key=lambda flag: -len(flag.token))
    legitimate = found[:1] + [flag for flag in found[1:] if flag.token == "-printout"]  # noqa: S105 - a flag's token
    return found if collisions else legitimate


def _wanted(flag: Flag, following: Sequence[str]) -> int:
    """Return how many of the following arguments are the flag's values."""
    if flag.special is Special.CELL:
        end = next((i for i, value in enumerate(following[:6]) if value.startswith("-")), 6)
        return min(end, len(following))
    if flag.special is Special.MISSET:
        return 1 if following and "rand" in following[0] else 3
    return flag.count


def _special(flag: Flag, values: list[str], settings: Mapping[str, object], *, lenient: bool) -> dict[str, object]:
    match flag.special:
        case Special.CELL:
            return {"crystal.cell": _cell([_real(value, lenient=lenient) for value in values])}
        case Special.MISSET:
            return _misset(values, lenient=lenient)
        case Special.ENERGY:
            return {flag.sets[0]: ENERGY_WAVELENGTH_EV_A / _nonzero(_real(values[0], lenient=lenient))}
        case Special.PIVOT:
            found = [pivot for pivot in Pivot if pivot.value in values[0]]
            if not found:
                raise ValueError("neither sample nor beam")
            return {flag.sets[0]: found[0]}
        case Special.ABSORPTION:
            depth = 0.0 if "inf" in values[0] else _real(values[0], lenient=lenient)
            without: dict[str, object] = {"detector.thickness_um": 0.0} if depth == 0.0 else {}
            return {flag.sets[0]: depth, **without}
    path = Path(values[0])
    known: dict[str, object] = dict.fromkeys(flag.sets, path)
    return known | _header_settings(read_geometry(read_smv(path)), mirrored=bool(flag.sets), settings=settings)


def _header_settings(header: SmvGeometry, *, mirrored: bool, settings: Mapping[str, object]) -> dict[str, object]:
    """Return the fields that an SMV header sets; a mask counts Y from the other edge."""
    pixel = header.pixel_size if header.pixel_size is not None else settings.get("detector.pixel_mm", 0.1)
    center_y = header.beam_center_y
    if mirrored and center_y is not None and isinstance(pixel, float):
        center_y = pixel * header.slow_pixels - center_y
    fields = {
        "detector.detpixels_fast": header.fast_pixels,
        "detector.detpixels_slow": header.slow_pixels,
        "detector.pixel_mm": header.pixel_size,
        "detector.distance_mm": header.distance,
        "detector.close_distance_mm": header.close_distance,
        "beam.wavelength_angstrom": header.wavelength,
        "detector.Xbeam_mm": header.beam_center_x,
        "detector.Ybeam_mm": center_y,
        "detector.ORGX_px": header.orgx,
        "detector.ORGY_px": header.orgy,
        "crystal.phi_deg": header.phi,
        "crystal.osc_deg": header.oscillation,
    }
    return {path: value for path, value in fields.items() if value is not None}


def _cell(values: list[float]) -> Mapping[str, float] | None:
    """Return the cell; a length that is missing or not positive is a, an angle 90°. A first length of 0 is no cell."""
    if values[0] == 0.0:
        return None
    lengths = [*values[:3], 0.0, 0.0][:3]
    angles = [*values[3:], 0.0, 0.0, 0.0][:3]
    lengths = [length if length > 0.0 else values[0] for length in lengths]
    angles = [angle if angle > 0.0 else 90.0 for angle in angles]
    names = ("a_angstrom", "b_angstrom", "c_angstrom", "alpha_deg", "beta_deg", "gamma_deg")
    return dict(zip(names, [*lengths, *angles], strict=True))


def _misset(values: list[str], *, lenient: bool) -> dict[str, object]:
    if "rand" in values[0]:
        return {"crystal.misset_random": True, "crystal.misset_deg": None}
    if len(values) < 3:
        raise ValueError("needs three angles, or random")
    angles = tuple(_real(value, lenient=lenient) for value in values)
    return {"crystal.misset_random": False, "crystal.misset_deg": angles}


def _defects(text: str) -> frozenset[Defect]:
    """Return the switches of a mode, or of a list of names joined by commas."""
    try:
        return Mode(text).defects
    except ValueError:
        pass
    try:
        return frozenset(Defect(name) for name in text.split(","))
    except ValueError:
        names = ", ".join([mode.value for mode in Mode] + [defect.value for defect in Defect])
        raise ValueError(f"none of {names}") from None


_C_REAL = re.compile(r"\s*[+-]?(\d+\.?\d*([eE][+-]?\d+)?|\.\d+([eE][+-]?\d+)?|inf(inity)?|nan)", re.IGNORECASE)
_C_INTEGER = re.compile(r"\s*[+-]?\d+")


def _real(text: str, *, lenient: bool) -> float:
    if lenient:
        match = _C_REAL.match(text)
        number = float(match[0]) if match else 0.0
    else:
        try:
            number = float(text)
        except ValueError:
            raise ValueError(f"'{text}' is not a number") from None
    if not math.isfinite(number):
        raise ValueError(f"'{text}' is not a finite number")
    return number


def _integer(text: str, *, lenient: bool) -> int:
    if lenient:
        match = _C_INTEGER.match(text)
        return int(match[0]) if match else 0
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"'{text}' is not an integer") from None


def _value(kind: Kind, text: str, *, lenient: bool) -> object:
    match kind:
        case Kind.REAL:
            return _real(text, lenient=lenient)
        case Kind.INTEGER:
            return _integer(text, lenient=lenient)
        case Kind.FILE:
            return Path(text)
    return text


def _nonzero(value: float) -> float:
    if value == 0.0:
        raise ValueError("must not be 0")
    return value


def _is_number(text: str) -> bool:
    return _C_REAL.match(text) is not None


def _suggestion(argument: str) -> str:
    tokens = [flag.token for flag in FLAGS]
    near = difflib.get_close_matches(argument, tokens, n=1, cutoff=0.5)
    longer = [token for token in tokens if token.startswith(argument)]
    names = longer[:1] or near
    return f"; did you mean {names[0]}?" if names else ""
