"""Lines with a key and its value: `TRACE_C: key v v v`, `TRACE_C:key=[…]`, `TRACE_PY: key = v unit`, `k=v k=v`."""

import re

from nbtrace import units
from nbtrace.errors import UsageError
from nbtrace.parsers.misfits import misfit
from nbtrace.parsers.outcome import Field, Fields, Outcome, Structure, UnreadableLine
from nbtrace.parsers.values import comma_hint, read_value
from nbtrace.records import NOWHERE, Index, Shape, Value
from nbtrace.vocabulary.quantity import Kind, Quantity
from nbtrace.vocabulary.vocabulary import Vocabulary

_RULE = "==="
_spaced = re.compile(r"(\S+)\s+(.*)").fullmatch
_first_key = re.compile(r"(?<!\w)(\w++)=").search
_next_keys = re.compile(r"(?<=\s)(\w++)=").finditer
_glued_pair = re.compile(r"(\w+)=([^\s=][^=]*)").fullmatch
_pairs = re.compile(r"\w+=\S.*").fullmatch
_operator = re.compile(r"[-+*/^(),·×|]")
_in_brackets = re.compile(r"[(\[][^()\[\]]*[)\]]|\|[^|]*\|")
_apart = re.compile(r"[,;|]").search
_enum = re.compile(r"Detector\w+\.(\w+)").fullmatch


def heading_of(body: str) -> Structure | None:
    """Return the heading that a line body is, if it is one: `=== title ===`, `Title:`, a rule, or nothing at all."""
    text = body.strip()
    if not text:
        return Structure()
    if text.startswith(_RULE):
        return Structure(_title(text) or None)
    return Structure(text[:-1].strip()) if text.endswith(":") else None


def _title(text: str) -> str:
    """Return the title in a line that begins with a rule, without the rule that may follow it."""
    title = text.lstrip("=")
    bare = title.rstrip("=")
    return (bare if len(title) - len(bare) >= len(_RULE) else title).strip()


def _assignment(text: str) -> tuple[str, str] | None:
    key, equals, value = text.partition("=")
    return (key.rstrip(), value.strip()) if equals and key.strip() else None


def _glued(text: str, vocabulary: Vocabulary) -> tuple[str, str] | None:
    """Return the key and the value of a text with a sign of equality right behind a known key, and no other."""
    match = _glued_pair(text)
    known = match is not None and vocabulary.knows(match[1])
    return (match[1], match[2].strip()) if match is not None and known else None


def _key_and_rest(text: str) -> tuple[str, str] | None:
    match = _spaced(text)
    return (match[1], match[2].strip()) if match else None


def keyed(body: str, vocabulary: Vocabulary) -> Outcome:
    """Read the body of a `TRACE_C:` or `TRACE_PY:` line."""
    text = body.strip()
    assigned = _glued(text, vocabulary) if body[:1].isspace() else _assignment(text)
    if assigned is None and (heading := heading_of(body)):
        return heading
    pair = assigned or _key_and_rest(text)
    if pair is None:
        return UnreadableLine(f"{text!r} has a key but no value")
    key, rest = pair
    if runs_on(key, vocabulary):
        return UnreadableLine(f"{key!r} is a key and more")
    if rest.startswith("="):
        rest = rest[1:].strip()
    return one_field(key, rest, vocabulary, starts_blocks=True)


def runs_on(name: str, vocabulary: Vocabulary) -> bool:
    """Whether a name is none of the vocabulary but begins with one: a line whose sign of equality came late."""
    first, *more = name.replace("=", " ").split(maxsplit=1) or [""]
    known = vocabulary.quantities
    return bool(more) and vocabulary.meaning(name).quantity not in known and vocabulary.meaning(first).quantity in known


def one_field(
    key: str, text: str, vocabulary: Vocabulary, *, index: Index = NOWHERE, starts_blocks: bool = False
) -> Outcome:
    """Return the field `key` with the value that `text` prints, or why it is none."""
    if not text:
        return UnreadableLine(f"{key} has no value")
    known = vocabulary.known(key)
    value = _value_of(known, text)
    if value.tokens and "=" in text and not is_formula(value, text):
        return UnreadableLine(f"{key}: {text!r} is no number and no formula that ends in one")
    if complaint := misfit(key, known, value.shape, value.numbers):
        return UnreadableLine(f"{complaint}{comma_hint(value)}")
    try:
        return Fields((Field(key, value, vocabulary.meaning(key, value.unit), index, starts_blocks),))
    except UsageError as error:
        return UnreadableLine(f"{key}: {error}")


def is_formula(value: Value, text: str) -> bool:
    """Whether all that stands before the value of a text with a `=` leads to it; brackets are a value of their own.

    Formulas have blanks around their signs; `polar=lar=0.9` is a line that was overwritten in part.
    """
    if text.startswith(("[", "(", "tensor(")):
        return not has_parts(text.rpartition("=")[0])
    if text.count("=") > text.count(" = "):
        return False
    return _is_chain(text if value.shape is Shape.SCALAR else text.rpartition("=")[0])


def _is_chain(text: str) -> bool:
    """Whether text is a formula, its numbers put in, and its value: `x + 0.5*y = 0.1 + 0.5*2 = 1.1`.

    Words beside one another are no formula: `failed; expected = 1`, `0 wrong = 1`. Nor are two assignments, parted by a
    comma that stands in no brackets: `57, pressure = 1.5`.
    """
    members = [_operator.sub(" ", part).split() for part in text.split("=")]
    return all(_is_member(words, part) for words, part in zip(members, text.split("="), strict=True))


def _is_member(words: list[str], part: str) -> bool:
    operators = len(_operator.findall(part))
    units_after = sum(units.canonical(word) is not None for word in words[1:])
    return 0 < len(words) <= 1 + operators + units_after and not has_parts(part)


def has_parts(part: str) -> bool:
    """Whether a text has parts: a sign that parts them stands in it, within no brackets and no bars of a norm."""
    while _apart(part):
        inner = _in_brackets.sub(" ", part)
        if inner == part:
            return True
        part = inner
    return False


def _value_of(known: Quantity | None, text: str) -> Value:
    value = read_value(text)
    if value.tokens and known is not None and known.kind is Kind.TEXT:
        return Value(Shape.TEXT, (), (), text)
    if value.shape is Shape.TEXT and (member := _enum(text)):
        return Value(Shape.TEXT, (), (), member[1])
    return value


def key_values(body: str) -> tuple[tuple[str, str], ...]:
    """Return the `key=value` pairs of a line; a value runs to the next `word=`."""
    text = body.strip()
    first = _first_key(text)
    if first is None:
        return ()
    keys = [first, *_next_keys(text, first.end())]
    ends = [match.start() for match in keys[1:]] + [len(text)]
    return tuple((match[1], text[match.end() : end].strip()) for match, end in zip(keys, ends, strict=True))


def are_pairs(text: str) -> bool:
    """Whether text begins with a `key=value` pair."""
    return _pairs(text) is not None


def numbers_of(body: str) -> tuple[dict[str, Value], str | None]:
    """Return the values of a line of `key=number` pairs by key, and what is wrong with it."""
    if not are_pairs(body.strip()):
        return {}, f"no list of key=number: {body.strip()!r}"
    values: dict[str, Value] = {}
    for key, text in key_values(body):
        if key in values:
            return {}, f"{key} stands twice in the line"
        values[key] = read_value(text)
        if values[key].shape is not Shape.SCALAR or "=" in text:
            return {}, f"{key}: {text!r} is not one number"
    return values, None
