"""The dialects of tagged lines: which grammar reads the lines of which prefix."""

import re
from collections.abc import Callable
from functools import partial
from typing import TypeAlias

from nbtrace.lazy_pattern import LazyPattern
from nbtrace.parsers.dialect import LONGEST_LINE, Tagged
from nbtrace.parsers.keyed import keyed, one_field, runs_on
from nbtrace.parsers.outcome import Field, Fields, Outcome, Structure, UnreadableLine, fitting
from nbtrace.parsers.trace_format import VERSION_FAMILY, version_stated
from nbtrace.parsers.values import ordinal
from nbtrace.physics.nanobragg.dialects import lines, prose
from nbtrace.physics.nanobragg.dialects.step_forms import PHI_LINE, ROT_STAR_LINE, StepForm
from nbtrace.physics.nanobragg.quantities import PHI_TIC
from nbtrace.physics.nanobragg.vocabulary import VOCABULARY
from nbtrace.records import MOST, Side

_prefix = re.compile(
    r"[ \t]*(?:[0-9]+→[ \t]*)?(?P<family>PIX0_PY|TRACE(?:_[A-Z0-9_]+)?)(?:[ ](?P<number>[0-9]+)(?=:))?"
    r"(?P<mark>:|(?=[ \t])|$)(?P<body>.*)"
).fullmatch

_glued = re.compile(r"(?:[^\W_]|[\])%\r])TRACE[_:]").search
_torn = re.compile(r"TRACE_|\wTRACE:|\[New Thread").search

Grammar: TypeAlias = Callable[[str], Outcome]


def _keyed(body: str) -> Outcome:
    indexed = lines.indexed(body)
    return keyed(body, VOCABULARY) if indexed is None else indexed


_KEYED = {"TRACE_C": "C keyed", "TRACE_PY": "Py keyed"}

_GRAMMARS: dict[str, tuple[str, Grammar]] = {
    "TRACE_C": ("C keyed", _keyed),
    "TRACE_PY": ("Py keyed", _keyed),
    "PIX0_PY": ("Py pix0", _keyed),
    "TRACE_C_PHI": ("C per-φ", lines.phi),
    "TRACE_PY_PHI": ("Py per-φ", lines.phi),
    "TRACE_PY_ROTSTAR": ("Py rotated vectors", partial(lines.phi, form=ROT_STAR_LINE)),
    "TRACE_CONFIG": ("C configuration", lines.traced_pixel),
    "TRACE_PY_TRICUBIC": ("Py tricubic", lines.tricubic),
    "TRACE_C_TAP4": ("C tap", lines.tap),
    "TRACE_C_TAP5": ("C tap", lines.tap),
    "TRACE_C_TAP5_HKL": ("C tap", lines.tap),
    "TRACE_C_OMEGA": ("C tap", lines.tap),
    "TRACE_C_HKL_BOUNDS": ("C tap", lines.tap),
    "TRACE_PY_SAMPLE": ("Py innermost samples", lines.sample),
    "TRACE_SIM_F_LATT": ("Py lattice debug", lines.tap),
}
_MARKERS = frozenset({"TRACE_PY_TRICUBIC_GRID_START", "TRACE_PY_TRICUBIC_GRID_END"})
_PROSE = {"TRACE": "C cell block / Py prose", "TRACE_PY_BASE": "Py base lattice"}
_ASSIGNMENTS = {"TRACE_ROTATE": "C rotations", "TRACE_BEAM_CENTER": "C beam centre"}
_PER_STEP: dict[str, StepForm] = {
    "TRACE_C_PHI": PHI_LINE,
    "TRACE_PY_PHI": PHI_LINE,
    "TRACE_PY_ROTSTAR": ROT_STAR_LINE,
}
_NODES = frozenset({"TRACE_PY_TRICUBIC"})
_numbered_source = LazyPattern(r"TRACE_(?:C|PY)_SOURCE_?([0-9]+)")
_grid = re.compile(r"TRACE_PY_TRICUBIC_[HKL]_COORDS").fullmatch

CONTINUED = frozenset({"TRACE_BEAM_CENTER", "TRACE_SIM_F_LATT", "TRACE"})
"""Families whose indented lines without a prefix belong to the tagged line before them."""


def side_of(family: str) -> Side:
    """Return the program that prints lines of a family; prose lines come from both."""
    if family.startswith(("TRACE_PY", "TRACE_SIM", "PIX0_PY")):
        return Side.PY
    if family == VERSION_FAMILY:
        return Side.UNKNOWN
    return Side.C if family.startswith("TRACE_") else Side.UNKNOWN


def side_of_line(line: str) -> Side:
    """Return the program whose prefix a line carries; the reference alone prints the detector's axes."""
    if line.startswith("DETECTOR_"):
        return Side.C
    match = _prefix(line) if "TRACE" in line or "PIX0_PY" in line else None
    return side_of(match["family"]) if match else Side.UNKNOWN


def tagged(line: str, context: str) -> Tagged | None:
    """Read a line with a trace prefix; None if it has none.

    `context` is the last heading. Environment assignments (`TRACE_C_TAP5=1 ./nanoBragg`) and headings such as
    `TRACE COMPARISON:` are no trace lines.
    """
    if "TRACE" not in line and "PIX0_PY" not in line:
        return None
    if VERSION_FAMILY in line and (stated := version_stated(line)) is not None:
        return Tagged(VERSION_FAMILY, "trace format", stated)
    match = _prefix(line)
    if match is None:
        return (
            Tagged("TRACE", "torn", UnreadableLine("torn: a trace line begins in its middle")) if _glued(line) else None
        )
    family, number, body = match["family"], match["number"], match["body"]
    if family == "TRACE" and match["mark"] != ":":
        return None
    if len(line) > LONGEST_LINE:
        return Tagged(family, "torn", UnreadableLine(f"{len(line)} characters are too many for a trace line"))
    if _torn(body):
        return Tagged(family, "torn", UnreadableLine("torn: another line begins in its middle"))
    dialect, outcome = _read(family, number, body, context)
    return Tagged(family, dialect, fitting(outcome, VOCABULARY))


def _read(family: str, number: str | None, body: str, context: str) -> tuple[str, Outcome]:
    if family in _GRAMMARS:
        dialect, grammar = _GRAMMARS[family]
        outcome = grammar(body)
        if family in _KEYED and isinstance(outcome, UnreadableLine) and " = " in body:
            as_prose = prose.prose(body, context, cell_block=False)
            if isinstance(as_prose, Fields) and not any(map(_runs_on, as_prose.fields)):
                return f"{dialect} prose", as_prose
        return dialect, outcome
    if family in _MARKERS:
        return "Py tricubic", Structure()
    if family in _PROSE:
        return _PROSE[family], prose.prose(body, context, cell_block=family == "TRACE")
    if family in _ASSIGNMENTS:
        return _ASSIGNMENTS[family], prose.assignments(body, context)
    if _grid(family):
        return "Py tricubic", one_field(family.removeprefix("TRACE_PY_"), body.strip(), VOCABULARY)
    if number is None and (numbered := _numbered_source.fullmatch(family)):
        number = numbered[1]
    if number is not None and "_SOURCE" in family:
        source = ordinal(number)
        far = UnreadableLine(f"there is no source {number}: {MOST} is the largest number")
        return "sources", far if source is None else lines.source(body, source)
    return f"{family} (unknown)", _unknown(family, body)


def _runs_on(item: Field) -> bool:
    return "=" in item.key or (item.meaning.quantity not in VOCABULARY.quantities and runs_on(item.key, VOCABULARY))


def _unknown(family: str, body: str) -> Outcome:
    outcome = lines.tap(body)
    if isinstance(outcome, UnreadableLine):
        outcome = _keyed(body)
    return (
        outcome
        if isinstance(outcome, Fields)
        else UnreadableLine(f"{family} is no known prefix and its line no key and value")
    )


_fragments = LazyPattern(
    r"(?P<family>PIX0_PY|TRACE(?:_[A-Z0-9_]++)?)(?:[ ][0-9]+(?=:))?(?::|(?=[ \t]|$))(?P<body>.*?)"
    r"(?=PIX0_PY[: \t]|TRACE[_: \t]|$)"
)
_pair_keys = re.compile(r"(?<![\w|])([A-Za-z_]\w*+)=").findall
_assigned_names = re.compile(r"(?<!\w)([A-Za-z_]\w*+) =").findall
_words_alone = re.compile(r"(?<!\w)[A-Za-z_]\w*+").findall


def named_quantities(line: str, context: str) -> tuple[str, ...]:
    """Return what an unreadable line would have given, as far as its prefixes and keys tell.

    `context` is the last heading, which is part of what a name in a prose line means.
    """
    names: dict[str, None] = {}
    for fragment in _fragments.finditer(line[:LONGEST_LINE]):
        names |= dict.fromkeys(_names_in(fragment["family"], fragment["body"], context))
    return tuple(names)


def _names_in(family: str, body: str, context: str) -> list[str]:
    if family in _PER_STEP:
        # Of a torn one not even the keys are left, so what every such line holds counts as lost with it.
        fields = (*_PER_STEP[family].fields, *_pair_keys(body))
        return [lines.phi_meaning(key).quantity for key in fields if key != PHI_TIC]
    if family in _GRAMMARS and _GRAMMARS[family][1] is lines.sample:
        return [VOCABULARY.meaning(f"sample_{word}").quantity for word in _words_alone(body)]
    if family in _GRAMMARS and _GRAMMARS[family][1] is lines.tap:
        return [f"tap_{word}" for word in _words_alone(body)]
    if family in _NODES:
        return ["F_tricubic"]
    keys = _keys_in(body)
    if "_SOURCE" in family:
        keys = [key if key.startswith("source_") else f"source_{key}" for key in keys]
    names = [VOCABULARY.meaning(key).quantity for key in keys]
    if len(body.split()) == 1:
        names += VOCABULARY.beginning_with(body.strip())
    return names + [f"{context}: {key}" for key in keys] if family in {*_PROSE, *_ASSIGNMENTS} else names


def _keys_in(body: str) -> list[str]:
    """Return the first word, what stands before the first `=`, and every name that is assigned a value."""
    head, equals, _ = body.partition("=")
    before = head.rpartition(": ")[2].strip() if equals else ""
    return [key for key in (*head.split(maxsplit=1)[:1], before, *_assigned_names(body)) if key]
