"""Lines with a key and its value: `TRACE_C: key v v v`, `TRACE_C:key=[…]`, `TRACE_PY: key = v unit`, `k=v k=v`."""

import re

from pydantic import ValidationError

from nbtrace import schema, units
from nbtrace.errors import UsageError
from nbtrace.parsers.outcome import Field, Fields, Outcome, Problem, Stated, Structure
from nbtrace.parsers.values import NUMBER, ordinal, read_value
from nbtrace.quantities import QUANTITIES, Kind, Meaning, meaning
from nbtrace.records import NOWHERE, Index, Shape, Value
from nbtrace.schema import MOST

_RULE = "==="
_spaced = re.compile(r"(\S+)\s+(.*)").fullmatch
_first_key = re.compile(r"(?<!\w)(\w++)=").search
_next_keys = re.compile(r"(?<=\s)(\w++)=").finditer
_are_pairs = re.compile(r"\w+=\S.*").fullmatch
_WORD = r"(?!(?i:nan|inf|infinity)\b)[A-Za-z_]\w*"
_words = re.compile(rf"(?:{_WORD}(?:\s+{NUMBER})+(?:\s+|$))+").fullmatch
_word_groups = re.compile(rf"({_WORD})((?:\s+{NUMBER})+)").findall
_tuple = re.compile(r"\(?\s*([0-9]+)(?:\s*+,\s*+|\s++)([0-9]+)\s*\)?").fullmatch
_operator = re.compile(r"[-+*/^(),·×|]")
_digits = re.compile(r"[0-9]++").findall
_enum = re.compile(r"Detector\w+\.(\w+)").fullmatch
_node = re.compile(rf"\[([0-9]+(?:,[0-9]+)*)\]=({NUMBER})").fullmatch


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


def _key_and_rest(text: str) -> tuple[str, str] | None:
    match = _spaced(text)
    return (match[1], match[2].strip()) if match else None


def keyed(body: str) -> Outcome:
    """Read the body of a `TRACE_C:` or `TRACE_PY:` line."""
    text = body.strip()
    assigned = None if body[:1].isspace() else _assignment(text)
    if assigned is None and (heading := heading_of(body)):
        return heading
    pair = assigned or _key_and_rest(text)
    if pair is None:
        return Problem(f"{text!r} has a key but no value")
    key, rest = pair
    if runs_on(key):
        return Problem(f"{key!r} is a key and more")
    if rest.startswith("="):
        rest = rest[1:].strip()
    return one_field(key, rest, starts_blocks=True)


def runs_on(name: str) -> bool:
    """Whether a name is none of the vocabulary but begins with one: a line whose sign of equality came late."""
    first, *more = name.replace("=", " ").split(maxsplit=1) or [""]
    return bool(more) and meaning(name).quantity not in QUANTITIES and meaning(first).quantity in QUANTITIES


def one_field(key: str, text: str, *, index: Index = NOWHERE, starts_blocks: bool = False) -> Outcome:
    """Return the field `key` with the value that `text` prints, or why it is none."""
    if not text:
        return Problem(f"{key} has no value")
    value = _value_of(key, text)
    if value.tokens and "=" in text and not _is_formula(value, text):
        return Problem(f"{key}: {text!r} is no number and no formula that ends in one")
    if complaint := schema.keyed(key, value):
        return Problem(complaint)
    try:
        return Fields((Field(key, value, meaning(key, value.unit), index, starts_blocks),))
    except UsageError as error:
        return Problem(f"{key}: {error}")


def _is_formula(value: Value, text: str) -> bool:
    """Whether all that stands before the value of a text with a `=` leads to it; brackets are a value of their own.

    Formulas have blanks around their signs; `polar=lar=0.9` is a line that was overwritten in part.
    """
    if text.startswith(("[", "(", "tensor(")):
        return True
    if text.count("=") > text.count(" = "):
        return False
    return _is_chain(text if value.shape is Shape.SCALAR else text.rpartition("=")[0])


def _is_chain(text: str) -> bool:
    """Whether text is a formula, its numbers put in, and its value: `x + 0.5*y = 0.1 + 0.5*2 = 1.1`.

    Words beside one another are no formula: `failed; expected = 1`, `0 wrong = 1`.
    """
    members = [_operator.sub(" ", part).split() for part in text.split("=")]
    return all(_is_member(words, part) for words, part in zip(members, text.split("="), strict=True))


def _is_member(words: list[str], part: str) -> bool:
    operators = len(_operator.findall(part))
    units_after = sum(units.canonical(word) is not None for word in words[1:])
    return ";" not in part and 0 < len(words) <= 1 + operators + units_after


def _value_of(key: str, text: str) -> Value:
    value = read_value(text)
    known = QUANTITIES.get(meaning(key).quantity)
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


def _numbers_of(body: str) -> tuple[dict[str, Value], str | None]:
    """Return the values of a line of `key=number` pairs by key, and what is wrong with it."""
    if not _are_pairs(body.strip()):
        return {}, f"no list of key=number: {body.strip()!r}"
    values: dict[str, Value] = {}
    for key, text in key_values(body):
        if key in values:
            return {}, f"{key} stands twice in the line"
        values[key] = read_value(text)
        if values[key].shape is not Shape.SCALAR or "=" in text:
            return {}, f"{key}: {text!r} is not one number"
    return values, None


def phi(body: str, line_schema: type[schema.PhiLine | schema.RotStarLine] = schema.PhiLine) -> Outcome:
    """Read the body of a per-φ line; every field but `phi_tic` becomes the quantity `phi_<field>`."""
    values, complaint = _numbers_of(body)
    if complaint:
        return Problem(complaint)
    try:
        line_schema.model_validate({key: value.numbers[0] for key, value in values.items()})
    except ValidationError as error:
        return Problem(schema.reason(error))
    index = Index(phi_tic=int(values.pop("phi_tic").numbers[0]))
    return Fields(tuple(Field(key, value, phi_meaning(key), index) for key, value in values.items()))


def phi_meaning(key: str) -> Meaning:
    """Return what a field of a per-φ line stands for."""
    return meaning(key if key.startswith("phi_") else f"phi_{key}")


def tricubic(body: str) -> Outcome:
    """Read a node of the interpolation grid, `[i,j,k]=F`."""
    if match := _node(body.strip()):
        node = tuple(number for text in match[1].split(",") if (number := ordinal(text)) is not None)
        if len(node) <= match[1].count(","):
            return Problem(f"the node [{match[1]}] has numbers beyond {MOST}")
        index = Index(node=node)
        value = Value(Shape.SCALAR, (float(match[2]),), (match[2],), match[2])
        return Fields((Field("F_tricubic", value, meaning("F_tricubic"), index),))
    return Problem(f"{body.strip()!r} is no [i,j,k]=value")


def source(body: str, number: int) -> Outcome:
    """Read a line that belongs to one source; its key becomes the quantity `source_<key>`."""
    outcome = keyed(body)
    if not isinstance(outcome, Fields):
        return outcome
    field = outcome.fields[0]
    key = field.key if field.key.startswith("source_") else f"source_{field.key}"
    return Fields((Field(field.key, field.value, meaning(key), Index(source=number)),))


def tap(body: str) -> Outcome:
    """Read the one-line forms of the tap builds: `word number… word number…` or `word=value word=value`.

    Words that say where the sample is (pixel, subpixel, source, mos, phi) become the index of the others.
    """
    text = body.strip()
    if _words(text):
        groups = tuple((word, numbers.strip()) for word, numbers in _word_groups(text))
    elif _are_pairs(text):
        groups = key_values(text)
    else:
        return Problem(f"{text!r} is neither `word number` nor `word=value`")
    places = {word: numbers for word, numbers in groups if word in _PLACES}
    if double := next((word for word, numbers in groups if "=" in numbers), None):
        return Problem(f"{double} is assigned more than once")
    if far := next((word for word, numbers in places.items() if _beyond(numbers)), None):
        return Problem(f"{far} {places[far]} is beyond {MOST}")
    pixel = _pair(places.get("pixel", ""))
    index = Index(
        subpixel=_pair(places.get("subpixel", "")),
        source=_ordinal(places.get("source")),
        mosaic=_ordinal(places.get("mos")),
        phi_tic=_ordinal(places.get("phi")),
    )
    fields = tuple(
        Field(word, read_value(numbers), Meaning(f"tap_{word}", None), index)
        for word, numbers in groups
        if word not in _PLACES
    )
    if fields:
        return Fields(fields, pixel)
    return Stated(pixel=pixel) if pixel else Problem(f"{text!r} holds no value")


_PLACES = frozenset({"pixel", "subpixel", "source", "mos", "phi"})


def _pair(text: str) -> tuple[int, int] | None:
    match = _tuple(text)
    first, second = (ordinal(match[1]), ordinal(match[2])) if match else (None, None)
    return None if first is None or second is None else (first, second)


def _ordinal(text: str | None) -> int | None:
    return None if text is None else ordinal(text.strip())


def _beyond(text: str) -> bool:
    """Whether text holds a whole number that no pixel, step, source or domain has."""
    return any(ordinal(digits) is None for digits in _digits(text))


def traced_pixel(body: str) -> Outcome:
    """Read `tracing pixel (spixel=S, fpixel=F)`."""
    match = re.search(r"\(spixel=(-?[0-9]+), ?fpixel=(-?[0-9]+)\)", body)
    if match is None:
        return Problem(f"{body.strip()!r} states no pixel")
    return pixel_stated(match[1], match[2])


def pixel_stated(slow: str, fast: str) -> Stated | Problem:
    """Return the pixel that two whole numbers state, or why they state none."""
    for name, text in (("slow", slow), ("fast", fast)):
        if ordinal(text) is None:
            return Problem(f"the pixel's {name} index is not from 0 to {MOST}: {text}")
    return Stated(pixel=(int(slow), int(fast)))
