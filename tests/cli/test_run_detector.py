"""`nbtrace diff --all-pixels` and `--pixel` on traces of the embedded simulator with defects, and what they write."""

import builtins
import json
import os
import shutil
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from nbtrace.embedded.choice import Choice, parsed_flags
from nbtrace.embedded.tables import PixelChoice, write_tables
from nbtrace.report.documents.models.detector import DetectorDocument
from tests.places import EXAMPLES

if TYPE_CHECKING:
    from tests.cli.conftest import Run

pq = pytest.importorskip("pyarrow.parquet")

INPUTS = EXAMPLES / "golden_suite" / "inputs"
CRYSTAL = f"-mat {INPUTS / 'A.mat'} -lambda 1.1 -hkl {INPUTS / 'small.hkl'} -N 2 -distance 80"
FLAGS = f"{CRYSTAL} -detpixels 16 -pixel 3.2 -interpolate -oversample 1".split()


def traced(path: Path, mode: str, *more: str) -> None:
    """Write the trace of a whole detector, as `nbtrace harness --all-pixels` does."""
    config = Choice(mode, None, None).applied(parsed_flags([*FLAGS, *more], mode, quiet=True))
    write_tables(config, PixelChoice(None, None), path, force=False)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Traces of the reference and of a port that interpolates to the end and has another polarization."""
    folder = tmp_path_factory.mktemp("traces")
    traced(folder / "c.parquet", "c-parity")
    traced(folder / "py.parquet", "c-parity,-interpolation_switch_off", "-polar", "0.9")
    return folder


@pytest.fixture
def traces(nb: "Run", both: Path) -> Path:
    """The same in the current folder, which is empty otherwise."""
    del nb  # which changes to that folder
    for path in both.iterdir():
        shutil.copy(path, path.name)
    return Path.cwd()


def test_each_pixel_is_of_the_quantity_that_diff_names_there(nb: "Run", traces: Path) -> None:
    ended = nb("diff", "c.parquet", "py.parquet", "--all-pixels", "--json", "d.json", "--parquet", "first.parquet")
    assert ended.code == 1
    document = json.loads((traces / "d.json").read_text())
    DetectorDocument.model_validate(document)
    assert document["shape_slow_fast"] == [16, 16]
    table = pq.read_table(traces / "first.parquet").to_pylist()
    assert len(table) == 256
    named = [row["first_quantity"] for row in table if row["outcome"] == "diverges"]
    counts = {entry["quantity"]: entry["pixels"] for entry in document["quantities"] if entry["pixels"]}
    assert counts == {name: named.count(name) for name in ("F_cell", "polar")}
    assert sum(counts.values()) + document["coverage"]["agreeing"] == 256
    for row in table[::37]:
        pixel = str(row["slow"]), str(row["fast"])
        ended = nb("diff", "c.parquet", "py.parquet", "--pixel", *pixel, "--json", "one.json", "--force")
        one = json.loads((traces / "one.json").read_text())
        assert one["first_divergence"] == row["first_quantity"]
        assert ended.code == (0 if row["first_quantity"] is None else 1)
        if row["first_quantity"] is not None:
            told = one["factors"][row["first_quantity"]]
            assert (told["c_value"], told["py_value"]) == (row["c_value"], row["py_value"])
            assert (told["status"], told["digits_in_agreement"]) == (row["status"], row["digits"])


def test_all_that_is_written_holds_the_answer(nb: "Run", traces: Path) -> None:
    ended = nb("diff", "c.parquet", "py.parquet", "--all-pixels", "--bundle", "b", "--plot", "m.svg", "--md", "r.md")
    assert ended.code == 1
    answer = "F_cell is the first to diverge in"
    assert answer in " ".join(ended.out.split())
    assert "NOTE the two are of runs with different flags: C: -mode c-parity; Py: -polar 0.9" in " ".join(
        ended.out.split()
    )
    assert answer in (traces / "r.md").read_text()
    assert (traces / "m.svg").read_text().count("polar")
    next_line = next(line for line in ended.out.splitlines() if "--pixel" in line).split()
    assert nb(*next_line[1:]).code == 1
    assert nb("report", "b", "-o", "page.html").code == 0
    page = (traces / "page.html").read_text()
    assert answer in page
    assert "Where several pixels share a dot" in page
    assert page.count("data:image/png;base64,")
    assert nb("bundle", "verify", "b").code == 0


def test_equal_traces_agree_and_other_detectors_are_no_match(nb: "Run", traces: Path) -> None:
    ended = nb("diff", "c.parquet", "c.parquet", "--all-pixels")
    assert ended.code == 0
    answer = "AGREE all 256 pixels agree; 10240 values of 40 quantities compared, none diverges"
    assert " ".join(ended.out.split()).startswith(answer)
    traced(traces / "small.parquet", "c-parity", "-detpixels", "8")
    ended = nb("diff", "c.parquet", "small.parquet", "--all-pixels")
    assert (ended.code, ended.err.count("\n")) == (4, 1)
    assert "two different detectors: c.parquet is of 16 x 16 pixels, small.parquet is of 8 x 8 pixels" in ended.err
    assert nb("diff", "c.parquet", "small.parquet", "--pixel", "12", "3").code == 4
    ended = nb("diff", "c.parquet", "c_per_phi.parquet", "--all-pixels")
    assert (ended.code, ended.err.count("\n")) == (4, 1)


def test_a_file_that_is_no_such_trace_is_one_line(nb: "Run", logs: Path, tmp_path: Path) -> None:
    for name, words in (
        ("c.log", "is no Parquet file; whole-detector traces are"),
        ("empty.log", "is empty"),
        ("binary.log", "is no Parquet file"),
        ("missing.parquet", "there is no such file"),
        (".", "is a folder"),
    ):
        for option in (("--all-pixels",), ("--pixel", "1", "2")):
            ended = nb("diff", logs / name, logs / name, *option)
            assert (ended.code, ended.out, ended.err.count("\n")) == (3, "", 1)
            assert words in ended.err
    assert nb("diff", "-", logs / "c.log", "--all-pixels").code == 2


def test_a_pipe_is_no_whole_detector_trace(nb: "Run", traces: Path) -> None:
    os.mkfifo(traces / "pipe")
    ended = nb("diff", "c.parquet", "pipe", "--all-pixels")
    assert (ended.code, ended.out) == (3, "")
    assert "pipe is a pipe or a device; a whole-detector trace is read from a file" in ended.err


def test_all_pixels_are_named_as_the_next_step_where_they_are_compared_as_logs(nb: "Run", traces: Path) -> None:
    line = "  nbtrace diff --all-pixels c.parquet py.parquet\n"
    assert line in nb("diff", "c.parquet", "py.parquet").out
    assert "--all-pixels" not in nb("diff", "c.parquet", "py.parquet", "--pixel", "0", "0").out
    del traces


def test_a_misspelt_tolerance_is_refused_and_leaves_no_table(nb: "Run", traces: Path) -> None:
    before = set(traces.iterdir())
    call = ("diff", "c.parquet", "py.parquet", "--all-pixels", "--parquet", "first.parquet", "-t")
    ended = nb(*call, "F_cel=1e-3")
    assert (ended.code, ended.out) == (2, "")
    assert "the nearest is F_cell" in ended.err
    assert set(traces.iterdir()) == before
    assert nb(*call, "F_cell=abs:1e6").code == 1
    assert pq.read_table(traces / "first.parquet").column("first_quantity").to_pylist().count("F_cell") == 0


def test_without_pyarrow_the_error_names_the_extra(nb: "Run", traces: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def absent(name: str, *arguments: Any, **options: Any) -> ModuleType:
        if name.startswith("pyarrow"):
            raise ImportError(name)
        return real(name, *arguments, **options)

    monkeypatch.setattr(builtins, "__import__", absent)
    for option in (("--all-pixels",), ("--pixel", "1", "2")):
        ended = nb("diff", "c.parquet", "py.parquet", *option)
        assert (ended.code, ended.out) == (2, "")
        assert ended.err == "nbtrace: Parquet needs pyarrow, which is not installed: pip install 'nbtrace[tables]'\n"
