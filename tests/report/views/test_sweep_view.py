"""The view and the document of a sweep."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from nbtrace import Trace
from nbtrace.compare.sweep import sweep
from nbtrace.compare.sweep_result import Precision, PrecisionRun
from nbtrace.documents import dump
from nbtrace.report import markdown, terminal
from nbtrace.report.documents.sweep_document import sweep_document
from nbtrace.report.views.sweep_view import sweep_view

Read = Callable[..., Trace]


def runs(*traces: Trace) -> list[PrecisionRun]:
    return [PrecisionRun(precision, "cpu", trace) for precision, trace in zip(Precision, traces, strict=True)]


def test_hostile_text_stays_text(hostile_pair: tuple[Trace, Trace], hostile: str) -> None:
    result = sweep(runs(*hostile_pair), hostile_pair[0])
    document: Any = json.loads(dump(sweep_document(result)))
    assert document["runs"][0]["source"] == f"{hostile}.log"
    view = sweep_view(result)
    printed, page = terminal.render(view), markdown.render(view)
    assert not {letter for letter in printed + page if not letter.isprintable()} - {"\n"}
    assert "<script>" not in page
    assert "<!--" not in page


def test_values_that_are_not_finite_are_null_with_a_reason(read: Read) -> None:
    result = sweep(
        runs(read("TRACE_PY: polar 0.5\nTRACE_PY: steps 1\n"), read("TRACE_PY: polar nan\nTRACE_PY: steps 1\n")),
        read("TRACE_C: polar 0\nTRACE_C: steps 1\n"),
    )
    document: Any = json.loads(dump(sweep_document(result)), parse_constant=pytest.fail)
    polar = document["quantities"]["polar"]["runs"]
    assert polar["float32 cpu"]["value"] is None
    assert polar["float32 cpu"]["not_finite"] == {"value": "nan"}
    assert polar["float64 cpu"]["from_reference"]["not_finite"] == {"rel_delta": "inf"}
    assert document["quantities"]["polar"]["outcome"] == "DEFECT"
    assert "the reference is 0" in terminal.render(sweep_view(result))


def test_a_brief_view_leaves_out_what_is_stable(read: Read) -> None:
    result = sweep(
        runs(
            read("TRACE_PY: polar 0.5\nTRACE_PY: F_cell 1.1\n"),
            read("TRACE_PY: polar 0.5\nTRACE_PY: F_cell 1.1000001\n"),
        )
    )
    whole, brief = (terminal.render(sweep_view(result, brief=brief)) for brief in (False, True))
    assert "\npolar" in whole
    assert "\npolar" not in brief
    assert "1 quantities that are the same in every run are left out (--brief)." in brief
    assert "\nF_cell" in brief


def test_every_outcome_and_trend_fits_its_column_at_100(read: Read) -> None:
    reference = read("TRACE_C: polar 0.5\nTRACE_C: F_cell 2\nTRACE_C: steps 1\n")
    text = "TRACE_PY: polar 0.6\nTRACE_PY: F_cell {}\nTRACE_PY: steps 1\n"
    result = sweep(runs(read(text.format("2")), read(text.format("2.1"))), reference)
    printed = terminal.render(sweep_view(result))
    for line in ("DEFECT", "PRECISION_LIMITED", "STABLE"):
        assert any(row.endswith(f" {line}") for row in printed.splitlines()), printed
