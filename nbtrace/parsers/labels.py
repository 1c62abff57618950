"""Logs without any trace prefix: `Label (unit): value` under headings, as early scripts printed them."""

import re
from dataclasses import dataclass, field

from nbtrace import units
from nbtrace.parsers.outcome import Field
from nbtrace.parsers.prose import located_meaning
from nbtrace.parsers.values import read_value
from nbtrace.quantities import QUANTITIES, Stage, meaning
from nbtrace.records import Shape, Value

_heading = re.compile(r"\s*(?:={3,}\s*)?([^:=]+?)\s*(?:={3,}|:)\s*").fullmatch
_labelled = re.compile(r"\s*([^:]+?)\s*:\s+(\S.*?)\s*").fullmatch
_unit_in_label = re.compile(r"(.+?) \((?:\w+, )?([^()]+)\)").fullmatch
_indices = {"h": "hkl_frac", "k": "hkl_frac", "l": "hkl_frac"}
_rounded = {"h_int": "hkl_rounded", "k_int": "hkl_rounded", "l_int": "hkl_rounded"}
_OF_A_PIXEL = frozenset({Stage.PIXEL, Stage.SCALING})
_last_number = re.compile(r".*[:=]\s*(\S+)").fullmatch


def looks_labelled(lines: list[str]) -> bool:
    """Return whether lines list labelled values of a pixel: several known labels, one of a pixel among them."""
    known = {name for line in lines if (name := _known_label(line))}
    return len(known) >= 3 and any(QUANTITIES[name].stage in _OF_A_PIXEL for name in known)


def _known_label(line: str) -> str | None:
    match = _labelled(line)
    if match is None:
        return None
    bare, _ = _bare(match[1])
    name = meaning(bare).quantity
    return name if name in QUANTITIES else None


def _bare(label: str) -> tuple[str, str | None]:
    label = label.split(" = ", maxsplit=1)[0]
    if (named := _unit_in_label(label)) and (unit := units.canonical(named[2])):
        return named[1], unit
    return label, None


@dataclass
class LabelReader:
    """Reads labelled lines; three successive single indices become one vector."""

    heading: str = ""
    _triple: list[Value] = field(default_factory=list)

    def line(self, line: str) -> tuple[Field, ...] | str | None:
        """Return the fields of a line, a heading as text, or None for a line that holds neither."""
        match = _labelled(line)
        if match is None:
            heading = _heading(line)
            if heading and heading[1].strip():
                self.heading = heading[1].strip()
                return self.heading
            return None
        label, text = match[1], match[2]
        value = read_value(text)
        if value.shape is Shape.TEXT and (last := _last_number(text)):
            value = read_value(last[1])
        if value.shape is Shape.TEXT:
            return None
        return self._fields(label, value)

    def _fields(self, label: str, value: Value) -> tuple[Field, ...]:
        joined = _indices.get(label) or _rounded.get(label)
        if joined:
            self._triple.append(value)
            if len(self._triple) < 3:
                return ()
            numbers = tuple(part.numbers[0] for part in self._triple)
            tokens = tuple(part.tokens[0] for part in self._triple)
            self._triple.clear()
            return (Field(joined, Value(Shape.VECTOR, numbers, tokens, " ".join(tokens)), meaning(joined)),)
        bare, unit = _bare(label)
        return (Field(label, value, located_meaning(bare, value, unit or value.unit, self.heading)),)
