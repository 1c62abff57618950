"""The lines of anybody's program: a prefix, the ordinals of loops, and keys with their values.

After the prefix of a side stand `key=value` pairs, of which those named like a loop say where the others belong, or one
key and its value: `key 1.5 m`, `key = 1.5`, `key: 1.5 2 3`. Ordinals may come before it: `step=3 cell=7 T_K 306.5`.
A value that comes again at the same place is of the next turn of an unnamed loop.
"""

import re
from collections import Counter
from dataclasses import replace
from functools import cached_property

from nbtrace.errors import UsageError
from nbtrace.parsers.dialect import LONGEST_LINE, Dialect, Placement, Tagged
from nbtrace.parsers.misfits import misfit
from nbtrace.parsers.outcome import Field, Fields, Outcome, Structure, UnreadableLine, fitting
from nbtrace.parsers.source import LogLines
from nbtrace.parsers.trace_format import VERSION_FAMILY, version_stated
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
from nbtrace.parsers.values import ordinal, read_value
from nbtrace.records import Index, Shape, Side, Value
from nbtrace.vocabulary.quantity import Kind
from nbtrace.vocabulary.vocabulary import REPEAT, Vocabulary

_place = re.compile(r"\s*+(\w++)\s*+=\s*+([0-9]++)(?=\s|$)").match
_after_place = re.compile(r"\s+(?:\w+=[0-9]+\s+)*[^\W0-9]\w*\s+[^=]+").fullmatch
"""What follows the ordinal of a loop, where nothing else on the line is assigned: a key, a blank, its value."""
_pairs = re.compile(r"[^\s=:]++=").match
_single = re.compile(r"([^\s=:]++)\s*+[=:]\s*+(.*)|([^\s=:]++)\s++(.*)").fullmatch
_component = re.compile(r"(?:\.|\[|\()(?:[xyz]|[0-9]{1,3})[\])]?").fullmatch
_key_of = re.compile(r"([^\s=:]++)[\s=:]").findall


class PlainDialect(Dialect):
    """The lines of a program whose prefixes and loops a vocabulary names."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        super().__init__(vocabulary)
        sides = zip((Side.C, Side.PY), vocabulary.sides, strict=True)
        prefixes = [(prefix, side) for side, words in sides for prefix in words.prefixes]
        # The longest prefix counts where one begins with another.
        self._prefixes = sorted(prefixes, key=lambda pair: -len(pair[0]))

    def _prefix(self, line: str) -> tuple[str, Side] | None:
        text = line.lstrip()
        return next((pair for pair in self._prefixes if text.startswith(pair[0])), None)

    def tagged(self, line: str, context: str) -> Tagged | None:
        """Read a line with a prefix; None if it has none."""
        del context
        if "TRACE_FORMAT" in line and (stated := version_stated(line)) is not None:
            return Tagged(VERSION_FAMILY, "trace format", stated)
        prefixed = self._prefix(line)
        if prefixed is None:
            return None
        prefix = prefixed[0]
        body = line.lstrip()[len(prefix) :]
        if body[:1] == ":" and not prefix.endswith(":"):
            body = body[1:]
        if len(line) > LONGEST_LINE:
            outcome: Outcome = UnreadableLine(f"{len(line)} characters are too many for a trace line")
        else:
            outcome = fitting(self._read(body), self.vocabulary)
        return Tagged(prefix, f"lines of {self.vocabulary.name}", outcome)

    def _read(self, body: str) -> Outcome:
        text = body.strip()
        if not text or set(text) <= {"=", "-", "#"}:
            return Structure()
        places: dict[str, int] = {}
        while match := _place(text):
            name = match[1]
            if name not in self.vocabulary.indices:
                break
            number = ordinal(match[2])
            if number is None or name in places:
                return UnreadableLine(f"{name}={match[2]} is no ordinal of a loop, or stands twice in the line")
            places[name] = number
            text = text[match.end() :].strip()
        if not text:
            return Structure()
        if (unnamed := self._unnamed_loop(text)) is not None:
            return UnreadableLine(f"{unnamed} is no loop of the vocabulary {self.vocabulary.name}: add it to indices")
        return self._values(text, places)

    def _unnamed_loop(self, text: str) -> str | None:
        """Return the name before a key that looks like that of a loop and is nothing that the vocabulary knows."""
        match = _place(text)
        if match is None or not _after_place(text, match.end()) or read_value(text[match.start(2) :]).unit is not None:
            return None
        name, words = match[1], self.vocabulary
        return None if name in words.constants or words.knows(name) else name

    def _values(self, text: str, places: dict[str, int]) -> Outcome:
        pairs = _key_values(text) if _pairs(text) else []
        if not pairs:
            single = _single(text)
            if single is None:
                return UnreadableLine(f"{text!r} has a key but no value")
            pairs = [(single[1] or single[3], single[2] if single[1] else single[4])]
        return self._fields(pairs, places)

    def _fields(self, pairs: list[tuple[str, str]], places: dict[str, int]) -> Outcome:
        fields: list[Field] = []
        for key, value in pairs:
            if key in self.vocabulary.indices:
                number = ordinal(value.strip())
                if number is None or key in places:
                    return UnreadableLine(f"{key}={value} is no ordinal of a loop, or stands twice in the line")
                places[key] = number
                continue
            outcome = self._field(key, value)
            if isinstance(outcome, UnreadableLine):
                return outcome
            fields.append(outcome)
        loops = tuple((name, places[name]) for name in self.vocabulary.indices if name in places)
        return Fields(tuple(replace(item, index=Index(loops=loops)) for item in fields)) if fields else Structure()

    def _field(self, key: str, text: str) -> Field | UnreadableLine:
        known = self.vocabulary.known(key)
        if known is None and (meant := self._meant(key)) is not None:
            return UnreadableLine(self._unlike(key, meant))
        if not text.strip():
            return UnreadableLine(f"{key} has no value")
        value = read_value(text)
        if known is not None and known.kind is Kind.TEXT:
            value = Value(Shape.TEXT, (), (), text.strip())
        if complaint := misfit(key, known, value.shape, value.numbers):
            return UnreadableLine(complaint)
        try:
            return Field(key, value, self.vocabulary.meaning(key, value.unit))
        except UsageError as error:
            return UnreadableLine(f"{key}: {error}")

    def _meant(self, key: str) -> str | None:
        """Return the quantity that an unknown key is a part of, or is but for capitals; None if there is none."""
        name = self._folded.get(_stem(key).casefold())
        return None if name is None or key in self.vocabulary.constants else name

    @cached_property
    def _folded(self) -> dict[str, str]:
        known = self.vocabulary.quantities.items()
        return {key.casefold(): name for name, item in known for key in (name, *dict(item.aliases))}

    @staticmethod
    def _unlike(key: str, name: str) -> str:
        if _stem(key).casefold() != key.casefold():
            return f"{key} is a part of {name}, which stands on one line with all its components"
        return f"{key} is written {name} in the vocabulary"

    def unprefixed(self, lines: LogLines) -> UntaggedReader | None:
        """Return what reads a log of values without a prefix; None if it is no such log."""
        filled = (line for batch in lines.batches() if not isinstance(batch, int) for line in batch)
        return _Assignments(self) if looks_untagged(filled, self.vocabulary) else None

    def assigned(self, found: Assignment) -> Outcome:
        """Return the values of a line without a prefix."""
        told = [(key, text if (truth := told_truth(text)) is None else truth.text) for key, text in found.pairs]
        body = " ".join(f"{key}={text}" for key, text in told) if found.form is UntaggedForm.PAIRS else ""
        pairs = [] if body else [(key.strip(), text) for key, text in told]
        return self._values(body, {}) if body else self._fields(pairs, {})

    def side_of(self, family: str) -> Side:
        """Return the program that prints lines of a family."""
        return next((side for prefix, side in self._prefixes if prefix == family), Side.UNKNOWN)

    def side_of_line(self, line: str) -> Side:
        """Return the program whose prefix a line carries."""
        prefixed = self._prefix(line)
        return prefixed[1] if prefixed else Side.UNKNOWN

    def may_be_traced(self, text: str) -> bool:
        """Return whether a trace line may begin anywhere in a text, as far as that is seen at once."""
        return any(prefix in text for prefix, _ in self._prefixes)

    def placement(self) -> Placement:
        """Return what places the values of one log."""
        return _Turns()

    def named_quantities(self, line: str, context: str) -> tuple[str, ...]:
        """Return what an unreadable line would have given, as far as it tells."""
        del context
        prefixed = self._prefix(line)
        body = line.lstrip()[len(prefixed[0]) :] if prefixed else line
        keys = [key for key in _key_of(f"{body[:LONGEST_LINE]} ") if key not in self.vocabulary.indices]
        return tuple(dict.fromkeys(self._meant(key) or self.vocabulary.meaning(key).quantity for key in keys))


class _Assignments(UntaggedReader):
    """Reads the lines of a log without prefixes; a word in front of a sign of equality may name the turn of a loop."""

    def __init__(self, dialect: PlainDialect) -> None:
        self._dialect = dialect

    @property
    def vocabulary(self) -> Vocabulary:
        """What the keys are looked up in."""
        return self._dialect.vocabulary

    def worded(self, pairs: tuple[tuple[str, str], ...]) -> Outcome | None:
        """Return the values of numbers with the words in front of each."""
        return self._dialect.assigned(Assignment(UntaggedForm.WORDS, pairs))

    def read(self, line: str) -> tuple[Outcome, UntaggedForm] | None:
        """Return what a line gives and its form, None for a line that is no trace."""
        vocabulary = self._dialect.vocabulary
        found = assignment(line, vocabulary)
        if found is None or not any(self._is_value(*pair) for pair in found.pairs):
            return None
        return self._dialect.assigned(found), found.form

    def named(self, line: str) -> tuple[str, ...]:
        """Return the quantities that a line assigns, whether or not their values can be read."""
        return known_keys(line, self._dialect.vocabulary)

    def _is_value(self, key: str, text: str) -> bool:
        value = read_value(text)
        if value.shape is Shape.TEXT:
            return self._dialect.vocabulary.knows(key) or told_truth(text) is not None
        return self._dialect.vocabulary.knows(key) or not is_a_time(value.unit)


def _key_values(text: str) -> list[tuple[str, str]]:
    """Return the `key=value` pairs of a line, with blanks about the signs or without; none if it is no such line.

    A value runs to the word before the next sign.
    """
    first, *parts = text.split("=")
    key, pairs = first.strip(), list[tuple[str, str]]()
    for number, part in enumerate(parts, start=1):
        if not key or key.split() != [key]:
            return []
        words = part.strip()
        value, _, following = words.rpartition(" ") if number < len(parts) else (words, "", "")
        pairs.append((key, value.strip()))
        key = following
    return pairs


def _stem(key: str) -> str:
    """Return a key without the component that it names: `h` of `h.x`, `h[0]`, `h(1)`."""
    start = max(key.rfind(mark) for mark in ".[(")
    return key[:start] if start > 0 and _component(key, start) else key


class _Turns(Placement):
    """Numbers the values that come again at the same place."""

    def __init__(self) -> None:
        self._seen: Counter[tuple[str, Index]] = Counter()

    def place(self, item: Field) -> Index:
        """Return the index of a value, and remember that it was seen."""
        index = item.index
        key = item.key, index
        again = self._seen[key]
        self._seen[key] = again + 1
        return Index(index.block, index.sample, ((REPEAT, again), *index.loops), index.grids) if again else index
