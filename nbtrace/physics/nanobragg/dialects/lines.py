"""Lines that only nanoBragg, its ports and their tools print: per φ, per source, of a node, of a tap."""

import re
from collections.abc import Set as AbstractSet
from dataclasses import replace

from nbtrace.lazy_pattern import LazyPattern
from nbtrace.parsers.keyed import are_pairs, key_values, keyed, numbers_of, one_field
from nbtrace.parsers.numerals import NUMBER, number_of
from nbtrace.parsers.outcome import Field, Fields, Outcome, Stated, UnreadableLine
from nbtrace.parsers.trace_format import FormatError, split_index
from nbtrace.parsers.values import ordinal, read_value
from nbtrace.physics.nanobragg.dialects.step_forms import PHI_LINE, StepForm
from nbtrace.physics.nanobragg.quantities import MOSAIC_DOMAIN, NODE, PHI_TIC, SOURCE, SUBPIXEL, loops_at
from nbtrace.physics.nanobragg.vocabulary import VOCABULARY
from nbtrace.records import MOST, Index, Shape, Value
from nbtrace.vocabulary.quantity import Meaning

_first_index = re.compile(r"\s*([^\W0-9]\w*)=[0-9]+\s+\S").match
_WORD = r"(?!(?i:nan|inf|infinity)\b)[A-Za-z_]\w*"
_words = LazyPattern(rf"(?:{_WORD}(?:\s+{NUMBER})+(?:\s+|$))+")
_word_groups = LazyPattern(rf"({_WORD})((?:\s+{NUMBER})+)")
_tuple = LazyPattern(r"\(?\s*([0-9]+)(?:\s*+,\s*+|\s++)([0-9]+)\s*\)?")
_digits = re.compile(r"[0-9]++").findall
_node = re.compile(rf"\[([0-9]+(?:,[0-9]+)*)\]=({NUMBER})").fullmatch


def phi(body: str, form: StepForm = PHI_LINE) -> Outcome:
    """Read the body of a per-φ line; every field but `phi_tic` becomes the quantity `phi_<field>`."""
    values, complaint = numbers_of(body)
    if complaint:
        return UnreadableLine(complaint)
    if complaint := form.misfit({key: value.numbers[0] for key, value in values.items()}):
        return UnreadableLine(complaint)
    index = Index(loops=((PHI_TIC, int(values.pop(PHI_TIC).numbers[0])),))
    return Fields(tuple(Field(key, value, phi_meaning(key), index) for key, value in values.items()))


def phi_meaning(key: str) -> Meaning:
    """Return what a field of a per-φ line stands for."""
    return VOCABULARY.meaning(key if key.startswith("phi_") else f"phi_{key}")


def tricubic(body: str) -> Outcome:
    """Read a node of the interpolation grid, `[i,j,k]=F`."""
    if match := _node(body.strip()):
        node = tuple(number for text in match[1].split(",") if (number := ordinal(text)) is not None)
        if len(node) <= match[1].count(","):
            return UnreadableLine(f"the node [{match[1]}] has numbers beyond {MOST}")
        index = Index(grids=((NODE, node),))
        value = Value(Shape.SCALAR, (number_of(match[2]),), (match[2],), match[2])
        return Fields((Field("F_tricubic", value, VOCABULARY.meaning("F_tricubic"), index),))
    return UnreadableLine(f"{body.strip()!r} is no [i,j,k]=value")


def source(body: str, number: int) -> Outcome:
    """Read a line that belongs to one source; its key becomes the quantity `source_<key>`."""
    outcome = keyed(body, VOCABULARY)
    if not isinstance(outcome, Fields):
        return outcome
    field = outcome.fields[0]
    key = field.key if field.key.startswith("source_") else f"source_{field.key}"
    return Fields((Field(field.key, field.value, VOCABULARY.meaning(key), Index(loops=((SOURCE, number),))),))


def indexed(body: str) -> Outcome | None:
    """Read `phi_tic=3 key value`, ordinals of loops before a key, as the trace format has it; None for other lines.

    What is of a φ step, a source or an innermost sample is the quantity that lines of that kind give; a loop that
    nanoBragg has not is one of its own.
    """
    if not body[:1].isspace() or not _leads_with_index(body):
        return None
    try:
        ordinals, rest = split_index(body)
    except FormatError as error:
        return UnreadableLine(str(error))
    key, _, text = rest.partition(" ")
    if not text or "=" in key:
        return UnreadableLine(f"{rest!r} behind an index is no key with a value")
    slow, fast = ordinals.get("subpixel_slow"), ordinals.get("subpixel_fast")
    grids = ((SUBPIXEL, (slow, fast)),) if slow is not None and fast is not None else ()
    loops = tuple(
        (_FORMAT_LOOPS.get(name, name), at) for name, at in ordinals.items() if not (grids and name in _GRID_WORDS)
    )
    name = _indexed_name(key, {_FORMAT_LOOPS.get(name, name) for name in ordinals})
    outcome = one_field(name, text.strip().removeprefix("= "), VOCABULARY, index=Index(loops=loops, grids=grids))
    return Fields((replace(outcome.fields[0], key=key),)) if isinstance(outcome, Fields) else outcome


def _leads_with_index(body: str) -> bool:
    """Whether a body begins with `name=3` that is no value of a known key."""
    match = _first_index(body)
    if match is None:
        return False
    return match[1] in _FORMAT_LOOPS or not VOCABULARY.knows(match[1])


def _indexed_name(key: str, loops: AbstractSet[str]) -> str:
    """Return the quantity that a key is in the turns of loops."""
    foreign = sorted(loops - set(_FORMAT_LOOPS.values()))
    if foreign:
        return f"{foreign[0]}: {key}" if VOCABULARY.knows(key) else key
    if loops == {PHI_TIC}:
        return key if key.startswith("phi_") else f"phi_{key}"
    if loops == {SOURCE}:
        return key if key.startswith("source_") else f"source_{key}"
    return key if key.startswith("sample_") else f"sample_{key}"


_GRID_WORDS = ("subpixel_slow", "subpixel_fast")
_FORMAT_LOOPS = {
    "phi_tic": PHI_TIC,
    "source": SOURCE,
    "mosaic": MOSAIC_DOMAIN,
    **{word: word for word in _GRID_WORDS},
}
"""Words of the trace format, and the loops or axes that they are."""


def tap(body: str) -> Outcome:
    """Read the one-line forms of the tap builds: `word number… word number…` or `word=value word=value`.

    Words that say where the sample is (pixel, subpixel, source, mos, phi) become the index of the others.
    """
    text = body.strip()
    if _words.fullmatch(text):
        groups = tuple((group[1], group[2].strip()) for group in _word_groups.finditer(text))
    elif are_pairs(text):
        groups = key_values(text)
    else:
        return UnreadableLine(f"{text!r} is neither `word number` nor `word=value`")
    places = {word: numbers for word, numbers in groups if word in _PLACES}
    if double := next((word for word, numbers in groups if "=" in numbers), None):
        return UnreadableLine(f"{double} is assigned more than once")
    if far := next((word for word, numbers in places.items() if _beyond(numbers)), None):
        return UnreadableLine(f"{far} {places[far]} is beyond {MOST}")
    pixel = _pair(places.get("pixel", ""))
    subpixel = _pair(places.get("subpixel", ""))
    index = Index(
        loops=loops_at({loop: _ordinal(places.get(word)) for word, loop in _LOOPS.items()}),
        grids=((SUBPIXEL, subpixel),) if subpixel else (),
    )
    fields = tuple(
        Field(word, read_value(numbers), Meaning(f"tap_{word}", None), index)
        for word, numbers in groups
        if word not in _PLACES
    )
    if fields:
        return Fields(fields, pixel)
    return Stated(pixel=pixel) if pixel else UnreadableLine(f"{text!r} holds no value")


def sample(body: str) -> Outcome:
    """Read a line of an innermost sample: what a tap says of one point, as the quantities `sample_<word>`."""
    outcome = tap(body)
    if not isinstance(outcome, Fields):
        return outcome
    meant = ((item, VOCABULARY.meaning(f"sample_{item.key}")) for item in outcome.fields)
    return Fields(tuple(replace(item, meaning=meaning) for item, meaning in meant), outcome.pixel)


_LOOPS = {"phi": PHI_TIC, "source": SOURCE, "mos": MOSAIC_DOMAIN}
_PLACES = frozenset({"pixel", "subpixel", *_LOOPS})


def _pair(text: str) -> tuple[int, int] | None:
    match = _tuple.fullmatch(text)
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
        return UnreadableLine(f"{body.strip()!r} states no pixel")
    return pixel_stated(match[1], match[2])


def pixel_stated(slow: str, fast: str) -> Stated | UnreadableLine:
    """Return the pixel that two whole numbers state, or why they state none."""
    for name, text in (("slow", slow), ("fast", fast)):
        if ordinal(text) is None:
            return UnreadableLine(f"the pixel's {name} index is not from 0 to {MOST}: {text}")
    return Stated(pixel=(int(slow), int(fast)))
