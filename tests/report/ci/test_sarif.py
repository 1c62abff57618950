"""SARIF 2.1.0, held against what the standard requires."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbtrace import Trace, diff
from nbtrace.evidence.contents import Contents
from nbtrace.report.ci import render_ci
from nbtrace.report.ci.items import Fate, suites
from nbtrace.report.ci.sarif import uri
from nbtrace.report.documents.trace_documents import diff_document

Made = Callable[..., Contents]


def checked(text: str) -> Any:
    """Parse a document and check the properties that the standard requires of what nbtrace writes."""
    document = json.loads(text, parse_constant=pytest.fail)
    assert set(document) == {"$schema", "version", "runs"}
    assert document["version"] == "2.1.0"
    for run in document["runs"]:
        rules = run["tool"]["driver"]["rules"]
        assert run["tool"]["driver"]["name"] == "nbtrace"
        assert len({rule["id"] for rule in rules}) == len(rules)
        assert all(rule["shortDescription"]["text"] for rule in rules)
        assert all(isinstance(item["executionSuccessful"], bool) for item in run["invocations"])
        assert run["automationDetails"]["id"].endswith("/")
        for result in run["results"]:
            check_result(result, rules)
    identifiers = [run["automationDetails"]["id"] for run in document["runs"]]
    assert len(set(identifiers)) == len(identifiers)
    return document


def check_result(result: Any, rules: list[Any]) -> None:
    assert result["message"]["text"]
    assert result["level"] in {"error", "warning", "note", "none"}
    assert result["kind"] == "fail"
    assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
    for location in [*result["locations"], *result.get("relatedLocations", [])]:
        physical = location["physicalLocation"]
        parts = urlsplit(physical["artifactLocation"]["uri"])
        assert parts.scheme in {"", "file"}
        assert parts.path
        assert not parts.query + parts.fragment
        assert physical.get("region", {"startLine": 1})["startLine"] >= 1


def test_a_result_per_failure_at_the_lines_of_the_logs(everything: Contents, traces: tuple[Trace, Trace]) -> None:
    document = checked(render_ci(everything, "sarif"))
    found = suites(everything)
    assert len(document["runs"]) == len(found)
    for run, suite in zip(document["runs"], found, strict=True):
        failed = [item.rule for item in suite.of(Fate.FAIL, Fate.ERROR) if item.name != "verdict"]
        assert [result["ruleId"] for result in run["results"]] == failed
        assert run["invocations"][0]["executionSuccessful"] is True
        assert run["properties"]["counts"]["passed"] == len(suite.of(Fate.PASS))
    row = next(row for row in diff(*traces).rows if row.quantity == "rot_a_angstroms")
    first = document["runs"][0]["results"][0]
    assert (first["ruleId"], first["level"]) == ("rot_a_angstroms", "error")
    places = [first["locations"][0], first["relatedLocations"][0]]
    for place, trace, line in zip(places, traces[::-1], (row.py.line, row.c.line), strict=True):
        physical = place["physicalLocation"]
        assert unquote(urlsplit(physical["artifactLocation"]["uri"]).path) == trace.source
        assert physical["region"] == {"startLine": line}
    by_rule = {result["ruleId"]: result["level"] for result in document["runs"][0]["results"]}
    assert by_rule["hkl_frac"] == "warning"


def test_a_verdict_alone_is_a_result(invented: Made) -> None:
    document = checked(render_ci(invented({"verdict": "differ", "answer": "x"}), "sarif"))
    (result,) = document["runs"][0]["results"]
    assert (result["ruleId"], result["message"]["text"]) == ("verdict", "verdict: differ: x")
    assert checked(render_ci(invented({"verdict": "agree"}), "sarif"))["runs"][0]["results"] == []
    blocked = checked(render_ci(invented({"verdict": "not_comparable"}), "sarif"))["runs"][0]
    assert blocked["invocations"][0]["executionSuccessful"] is False


def test_hostile_logs(hostile_pair: tuple[Trace, Trace], hostile: str, file: Made) -> None:
    document = checked(render_ci(file(("diff", diff_document(diff(*hostile_pair)))), "sarif"))
    uris = {
        place["physicalLocation"]["artifactLocation"]["uri"]
        for result in document["runs"][0]["results"]
        for place in [*result["locations"], *result["relatedLocations"]]
    }
    assert {unquote(one) for one in uris} == {hostile, f"{hostile}.log"}


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_file_name_is_a_reference(name: str) -> None:
    reference = uri(name)
    parts = urlsplit(reference)
    assert reference.isascii()
    assert (parts.scheme, parts.netloc, parts.query, parts.fragment) == ("file" * name.startswith("/"), "", "", "")
    assert unquote(parts.path) == name
