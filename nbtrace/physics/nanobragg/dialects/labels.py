"""Logs without any trace prefix: `Label (unit): value` under headings, as early scripts printed them."""

import re
from dataclasses import dataclass, field

from nbtrace import units
from nbtrace.parsers.dialect import LONGEST_LINE
from nbtrace.parsers.outcome import Field, Stated
from nbtrace.parsers.source import LogLines
from nbtrace.parsers.values import read_value
from nbtrace.physics.nanobragg.dialects.banner import banner
from nbtrace.physics.nanobragg.dialects.prose import located_meaning
from nbtrace.physics.nanobragg.vocabulary import VOCABULARY
from nbtrace.records import Shape, Value

_heading = re.compile(r"(?:={3,})?([^:=]+)(?:={3,}|:)").fullmatch
_labelled = re.compile(r"([^:]+):\s+(\S.*)").fullmatch
_unit_in_label = re.compile(r"(.+?) \((?:\w+, )?([^()]+)\)").fullmatch
_TRIPLES = {"hkl_frac": ("h", "k", "l"), "hkl_rounded": ("h_int", "k_int", "l_int")}
_part_of = {label: quantity for quantity, labels in _TRIPLES.items() for label in labels}
_OF_A_PIXEL = frozenset({"pixel", "scaling"})


def looks_labelled(lines: LogLines) -> bool:
    """Return whether lines list labelled values of a pixel: several known labels, one of a pixel among them."""
    filled = (batch for batch in lines.batches() if not isinstance(batch, int))
    known = {name for batch in filled for line in batch if (name := _known_label(line))}
    return len(known) >= 3 and any(VOCABULARY.quantities[name].section in _OF_A_PIXEL for name in known)


def _known_label(line: str) -> str | None:
    match = _labelled(line.strip()) if ":" in line and len(line) <= LONGEST_LINE else None
    if match is None:
        return None
    bare, _ = _bare(match[1].rstrip())
    name = VOCABULARY.meaning(bare).quantity
    return name if name in VOCABULARY.quantities else None


def _last_member(text: str) -> str | None:
    """Return the word after the last `:` or `=`, None if there is none or several words stand there."""
    words = text[max(text.rfind(":"), text.rfind("=")) + 1 :].split()
    return words[0] if len(words) == 1 and len(words[0]) < len(text) else None


def _states_pixel(line: str) -> bool:
    stated = banner(line)
    return isinstance(stated, Stated) and stated.pixel is not None


def _bare(label: str) -> tuple[str, str | None]:
    label = label.split(" = ", maxsplit=1)[0]
    if (named := _unit_in_label(label)) and (unit := units.canonical(named[2])):
        return named[1], unit
    return label, None


@dataclass
class LabelReader:
    """Reads labelled lines; the three indices, each on a line of its own, become one vector."""

    heading: str = ""
    _parts: dict[str, Value] = field(default_factory=dict)

    def line(self, line: str) -> tuple[Field, ...] | str | None:
        """Return the fields of a line, a heading as text, or None for a line that holds neither."""
        if len(line) > LONGEST_LINE or _states_pixel(line):
            return None
        match = _labelled(line.strip())
        if match is None:
            heading = _heading(line.strip())
            if heading and heading[1].strip():
                self.heading = heading[1].strip()
                return self.heading
            return None
        label, text = match[1].rstrip(), match[2]
        value = read_value(text)
        if value.shape is Shape.TEXT and (last := _last_member(text)):
            value = read_value(last)
        if value.shape is Shape.TEXT:
            return None
        return self._fields(label, value)

    def _fields(self, label: str, value: Value) -> tuple[Field, ...]:
        whole = _part_of.get(label) if value.shape is Shape.SCALAR else None
        if whole:
            self._parts[label] = value
            return self._joined(whole)
        bare, unit = _bare(label)
        return (Field(label, value, located_meaning(bare, value, unit or value.unit, self.heading)),)

    def _joined(self, quantity: str) -> tuple[Field, ...]:
        labels = _TRIPLES[quantity]
        if not self._parts.keys() >= set(labels):
            return ()
        parts = [self._parts.pop(label) for label in labels]
        tokens = tuple(part.tokens[0] for part in parts)
        value = Value(Shape.VECTOR, tuple(part.numbers[0] for part in parts), tokens, " ".join(tokens))
        return (Field(quantity, value, VOCABULARY.meaning(quantity)),)
