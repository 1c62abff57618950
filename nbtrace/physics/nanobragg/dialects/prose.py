"""Prose lines: `TRACE:   a_star = [x, y, z] |a_star| = n`, `TRACE_PY_BASE:`, `TRACE_ROTATE:`, `TRACE_BEAM_CENTER:`.

The reference prints the same name several times with different meanings (a in Å, then in metres; a* before and after
regeneration), so the heading or the lead-in of the line is part of what a name means.
"""

import re

from nbtrace import units
from nbtrace.errors import UsageError
from nbtrace.parsers.keyed import has_parts, heading_of, key_values
from nbtrace.parsers.outcome import Field, Fields, Outcome, Structure, UnreadableLine
from nbtrace.parsers.values import read_value
from nbtrace.physics.nanobragg.vocabulary import VOCABULARY
from nbtrace.records import Shape, Value
from nbtrace.vocabulary.quantity import Kind, Meaning

_lead_in = re.compile(r"([^=:]+): (\S[^:]*? = .*)").fullmatch
_several = re.compile(r",\s+(?=[A-Za-z_]\w* = )").split
_assigned = re.compile(r"(.+?) = (.+)").fullmatch
_unit_in_name = re.compile(r"(.+?) \(([^()]+)\)").fullmatch
_spaced = re.compile(r"([A-Za-z_]\w*)\s+([-+.0-9nNiI].*)").fullmatch

_CELL_NAMES = frozenset({"a_star", "b_star", "c_star", "a", "b", "c", "V_star", "V_cell"})

_CELL_CONTEXTS = (
    ("After re-generation", {"a_star", "b_star", "c_star"}),
    ("After computing real-space vectors", {"a", "b", "c"}),
    ("Before computing real-space vectors", {"V_cell", "V_star"}),
)
"""Where in the reference's cell block a name has the value that the simulation goes on with."""


def prose(body: str, context: str, *, cell_block: bool) -> Outcome:
    """Read a prose line.

    Parameters
    ----------
    body : str
        The line after its prefix.
    context : str
        The last heading.
    cell_block : bool
        Whether names such as `a` mean a cell vector only in certain places, as in the reference's own block.
    """
    if heading := heading_of(body):
        return heading
    text = body.strip()
    lead = ""
    if led := _lead_in(text):
        lead, text = led[1].strip(), led[2]
    fields = []
    for part in _several(text):
        assigned = _assigned(part) or _spaced(part)
        if assigned is None:
            continue
        name, printed = assigned[1].strip(), assigned[2]
        value = read_value(printed)
        if value.tokens and has_parts(printed.rpartition("=")[0]):
            return UnreadableLine(f"{name}: {printed!r} is more than one value")
        if value.shape is not Shape.TEXT:
            fields.append(_field(name, value, lead or context, cell_block=cell_block))
        elif printed.startswith("[") or _has_numbers(name):
            return UnreadableLine(f"{name}: {printed!r} is no value")
    return Fields(tuple(fields)) if fields else Structure()


def _has_numbers(name: str) -> bool:
    known = VOCABULARY.known(name)
    return known is not None and known.kind is not Kind.TEXT


def _field(name: str, value: Value, place: str, *, cell_block: bool) -> Field:
    bare, unit = name, value.unit
    if (named := _unit_in_name(name)) and (in_name := units.canonical(named[2])):
        bare, unit = named[1], in_name
    if cell_block and _elsewhere(bare, place):
        return Field(name, value, Meaning(f"{place}: {bare}", unit))
    return Field(name, value, located_meaning(bare, value, unit, place))


def _elsewhere(name: str, place: str) -> bool:
    return name in _CELL_NAMES and not any(place == where and name in names for where, names in _CELL_CONTEXTS)


def located_meaning(name: str, value: Value, unit: str | None, place: str) -> Meaning:
    """Return what `name` under the heading `place` stands for, given the shape and the unit it was printed with.

    A name that the vocabulary does not know, or knows with another shape or dimension, is a quantity of that heading.
    """
    quantity = VOCABULARY.known(name)
    own = Meaning(f"{place}: {name}" if place else name, unit)
    if quantity is None or (value.shape is not Shape.SENTINEL and value.shape.value != quantity.kind.value):
        return own
    try:
        return VOCABULARY.meaning(name, unit)
    except UsageError:
        return own


def assignments(body: str, context: str) -> Outcome:
    """Read the `name=value` lines of the rotation and beam-centre dialects; names keep their heading."""
    if heading := heading_of(body):
        return heading
    text = body.strip()
    head, _, tail = text.partition("=")
    words = head.split()
    if not words or not tail:
        return Structure()
    if len(words) > 1 and "=" in tail and re.search(r"\s\w+=", tail):
        pairs = key_values(text[len(words[0]) :])
        prefix = words[0]
    else:
        pairs = ((words[-1], tail.strip()),)
        prefix = " ".join(words[:-1]) or context
    fields = []
    for name, chain in pairs:
        value = read_value(chain)
        if value.shape is not Shape.TEXT:
            fields.append(Field(name, value, Meaning(f"{prefix}: {name}" if prefix else name, value.unit)))
    return Fields(tuple(fields)) if fields else Structure()
