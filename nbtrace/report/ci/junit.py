"""JUnit XML: a test suite per result, a test case per quantity, as the Jenkins schema (junit-10.xsd) has it."""

import xml.etree.ElementTree as ET
from collections.abc import Sequence
from datetime import datetime

from nbtrace.report.ci.items import CiItem, CiSuite, Fate

_ELEMENTS = {Fate.FAIL: "failure", Fate.ERROR: "error", Fate.SKIP: "skipped", Fate.WAIVED: "skipped"}
"""What is waived is skipped, as an expected failure of pytest is: it is shown, counted, and fails nothing."""


def render(suites: Sequence[CiSuite]) -> str:
    """Return the XML document; it ends with a line end."""
    root = ET.Element("testsuites", _counts(suites) | {"name": "nbtrace"})
    for suite in suites:
        root.append(_suite(suite))
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _counts(suites: Sequence[CiSuite]) -> dict[str, str]:
    items = [item for suite in suites for item in suite.items]
    count = {fate: sum(item.fate is fate for item in items) for fate in Fate}
    return {
        "tests": str(len(items)),
        "failures": str(count[Fate.FAIL]),
        "errors": str(count[Fate.ERROR]),
        "time": f"{sum(suite.seconds for suite in suites):.3f}",
    }


def _suite(suite: CiSuite) -> ET.Element:
    attributes = {"name": _text(f"nbtrace {suite.name}"), **_counts([suite])}
    attributes["skipped"] = str(len(suite.of(Fate.SKIP, Fate.WAIVED)))
    if suite.time:
        # The schema has seconds and no zone; all times are UTC.
        attributes["timestamp"] = datetime.fromisoformat(suite.time).strftime("%Y-%m-%dT%H:%M:%S")
    element = ET.Element("testsuite", attributes)
    if suite.command:
        properties = ET.SubElement(element, "properties")
        ET.SubElement(properties, "property", {"name": "command", "value": _text(suite.command)})
    for item in suite.items:
        element.append(_case(item, suite))
    return element


def _case(item: CiItem, suite: CiSuite) -> ET.Element:
    seconds = suite.seconds if item is suite.items[0] else 0.0
    names = {"classname": _text(f"nbtrace.{suite.name}"), "name": _text(item.name)}
    element = ET.Element("testcase", names | {"time": f"{seconds:.3f}"})
    kind = _ELEMENTS.get(item.fate)
    if kind is not None:
        said = ET.SubElement(element, kind, {"message": _text(item.message)})
        if kind != "skipped":
            said.set("type", _text(item.rule))
        said.text = _text("\n".join((item.message, *(f"at {place}" for place in item.places))))
    return element


def _text(text: str) -> str:
    """Return text in which every character is one that XML 1.0 allows."""
    return "".join(letter if _is_allowed(ord(letter)) else "\ufffd" for letter in text)


def _is_allowed(code: int) -> bool:
    return code in {0x9, 0xA, 0xD} or 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or 0x10000 <= code <= 0x10FFFF
