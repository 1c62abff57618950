import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import torch

from nbtrace.embedded.choice import canonical
from tests.embedded_runs import PLAIN
from tests.simulator.golden import cases, trace_text

if TYPE_CHECKING:
    from tests.cli.conftest import Ended, Run

SMALL = ("--pixel", "22", "14", "--", *PLAIN.split(), "-oversample", "1", "-phisteps", "3", "-osc", "1")
CUDA = torch.cuda.is_available()


def first_line(ended: "Ended") -> str:
    """What stands before the notes, as one line."""
    return " ".join(ended.out.split("\n\n")[0].split("\nNOTE")[0].split("\nINFO")[0].split())


@pytest.fixture(scope="session")
def named(supervisor: Path) -> tuple[str, ...]:
    return ("--config", "supervisor", "--pixel", "685", "1039", "--device", "cpu", "--reference", str(supervisor))


def test_without_a_reference(nb: "Run") -> None:
    ended = nb("sweep", *SMALL)
    trap = "warning: φ step 0 is exactly 0: the reference uses the orientation of the previous rotated step there\n"
    assert (ended.code, ended.err) == (0, trap)
    assert first_line(ended).startswith("AGREE ")
    assert "move with the precision" in first_line(ended)
    assert ("no run on cuda: this machine has no such device" in ended.out) is not CUDA


def test_the_reference_agrees_but_for_rounding(nb: "Run", named: tuple[str, ...]) -> None:
    ended = nb("sweep", *named[:-1], f"{named[-1]}/c.log", "--json", "-")
    document: Any = json.loads(ended.out)
    assert ended.code == 0
    assert document["verdict"] == "agree"
    assert document["first_defect"] is None
    assert (document["counts"]["DEFECT"], document["counts"]["UNDECIDED"]) == (0, 0)
    assert document["values_compared"] == 80
    assert [run["name"] for run in document["runs"]] == ["float64 cpu", "float32 cpu"]
    lattice = document["quantities"]["F_latt_a"]
    assert (lattice["outcome"], lattice["trend"]) == ("ROUNDING", "agrees")
    assert 5.0 < lattice["digits_kept"] < 8.0
    double, coarse = (lattice["runs"][name]["value"] for name in ("float64 cpu", "float32 cpu"))
    moved = lattice["runs"]["float32 cpu"]["moved"]["rel_delta"]
    assert moved == pytest.approx(coarse / double - 1.0, rel=1e-6)
    assert lattice["condition"] > 100
    assert document["quantities"]["steps"]["outcome"] == "STABLE"
    provenance = document["provenance"]
    assert (provenance["dtype"], provenance["device"]) == ("float64, float32", "cpu")
    assert {Path(item["path"]).name for item in provenance["inputs"]} >= {"supervisor.toml", "A.mat", "c.log"}


@pytest.mark.parametrize(
    ("log", "first", "rounding"), [("c_roi_fresh.log", "rot_a_angstroms", "F_cell"), ("py.log", "rot_a_angstroms", "")]
)
def test_a_defect_stays(nb: "Run", named: tuple[str, ...], log: str, first: str, rounding: str) -> None:
    ended = nb("sweep", *named[:-1], f"{named[-1]}/{log}", "--json", "out.json", "--md", "out.md")
    assert ended.code == 1
    assert first_line(ended).startswith("DIFFER ")
    document: Any = json.loads(Path("out.json").read_text())
    assert document["first_defect"] == first
    final = document["quantities"]["I_pixel_final"]
    assert (final["outcome"], final["trend"]) == ("DEFECT", "stays")
    if rounding:
        assert document["quantities"][rounding]["outcome"] == "ROUNDING"
    report = Path("out.md").read_text()
    assert report.startswith("# One trace in several precisions\n")
    assert "Roots, from which the others may follow: rot_a_angstroms" in report.replace("\\", "")


RECORDED = [
    ("hkl_interpolate", (18, 16)),
    ("mosaic_50", (26, 55)),
    ("thick_sensor", (44, 31)),
    ("oversample_2_omega", (22, 14)),
    ("phi_through_zero", (0, 0)),
]


@pytest.mark.parametrize(("case", "pixel"), RECORDED)
def test_nothing_stays_apart_from_recorded_runs_of_the_reference(
    nb: "Run", tmp_path: Path, case: str, pixel: tuple[int, int]
) -> None:
    (tmp_path / "c.log").write_text(trace_text(case, pixel))
    flags = canonical(cases()[case].config(tmp_path))
    slow, fast = map(str, pixel)
    ended = nb("sweep", "--pixel", slow, fast, "--reference", "c.log", "--json", "-", "--", *flags)
    document: Any = json.loads(ended.out)
    assert ended.code == 0
    assert document["counts"]["DEFECT"] == document["counts"]["UNDECIDED"] == 0
    assert document["counts"]["STABLE"] > 10
    assert document["counts"]["ROUNDING"] > 0
    assert document["quantities"]["I_pixel_final"]["trend"] == "agrees"


def test_help_fits_80_columns_and_has_an_example(nb: "Run") -> None:
    ended = nb("sweep", "--help")
    assert (ended.code, ended.err) == (0, "")
    assert "Example: nbtrace sweep --config supervisor" in ended.out
    assert all(len(line) <= 80 for line in ended.out.splitlines())


def test_logs_of_another_program(nb: "Run", supervisor: Path, tmp_path: Path) -> None:
    text = (supervisor / "c.log").read_text().replace("TRACE_C", "TRACE_PY")
    (tmp_path / "double.log").write_text(text)
    (tmp_path / "single.log").write_text(text.replace("F_cell 190.27", "F_cell 190.270004272461"))
    logs = ("--trace", "float32@gpu=single.log", "--trace", "float64=double.log")
    good = nb("sweep", *logs, "--reference", supervisor / "c.log")
    assert good.code == 0
    assert "Runs: float64 cpu (the others are held against it), float32 gpu" in good.out
    assert "; 1 of 114 quantities move" in first_line(good)
    bad = nb("sweep", *logs, "--reference", supervisor / "c_roi_fresh.log")
    assert bad.code == 1
    assert f"nbtrace explain {supervisor / 'c_roi_fresh.log'} double.log" in bad.out


def test_a_bundle_holds_the_traces(nb: "Run") -> None:
    assert nb("sweep", "--bundle", "b", "--device", "cpu", *SMALL).code == 0
    assert nb("bundle", "verify", "b").code == 0
    assert nb("diff", "b/trace_float64_cpu.log", "b/trace_float32_cpu.log").code == 0
    assert json.loads(Path("b/metrics.json").read_text())["format"] == "nbtrace sweep"


@pytest.mark.skipif(CUDA, reason="this machine has CUDA")
def test_a_device_that_is_absent_is_said_and_never_counted(nb: "Run", caplog: pytest.LogCaptureFixture) -> None:
    both: Any = json.loads(nb("sweep", "--device", "cuda", "--device", "cpu", "--json", "-", *SMALL).out)
    alone: Any = json.loads(nb("sweep", "--device", "cuda", "--json", "-", *SMALL).out)
    for document in (both, alone):
        assert [run["device"] for run in document["runs"]] == ["cpu", "cpu"]
        assert [(item["device"], item["asked"]) for item in document["absent"]] == [("cuda", True)]
    assert "the CPU is used" in alone["absent"][0]["reason"]
    assert "device cuda was asked for and is not available" in caplog.text


@pytest.mark.parametrize(
    ("code", "arguments", "message"),
    [
        (2, [], "give a configuration (--config NAME) or flags after --, as in: nbtrace sweep"),
        (2, ["--config", "supervisor", "--dtype", "float16"], "dtype 'float16' is unknown; give float64 or float32"),
        (2, ["--config", "supervisor", "--device", "tpu"], "device 'tpu' is unknown"),
        (2, ["--config", "supervisor", "--pixel", "1", "2500"], "swapped it would be"),
        (2, ["--config", "supervisor", "--mode", "nosuch"], "mode 'nosuch' is unknown"),
        (2, ["--trace", "float64"], "give DTYPE=LOG"),
        (2, ["--trace", "float64=a.log", "--trace", "float32=./a.log"], "two --trace name the log a.log"),
        (2, ["--trace", "float64@=x"], "give DTYPE=LOG"),
        (2, ["--trace", "float63=x"], "dtype 'float63' is unknown"),
        (2, ["--trace", "float64=x", "--dtype", "float64"], "--trace takes logs as they are"),
        (2, ["--trace", "float64=x", "--", "-cell", "1"], "--trace takes logs as they are"),
        (2, ["--trace", "float64=-", "--trace", "float32=-"], "standard input (-) can be read once"),
        (2, ["--", "-detpixels", "8", "-cell", "9", "9", "9", "90", "90", "90"], "no pixel to trace"),
        (3, ["--config", "supervisor", "--dtype", "float32", "--device", "cpu"], "a sweep needs two runs, there is 1"),
        (3, ["--config", "nosuch"], "no configuration is called 'nosuch'"),
        (3, ["--config", "supervisor", "--reference", "missing.log"], "missing.log cannot be read"),
        (3, ["--trace", "float64=missing.log"], "missing.log cannot be read"),
    ],
)
def test_what_is_refused(nb: "Run", code: int, arguments: list[str], message: str) -> None:
    ended = nb("sweep", *arguments)
    assert (ended.code, ended.out) == (code, "")
    assert message in ended.err.splitlines()[-1]


def test_recorded_logs_need_no_torch(supervisor: Path) -> None:
    script = (
        "import sys\nfrom nbtrace.cli import main\ntry:\n    main()\n"
        "finally:\n    print('HEAVY', sorted({'torch', 'pandas', 'scipy', 'matplotlib'} & set(sys.modules)))\n"
    )
    logs = [f"--trace={precision}={supervisor / 'c.log'}" for precision in ("float64", "float32")]
    done = subprocess.run([sys.executable, "-c", script, "sweep", *logs], capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[-1] == "HEAVY []", done.stderr
