"""Names of a result's files in a bundle, and copies of its inputs."""

import json
from pathlib import Path
from typing import Any

import pytest

from nbtrace.errors import UsageError
from nbtrace.evidence import Bundle, FileRole, Integrity, Provenance, read_contents, verify
from nbtrace.evidence.provenance import FileRecord
from nbtrace.evidence.result_files import LARGEST_COPY, ResultNames, copy_name, copyable


def file_result(bundle: Bundle, name: str = "diff", inputs: tuple[Path, ...] = (), **more: Any) -> list[str]:
    provenance = Provenance.collect(command=["nbtrace", name], inputs=inputs)
    values: dict[str, Any] = {"metrics": {"verdict": "agree"}, "summary_md": "# Text\n", "view": {"a": 1}} | more
    return [path.name for path in bundle.add_result(name, provenance=provenance, **values)]


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    return Bundle.open_or_create(tmp_path / "evidence")


def test_a_number_is_that_of_all_files_of_a_result() -> None:
    taken = {"diff.md", "diff_2_view.json"}
    assert ResultNames.first_free("diff", taken.__contains__).all == ("diff_3.json", "diff_3.md", "diff_3_view.json")


@pytest.mark.parametrize("name", ["summary", "metrics", "a/b", "", "..", "x\ny", "é"])
def test_a_command_that_no_file_can_be_called_after_makes_a_result(name: str) -> None:
    assert ResultNames.first_free(name, lambda _: False).document == "result.json"


def test_files_carry_the_name_of_their_command(bundle: Bundle) -> None:
    assert file_result(bundle)[:4] == ["diff.json", "diff.md", "diff_view.json", "metrics.json"]
    assert file_result(bundle, "phi")[:4] == ["phi.json", "phi.md", "phi_view.json", "metrics_rerun1.json"]
    assert file_result(bundle)[:4] == ["diff_2.json", "diff_2.md", "diff_2_view.json", "metrics_rerun2.json"]
    for number, name in enumerate(("metrics", "metrics_rerun1", "metrics_rerun2")):
        own = ("diff", "phi", "diff_2")[number]
        assert (bundle.root / f"{name}.json").read_bytes() == (bundle.root / f"{own}.json").read_bytes()
    found = read_contents(bundle)
    assert [result.name for result in found.results] == ["diff", "phi", "diff"]
    assert all(result.document == {"verdict": "agree"} and result.view == {"a": 1} for result in found.results)
    assert all(result.outputs == () for result in found.results)
    assert found.loose == ()


def test_bundles_of_version_0_1_are_read(bundle: Bundle) -> None:
    file_result(bundle)
    root = bundle.root
    for new, old in (("diff_view.json", "view.json"), ("diff.json", "metrics.json")):
        (root / new).rename(root / old)
    (root / "diff.md").unlink()
    metadata = json.loads((root / "run_metadata.json").read_text())
    del metadata["files"], metadata["copied_inputs"]
    metadata["outputs"] = [
        item | {"path": item["path"].replace("diff_view", "view")}
        for item in metadata["outputs"]
        if item["path"] not in {"diff.json", "diff.md"}
    ]
    (root / "run_metadata.json").write_text(json.dumps(metadata))
    (result,) = read_contents(bundle).results
    assert result.document == {"verdict": "agree"}
    assert result.view == {"a": 1}


def test_inputs_are_copied_with_their_digests(bundle: Bundle, tmp_path: Path) -> None:
    log = tmp_path / "run_metadata.json"  # a name that means something in a bundle
    log.write_text("TRACE_C: k 1\n")
    file_result(bundle, inputs=(log,), copied=[log])
    file_result(bundle, inputs=(log,), copied=[log])
    copy = bundle.root / "input_run_metadata.json.copy"
    assert copy.read_bytes() == log.read_bytes()
    assert not list(bundle.root.glob("input_*rerun*"))
    assert verify(bundle.root).outcome(strict=True) is Integrity.INTACT
    found = read_contents(bundle)
    assert len(found.results) == 2
    for result in found.results:
        assert [file.name for file in result.files if file.role is FileRole.INPUT] == [copy.name]
        assert result.metadata["copied_inputs"][0]["input"] == str(log)
    copy.write_text("TRACE_C: k 2\n")
    assert verify(bundle.root).outcome() is Integrity.FAULTY


def test_an_input_that_changed_in_the_meantime_is_not_filed(bundle: Bundle, tmp_path: Path) -> None:
    log = tmp_path / "c.log"
    log.write_text("before")
    before = FileRecord.of(log)
    log.write_text("after")
    provenance = Provenance.collect(command=["nbtrace"], inputs=[before])
    with pytest.raises(UsageError, match="has changed since it was read"):
        bundle.add_result("diff", metrics={}, summary_md="", provenance=provenance, copied=[log])
    assert not list(bundle.root.glob("diff*"))


def test_what_is_not_copied_is_said() -> None:
    inputs = {
        "small.log": FileRecord("small.log", "0" * 64, LARGEST_COPY),
        "large.log": FileRecord("large.log", "0" * 64, LARGEST_COPY + 1),
        "-": FileRecord("-", None, None, "standard input was not kept"),
    }
    copied, left = copyable(inputs)
    assert copied == [Path("small.log")]
    assert [text.partition(" ")[0] for text in left] == ["large.log", "standard"]


@pytest.mark.parametrize("name", ["x" * 250, "é" * 120])
def test_a_long_name_gives_way_to_the_digest(name: str) -> None:
    assert copy_name(Path(name), "ab" * 32) == f"input_{'ab' * 8}"


@pytest.mark.parametrize("name", ["a\nb.log", "a\x1b[31mb.log", "a\udcffb.log", "\u202eb.log"])
def test_a_copy_has_a_name_that_can_be_printed(name: str) -> None:
    copied = copy_name(Path(name), "ab" * 32)
    assert copied.isprintable()
    assert copied.endswith("b.log")
