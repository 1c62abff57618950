import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from nbtrace.evidence import Bundle, FileRole, FileStatus, Provenance, read_contents
from nbtrace.files import sha256_of
from nbtrace.report.ci import render_ci
from nbtrace.report.page.page import render_page
from nbtrace.verdicts.status import Verdict

STARTED = datetime(2025, 10, 8, 21, 26, 30, tzinfo=UTC)


def file_result(bundle: Bundle, name: str, minutes: int = 0, **changes: Any) -> None:
    provenance = Provenance.collect(command=["nbtrace", name], time=STARTED + timedelta(minutes=minutes))
    values = {"metrics": {"verdict": "agree"}, "summary_md": f"# {name}\n\nText of {name}\n"} | changes
    bundle.add_result(name, provenance=provenance, **values)


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    return Bundle.open_or_create(tmp_path / "evidence")


def test_results_come_in_order_of_time_with_what_was_filed(bundle: Bundle) -> None:
    file_result(bundle, "phi", 2, metrics={"verdict": "differ", "steps": []}, exit_code=1)
    file_result(bundle, "diff", 1, outputs={"trace.log": "TRACE_C: k 1\n"})
    found = read_contents(bundle)
    assert [result.name for result in found.results] == ["diff", "phi"]
    diff, phi = found.results
    assert diff.document == {"verdict": "agree"}
    assert diff.verdict is Verdict.AGREE
    assert [(file.name, file.status, file.role) for file in diff.outputs] == [
        ("trace.log", FileStatus.OK, FileRole.OUTPUT)
    ]
    assert diff.outputs[0].record.sha256 == sha256_of(bundle.root / "trace.log")
    assert phi.document == {"verdict": "differ", "steps": []}
    assert phi.exit_code == 1
    assert phi.command == "nbtrace phi"
    assert phi.summary == "### phi\n\nText of phi"
    assert found.verdict is Verdict.DIFFER
    assert found.intact
    assert found.problems == ()
    assert found.loose == ()
    assert "nbtrace diff" in found.commands


def test_a_document_that_verification_has_read_is_not_read_again(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    file_result(bundle, "phi", metrics={"verdict": "differ", "steps": [1, 2]})
    monkeypatch.setattr("nbtrace.evidence.contents.load", None)
    (found,) = read_contents(bundle).results
    assert found.document == {"verdict": "differ", "steps": [1, 2]}


def test_results_of_the_same_millisecond_keep_the_order_in_which_they_were_filed(bundle: Bundle) -> None:
    for number in range(12):
        file_result(bundle, "diff", metrics={"number": number})
    documents = [result.document for result in read_contents(bundle).results]
    assert documents == [{"number": number} for number in range(12)]


def test_a_heading_within_fenced_code_starts_no_section(bundle: Bundle) -> None:
    fenced = "```\n## 2025-10-08T21:26:30.000Z phi\n```"
    file_result(bundle, "diff", summary_md=fenced)
    file_result(bundle, "phi", 1)
    diff, phi = read_contents(bundle).results
    assert diff.summary == fenced
    assert phi.summary == "### phi\n\nText of phi"


def test_a_bundle_without_results_is_read_and_names_what_was_added_by_hand(bundle: Bundle) -> None:
    (bundle.root / "note.txt").write_text("by hand\n")
    found = read_contents(bundle)
    assert found.results == ()
    assert found.verdict is None
    assert found.loose == ("note.txt",)
    assert found.intact


def test_a_changed_document_is_shown_and_named(bundle: Bundle) -> None:
    file_result(bundle, "diff")
    (bundle.root / "diff.json").write_text('{"verdict": "differ"}')
    found = read_contents(bundle)
    assert not found.intact
    assert found.results[0].verdict is Verdict.DIFFER
    assert found.results[0].problems == ("diff.json is not what was filed",)


def test_a_document_replaced_together_with_its_entry_is_not_the_one_of_the_result(bundle: Bundle) -> None:
    file_result(bundle, "diff")
    path = bundle.root / "diff.json"
    before = sha256_of(path)
    path.write_text('{"verdict": "differ"}')
    manifest = bundle.root / "sha256.txt"
    named = f"{before}  diff.json", f"{sha256_of(path)}  diff.json"
    manifest.write_text(manifest.read_text().replace(*named))
    assert read_contents(bundle).results[0].problems == ("diff.json is not the file that the result was written with",)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("[1]", "diff.json is no JSON object"),
        ("{", "diff.json:1:2 is not JSON"),
        (None, "diff.json is missing"),
    ],
)
def test_a_document_that_cannot_be_used_is_left_out_and_the_others_stay(
    bundle: Bundle, content: str | None, problem: str
) -> None:
    file_result(bundle, "diff")
    file_result(bundle, "phi", 1)
    path = bundle.root / "diff.json"
    path.unlink()
    if content is not None:
        path.write_text(content)
    diff, phi = read_contents(bundle).results
    assert diff.document is None
    assert diff.verdict is None
    assert any(text.startswith(problem) for text in diff.problems)
    assert phi.document == {"verdict": "agree"}


@pytest.mark.parametrize("name", ["../secret.json", "/etc/passwd", "link.json", "", "a\0b", 5])
def test_no_file_outside_the_folder_is_opened(bundle: Bundle, tmp_path: Path, name: object) -> None:
    (tmp_path / "secret.json").write_text('{"secret": 1}')
    (bundle.root / "link.json").symlink_to(tmp_path / "secret.json")
    metadata = {"result": "diff", "timestamp": "2025-10-08T21:26:30.000Z", "outputs": [{"path": name}]}
    (bundle.root / "run_metadata.json").write_text(json.dumps(metadata))
    (bundle.root / "diff.json").symlink_to(tmp_path / "secret.json")
    (result,) = read_contents(bundle).results
    assert result.document is None
    assert all(file.path is None for file in result.outputs)
    assert any("leads out of the bundle" in text or "without a name" in text for text in result.problems)


@pytest.mark.parametrize("metadata", ["[]", '{"outputs": 5}', '{"result": [], "timestamp": 3, "exit_code": true}', "{"])
def test_metadata_of_another_form_are_a_result_with_problems(bundle: Bundle, metadata: str) -> None:
    (bundle.root / "run_metadata.json").write_text(metadata)
    (result,) = read_contents(bundle).results
    assert (result.name, result.time, result.document, result.exit_code) == ("result", "", None, None)
    assert result.problems


@pytest.mark.parametrize(("said", "seconds"), [("0.25", 0.25), ("-1", None), ("1" + "0" * 400, None), ("true", None)])
def test_a_time_that_is_none_is_not_known(bundle: Bundle, said: str, seconds: float | None) -> None:
    (bundle.root / "run_metadata.json").write_text(f'{{"wall_seconds": {said}}}')
    contents = read_contents(bundle)
    assert contents.results[0].seconds == seconds
    assert "Commands" in render_page(contents)
    assert "<testsuites" in render_ci(contents, "junit")


def test_a_manifest_that_another_program_wrote_names_files_with_their_folder(bundle: Bundle) -> None:
    file_result(bundle, "diff")
    manifest = bundle.root / "sha256.txt"
    manifest.write_text(manifest.read_text().replace("  ", "  ./"))
    found = read_contents(bundle)
    assert found.problems == ()
    assert found.findings["diff.json"].digest == sha256_of(bundle.root / "diff.json")
