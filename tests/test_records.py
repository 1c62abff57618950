"""Where records belong: the ordinals of loops by their names, and what reports make of them."""

import ast
import copy
import pickle
from itertools import permutations
from pathlib import Path

import pytest

import nbtrace
from nbtrace.compare.align import align
from nbtrace.compare.diff import diff_traces
from nbtrace.compare.scene import node_of
from nbtrace.compare.steps import compare_steps
from nbtrace.embedded.recorder import Emit, Recorder
from nbtrace.parsers import parse_trace
from nbtrace.physics.nanobragg.vocabulary import VOCABULARY
from nbtrace.records import NOWHERE, Index, Trace
from nbtrace.vocabulary.registry import load
from nbtrace.writers import trace_text
from tests.places import EXAMPLES

FORMER = {"phi_tic": None, "source": None, "mosaic": None, "layer": None, "subpixel": None, "node": ()}
"""What version 0.1 had as fields, and what they held where a log did not tell."""

DEEP = Index(2, 1, (("step", 3), ("cell", 7)), (("node", (1, 2, 3)),))


def read(text: str) -> Trace:
    (trace,) = parse_trace(text)
    return trace


def taps(side: str, *, turned: tuple[int, int, int] | None = None) -> Trace:
    """Return a log that prints a value at each source, φ step and mosaic domain; one of them is another."""
    places = [(source, tic, domain) for source in (0, 1) for tic in (0, 1) for domain in (0, 1)]
    return read(
        f"TRACE_{side}: F_cell 100\n"
        + "".join(
            f"TRACE_{side}_TAP4: pixel 4 5 subpixel 0 1 phi {tic} mos {domain} source {source}"
            f" h {1 if (source, tic, domain) == turned else 1 + source + 2 * tic + 4 * domain + 0.5} k 2\n"
            for source, tic, domain in places
        )
    )


def test_ordinals_by_the_names_of_their_loops() -> None:
    assert [DEEP.ordinal(name) for name in ("step", "cell", "sample", None)] == [3, 7, None, None]
    assert DEEP.grid("node") == (1, 2, 3)
    assert (NOWHERE.ordinal("step"), NOWHERE.grid("node")) == (None, ())
    assert DEEP.places(("cell", "other", "step")) == (("cell", 7), ("step", 3))
    assert DEEP.places(()) == NOWHERE.places(("cell",)) == ()


def test_indices_of_some_of_the_loops() -> None:
    assert DEEP.within(("cell",)) == Index(loops=(("cell", 7),))
    assert DEEP.within(("cell", "step")).loops == DEEP.loops
    assert DEEP.within(()) == NOWHERE
    assert DEEP.without("step") == Index(2, 1, (("cell", 7),), DEEP.grids)
    assert DEEP.without("other") == DEEP.without(None) == DEEP


@pytest.mark.parametrize(
    ("index", "label"),
    [
        (NOWHERE, ""),
        (Index(sample=3, loops=(("phi_tic", 0),)), "[sample 3, phi_tic 0]"),
        (DEEP, "[pixel block 2, sample 1, step 3, cell 7, node 1,2,3]"),
    ],
)
def test_a_label_names_the_loops_of_an_index(index: Index, label: str) -> None:
    assert index.label() == label


@pytest.mark.parametrize("order", list(permutations(("source 2", "phi 0", "mos 3", "subpixel 0 1"))))
def test_a_label_has_one_order_whatever_the_line_has(order: tuple[str, ...]) -> None:
    (record,) = read(f"TRACE_C_TAP4: pixel 4 5 {' '.join(order)} h -8\n").records
    assert record.index.label() == "[phi_tic 0, source 2, mosaic domain 3, subpixel 0,1]"
    assert record.index.places(VOCABULARY.indices) == (("source", 2), ("phi_tic", 0), ("mosaic domain", 3))


def test_a_node_has_the_order_of_the_loops() -> None:
    index = Index(loops=(("cell", 7), ("step", 3)))
    words = load(EXAMPLES / "heat" / "rod.toml")
    assert node_of(words, "flux_W_m2", index).place == (("step", 3), ("cell", 7))


def test_fields_of_earlier_versions_can_be_read() -> None:
    line = "TRACE_C_TAP4: pixel 4 5 subpixel 0 1 source 2 mos 3 phi 6 h -8\n"
    (tap,) = read(line).records
    (node,) = read("TRACE_PY_TRICUBIC: [3,0,2]=1\n").records
    held = FORMER | {"phi_tic": 6, "source": 2, "mosaic": 3, "subpixel": (0, 1)}
    assert {name: getattr(tap.index, name) for name in FORMER} == held
    assert {name: getattr(node.index, name) for name in FORMER} == FORMER | {"node": (3, 0, 2)}
    assert {name: getattr(NOWHERE, name) for name in FORMER} == FORMER


def test_loops_of_a_vocabulary_can_be_read_as_attributes() -> None:
    assert (DEEP.step, DEEP.cell, DEEP.node) == (3, 7, (1, 2, 3))
    with pytest.raises(AttributeError, match="no ordinal of a loop called turn"):
        _ = DEEP.turn
    with pytest.raises(AttributeError):
        _ = NOWHERE.step


def test_indices_are_values() -> None:
    for index in (NOWHERE, DEEP):
        for other in (copy.copy(index), copy.deepcopy(index), pickle.loads(pickle.dumps(index))):
            assert (other, hash(other), other.label()) == (index, hash(index), index.label())
    assert sorted([DEEP, Index(2, 1), NOWHERE]) == [NOWHERE, Index(2, 1), DEEP]
    with pytest.raises(AttributeError):
        # What a copy is made of is not yet set.
        _ = Index.__new__(Index).loops


def test_the_package_itself_asks_by_name() -> None:
    reads = [
        f"{file.name}:{node.lineno}"
        for file in Path(nbtrace.__file__).parent.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Attribute) and node.attr in FORMER and ast.unparse(node.value).endswith("index")
    ]
    assert reads == []


def test_values_stand_in_the_order_of_the_loops() -> None:
    rows = diff_traces(taps("C"), taps("PY")).rows
    places = [row.index.places(("source", "phi_tic", "mosaic domain")) for row in rows if row.quantity == "tap_h"]
    ordinals = [tuple(ordinal for _, ordinal in place) for place in places]
    assert ordinals == sorted(ordinals)
    assert len(ordinals) == 8


def test_values_of_one_line_stand_in_its_order() -> None:
    line = "TRACE_{}_TAP4: pixel 4 5 " + " ".join(f"q{number} {number + 1}" for number in range(12)) + "\n"
    rows = diff_traces(read(line.format("C")), read(line.format("PY"))).rows
    assert [row.quantity for row in rows] == [f"tap_q{number}" for number in range(12)]


@pytest.mark.parametrize(("index", "ordinal"), [("source", 1), ("phi_tic", 0), ("mosaic domain", 1)])
def test_turns_of_every_loop_that_lines_state(index: str, ordinal: int) -> None:
    result = compare_steps(taps("C"), taps("PY", turned=(1, 0, 1)), index)
    assert [turn.ordinal for turn in result.turns if turn.status.diverges] == [ordinal]


def test_a_layer_that_no_line_states_keeps_no_values_apart() -> None:
    observe = Recorder(samples=True)
    for place, ordinal in (("layer", 1), ("source", 0), ("phi_tic", 2), ("mosaic_domain", 0)):
        observe(f"at.{place}", ordinal)
    observe("sample.F_cell", 100.0)
    records = observe.trace(Emit(everything=True))
    assert records[0].index.label() == "[phi_tic 2, source 0, mosaic domain 0, layer 1, subpixel 0,0]"
    printed = read(trace_text(records))
    assert printed.records[0].index.ordinal("layer") is None
    shown = Trace("shown", records, {}, printed.account)
    aligned = align(shown, printed)
    assert (len(aligned.pairs), aligned.only_c, aligned.only_py) == (1, (), ())


def test_steps_are_those_of_the_sweep_that_the_vocabulary_names() -> None:
    text = "TRACE_C: F_cell 1\nTRACE_C_PHI phi_tic=4 phi_deg=0 k_frac=1 F_latt_b=2 F_latt=3\n"
    assert [record.index.ordinal("phi_tic") for record in read(text).phi_steps()] == [4, 4, 4, 4]
    words = load(EXAMPLES / "heat" / "rod.toml")
    (own,) = parse_trace((EXAMPLES / "heat" / "loops.log").read_text(), vocabulary=words)
    assert any(record.index.loops for record in own.records)
    assert not any(own.phi_steps())
