"""SARIF 2.1.0: a run of nbtrace per result, a result per failure at the lines of the logs, a rule per quantity."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from nbtrace.documents import dump
from nbtrace.report.ci.items import VERDICT, CiItem, CiPlace, CiSuite, Fate

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {Fate.FAIL: "error", Fate.ERROR: "error", Fate.SKIP: "note", Fate.WAIVED: "note"}


def render(suites: Sequence[CiSuite]) -> str:
    """Return the JSON document."""
    return dump({"$schema": SCHEMA, "version": "2.1.0", "runs": [_run(suite) for suite in suites]})


def _run(suite: CiSuite) -> Mapping[str, Any]:
    reported = _reported(suite)
    rules: dict[str, CiItem] = {}
    for item in reported:
        rules.setdefault(item.rule, item)
    order = {rule: index for index, rule in enumerate(rules)}
    invocation = {
        "executionSuccessful": not suite.of(Fate.ERROR),
        **({"commandLine": suite.command} if suite.command else {}),
        **({"endTimeUtc": suite.time} if suite.time else {}),
        "toolExecutionNotifications": [_notification(item) for item in suite.of(Fate.SKIP)],
    }
    return {
        "tool": {"driver": {"name": "nbtrace", "rules": [_rule(item) for item in rules.values()]}},
        "automationDetails": {"id": f"nbtrace/{suite.name}/"},
        "columnKind": "unicodeCodePoints",
        "invocations": [invocation],
        "results": [_result(item, order[item.rule]) for item in reported],
        "properties": {"answer": suite.answer, "counts": {fate.value: len(suite.of(fate)) for fate in Fate}},
    }


def _reported(suite: CiSuite) -> tuple[CiItem, ...]:
    """Return what failed; the verdict says nothing more where something else did."""
    failed = suite.of(Fate.FAIL, Fate.ERROR, Fate.WAIVED)
    apart = tuple(item for item in failed if item.name != VERDICT or item.fate is Fate.ERROR)
    return apart or failed


def _rule(item: CiItem) -> Mapping[str, Any]:
    described = item.description or item.rule
    return {"id": item.rule, "name": item.rule, "shortDescription": {"text": described}}


def _result(item: CiItem, rule: int) -> Mapping[str, Any]:
    level = "warning" if item.follows and item.fate is not Fate.WAIVED else _LEVELS[item.fate]
    related = [_location(place) for place in item.places[1:]]
    return {
        "ruleId": item.rule,
        "ruleIndex": rule,
        "kind": "fail",
        "level": level,
        "message": {"text": f"{item.name}: {item.message}"},
        "locations": [_location(place) for place in item.places[:1]],
        **({"relatedLocations": related} if related else {}),
        **({"suppressions": [_suppression(item)]} if item.fate is Fate.WAIVED else {}),
    }


def _suppression(item: CiItem) -> Mapping[str, Any]:
    """Return that a result is waived: by a file beside the code, and accepted."""
    return {"kind": "external", "status": "accepted", "justification": item.waived}


def _notification(item: CiItem) -> Mapping[str, Any]:
    return {"level": _LEVELS[item.fate], "message": {"text": f"{item.name}: {item.message}"}}


def _location(place: CiPlace) -> Mapping[str, Any]:
    physical: dict[str, Any] = {"artifactLocation": {"uri": uri(place.file)}}
    if place.line is not None and place.line >= 1:
        physical["region"] = {"startLine": place.line}
    return {"physicalLocation": physical}


def uri(file: str) -> str:
    """Return a file name as a URI, or as a relative reference; a colon in it never makes a scheme."""
    try:
        name = file.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        name = file.encode("utf-8", "replace")
    return f"file://{quote(name)}" if file.startswith("/") else quote(name)
