"""JUnit XML, read back by another parser and held against the Jenkins schema's elements and attributes."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from nbtrace import Trace, diff
from nbtrace.evidence.contents import Contents
from nbtrace.report.ci import render_ci
from nbtrace.report.ci.items import Fate, suites
from nbtrace.report.documents.trace_documents import diff_document

Made = Callable[..., Contents]
SUITES = {"name", "tests", "failures", "errors", "time"}
SUITE = SUITES | {"skipped", "timestamp"}
ENDS = {"failure", "error", "skipped"}


def checked(text: str) -> ET.Element:
    """Parse a document and hold it against what every reader of JUnit XML relies on."""
    root = ET.fromstring(text)  # noqa: S314 - what nbtrace has just written
    assert (root.tag, set(root.attrib)) == ("testsuites", SUITES)
    for suite in root:
        assert suite.tag == "testsuite"
        assert SUITES | {"skipped"} <= set(suite.attrib) <= SUITE
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", suite.get("timestamp", "2026-01-02T03:04:05"))
        assert [part.tag for part in suite] == ["properties"] * (suite[0].tag == "properties") + ["testcase"] * len(
            suite.findall("testcase")
        )
        cases = suite.findall("testcase")
        for case in cases:
            assert set(case.attrib) == {"classname", "name", "time"}
            assert len(case) <= 1
            assert {part.tag for part in case} <= ENDS
            for part in case:
                assert set(part.attrib) == ({"message"} if part.tag == "skipped" else {"message", "type"})
        for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert int(suite.get(attribute, "")) == len(suite.findall(f"testcase/{tag}"))
        assert int(suite.get("tests", "")) == len(cases)
    for attribute in ("tests", "failures", "errors"):
        assert int(root.get(attribute, "")) == sum(int(suite.get(attribute, "")) for suite in root)
    return root


def test_every_item_is_a_case_once(everything: Contents) -> None:
    root = checked(render_ci(everything, "junit"))
    found = suites(everything)
    assert [suite.get("name") for suite in root] == [f"nbtrace {one.name}" for one in found]
    for suite, one in zip(root, found, strict=True):
        cases = suite.findall("testcase")
        assert [case.get("name") for case in cases] == [item.name for item in one.items]
        assert [case[0].tag if len(case) else "" for case in cases] == [
            {Fate.FAIL: "failure", Fate.ERROR: "error", Fate.SKIP: "skipped"}.get(item.fate, "") for item in one.items
        ]
        assert len({(case.get("classname"), case.get("name")) for case in cases}) == len(cases)


def test_a_failure_says_what_and_where(everything: Contents, traces: tuple[Trace, Trace]) -> None:
    root = checked(render_ci(everything, "junit"))
    failure = root.find("testsuite/testcase[@name='rot_a_angstroms']/failure")
    assert failure is not None
    row = next(row for row in diff(*traces).rows if row.quantity == "rot_a_angstroms")
    assert failure.get("message", "").startswith("DIVERGENT: Py − C = -3.436e-02 Å in z, -1.285e-03 relative")
    assert (failure.text or "").splitlines()[1:] == [
        f"at {traces[1].source}:{row.py.line}",
        f"at {traces[0].source}:{row.c.line}",
    ]
    first = root.find("testsuite")
    assert first is not None
    assert (first.get("timestamp"), first.get("time")) == ("2026-01-02T03:04:05", "0.250")


def test_hostile_logs(hostile_pair: tuple[Trace, Trace], file: Made) -> None:
    root = checked(render_ci(file(("diff", diff_document(diff(*hostile_pair)))), "junit"))
    assert {element.tag for element in root.iter()} <= {"testsuites", "testsuite", "properties", "property"} | {
        "testcase"
    } | ENDS
    assert any("text differs" in part.get("message", "") for part in root.iter("failure"))


@given(st.text())
def test_any_text_reads_back(invented: Made, text: str) -> None:
    document: dict[str, Any] = {"verdict": "differ", "answer": text}
    contents = invented(document, name=text, command=text)
    failure = checked(render_ci(contents, "junit")).find("testsuite/testcase/failure")
    assert failure is not None
    expected = "".join(c if c.isprintable() else " " if c in "\t\n\r" else "\ufffd" for c in text)
    assert failure.get("message") == (f"differ: {expected}" if text else "differ")
