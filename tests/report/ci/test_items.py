"""What a CI system is told: which items, with what fate, where."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbtrace import Trace, diff, parse_trace
from nbtrace.errors import UsageError
from nbtrace.evidence.bundle import Bundle
from nbtrace.evidence.contents import Contents, read_contents
from nbtrace.report.ci import CiFormat, render_ci
from nbtrace.report.ci.items import CiItem, CiPlace, CiSuite, Fate, suites
from nbtrace.report.documents.trace_documents import diff_document
from tests.report.commands_0_1 import document_0_1

Made = Callable[..., Contents]


def suite(contents: Contents, name: str) -> CiSuite:
    return next(item for item in suites(contents) if item.name == name)


def item(contents: Contents, name: str, of: str) -> CiItem:
    return next(found for found in suite(contents, of).items if found.name == name)


def test_each_result_is_a_suite_with_its_verdict_first(everything: Contents) -> None:
    found = suites(everything)
    assert [one.name for one in found] == ["diff", "phi", "scaling", "explain", "check", "sweep", "images", "diff-2"]
    assert {one.items[0].name for one in found} == {"verdict"}
    fates = [one.items[0].fate for one in found]
    assert fates == [*[Fate.FAIL] * 4, Fate.PASS, Fate.FAIL, Fate.FAIL, Fate.PASS]
    assert {one.seconds for one in found} == {0.25}
    assert all(len(one.items) > 1 for one in found)


def test_a_diverging_quantity_stands_at_the_lines_of_the_logs(
    everything: Contents, traces: tuple[Trace, Trace]
) -> None:
    result = diff(*traces)
    found = suite(everything, "diff")
    failed = {one.rule: one for one in found.of(Fate.FAIL) if one.name != "verdict"}
    assert list(failed) == [group.quantity for group in result.groups if group.status.diverges]
    for group in result.groups:
        if group.status.diverges:
            one = failed[group.quantity]
            py, c = traces[1].source, traces[0].source
            assert one.places == (CiPlace(py, group.shown.py.line), CiPlace(c, group.shown.c.line))
            assert one.message.startswith(f"{group.status.value}: Py − C = ")
    roots = {root.group.quantity for root in result.roots}
    assert {name for name, one in failed.items() if not one.follows} == roots
    assert found.items[0].places == failed["rot_a_angstroms"].places
    assert len(found.of(Fate.PASS)) == sum(not group.status.diverges for group in result.groups)


def test_what_one_side_lacks_is_skipped_with_the_reason(file: Made) -> None:
    (c,), (py,) = (
        parse_trace(f"{tag}: polar 1\n{tag}: {key} 2\n", tag)
        for tag, key in (("TRACE_C", "F_cell"), ("TRACE_PY", "F_latt"))
    )
    contents = file(("diff", diff_document(diff(c, py))))
    assert item(contents, "F_latt", "diff") == CiItem(
        "F_latt", Fate.SKIP, "not compared: C does not print it", rule="F_latt"
    )
    assert item(contents, "F_cell", "diff").message == "not compared: Py does not print it"
    assert item(contents, "polar", "diff").fate is Fate.PASS


def test_the_other_results(everything: Contents) -> None:
    assert item(everything, "phi_tic 0", "phi").fate is Fate.FAIL
    assert item(everything, "phi_tic 1", "phi").fate is Fate.PASS
    scaling = item(everything, "I_before_scaling", "scaling")
    assert scaling.message.endswith("100.00 % of the final log-ratio")
    assert scaling.places[0].line is not None
    cause = item(everything, "rot_a_angstroms phi_tic 0", "explain")
    assert "the rotation of phi_tic 9" in cause.message
    assert [Path(place.file).name for place in cause.places] == ["c.log"]
    checked = suite(everything, "check")
    assert checked.of(Fate.PASS)[1:]
    assert not checked.of(Fate.FAIL)
    defects = suite(everything, "sweep").of(Fate.FAIL)
    assert {one.rule for one in defects} >= {"verdict", "hkl_frac", "I_pixel_final"}
    assert {one.rule for one in defects if not one.follows} == {
        "verdict",
        "rot_a_angstroms",
        "rot_b_angstroms",
        "rot_c_angstroms",
    }
    assert suite(everything, "images").of(Fate.FAIL)[1:]


@pytest.mark.parametrize(
    ("metadata", "fate", "message"),
    [
        ({"exit_code": 0}, Fate.PASS, "exit 0"),
        ({"exit_code": 3}, Fate.FAIL, "exit 3"),
        ({"exit_code": 1}, Fate.FAIL, "exit 1"),
        ({"exit_code": None, "ended": "killed"}, Fate.SKIP, "neither a verdict nor an exit status is filed"),
        ({"exit_code": -9, "ended": "killed by SIGKILL"}, Fate.FAIL, "killed by SIGKILL"),
    ],
)
def test_a_run_has_its_exit_status(invented: Made, metadata: dict[str, Any], fate: Fate, message: str) -> None:
    (found,) = suites(invented(None, name="run", **metadata))
    assert [(one.fate, one.message) for one in found.items] == [(fate, message)]


def test_only_files_are_places(invented: Made) -> None:
    gate = {"name": "scale", "status": "CRITICAL", "value": 2.0, "limit": "1", "origin": "default", "reason": "off"}
    document = document_0_1("compare-pair")
    sides = {side: document[side] | {"source": name} for side, name in (("c", "case/image.npz"), ("py", "simulator"))}
    inputs = [{"path": "case/case.json"}, {"path": "case/image.npz"}]
    document |= {"gates": [gate], "provenance": document["provenance"] | {"inputs": inputs}, **sides}
    (found,) = suites(invented(document, name="compare"))
    assert [[place.file for place in one.places] for one in found.items] == [["case/image.npz"]] * 2


def test_a_suite_and_a_reference_on_trial(invented: Made) -> None:
    run, trusted = document_0_1("compare-suite"), document_0_1("trust-threads")
    compared, lacking = run["cases"].values()
    cases = {
        "one": compared | {"outcome": "agree"},
        "two": compared | {"outcome": "differ", "reason": "sums", "first_divergence": "polar"},
        "three": lacking | {"about": "no image", "reason": None},
    }
    knobs = [
        {"knob": "again", "threads": 1, "compared": 9, "moved": 0},
        {"knob": "threads", "threads": 2, "compared": 9, "moved": 1, "max_relative": 0.25},
        {"knob": "trace", "flags": ["-trace_pixel"], "failure": "killed"},
    ]
    contents = invented(
        run | {"verdict": "differ", "cases": cases},
        trusted | {"answer": "threads move pixels", "knobs": knobs},
        exit_code=1,
    )
    suite_items, trust_items = (one.items for one in suites(contents))
    assert [(one.name, one.fate, one.message) for one in suite_items[1:]] == [
        ("one", Fate.PASS, ""),
        ("two", Fate.FAIL, "differ: sums; first divergence polar"),
        ("three", Fate.ERROR, "not comparable: no image"),
    ]
    assert [(one.name, one.fate, one.message) for one in trust_items] == [
        ("verdict", Fate.FAIL, "exit 1: threads move pixels"),
        ("again, 1 threads", Fate.PASS, ""),
        ("threads, 2 threads", Fate.FAIL, "moves 1 of 9 pixels, at most 0.25 relative"),
        ("trace -trace_pixel", Fate.ERROR, "killed"),
    ]


@pytest.mark.parametrize(
    ("verdict", "fate"), [("agree", Fate.PASS), ("differ", Fate.FAIL), ("not_comparable", Fate.ERROR)]
)
def test_a_verdict_is_never_lost(invented: Made, verdict: str, fate: Fate) -> None:
    (found,) = suites(invented({"format": "of another program", "verdict": verdict, "answer": "because"}))
    assert found.items == (CiItem("verdict", fate, f"{verdict.replace('_', ' ')}: because", rule="verdict"),)


def test_a_document_that_cannot_be_used_is_an_error(invented: Made) -> None:
    (found,) = suites(invented({"format": "nbtrace diff", "verdict": "agree", "factors": 5}))
    assert found.items[0].fate is Fate.PASS
    (fault,) = found.of(Fate.ERROR)
    assert fault.message.startswith("the document cannot be used: ")


def test_a_bundle_without_results_is_no_pass(tmp_path: Path) -> None:
    (found,) = suites(read_contents(Bundle.open_or_create(tmp_path / "b")))
    assert [(one.name, one.fate, one.message) for one in found.items] == [
        ("verdict", Fate.ERROR, "the bundle holds no result")
    ]


def test_what_is_damaged_is_an_error(file: Made, tmp_path: Path) -> None:
    contents = file(("diff", {"verdict": "agree"}))
    (contents.root / "metrics.json").write_text('{"verdict": "agree"} ')
    again = read_contents(Bundle.open(contents.root))
    assert not suite(contents, "diff").of(Fate.ERROR)
    assert "metrics.json is not what was filed" in suite(again, "diff").of(Fate.ERROR)[0].message


def test_files_below_the_folder_of_the_command_are_named_from_there(invented: Made) -> None:
    document = document_0_1("diff-heat")
    row = next(iter(document["factors"].values()))
    row |= {"status": "CRITICAL", "rel_delta": 1.0, "abs_delta": 1.0, "index": "", "c_line": 1, "py_line": 2}
    sides = {
        side: document[side] | {"source": name}
        for side, name in (("c", "/data/logs/c.log"), ("py", "/elsewhere/py.log"))
    }
    document |= {"factors": {"polar": row}, **sides}
    found = item(invented(document, folder="/data"), "polar", "diff")
    assert found.places == (CiPlace("/elsewhere/py.log", 2), CiPlace("logs/c.log", 1))
    without = item(invented(document | {"c": sides["c"] | {"source": "-"}}), "polar", "diff")
    assert without.places == (CiPlace("/elsewhere/py.log", 2),)


TEXT = st.text(max_size=12)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
RECORDED = {
    "diff": "diff-heat",
    "phi": "phi-supervisor",
    "steps": "steps-heat",
    "scaling": "scaling-supervisor",
    "explain": "explain-supervisor",
    "check": "check-c",
    "sweep": "sweep-traces",
    "images": "images-differ",
    "compare": "compare-pair",
    "compare suite": "compare-suite",
    "trust": "trust-threads",
}
"""Kind of document → one that is recorded, of which anything is put in place of parts."""
KEYS = [
    "c",
    "py",
    "factors",
    "steps",
    "roots",
    "relations",
    "log",
    "gates",
    "cases",
    "quantities",
    "runs",
    "knobs",
    "verdict",
]


@given(
    kind=st.sampled_from([*RECORDED, "other"]),
    parts=st.dictionaries(st.sampled_from(KEYS), JSON),
    metadata=st.dictionaries(st.sampled_from(["folder", "exit_code", "ended", "wall_seconds", "command"]), JSON),
    name=TEXT,
)
def test_whatever_a_document_holds_every_form_is_made(
    invented: Made, kind: str, parts: dict[str, Any], metadata: dict[str, Any], name: str
) -> None:
    document = document_0_1(RECORDED[kind]) if kind in RECORDED else {"format": f"nbtrace {kind}"}
    contents = invented({**document, **parts}, name=name, **metadata)
    assert suites(contents)[0].items[0].name == "verdict"
    for form in CiFormat:
        assert render_ci(contents, form.value).endswith("\n")


def test_an_unknown_format_is_refused(everything: Contents) -> None:
    with pytest.raises(UsageError, match="format 'html' is unknown; give junit, sarif, github"):
        render_ci(everything, "html")
