import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from typer.testing import CliRunner

from nbtrace import read_trace
from nbtrace.cli.application import app
from nbtrace.cli.harness_files import main_file
from nbtrace.embedded import traces
from nbtrace.embedded.recorder import Emit
from nbtrace.errors import ExitCode, NbtraceError
from nbtrace.records import Pixel
from simulator.config import Config
from tests.embedded_runs import PLAIN
from tests.places import ROOT, SUPERVISOR_CONFIGURATION, SUPERVISOR_PAIR

SMALL = f"{PLAIN} -oversample 1 -phisteps 3 -osc 1"


def call(*arguments: object) -> tuple[int, str]:
    """Run nbtrace in this process; an error of nbtrace is its code and its line."""
    outcome = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if isinstance(outcome.exception, NbtraceError):
        assert "\n" not in str(outcome.exception)
        return outcome.exception.exit_code, f"{outcome.output}{outcome.exception}"
    assert outcome.exception is None or isinstance(outcome.exception, SystemExit), outcome.exception
    return outcome.exit_code, outcome.output


def harness(folder: Path, *options: object, flags: str = SMALL) -> tuple[int, str]:
    return call("harness", "--output", folder / "t.log", *options, "--", *flags.split())


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_everything_is_written_and_said(here: Path) -> None:
    code, printed = harness(here, "--pixel", 22, 14)
    assert code == ExitCode.AGREE
    lines = printed.splitlines(keepends=True)
    (warning,) = [line for line in lines if line.startswith("warning: ")]
    said = "".join(line for line in lines if line != warning)
    assert warning.startswith("warning: φ step 0 is exactly 0: the reference uses the orientation of the previous")
    assert said.splitlines() == [
        "tracing pixel slow 22, fast 14 on a detector of 48 x 48 pixels (slow x fast)",
        "mode c-parity, float64 on cpu",
        f"Main trace written to {here / 't.log'}",
        "Captured 3 TRACE_PY_PHI lines",
    ]
    written = "t.log t_config.json t_env.json t_flags.txt t_per_phi.json t_per_phi.log t_stderr.txt t_stdout.txt"
    assert sorted(path.name for path in here.iterdir()) == written.split()
    assert (here / "t_stdout.txt").read_text() == said
    assert (here / "t_stderr.txt").read_text() == warning


def test_the_documents_say_what_was_run(here: Path) -> None:
    harness(here, "--pixel", 22, 14, "--mode", "spec", "--dtype", "float32")
    document = json.loads((here / "t_per_phi.json").read_text())
    assert document["timestamp"].endswith("Z")
    assert (document["pixel"], document["device"], document["dtype"]) == ({"slow": 22, "fast": 14}, "cpu", "float32")
    assert document["mode"] == "spec"
    fields = [
        "phi_tic",
        "phi_deg",
        "k_frac",
        "F_latt_b",
        "F_latt",
        "h_frac",
        "l_frac",
        "F_latt_a",
        "F_latt_c",
        "F_cell",
    ]
    assert [list(entry) for entry in document["per_phi_entries"]] == [[*fields, "contribution"]] * 3
    snapshot = json.loads((here / "t_config.json").read_text())
    assert snapshot["config"]["execution"]["dtype"] == "float32"
    assert snapshot["config"]["execution"]["defects"] == []
    assert (here / "t_flags.txt").read_text().split() == snapshot["flags"]
    environment = json.loads((here / "t_env.json").read_text())
    assert environment["torch_version"]
    assert {Path(record["path"]).name for record in environment["outputs"]} >= {"t.log", "t_per_phi.json"}
    assert all(len(record["sha256"]) == 64 for record in environment["outputs"])


def test_the_canonical_flags_give_the_same_trace(here: Path) -> None:
    harness(here, "--pixel", 22, 14)
    flags = (here / "t_flags.txt").read_text()
    call("harness", "--pixel", 22, 14, "--output", here / "again.log", "--", *flags.split())
    assert (here / "again.log").read_text() == (here / "t.log").read_text()


def test_log_and_document_of_the_steps_agree(here: Path) -> None:
    harness(here, "--pixel", 22, 14, flags=f"{PLAIN} -oversample 2 -phisteps 3 -osc 1")
    code, printed = call("diff", here / "t_per_phi.log", here / "t_per_phi.json")
    assert code == ExitCode.AGREE, printed
    assert len({record.index for record in read_trace(str(here / "t_per_phi.json")).records}) == 12


def test_named_configuration_agrees_with_the_reference(here: Path) -> None:
    code, _ = call("harness", "--config", "supervisor", "--pixel", 685, 1039, "--emit-all", "--output", "py/")
    assert code == ExitCode.AGREE
    log = here / "py" / "trace_py_685_1039.log"
    pair = SUPERVISOR_PAIR
    assert call("diff", pair / "c.log", log)[0] == ExitCode.AGREE
    assert call("phi", here / "py" / "trace_py_685_1039_per_phi.json", pair / "c.log")[0] == ExitCode.AGREE
    assert call("scaling", pair / "c.log", log)[0] == ExitCode.AGREE
    assert call("diff", pair / "c_roi_fresh.log", log)[0] == ExitCode.DIFFER


def test_spec_mode_agrees_with_the_fresh_rotation(here: Path) -> None:
    call("harness", "--config", SUPERVISOR_CONFIGURATION, "--mode", "spec", "--output", "t.log")
    pair = SUPERVISOR_PAIR
    assert call("diff", pair / "c_roi_fresh.log", "t.log")[0] == ExitCode.AGREE
    assert call("diff", pair / "c.log", "t.log")[0] == ExitCode.DIFFER


@pytest.mark.parametrize(
    ("pixel", "hint"),
    [((47, 60), False), ((60, 47), False), ((10, 40), True), ((-1, 3), False), ((99, 99), False)],
)
def test_a_pixel_off_the_detector_says_whether_the_swapped_one_is_on_it(
    here: Path, pixel: tuple[int, int], hint: bool
) -> None:
    code, printed = harness(here, "--pixel", *pixel, flags=f"{PLAIN} -detpixels_f 20")
    assert code == ExitCode.USAGE
    assert f"pixel slow {pixel[0]}, fast {pixel[1]} is not on the detector of 48 x 20 pixels (slow x fast)" in printed
    assert ("did you mean 40 10?" in printed) is hint
    assert list(here.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ("--pixel 1 1", 2, "give a configuration"),
        ("--pixel 1 1 --config supervisor -- -N 5", 2, "not both"),
        ("--pixel 1 1 --config nothing", 3, "no configuration is called 'nothing'; there are: supervisor"),
        ("--pixel 1 1 --config nothing.toml", 3, "nothing.toml cannot be read"),
        (f"-- {SMALL}", 2, "no pixel to trace"),
        ("--pixel 1 1 -- -cell 100 -bogus 1", 2, "unknown flag -bogus"),
        ("--pixel 1 1 -- -cell 100 -N 5", 2, "no structure factors"),
        ("--pixel 1 1 -- -mat none.mat -default_F 1", 3, "none.mat"),
        (f"--pixel 1 1 --mode both -- {SMALL}", 2, "give c-parity or spec"),
        (f"--pixel 1 1 --dtype float16 -- {SMALL}", 2, "float64"),
        (f"--pixel 1 1 --device abacus -- {SMALL}", 2, "abacus"),
        (f"--pixel 1 1 -- {SMALL} -roi 5 6 7 8", 2, "outside the region of interest"),
        (f"--pixel 1 1 --all-pixels -- {SMALL}", 2, "exclude one another"),
        (f"--all-pixels --bundle b -- {SMALL}", 2, "--bundle takes the trace of one pixel"),
        (f"--pixels no.txt -- {SMALL}", 3, "no.txt cannot be read"),
        (f"--roi 0 1 0 99 -- {SMALL}", 2, "slow 1, fast 99 is not on the detector"),
        (f"--roi 30 31 30 31 -- {SMALL} -roi 5 6 7 8", 2, "computes no pixel of slow 30 to 31"),
    ],
)
def test_bad_calls_leave_one_line_and_no_file(here: Path, arguments: str, code: int, words: str) -> None:
    found, printed = call("harness", *arguments.split())
    assert found == code, printed
    assert words in printed
    assert list(here.iterdir()) == []


def test_a_trace_without_all_phi_steps_is_a_failure_of_the_program(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = traces.trace_pixel

    def incomplete(config: Config, pixel: Pixel, emit: Emit) -> traces.EmbeddedTrace:
        traced = real(config, pixel, emit)
        last = traced.per_phi[-1].line
        return replace(traced, per_phi=tuple(record for record in traced.per_phi if record.line < last))

    monkeypatch.setattr(traces, "trace_pixel", incomplete)
    code, printed = harness(here, "--pixel", 22, 14)
    assert code == ExitCode.PROGRAM
    assert "Captured 2 TRACE_PY_PHI lines" in printed
    assert "2 TRACE_PY_PHI lines were captured where 3 φ steps were expected" in printed
    assert (here / "t.log").is_file()


def test_existing_files_need_force(here: Path) -> None:
    (here / "t_env.json").write_text("mine")
    code, printed = harness(here, "--pixel", 22, 14)
    assert code == ExitCode.USAGE
    assert "t_env.json exists; give --force" in printed
    assert [path.name for path in here.iterdir()] == ["t_env.json"]
    assert harness(here, "--pixel", 22, 14, "--force")[0] == ExitCode.AGREE
    assert (here / "t_env.json").read_text() != "mine"


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has CUDA")
def test_cuda_that_is_absent_becomes_the_cpu_and_says_so(here: Path) -> None:
    # In a process of its own, as the warning goes where the process logs.
    done = subprocess.run(
        [sys.executable, "-m", "nbtrace", "harness", "--pixel", "22", "14", "--device", "cuda", "--", *SMALL.split()],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "warning: device cuda was asked for and is not available; the CPU is used" in done.stderr
    assert (here / "trace_py_22_14_stderr.txt").read_text() == done.stderr
    assert (here / "trace_py_22_14_stdout.txt").read_text() == done.stdout
    assert json.loads((here / "trace_py_22_14_env.json").read_text())["device"] == "cpu"


def test_a_bundle_holds_the_run_and_verifies(here: Path) -> None:
    code, printed = harness(here, "--pixel", 22, 14, "--bundle", here / "b")
    assert code == ExitCode.AGREE, printed
    assert call("bundle", "verify", "--strict", here / "b")[0] == ExitCode.AGREE
    metrics = json.loads((here / "b" / "metrics.json").read_text())
    assert (metrics["phi_lines"], metrics["phi_lines_expected"]) == (3, 3)
    assert metrics["values"]["steps"] == 3.0
    assert (here / "b" / "t.log").read_text() == (here / "t.log").read_text()


def test_names_of_the_trace(here: Path) -> None:
    (here / "folder.d").mkdir()
    assert main_file(None, "trace.log") == Path("trace.log")
    assert main_file("a/b.log", "trace.log") == Path("a/b.log")
    assert main_file("spec_baseline", "trace.log") == Path("spec_baseline/trace.log")
    assert main_file("a.b/", "trace.log") == Path("a.b/trace.log")
    assert main_file("folder.d", "trace.log") == Path("folder.d/trace.log")


def test_a_configuration_of_ones_own(here: Path) -> None:
    shutil.copytree(SUPERVISOR_CONFIGURATION.parent, here / "examples" / "mine")
    (here / "examples" / "mine" / "supervisor.toml").rename(here / "examples" / "mine" / "mine.toml")
    assert call("harness", "--config", "mine", "--output", "named/")[0] == ExitCode.AGREE
    assert call("harness", "--config", "examples/mine/mine.toml", "--output", "file/")[0] == ExitCode.AGREE
    first, second = (here / folder / "trace_py_685_1039.log" for folder in ("named", "file"))
    assert first.read_text() == second.read_text()


class TestManyPixels:
    """Parquet files."""

    def read(self, path: Path) -> Any:
        return pytest.importorskip("pyarrow.parquet").read_table(path)

    def test_listed_pixels_are_traced_once_each_in_order(self, here: Path) -> None:
        (here / "pixels.txt").write_text("22 14\n# a comment\n\n3, 4   # another\n22 14\n")
        code, printed = call("harness", "--pixels", "pixels.txt", "--output", "t.parquet", "--", *SMALL.split())
        assert code == ExitCode.AGREE, printed
        assert printed.splitlines()[0] == "traced 2 pixels, mode c-parity, float64 on cpu"
        table, steps = self.read(here / "t.parquet"), self.read(here / "t_per_phi.parquet")
        assert list(zip(table["slow"].to_pylist(), table["fast"].to_pylist(), strict=True)) == [(3, 4), (22, 14)]
        assert steps["phi_tic"].to_pylist() == [0, 1, 2, 0, 1, 2]
        provenance = json.loads(table.schema.metadata[b"nbtrace"])
        assert provenance["mode"] == "c-parity"
        assert "-default_F 100" in provenance["flags"]

    @pytest.mark.parametrize(("options", "rows"), [(["--roi", "3", "4", "10", "12"], 6), (["--all-pixels"], 48 * 48)])
    def test_windows_and_whole_detectors(self, here: Path, options: list[str], rows: int) -> None:
        assert call("harness", *options, "--", *SMALL.split())[0] == ExitCode.AGREE
        assert self.read(here / "trace_py.parquet").num_rows == rows
        assert self.read(here / "trace_py_per_phi.parquet").num_rows == 3 * rows

    @pytest.mark.parametrize(
        ("text", "code", "words"),
        [("1 2\n3\n", 3, "pixels.txt:2: '3' is not a pixel"), ("# none\n", 3, "lists no pixel"), ("1 99\n", 2, "99")],
    )
    def test_a_list_that_cannot_be_used_leaves_no_file(self, here: Path, text: str, code: int, words: str) -> None:
        (here / "pixels.txt").write_text(text)
        found, printed = call("harness", "--pixels", "pixels.txt", "--", *SMALL.split())
        assert (found, words in printed) == (code, True), printed
        assert [path.name for path in here.iterdir()] == ["pixels.txt"]

    def test_existing_files_need_force(self, here: Path) -> None:
        (here / "trace_py_per_phi.parquet").write_text("mine")
        code, printed = call("harness", "--all-pixels", "--", *SMALL.split())
        assert (code, "exists; give --force" in printed) == (ExitCode.USAGE, True)
        assert [path.name for path in here.iterdir()] == ["trace_py_per_phi.parquet"]
