"""What the commands write is what version 0.1 wrote, key by key, and what that wrote is still read."""

import io
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from nbtrace.errors import InputError
from nbtrace.evidence import Bundle, Integrity, read_contents, verify
from nbtrace.evidence.contents import Contents
from nbtrace.programs.suite import CaseOutcome
from nbtrace.programs.trust import Stability
from nbtrace.report.ci import CiFormat, render_ci
from nbtrace.report.ci.items import EVIDENCE, suites
from nbtrace.report.documents.filed import read_as
from nbtrace.report.documents.models.catalogue import DOCUMENTS, schema_of
from nbtrace.report.page.page import render_page
from tests.report.commands_0_1 import BUNDLE, BUNDLED, COMMANDS, document_0_1, document_of, recorded, workplace
from tests.report.json_schema import misfits
from tests.report.page.markup import Markup
from tests.report.page.test_page import problems_of

pytestmark = pytest.mark.slow  # every command, in several forms

PROSE = {"answer", "text", "reason", "sentences", "remarks", "meaning", "explains_reason", "about", "noise"}
"""Keys of sentences for people, whose words are no contract."""


LINES = {"used", "ignored"}
"""Keys of counts of lines: a later version reads more of them."""


ROUNDING = 1e-14
"""Residuals of a relation that holds: what is left of them depends on the order in which a sum is taken."""


SINGLE = {"as_given", "correlation"}
"""Keys of numbers that follow from logarithms in single precision, whose last digits depend on the processor."""


LATER_SWITCHES = {"source_weights_ignored"}
"""Switches of the simulator that came after 0.1."""


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    with workplace() as folder:
        yield folder


def outline(value: Any, key: str = "") -> Any:
    """Return a value in which sentences only tell that they are there."""
    if isinstance(value, dict):
        return {name: outline(item, name) for name, item in value.items()}
    if isinstance(value, list):
        kept = [item for item in value if not (isinstance(item, str) and item in LATER_SWITCHES)]
        kept = [
            item for item in kept if not (isinstance(item, dict) and key == "notices" and item["weight"] == "info")
        ]  # a later version says more
        return [outline(item, key) for item in kept]
    if isinstance(value, str) and (key in PROSE or " " in value):
        return "words" if value else ""
    if key == "residual" and isinstance(value, float):
        return f"{value:.3g}" if value > ROUNDING else "rounding"
    if key in SINGLE and isinstance(value, float):
        return f"{value:.6g}"
    return type(value).__name__ if key in LINES else value


def as_text(document: str) -> str:
    return json.dumps(outline(json.loads(document)), indent=1)


def without_added(value: Any, known: Any) -> Any:
    """Return a value without the keys that another one lacks: a later version may add keys, and only add."""
    if isinstance(value, dict) and isinstance(known, dict):
        return {key: without_added(item, known[key]) for key, item in value.items() if key in known}
    if isinstance(value, list) and isinstance(known, list) and len(value) == len(known):
        return [without_added(item, other) for item, other in zip(value, known, strict=True)]
    return value


def paths(value: Any, above: str = "") -> set[str]:
    """Return the keys of a document with those above them, whatever the values are."""
    if isinstance(value, dict):
        own = {f"{above}.{key}" for key in value}
        return own.union(*(paths(item, f"{above}.{key}") for key, item in value.items()))
    if isinstance(value, list):
        return set().union(*(paths(item, above) for item in value))
    return set()


def kind_of(name: str) -> str:
    """Return the name of the document that a command of :data:`COMMANDS` writes."""
    return "suite" if name == "compare-suite" else name.partition("-")[0]


SINCE_0_2 = frozenset(
    {
        "arrays",
        "bisect",
        "capture",
        "compare_candidates",
        "diff_several",
        "detector",
        "format",
        "gradients",
        "history",
        "reduce",
        "reflections",
        "trend",
    }
)
"""Documents that 0.1 did not write."""

OF_0_1 = tuple(name for name in DOCUMENTS if name not in SINCE_0_2)

ANSWERED_ANEW = frozenset(
    {name for name in COMMANDS if name.startswith("explain")}
    | {"diff-sourcefile__43_61", "compare-pair", "sweep-traces", "sweep-reference"}
    | {"check-c", "check-py", "check-heat", "diff-heat"}
)
"""Commands whose answers are others since 0.2 explains otherwise, and knows more: their keys are the same."""


@pytest.mark.parametrize("name", COMMANDS)
def test_a_document_is_what_it_was_and_fits_its_schema(name: str, place: Path) -> None:
    written = document_of(COMMANDS[name], place)
    if name in ANSWERED_ANEW:
        assert paths(json.loads(recorded(name))) <= paths(json.loads(written))
    else:
        kept = json.dumps(without_added(json.loads(written), json.loads(recorded(name))))
        assert as_text(kept) == as_text(recorded(name))
    document = json.loads(written)
    DOCUMENTS[kind_of(name)].model_validate(document)  # no key is unknown
    schema = schema_of(kind_of(name))
    assert list(misfits(document, schema, schema)) == []


@pytest.mark.parametrize("name", COMMANDS)
def test_a_document_of_0_1_is_read_and_written_back(name: str) -> None:
    kind, document = DOCUMENTS[kind_of(name)], document_0_1(name)
    assert read_as(kind, document).written() == document
    # What a later version adds is passed over in reading, and no version writes what its model does not know.
    document["later"] = True
    document.get("c", {})["later"] = True
    assert "later" not in read_as(kind, document).written()
    with pytest.raises(ValidationError, match="later"):
        kind.model_validate(document)


def test_the_commands_write_every_document() -> None:
    assert {kind_of(name) for name in COMMANDS} == set(OF_0_1)


@pytest.mark.parametrize("name", OF_0_1)
def test_a_damaged_document_is_refused(name: str) -> None:
    document = document_0_1(next(told for told in COMMANDS if kind_of(told) == name))
    for key, wrong in (("format", "nbtrace other"), ("format_version", 2), ("verdict", 5)):
        with pytest.raises(InputError, match=f"^{key}: "):
            read_as(DOCUMENTS[name], document | {key: wrong})
    del document["verdict"]
    with pytest.raises(InputError, match=r"^verdict: Field required"):
        read_as(DOCUMENTS[name], document)


LATER = {
    "names": ("diff", "phi", "scaling", "explain", "images", "sweep", "compare", "suite"),
    "final_word": ("scaling", "explain"),
    "simulator": ("explain",),
    "experiment": ("trust",),
    "seeded_by_clock": ("trust",),
    "answer": OF_0_1,
    "provenance": OF_0_1,
}
"""Key → documents that have it, and whose first builds lacked it."""


@pytest.mark.parametrize(("key", "name"), [(key, name) for key, names in LATER.items() for name in names])
def test_a_document_without_a_later_key_is_read(key: str, name: str) -> None:
    document = document_0_1(next(told for told in COMMANDS if kind_of(told) == name))
    del document[key]
    assert key not in read_as(DOCUMENTS[name], document).written()


def test_the_words_of_outcomes_are_those_of_the_engine() -> None:
    cases = schema_of("suite")["$defs"]["ComparedCase"]["properties"]["outcome"]["enum"]
    assert cases == [outcome.value for outcome in CaseOutcome]
    assert schema_of("trust")["properties"]["verdict"]["enum"] == [word.value for word in Stability]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_key_is_described(name: str) -> None:
    schema = schema_of(name)
    assert schema["title"] == DOCUMENTS[name].__name__
    assert "$id" not in schema
    for title, part in {"": schema, **schema["$defs"]}.items():
        assert part["description"], title
        undescribed = [
            key
            for key, told in part["properties"].items()
            if "const" not in told and "$ref" not in told  # what is referred to is described itself
            if not any("description" in one for one in (told, *told.get("anyOf", ())))
        ]
        assert undescribed == [], title


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Contents:
    """The bundle that version 0.1 wrote."""
    folder = tmp_path_factory.mktemp("bundle_0_1")
    with tarfile.open(fileobj=io.BytesIO(BUNDLE.read_bytes())) as archive:
        archive.extractall(folder, filter="data")
    return read_contents(Bundle.open(folder / "bundle"))


def test_a_bundle_of_0_1_verifies(bundle: Contents) -> None:
    assert verify(bundle.root).outcome() is Integrity.INTACT
    assert [result.name for result in bundle.results] == [command[0] for command in BUNDLED]
    assert bundle.problems == ()


def test_a_bundle_of_0_1_is_a_page(bundle: Contents) -> None:
    html = render_page(bundle)
    assert problems_of(html) == []
    text = Markup(html).visible()
    for result in bundle.results:
        assert result.document is not None
        assert " ".join(str(result.document["answer"]).split()) in text
    assert "cannot be shown" not in text
    assert "could be drawn" not in text
    assert "left out" not in text


def test_a_bundle_of_0_1_is_every_form_of_ci(bundle: Contents) -> None:
    assert [item for suite in suites(bundle) for item in suite.items if item.name == EVIDENCE] == []
    assert len({suite.name for suite in suites(bundle)}) == len(BUNDLED)
    for form in CiFormat:
        assert "rot_a_angstroms" in render_ci(bundle, form)
