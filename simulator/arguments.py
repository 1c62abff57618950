"""From the reference's flags to a configuration and back, and what is wrong with a command line."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum
from itertools import pairwise

from pydantic import ValidationError

from simulator.c_numbers import leading_integer, leading_real, starts_with_number, whole_integer, whole_real
from simulator.config import Config, Convention, Pivot
from simulator.defects import Defect, Mode, defects_of
from simulator.errors import ConfigurationError
from simulator.flag_values import cell_of, cell_values, special_settings, value_of
from simulator.flags import FLAGS, Flag, LastPlace, Special, ValueKind
from simulator.matching import Act, triggered, wanted
from simulator.suggestion import nearest
from simulator.traps import listed


class FlagError(ConfigurationError):
    """A flag that is unknown, lacks values, or has a value that makes no sense."""


class Trouble(Enum):
    """What can be wrong with an argument."""

    UNKNOWN = "unknown"
    STRAY = "belongs to no flag"
    TOO_FEW = "too few values"
    BAD_VALUE = "bad value"
    SWALLOWED = "a flag is taken for a value"
    READ_IN_PART = "only the start of a value is read"
    COLLISION = "collision"
    UNSEEN = "not seen in last place"
    CRASH = "crashes the reference"


FATAL = frozenset({Trouble.UNKNOWN, Trouble.STRAY, Trouble.TOO_FEW, Trouble.BAD_VALUE})
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
    """A parsed command line.

    Attributes
    ----------
    config : Config
    findings : tuple of ArgumentFinding
    acts : tuple of Act
        What every argument acted as, in the order in which it counted: headers first.
    """

    config: Config
    findings: tuple[ArgumentFinding, ...]
    acts: tuple[Act, ...] = ()


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
    try:
        config = _config(reader.settings)
    except ConfigurationError as error:
        misread = (Trouble.SWALLOWED, Trouble.READ_IN_PART)
        why = [finding.text for finding in reader.findings if finding.trouble in misread]
        raise ConfigurationError("; ".join([str(error), *why])) from None
    return CommandLine(config, tuple(reader.findings), tuple(reader.acts))


def file_values(arguments: Sequence[str]) -> list[tuple[int, Flag]]:
    """Return which arguments are names of files: the index of each, and the flag whose value it is.

    An argument acts as the flag that it is meant to be; what makes no sense is passed over.
    """
    files = []
    index = 0
    while index < len(arguments):
        flags = triggered(arguments[index], frozenset()) if arguments[index].startswith("-") else []
        index += 1
        taken = wanted(flags[0], arguments[index:]) if flags else 0
        if flags and flags[0].kind is ValueKind.FILE and index < len(arguments):
            files.append((index, flags[0]))
        index += taken
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
    acts: list[Act] = field(default_factory=list)
    cell: tuple[float, ...] = ()
    """Values of -cell so far: a later one with fewer values leaves the others as they were."""

    def read(self) -> None:
        self._read_mode()
        self._scan(headers=True)
        self._scan(headers=False)
        self.findings = [finding for finding in self.findings if not self._is_undone(finding)]
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
            if index >= values_end and not headers and self._is_stray(argument):
                strays = self._strays(index)
                self._report_strays(index, strays)
                index += len(strays)
                continue
            index += 1
            if argument.startswith("-"):
                taken = self._argument(argument, index, headers=headers, as_value=index <= values_end)
                values_end = max(values_end, index + taken)
                index = index if self.lenient else values_end

    def _is_stray(self, word: str) -> bool:
        """Tell whether a word that no flag takes is no flag itself: not even an unknown one."""
        return not word.startswith("-") or (starts_with_number(word) and not triggered(word, self._defects()))

    def _strays(self, index: int) -> list[str]:
        """Return the words from a place on that belong to no flag."""
        end = index
        while end < len(self.arguments) and self._is_stray(self.arguments[end]):
            end += 1
        return self.arguments[index:end]

    def _report_strays(self, index: int, words: Sequence[str]) -> None:
        what = f"{listed(words)} {'belongs' if len(words) == 1 else 'belong'} to no flag"
        before = next(
            (act for act in reversed(self.acts) if act.meant and act.index + len(act.values) + 1 == index), None
        )
        if before is None:
            self._report(Trouble.STRAY, words[0], what)
            return
        count, values = len(before.values), " ".join(before.values)
        takes = "no value" if count == 0 else f"{count} value{'s'[: count > 1]}"
        made = before.flag.outcome.format(values) if before.flag.outcome else ""
        self._report(Trouble.STRAY, words[0], f"{what}, {made}" if made else f"{what}: {before.argument} takes {takes}")

    def _argument(self, argument: str, index: int, *, headers: bool, as_value: bool) -> int:
        """Act on one argument; return how many of the following ones were values."""
        flags = triggered(argument, self._defects())
        if not flags:
            if not headers and not as_value:
                self._report(Trouble.UNKNOWN, argument, f"unknown flag {argument}{_suggestion(argument)}")
            # What follows an unknown flag is its value, of which nothing more is to be said.
            return 0 if as_value else len(self._strays(index))
        if not headers:
            self._report_collision(argument, flags)
        following = self.arguments[index:]
        for flag in flags:
            if headers is (flag.special is Special.HEADER):
                self._flag(flag, index - 1, following, meant=flag is flags[0])
        return min(wanted(flags[0], following), len(following))

    def _defects(self) -> frozenset[Defect]:
        defects = self.settings.get("execution.defects")
        return defects if isinstance(defects, frozenset) else Mode.C_PARITY.defects

    def _report(self, trouble: Trouble, argument: str, text: str) -> None:
        if trouble in FATAL and not self.lenient:
            raise FlagError(
                text + ("; --lenient passes over it" if trouble in {Trouble.UNKNOWN, Trouble.STRAY} else "")
            )
        self.findings.append(ArgumentFinding(trouble, argument, text))

    def _report_collision(self, argument: str, flags: Sequence[Flag]) -> None:
        others = triggered(argument, frozenset({Defect.FLAG_COLLISIONS}) | self._defects())[1:]
        harmful = [flag.token for flag in others if flag.token != "-printout"]  # noqa: S105 - a flag's token
        if harmful:
            acts = {flag.token for flag in flags}
            effect = "also acts as" if acts.issuperset(harmful) else "would act, in the reference, also as"
            hint = f"; give {harmful[0]} after it"
            self._report(Trouble.COLLISION, argument, f"{argument} {effect} {' and '.join(harmful)}{hint}")

    def _is_undone(self, finding: ArgumentFinding) -> bool:
        """Tell whether a collision does nothing, because the flag that it acts as is given after it."""
        if finding.trouble is not Trouble.COLLISION:
            return False
        place = max(act.index for act in self.acts if act.argument == finding.argument)
        others = triggered(finding.argument, frozenset({Defect.FLAG_COLLISIONS}) | self._defects())[1:]
        later = {act.flag.token for act in self.acts if act.meant and act.index > place}
        return all(flag.token in later or flag.token == "-printout" for flag in others)  # noqa: S105 - a flag's token

    def _flag(self, flag: Flag, place: int, following: Sequence[str], *, meant: bool) -> None:
        """Act on a flag; one that the argument is not meant to be is read by the reference's rules."""
        argument = self.arguments[place]
        if not following and self._in_last_place(flag, argument):
            return
        values = list(following[: wanted(flag, following)])
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
        self.acts.append(Act(place, argument, flag, tuple(values), settings, meant))

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
        """Report values that are flags, and numbers of which C reads only the start, or which do not fit."""
        swallowed = [value for value in values if value.startswith("-") and not starts_with_number(value)]
        for value in swallowed:
            read = "" if flag.kind in {ValueKind.FILE, ValueKind.WORD} else ", which is read as 0"
            acts = ", and the reference takes it as a flag too" if triggered(value, self._defects()) else ""
            self._report(Trouble.SWALLOWED, argument, f"{argument} takes {value} for its value{read}{acts}")
        values = [value for value in values if value not in swallowed]
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
            given = cell_values(values, lenient=lenient)
            self.cell = (*given, *self.cell[len(given) :])
            return {flag.sets[0]: cell_of(self.cell)}
        if flag.special is not None:
            return special_settings(flag, values, self.settings, lenient=lenient)
        if flag.token == "-mode":  # noqa: S105 - a flag's token
            return {flag.sets[0]: defects_of(values[0])}
        if flag.token == "-dump" and Defect.DUMP_FLAG_UNKNOWN in self._defects():  # noqa: S105 - a flag's token
            return {}
        converted = [value_of(flag.kind, value, lenient=lenient) for value in values]
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


_AXES = {"_x": "_f", "_y": "_s"}
"""Axes of the detector by other letters."""


def _suggestion(argument: str) -> str:
    """Return which flag is nearest to an unknown one, if any is near."""
    tokens = [flag.token for flag in FLAGS]
    other_axis = argument[:-2] + _AXES.get(argument[-2:], "-")
    name = other_axis if other_axis in tokens else nearest(argument, tokens)
    return f"; did you mean {name}?" if name is not None else ""
