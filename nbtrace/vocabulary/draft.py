"""A first vocabulary from two logs: what a person would otherwise type, to be looked through by that person.

The reader of lines here is its own and simple: a prefix, then `key value`, `key: value` or `key=value`, with whole
numbers in front as the places of the others. Where no line has a prefix, `key = value` and `key: value` are read, and
where none is of these, the rows of a table or of JSON lines. Numbers of sentences are read by whom the caller names.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import chain

from nbtrace.errors import InputError, UsageError
from nbtrace.vocabulary import dimensions, names
from nbtrace.vocabulary.drafted_relations import DraftedRelation, Series, aliases, relations
from nbtrace.vocabulary.drafted_rows import rows_as_lines
from nbtrace.vocabulary.expressions import RESERVED, NameRole, Symbol, Words, parse
from nbtrace.vocabulary.file import MOST_QUANTITIES
from nbtrace.vocabulary.syntax import FormulaError

_prefix = re.compile(r"\s*(\[[^\]\s]+\]|[^\W\d][\w.-]*\s?[:>|]|TRACE\w*\b:?)(?=\s*[^\W\d])")
_bare = re.compile(r"\s*([^\W\d][\w.-]*)\s+[^\W\d]").match
_assigned = re.compile(r"\s*[^\W\d][\w.]*\s*(?:=|:\s)\s*[^\s=]").match
_number = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eEdD][+-]?\d+)?|[+-]?(?:nan|inf)", re.IGNORECASE).fullmatch
_whole = re.compile(r"\d+").fullmatch
_tokens = re.compile(r"=|[^\s=,\[\]();/]++ ?/ ?\([^()=,;]{1,40}\)|[^\s=,\[\]();]+").findall
"""Words, signs, and units such as `J/(m3 K)`, whose brackets belong to them."""
_COMMON = 0.02
"""Share of the lines that a prefix begins at least."""
_MOSTLY = 0.5
"""The same of a prefix that is a word without a mark behind it, as a key is."""
_MOST_LINES = 200_000
_INVENTED = (("REF:",), ("PORT:",))
"""Prefixes that tell the sides apart, where a log has none."""
_BY_ORDER = "# A log without prefixes is told by its place, the reference's first; its prefix here is invented."
Place = tuple[tuple[str, int], ...]
Sentences = Callable[[str], Sequence[tuple[str, str]]]
"""Returns the numbers of a line of prose, each behind the words in front of it."""


@dataclass(frozen=True, slots=True)
class LoggedKey:
    """A key with its value in a line."""

    key: str
    numbers: tuple[str, ...]
    text: str | None
    unit: str | None


@dataclass
class Log:
    """What was read of a log.

    Attributes
    ----------
    source : str
    prefixes : tuple of str
    indices : tuple of str
    values : mapping
        Key → place → the item there.
    """

    source: str
    prefixes: tuple[str, ...]
    indices: tuple[str, ...]
    values: dict[str, dict[Place, LoggedKey]] = field(default_factory=dict)

    def kind(self, key: str) -> int | None:
        """Return the number of components of a key, 0 for text, None where it varies."""
        sizes = {len(item.numbers) for item in self.values[key].values()}
        return sizes.pop() if len(sizes) == 1 else None

    def series(self, key: str) -> Series:
        """Return the printed numbers of a scalar by place."""
        return {place: item.numbers[0] for place, item in self.values[key].items()}


def draft(first: str, second: str, sources: tuple[str, str], sentences: Sentences = lambda _: ()) -> str:
    """Return the text of a vocabulary for two logs.

    Parameters
    ----------
    first, second : str
        The logs; the first is the reference.
    sources : (str, str)
        Their names.
    sentences : callable, optional
        What reads the lines of logs that hold sentences only.

    Raises
    ------
    InputError
        If a log has no lines of keys and values.
    UsageError
        If both logs have the same prefix.
    """
    logs = _read(first, sources[0], sentences), _read(second, sources[1], sentences)
    return _Writer(logs).text()


def _read(text: str, source: str, sentences: Sentences) -> Log:
    lines = text.splitlines()[:_MOST_LINES]
    prefixes = _prefixes(lines)
    read = [items for line in lines if (items := _items(line, prefixes))]
    if not read:
        prefixes = ()
        read = [items for line in lines if _assigned(line) and (items := list(_parsed(_tokens(line))))]
    if not read:
        read = [items for line in rows_as_lines(lines) if (items := list(_parsed(_tokens(line))))]
    if not read:
        read = [items for line in lines if (items := list(_told(line.strip(), sentences(line))))]
    if not read:
        raise InputError(
            f"{source}: no line is `key = value`, none begins with a prefix such as `mysim>` and goes on with keys "
            "and values, no sentence holds a number, and it is no table with titles"
        )
    indices = _indices(read)
    log = Log(source, prefixes, indices)
    turns: Counter[tuple[str, Place]] = Counter()
    for items in read:
        place, rest = _placed(items, indices)
        for item in rest:
            turn = turns[item.key, place]
            turns[item.key, place] += 1
            log.values.setdefault(item.key, {})[place if turn == 0 else (*place, ("", turn))] = item
    return log


def _prefixes(lines: Sequence[str]) -> tuple[str, ...]:
    counts = Counter(match[1] for line in lines if (match := _prefix.match(line))) or _bare_prefix(lines)
    enough = max(_COMMON * sum(counts.values()), 1)
    common = [prefix for prefix, count in counts.most_common(8) if count >= enough]
    return tuple(
        prefix for prefix in common if not any(prefix.startswith(other) for other in common if other != prefix)
    )


def _bare_prefix(lines: Sequence[str]) -> Counter[str]:
    """Return the word that begins most of the lines, where another word follows it."""
    counts = Counter(match[1] for line in lines if (match := _bare(line)))
    written = sum(bool(line.strip()) for line in lines)
    return Counter(dict([pair for pair in counts.most_common(1) if pair[1] > max(1, _MOSTLY * written)]))


def _items(line: str, prefixes: tuple[str, ...]) -> list[LoggedKey]:
    line = line.strip()
    prefix = next((prefix for prefix in prefixes if line.startswith(prefix)), None)
    return [] if prefix is None else list(_parsed(_tokens(line[len(prefix) :])))


def _told(line: str, pairs: Sequence[tuple[str, str]]) -> Iterator[LoggedKey]:
    """Yield the numbers of a sentence.

    A key that is known is that of a line which begins with it and a colon; where the line goes on behind its number,
    it is none of the vocabulary, and the sentence is read as before.
    """
    for key, number in pairs:
        behind = line.removeprefix(key).lstrip() if line.startswith(key) else ""
        goes_on = behind[:1] in {":", "="} and len(behind.partition(number)[2].split()) > 1
        if _number(number) and not names.fault(key) and not goes_on:
            yield LoggedKey(key, (number,), None, None)


def _parsed(tokens: list[str]) -> Iterator[LoggedKey]:
    """Yield the keys of a line with their values; words that are no key with a value end it."""
    place = 0
    while place < len(tokens):
        key = tokens[place].rstrip(":")
        place += 1
        if key == "=" or _number(key) or names.fault(key):
            return
        marked = tokens[place : place + 1] == ["="]
        place += marked
        start = place
        while place < len(tokens) and _number(tokens[place]):
            place += 1
        numbers = tuple(tokens[start:place])
        unit = text = None
        if numbers and _is_unit(tokens, place):
            unit = tokens[place]
            place += 1
        elif not numbers:
            if place >= len(tokens) or not (marked or len(tokens) == 2 or tokens[place - 1].endswith(":")):
                return  # prose
            text = tokens[place]
            place += 1
        yield LoggedKey(key, numbers, text, unit)


def _is_unit(tokens: list[str], place: int) -> bool:
    """Return whether a word after a number is its unit rather than the next key."""
    following = tokens[place + 1] if place + 1 < len(tokens) else ""
    return (
        place < len(tokens) and following != "=" and not _number(following or "x") and dimensions.known(tokens[place])
    )


def _indices(lines: list[list[LoggedKey]]) -> tuple[str, ...]:
    """Return the keys that give the place of the others: whole numbers in front of them that run.

    They stand in the order of the line with most of them, from the outermost loop to the innermost.
    """
    values: dict[str, set[str]] = {}
    for items in lines:
        for item in items[:-1]:
            if len(item.numbers) != 1 or not _whole(item.numbers[0]) or item.unit:
                break
            values.setdefault(item.key, set()).add(item.numbers[0])
    running = [key for key, seen in values.items() if len(seen) > 1 and key.isidentifier()]
    elsewhere = {item.key for items in lines for item in items if not all(map(_whole, item.numbers or ("x",)))}
    alone = {items[0].key for items in lines if len(items) == 1}
    chosen = [key for key in running if key not in elsewhere | alone and names.folded(key) not in RESERVED]
    together = max(([item.key for item in items if item.key in chosen] for items in lines), key=len, default=[])
    return tuple(sorted(chosen, key=lambda key: (key not in together, (*together, *chosen).index(key))))


def _placed(items: list[LoggedKey], indices: tuple[str, ...]) -> tuple[Place, list[LoggedKey]]:
    place = tuple((item.key, int(item.numbers[0])) for item in items if item.key in indices)
    return place, [item for item in items if item.key not in indices]


# What is guessed


_PLAIN = frozenset(
    {
        *("m", "mm", "cm", "km", "um", "nm", "pm", "K", "s", "ms", "us", "ns", "min", "W", "kW", "mW", "J", "kJ", "mJ"),
        *("N", "kN", "Pa", "kPa", "MPa", "V", "mV", "kg", "g", "mg", "Hz", "kHz", "MHz", "GHz", "deg", "rad", "mrad"),
        *("sr", "mol", "eV", "keV", "MeV", "bar", "mbar", "T", "mT", "px", "photons", "percent"),
    }
)
"""Units that the end of a name is taken for; other letters mean too many things."""

_power = re.compile(r"([A-Za-zµ]+?)(-?\d)?").fullmatch


def guessed_unit(name: str) -> str:
    """Return the unit that the end of a name says: `dx_mm`, `flux_W_m2`, `rho_kg_per_m3`; "1" where it says none."""
    parts = name.split("_")[1:]
    for start in range(len(parts)):
        if unit := _unit_of(parts[start:]):
            return unit
    return "1"


def _unit_of(parts: list[str]) -> str | None:
    above: list[str] = []
    below: list[str] = []
    divided = False
    for number, part in enumerate(parts):
        if part in {"per", "inv"}:
            divided = True
            continue
        match = _power(part)
        if match is None or not (
            match[1] in _PLAIN or (match[1].endswith("s") and dimensions.known(match[1]) and len(match[1]) > 4)
        ):
            return None
        (below if divided or (number and parts[0] not in {"per", "inv"}) else above).append(part)
    if not above and not below:
        return None
    divisor = f"({' '.join(below)})" if len(below) > 1 else "".join(below)
    return f"{' '.join(above) or '1'}/{divisor}" if below else " ".join(above)


@dataclass
class _Writer:
    """Writes the draft."""

    logs: tuple[Log, Log]

    def text(self) -> str:
        """Return the file."""
        own = self._own_prefixes()
        stated = ", ".join(
            f"{_key(label)} = {_listed(prefixes)}" for label, prefixes in zip(_labels(own), own, strict=True)
        )
        keys = list(dict.fromkeys(key for key in chain(*(log.values for log in self.logs))))
        numeric = [key for key in keys if self._size(key) == 1]
        self.renamed = dict(self._aliases(numeric))
        kept = [key for key in keys if key not in self.renamed][:MOST_QUANTITIES]
        self.names = self._usable(kept)
        self.units = {key: self._unit(key) for key in keys}
        relations = self._relations([key for key in kept if key in numeric and " " not in key])
        lines = [
            "# Drafted from two logs by `nbtrace vocabulary init`: look through it.",
            "# Units are guessed from names and from what is printed; formulas are what held in all rows of both logs.",
            "format_version = 1",
            'name = "drafted"',
            *([] if all(log.prefixes for log in self.logs) else [_BY_ORDER]),
            f"sides = {{ {stated} }}",
        ]
        indices = self._indices()
        lines += [f"indices = {_listed(indices)}"] if indices else []
        final = next((key for key in reversed(kept) if key in numeric and self._in_both(key)), None)
        lines += [f"final = {_text(self.names[final])}"] if final else []
        lines += ["", "[quantities]", *chain.from_iterable(self._quantity(key, relations.get(key)) for key in kept)]
        return "\n".join(lines + self._chain(final, relations)) + "\n"

    def _own_prefixes(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the prefixes that tell the sides apart."""
        one, other = (log.prefixes for log in self.logs)
        one, other = one or _INVENTED[0], other or _INVENTED[1]
        pair = tuple(
            tuple(prefix for prefix in mine if not any(map(partial(_alike, prefix), theirs)))
            for mine, theirs in ((one, other), (other, one))
        )
        if not all(pair):
            raise UsageError(
                f"the lines of both logs begin with {', '.join(map(repr, one))}; "
                "give each program a prefix of its own, which tells the sides apart"
            )
        return pair[0], pair[1]

    def _indices(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(chain(*(log.indices for log in self.logs))))

    def _in_both(self, key: str) -> bool:
        return all(key in log.values for log in self.logs) or key in self.renamed.values()

    def _size(self, key: str) -> int | None:
        sizes = {log.kind(key) for log in self.logs if key in log.values}
        return sizes.pop() if len(sizes) == 1 else None

    def _unit(self, key: str) -> str:
        printed = [item.unit for log in self.logs for item in log.values.get(key, {}).values() if item.unit]
        return printed[0] if printed else guessed_unit(key)

    def _aliases(self, keys: list[str]) -> Iterator[tuple[str, str]]:
        """Yield the keys that only the second log has, and the key of the first log with the same values."""
        one, other = self.logs
        only_one = {key: one.series(key) for key in keys if key not in other.values}
        only_other = {key: other.series(key) for key in keys if key not in one.values}
        yield from aliases(only_one, only_other)

    def _usable(self, keys: Iterable[str]) -> Mapping[str, str]:
        """Return the names of the quantities; one that formulas or indices use gets a line after it."""
        taken = {names.folded(word) for word in (*RESERVED, *self._indices())}
        chosen: dict[str, str] = {}
        for key in keys:
            name = key
            while names.folded(name) in taken:
                name += "_"
            taken.add(names.folded(name))
            chosen[key] = name
        return chosen

    def _relations(self, keys: list[str]) -> Mapping[str, DraftedRelation]:
        second = {name: key for key, name in self.renamed.items()}
        tables = (
            {key: self.logs[0].series(key) for key in keys if key in self.logs[0].values},
            {
                key: self.logs[1].series(second.get(key, key))
                for key in keys
                if second.get(key, key) in self.logs[1].values
            },
        )
        return relations(tables)

    def _quantity(self, key: str, relation: DraftedRelation | None) -> Iterator[str]:
        size = self._size(key)
        name, unit = self.names[key], self.units[key]
        fields = [f"unit = {_text(unit)}"] if size else ['kind = "text"'] if size == 0 else []
        fields += [f"shape = {size}"] if size and size > 1 else []
        if relation is not None:
            formula = relation.form.text(self.names)
            held = f"held in {relation.rows} of {relation.rows} rows"
            if self._fits(formula, relation, unit):
                yield f"# {name}: the formula {held}"
                fields.append(f"formula = {_text(formula)}")
            else:
                yield f"# {name} = {formula} {held}, but the units do not fit it"
        if size is None:
            yield f"# {name}: its lines have different numbers of values"
        if keys := self._other_keys(key):
            fields.append(f"alias = {keys}")
        yield f"{_key(name)} = {{ {', '.join(fields)} }}" if fields else f"{_key(name)} = {{}}"

    def _other_keys(self, key: str) -> str | None:
        own = [key] if self.names[key] != key else []
        others = [other for other, name in self.renamed.items() if name == key]
        if not own and not others:
            return None
        unit = self.units[key]
        return _listed([*own, *others]) if dimensions.known(unit) or unit == "1" else None

    def _fits(self, formula: str, relation: DraftedRelation, unit: str) -> bool:
        symbols = {
            names.folded(self.names[key]): Symbol(self.names[key], NameRole.QUANTITY, dimensions.parse(self.units[key]))
            for key in relation.form.operands
        }
        try:
            parse(formula, Words(symbols)).check(dimensions.parse(unit), 1)
        except FormulaError:
            return False
        return True

    def _chain(self, final: str | None, relations: Mapping[str, DraftedRelation]) -> list[str]:
        relation = relations.get(final) if final else None
        if final is None or relation is None or set(relation.form.signs) - {"*", "/"} or relation.form.negative:
            return []
        form = relation.form
        if not self._fits(form.text(self.names), relation, self.units[final]) or len(set(form.operands)) < len(
            form.operands
        ):
            return []
        signs = zip(f"*{form.signs}", form.operands, strict=True)
        factors = [self.names[name] if sign == "*" else f"1/{self.names[name]}" for sign, name in signs]
        return ["", "[chain]", f"{_key(self.names[final])} = {_listed(factors)}"]


def _alike(prefix: str, other: str) -> bool:
    return prefix.startswith(other) or other.startswith(prefix)


def _labels(prefixes: tuple[tuple[str, ...], tuple[str, ...]]) -> tuple[str, str]:
    """Return the names of the sides, from the first prefix of each."""
    one, other = (re.sub(r"^TRACE_?|\W", "", own[0]).strip("_") for own in prefixes)
    return (one, other) if one and other and one != other else ("A", "B")


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _listed(texts: Iterable[str]) -> str:
    return f"[{', '.join(map(_text, texts))}]"


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _text(name)
