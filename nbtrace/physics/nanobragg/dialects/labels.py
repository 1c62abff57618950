"""Logs without any trace prefix: `Label (unit): value` under headings, `key = value`, as scripts print them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from nbtrace import units
from nbtrace.errors import UsageError
from nbtrace.frozen import frozen
from nbtrace.parsers.dialect import LONGEST_LINE
from nbtrace.parsers.misfits import misfit
from nbtrace.parsers.outcome import Field, Fields, Outcome, Stated, Structure, UnreadableLine
from nbtrace.parsers.source import LogLines
from nbtrace.parsers.untagged import (
    Assignment,
    UntaggedForm,
    UntaggedReader,
    assignment,
    is_a_time,
    known_keys,
    looks_untagged,
    told_truth,
)
from nbtrace.parsers.values import comma_hint, read_value
from nbtrace.parsers.worded_numbers import is_of_the_run
from nbtrace.physics.nanobragg.dialects.banner import banner
from nbtrace.physics.nanobragg.dialects.image_statistics import statistics
from nbtrace.physics.nanobragg.dialects.prose import located_meaning
from nbtrace.physics.nanobragg.vocabulary import VOCABULARY
from nbtrace.records import Shape, Value
from nbtrace.vocabulary.quantity import Kind
from nbtrace.vocabulary.vocabulary import Vocabulary

_heading = re.compile(r"(?:={3,})?([^:=]+)(?:={3,}|:)").fullmatch
_labelled = re.compile(r"([^:]+):\s+(\S.*)").fullmatch
_unit_in_label = re.compile(r"(.+?) \((?:\w+, )?([^()]+)\)").fullmatch
_TRIPLES = {"hkl_frac": ("h", "k", "l"), "hkl_rounded": ("h_int", "k_int", "l_int")}
_part_of = {label: quantity for quantity, labels in _TRIPLES.items() for label in labels}
_REFERENCE = (b"nanocrystal diffraction simulator", b"DETECTOR_FAST_AXIS ")
"""Words that the reference alone prints."""


def reads_as_labels(lines: LogLines) -> bool:
    """Return whether a text without trace lines assigns values; the output of the reference itself has a banner."""
    return not any(map(lines.holds, _REFERENCE)) and looks_untagged(_filled(lines), VOCABULARY)


def _filled(lines: LogLines) -> Iterator[str]:
    return (_spelled(line) for batch in lines.batches() if not isinstance(batch, int) for line in batch)


def _spelled(line: str) -> str:
    """Return a line with its key as the vocabulary has it, without a unit in brackets or a formula.

    What programs state of their configuration, and at their end, makes no log of values.
    """
    if len(line) <= LONGEST_LINE and (banner(line) is not None or statistics(line) is not None):
        return ""
    label, colon, value = line.strip().partition(":") if len(line) <= LONGEST_LINE else (line, "", "")
    known = colon and VOCABULARY.knows(bare := _bare(label.rstrip())[0])
    return f"{bare}:{value}" if known else line


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


def _unread(label: str, text: str) -> UnreadableLine | None:
    """Return why a known quantity has no value; None for prose."""
    known = VOCABULARY.known(_bare(label)[0])
    if known is None or known.kind is Kind.TEXT or not re.search(r"[0-9*]", text):
        return None
    return UnreadableLine(f"{label}: {text!r} is no value")


_FEW = 2
"""Letters of a key that any program may use for something else: `a`, `R`."""


def _doubtful(label: str, value: Value) -> UnreadableLine | None:
    """Return why a value of a known quantity, or how long something took, is not taken."""
    bare, in_label = _bare(label)
    known, unit = VOCABULARY.known(bare), in_label or value.unit
    if known is None or value.shape is Shape.SENTINEL or len(bare) <= _FEW:
        return None
    if complaint := misfit(label, known, value.shape, value.numbers):
        return UnreadableLine(f"{complaint}{comma_hint(value)}")
    try:
        VOCABULARY.meaning(bare, unit)
    except UsageError as error:
        return UnreadableLine(f"{label}: {error}")
    return None


@frozen
class _Block:
    """The lines below a heading: how far it stands in, and whether they stand farther in."""

    indent: int
    is_indented: bool = False


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


@dataclass
class LabelReader(UntaggedReader):
    """Reads labelled lines; the three indices, each on a line of its own, become one vector."""

    heading: str = ""
    _block: "_Block | None" = None
    _parts: dict[str, Value] = field(default_factory=dict)

    @property
    def vocabulary(self) -> Vocabulary:
        """What the keys are looked up in."""
        return VOCABULARY

    def worded(self, pairs: tuple[tuple[str, str], ...]) -> Outcome | None:
        """Return the values of numbers with the words in front of each."""
        return self._assigned(Assignment(UntaggedForm.WORDS, pairs))

    def context(self, line: str) -> str:
        """Leave the heading under which a line no longer stands; return the one under which it does."""
        self._leave_block(line)
        return self.heading

    def apart(self) -> "LabelReader":
        """Return a reader that stands where this one does, and leaves it there."""
        return replace(self, _parts=dict(self._parts))

    def stands_like(self, other: "LabelReader") -> bool:
        """Return whether another reader stands under the same heading, and waits for the same indices."""
        return self == other

    def read(self, line: str) -> tuple[Outcome, UntaggedForm] | None:
        """Return what a line gives and its form, None for a line that holds neither values nor a heading."""
        self._leave_block(line)
        if len(line) > LONGEST_LINE or _states_pixel(line):
            return None
        found = assignment(line, VOCABULARY)
        if found is not None and found.form is not UntaggedForm.COLON:
            outcome = self._assigned(found)
            return None if outcome is None else (outcome, found.form)
        match = _labelled(line.strip())
        if match is None:
            heading = _heading(line.strip())
            if heading and heading[1].strip():
                self.heading = heading[1].strip()
                self._block = None if line.strip().startswith("=") else _Block(_indent(line))
                return Structure(self.heading), UntaggedForm.COLON
            return None
        outcome = self._value(match[1].rstrip(), match[2])
        return None if outcome is None else (outcome, UntaggedForm.COLON)

    def _leave_block(self, line: str) -> None:
        """Drop a heading whose lines stood farther in than itself, at the first that does not."""
        block = self._block
        if block is None or not line.strip():
            return
        inside = _indent(line) > block.indent
        if block.is_indented and not inside:
            self.heading = ""
        self._block = replace(block, is_indented=True) if inside else None

    def named(self, line: str) -> tuple[str, ...]:
        """Return the quantities that a line assigns, whether or not their values can be read."""
        return known_keys(_spelled(line), VOCABULARY)

    def _assigned(self, found: Assignment) -> Outcome | None:
        """Return the values of a line with signs of equality, or of a known key and numbers."""
        outcomes = [self._value(key.rstrip(), text) for key, text in found.pairs]
        bad = next((outcome for outcome in outcomes if isinstance(outcome, UnreadableLine)), None)
        fields = tuple(item for outcome in outcomes if isinstance(outcome, Fields) for item in outcome.fields)
        return bad or (Fields(fields) if fields else None)

    def _value(self, label: str, text: str) -> Outcome | None:
        """Return a labelled value; a known quantity whose value cannot be read is not passed over."""
        if is_of_the_run(label) and not VOCABULARY.knows(_bare(label)[0]):
            return None
        value = read_value(text)
        if value.shape is Shape.TEXT and (last := _last_member(text)):
            value = read_value(last)
        if value.shape is Shape.TEXT and not VOCABULARY.knows(_bare(label)[0]) and (truth := told_truth(text)):
            return Fields((Field(label, truth, located_meaning(label, truth, None, self.heading)),))
        if value.shape is Shape.TEXT:
            return _unread(label, text)
        if complaint := _doubtful(label, value):
            return complaint
        return Fields(self._fields(label, value))

    def _fields(self, label: str, value: Value) -> tuple[Field, ...]:
        whole = _part_of.get(label) if value.shape is Shape.SCALAR else None
        if whole:
            self._parts[label] = value
            return self._joined(whole)
        bare, unit = _bare(label)
        if is_a_time(unit or value.unit) and not VOCABULARY.knows(bare):
            return ()
        return (Field(label, value, located_meaning(bare, value, unit or value.unit, self.heading)),)

    def _joined(self, quantity: str) -> tuple[Field, ...]:
        labels = _TRIPLES[quantity]
        if not self._parts.keys() >= set(labels):
            return ()
        parts = [self._parts.pop(label) for label in labels]
        tokens = tuple(part.tokens[0] for part in parts)
        value = Value(Shape.VECTOR, tuple(part.numbers[0] for part in parts), tokens, " ".join(tokens))
        return (Field(quantity, value, VOCABULARY.meaning(quantity)),)
