"""From the reference's flags to a configuration and back, and what is wrong with a command line."""

import difflib
import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum
from itertools import pairwise
from pathlib import Path

from pydantic import ValidationError

from simulator.c_numbers import leading_integer, leading_real, starts_with_number, whole_integer, whole_real
from simulator.config import Config, Convention, Pivot
from simulator.constants import ENERGY_WAVELENGTH_EV_A
from simulator.defects import Defect, Mode, defects_of
from simulator.errors import ConfigurationError
from simulator.flags import FLAGS, Flag, LastPlace, Special, ValueKind
from simulator.smv import SmvGeometry, read_geometry, read_smv


class FlagError(ConfigurationError):
    """A flag that is unknown, lacks values, or has a value that makes no sense."""


class Trouble(Enum):
    """What can be wrong with an argument."""

    UNKNOWN = "unknown"
    TOO_FEW = "too few values"
    BAD_VALUE = "bad value"
    READ_IN_PART = "only the start of a value is read"
    COLLISION = "collision"
    UNSEEN = "not seen in last place"
    CRASH = "crashes the reference"


FATAL = frozenset({Trouble.UNKNOWN, Trouble.TOO_FEW, Trouble.BAD_VALUE})
"""What a strict run refuses; the reference goes on."""

_CONSEQUENCES = {
    Trouble.UNKNOWN: " (ignored, as the reference does)",
    Trouble.TOO_FEW: " (ignored, as the reference does)",
    Trouble.BAD_VALUE: " (ignored; the reference takes it as it is)",
}


@dataclass(frozen=True)
class ArgumentFinding:
    """Something to know about an argument, in one line."""

    trouble: Trouble
    argument: str
    text: str

    @property
    def remark(self) -> str:
        """The text, with what follows from it."""
        return self.text + _CONSEQUENCES.get(self.trouble, "")


@dataclass(frozen=True)
class CommandLine:
    """A parsed command line."""

    config: Config
    findings: tuple[ArgumentFinding, ...]


def parse(arguments: Sequence[str], *, lenient: bool = False, mode: str | None = None) -> CommandLine:
    """Read the reference's flags, by its rules.

    Parameters
    ----------
    arguments : sequence of str
        The command line without the program.
    lenient : bool
        Ignore what the reference ignores and read numbers as C does; every such case becomes a finding. Values that
        begin with a minus sign are then tested as flags too.
    mode : str, optional
        In place of -mode among the arguments; the switches also decide how some flags are read.

    Raises
    ------
    FlagError
        If a flag is unknown, has too few values or a value that it cannot have (not if `lenient`), or if the reference
        would crash before it knew what to compute.
    ConfigurationError
        If the flags describe no experiment.
    """
    command = examine(arguments, lenient=lenient, mode=mode)
    for finding in command.findings:
        if finding.trouble is Trouble.CRASH:
            raise FlagError(finding.text)
    return command


def examine(arguments: Sequence[str], *, lenient: bool = True, mode: str | None = None) -> CommandLine:
    """Read flags as :func:`parse` does, with what would crash the reference among the findings."""
    reader = _Reader(list(arguments), lenient=lenient, mode=mode)
    reader.read()
    return CommandLine(_config(reader.settings), tuple(reader.findings))


def file_values(arguments: Sequence[str]) -> list[tuple[int, Flag]]:
    """Return which arguments are names of files: the index of each, and the flag whose value it is.

    An argument acts as the flag that it is meant to be; what makes no sense is passed over.
    """
    files = []
    index = 0
    while index < len(arguments):
        flags = _triggered(arguments[index], frozenset()) if arguments[index].startswith("-") else []
        index += 1
        wanted = _wanted(flags[0], arguments[index:]) if flags else 0
        if flags and flags[0].kind is ValueKind.FILE and index < len(arguments):
            files.append((index, flags[0]))
        index += wanted
    return files


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
    tokens = [flag.token for flag in FLAGS if any(path == known or path.startswith(f"{known}.") for known in flag.sets)]
    return " or ".join(dict.fromkeys(tokens)) or path


@dataclass
class _Reader:
    arguments: list[str]
    lenient: bool
    mode: str | None = None
    settings: dict[str, object] = field(default_factory=dict)
    findings: list[ArgumentFinding] = field(default_factory=list)
    cell: tuple[float, ...] = ()
    """Values of -cell so far: a later one with fewer values leaves the others as they were."""

    def read(self) -> None:
        self._read_mode()
        self._scan(headers=True)
        self._scan(headers=False)
        if self.mode is not None:
            self.settings["execution.defects"] = defects_of(self.mode)
        self._normalise()

    def _read_mode(self) -> None:
        """Take the last -mode first: it decides how some arguments are read."""
        given = [value for flag, value in pairwise(self.arguments) if flag == "-mode"]
        for value in given if self.mode is None else [self.mode]:
            with suppress(ValueError):
                self.settings["execution.defects"] = defects_of(value)

    def _scan(self, *, headers: bool) -> None:
        index = values_end = 0
        while index < len(self.arguments):
            argument = self.arguments[index]
            index += 1
            if argument.startswith("-"):
                values_end = max(values_end, index + self._argument(argument, index, headers=headers))
                index = index if self.lenient else values_end
            elif index > values_end and not headers:
                self._report(Trouble.UNKNOWN, argument, f"'{argument}' is neither a flag nor the value of one")

    def _argument(self, argument: str, index: int, *, headers: bool) -> int:
        """Act on one argument; return how many of the following ones were values."""
        flags = _triggered(argument, self._defects())
        if not flags:
            if not headers and not (self.lenient and starts_with_number(argument)):
                self._report(Trouble.UNKNOWN, argument, f"unknown flag {argument}{_suggestion(argument)}")
            return 0
        if not headers:
            self._report_collision(argument, flags)
        following = self.arguments[index:]
        for flag in flags:
            if headers is (flag.special is Special.HEADER):
                self._flag(flag, argument, following, meant=flag is flags[0])
        return min(_wanted(flags[0], following), len(following))

    def _defects(self) -> frozenset[Defect]:
        defects = self.settings.get("execution.defects")
        return defects if isinstance(defects, frozenset) else Mode.C_PARITY.defects

    def _report(self, trouble: Trouble, argument: str, text: str) -> None:
        if trouble in FATAL and not self.lenient:
            raise FlagError(text + ("; --lenient passes over it" if trouble is Trouble.UNKNOWN else ""))
        self.findings.append(ArgumentFinding(trouble, argument, text))

    def _report_collision(self, argument: str, flags: Sequence[Flag]) -> None:
        others = _triggered(argument, frozenset({Defect.FLAG_COLLISIONS}) | self._defects())[1:]
        harmful = [flag.token for flag in others if flag.token != "-printout"]  # noqa: S105 - a flag's token
        if harmful:
            acts = {flag.token for flag in flags}
            effect = "also acts as" if acts.issuperset(harmful) else "would act, in the reference, also as"
            hint = f"; give {harmful[0]} after it"
            self._report(Trouble.COLLISION, argument, f"{argument} {effect} {' and '.join(harmful)}{hint}")

    def _flag(self, flag: Flag, argument: str, following: Sequence[str], *, meant: bool) -> None:
        """Act on a flag; one that the argument is not meant to be is read by the reference's rules."""
        if not following and self._in_last_place(flag, argument):
            return
        values = list(following[: _wanted(flag, following)])
        least = 1 if flag.special in {Special.CELL, Special.MISSET} else flag.count
        if len(values) < least:
            if meant:
                number = f"{least} value{'s'[: least > 1]}"
                self._report(Trouble.TOO_FEW, argument, f"{argument} needs {number} ({flag.about})")
            return
        try:
            settings = self._settings(flag, values, lenient=self.lenient or not meant)
        except ValueError as error:
            if meant:
                self._report(Trouble.BAD_VALUE, argument, f"{argument} {' '.join(values)}: {error}")
            return
        if self.lenient and meant:
            self._report_values(flag, argument, values)
        self.settings.update(flag.fixed)
        self.settings.update(settings)

    def _in_last_place(self, flag: Flag, argument: str) -> bool:
        """Report what the reference makes of a flag that is the last word; tell whether nothing else is to be done."""
        if flag.last_place is LastPlace.CRASHES:
            text = f"the reference crashes at {argument} in last place, where it looks for a value; give one"
            self._report(Trouble.CRASH, argument, f"{text} ({flag.about})")
            return True
        if flag.last_place is LastPlace.UNSEEN:
            text = f"{argument} in last place is not seen by the reference"
            acts = Defect.LAST_FLAG_UNSEEN not in self._defects()
            effect = "it counts here" if acts else "it has no effect; give it before another flag"
            self._report(Trouble.UNSEEN, argument, f"{text}: {effect}")
            return not acts
        return False

    def _report_values(self, flag: Flag, argument: str, values: Sequence[str]) -> None:
        """Report numbers of which C reads only the start, or which do not fit."""
        known = {ValueKind.REAL: (whole_real, leading_real), ValueKind.INTEGER: (whole_integer, leading_integer)}
        if flag.kind not in known or flag.special is Special.MISSET or flag.inert:
            return
        whole, leading = known[flag.kind]
        for value in values:
            try:
                whole(value)
            except ValueError:
                text = f"the value '{value}' of {argument} is read as {leading(value):g}"
                self._report(Trouble.READ_IN_PART, argument, text)

    def _settings(self, flag: Flag, values: list[str], *, lenient: bool) -> dict[str, object]:
        """Return the fields that a flag sets to these values."""
        if flag.special is Special.CELL:
            given = _cell_values(values, lenient=lenient)
            self.cell = (*given, *self.cell[len(given) :])
            return {flag.sets[0]: _cell(self.cell)}
        if flag.special is not None:
            return _special(flag, values, self.settings, lenient=lenient)
        if flag.token == "-mode":  # noqa: S105 - a flag's token
            return {flag.sets[0]: defects_of(values[0])}
        if flag.token == "-dump" and Defect.DUMP_FLAG_UNKNOWN in self._defects():  # noqa: S105 - a flag's token
            return {}
        converted = [_value(flag.kind, value, lenient=lenient) for value in values]
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


def _triggered(argument: str, defects: frozenset[Defect]) -> list[Flag]:
    """Return the flags that an argument triggers, the one it is meant to be first."""
    flags: list[Flag] = []
    for flag in FLAGS:
        if flag.matches(argument):
            flags.append(flag)
            if flag.stops:
                break
    flags.sort(key=lambda flag: -len(flag.token))
    if Defect.FLAG_COLLISIONS not in defects:
        flags = flags[:1] + [flag for flag in flags[1:] if flag.token == "-printout"]  # noqa: S105 - a flag's token
    if Defect.MISSET_SEED_AS_MISSET in defects and "-misset_seed" in argument:
        flags += [flag for flag in FLAGS if flag.special is Special.MISSET]
    return flags


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
        case Special.MISSET:
            return _misset(values, lenient=lenient)
        case Special.ENERGY:
            return {flag.sets[0]: ENERGY_WAVELENGTH_EV_A / _nonzero(_real(values[0], lenient=lenient))}
        case Special.PIVOT:
            pivots = [pivot for pivot in Pivot if pivot.value in values[0]]
            if not pivots:
                raise ValueError("neither sample nor beam")
            return {flag.sets[0]: pivots[0]}
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


def _cell_values(texts: Sequence[str], *, lenient: bool) -> tuple[float, ...]:
    values = tuple(_real(text, lenient=lenient) for text in texts)
    wrong = next((text for text, value in zip(texts, values, strict=True) if value <= 0.0), None)
    if wrong is not None and values[0] != 0.0 and not lenient:
        raise ValueError(f"a cell has no length or angle of {wrong}; the reference takes the length a, or 90° for it")
    return values


def _cell(values: Sequence[float]) -> Mapping[str, float] | None:
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


def _real(text: str, *, lenient: bool) -> float:
    number = leading_real(text) if lenient else whole_real(text)
    if not math.isfinite(number):
        raise ValueError(f"'{text}' is not a finite number")
    return number


def _integer(text: str, *, lenient: bool) -> int:
    return leading_integer(text) if lenient else whole_integer(text)


def _value(kind: ValueKind, text: str, *, lenient: bool) -> object:
    match kind:
        case ValueKind.REAL:
            return _real(text, lenient=lenient)
        case ValueKind.INTEGER:
            return _integer(text, lenient=lenient)
        case ValueKind.FILE:
            return Path(text)
    return text


def _nonzero(value: float) -> float:
    if value == 0.0:
        raise ValueError("must not be 0")
    return value


_NEAR = 0.75
"""Similarity from which a flag is likely to be the one that was meant."""

_AXES = {"_x": "_f", "_y": "_s"}
"""Axes of the detector by other letters."""


def _suggestion(argument: str) -> str:
    """Return which flag is nearest to an unknown one, if any is near."""
    tokens = [flag.token for flag in FLAGS]
    other_axis = argument[:-2] + _AXES.get(argument[-2:], "-")
    longer = [token for token in tokens if token.startswith(argument)] if len(argument) > 2 else []
    near = difflib.get_close_matches(argument, tokens, n=1, cutoff=_NEAR)
    names = [token for token in tokens if token == other_axis] + longer[:1] + near
    return f"; did you mean {names[0]}?" if names else ""
