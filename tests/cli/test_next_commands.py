"""The commands to run next run as they are printed: with the options and the flags of the call that names them."""

import shlex
import shutil
from pathlib import Path

import pytest

from nbtrace.cli.next_commands import ONCE
from tests.cli.conftest import Run
from tests.places import EXAMPLES, GOLDEN_SUITE, PAIRS

PAIR = PAIRS / "supervisor__685_1039"
C, PY, ROI = (str(PAIR / name) for name in ("c.log", "py.log", "c_roi_fresh.log"))
IMAGES = [str(GOLDEN_SUITE / name / "image.npz") for name in ("oversample_2", "oversample_2_polar")]
HEAT = [str(EXAMPLES / "heat" / name) for name in ("loops.log", "arrays_mistake.log")]
FLAGS = shlex.split("-cell 100 100 100 90 90 90 -default_F 100 -N 5 -lambda 1 -distance 100 -detpixels 48")


def next_ones(printed: str) -> list[str]:
    """Return the commands that a report proposes."""
    return [line.strip() for line in printed.splitlines() if line.startswith("  nbtrace ")]


@pytest.mark.slow
def test_flags_of_the_run_go_on_to_the_command_that_explains_again(nb: Run) -> None:
    printed = nb("explain", C, PY, "--", *FLAGS).out
    assert f"nbtrace explain {C} {PY} --bundle evidence -- {' '.join(FLAGS)}" in next_ones(printed)


def test_a_configuration_goes_on_in_place_of_flags(nb: Run) -> None:
    config = EXAMPLES / "supervisor" / "supervisor.toml"
    printed = nb("images", *IMAGES, "--config", str(config)).out
    harness = next(line for line in next_ones(printed) if " harness " in line)
    assert harness.endswith(f"--config {config}")
    assert "FLAGS" not in printed


def test_flags_that_nobody_told_are_a_word_that_says_what_it_stands_for(nb: Run) -> None:
    printed = nb("images", *IMAGES).out
    (line, *_) = next_ones(printed)
    assert line == f"nbtrace images {' '.join(IMAGES)} -- FLAGS"
    assert "FLAGS are those of the run" in " ".join(printed.replace("#", "").split())
    copied = nb(*shlex.split(line)[1:])
    assert copied.code == 2
    assert "FLAGS stands for the flags of the run" in copied.err


@pytest.mark.parametrize("call", [[], ["images"]])
def test_the_same_images_are_read_in_the_same_way_again(nb: Run, call: list[str]) -> None:
    options = ["--region", "0", "30", "0", "20", "-t", "1e-4", "--names", "nanoBragg", "my port"]
    printed = nb(*call, *IMAGES, *options).out
    assert next_ones(printed)[0].startswith(f"nbtrace images {' '.join(IMAGES)} {shlex.join(options)} -- ")


def test_where_results_are_written_does_not_go_on(nb: Run, tmp_path: Path) -> None:
    printed = nb("diff", C, ROI, "-t", "1e-5", "--json", str(tmp_path / "a.json"), "--brief").out
    assert next_ones(printed)[:3] == [
        f"nbtrace explain {C} {ROI} -t 1e-5",
        f"nbtrace phi {ROI} {C}",
        f"nbtrace scaling {C} {ROI} -t 1e-5",
    ]


def test_a_tolerance_of_steps_is_none_of_quantities(nb: Run) -> None:
    printed = nb("phi", ROI, C, "--tolerance", "1e-3").out
    assert next_ones(printed) == [f"nbtrace explain {C} {ROI}"]


def test_a_vocabulary_is_named_once_and_in_front_of_nothing_else(nb: Run) -> None:
    rod = str(EXAMPLES / "heat" / "rod.toml")
    (line,) = next_ones(nb(*HEAT, "--vocabulary", rod).out)
    assert line.split().count("--vocabulary") == 1
    assert next_ones(nb("diff", C, ROI, "--vocabulary=nanobragg").out)[0].endswith(" --vocabulary=nanobragg")


def test_each_command_of_a_line_gets_its_own_options(nb: Run) -> None:
    """`nbtrace report` has no --names."""
    config = EXAMPLES / "supervisor" / "supervisor.toml"
    printed = nb("images", *IMAGES, "--names", "A", "B", "--config", str(config)).out
    page = next(line for line in next_ones(printed) if "nbtrace report" in line)
    first, _, second = page.partition(" && ")
    assert "--names A B" in first
    assert first.endswith(f"--config {config}")
    assert second == "nbtrace report evidence"


def test_a_name_that_joins_commands_is_not_taken_apart(nb: Run, tmp_path: Path) -> None:
    odd = tmp_path / "a && b; c -- d.log"
    shutil.copy(ROI, odd)
    line = next_ones(nb("diff", C, str(odd), "--names", "A", "B").out)[0]
    assert shlex.split(line) == ["nbtrace", "explain", C, str(odd), "--names", "A", "B"]


def test_what_came_through_a_pipe_is_in_no_command(nb: Run) -> None:
    printed = nb("diff", C, "-", stdin=Path(PY).read_bytes()).out
    assert not [line for line in next_ones(printed) if " - " in f"{line} "]
    assert ONCE in " ".join(printed.split())


def test_own_quantities_lead_to_a_vocabulary(nb: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for side, tag, warmer in (("c", "TRACE_C:", 0.0), ("py", "TRACE_PY:", 0.5)):
        rows = [(n, 300 + n + (warmer if n >= 3 else 0)) for n in range(6)]
        Path(f"{side}.log").write_text("".join(f"{tag} step={n} T_K {T}\n" for n, T in rows), encoding="utf-8")
    run = nb("c.log", "py.log")
    assert run.out.startswith("DIFFER  C or Py: T_K at step 3: ")
    (line, *_) = next_ones(run.out)
    draft, _, again = line.partition(" && ")
    assert nb(*shlex.split(draft)[1:]).code == 0
    assert nb(*shlex.split(again)[1:]).out.startswith("DIFFER  C or PY: T_K at step 3: ")


def test_the_loop_that_lines_state_is_a_loop_of_steps(nb: Run) -> None:
    for side, tag in (("c", "TRACE_C:"), ("py", "TRACE_PY:")):
        rows = "".join(f"{tag} step={n} T_K {300 + n + (side == 'py' and n > 2)}\n" for n in range(6))
        Path(f"{side}.log").write_text(rows, encoding="utf-8")
    told = nb("steps", "c.log", "py.log").err
    assert "nbtrace steps A B --index step" in told
    run = nb("steps", "c.log", "py.log", "--index", "step")
    assert run.out.startswith("DIFFER  first divergence at step 3 (3 of 6 turns): T_K")
    assert nb("steps", "c.log", "py.log", "--index", "stp").code == 2


def test_one_case_of_a_suite_is_looked_at_in_full_not_as_a_part(nb: Run, tmp_path: Path) -> None:
    archived = GOLDEN_SUITE / "phi_zero_mosaic"
    suite = tmp_path / "one.toml"
    suite.write_text(f'format_version = 1\nname = "one"\n[[case]]\nname = "phi"\narchived = "{archived}"\n')
    call = ["compare", "--suite", str(suite), "--mode", "spec", "--no-trace", "--results", str(tmp_path / "kept")]
    ended = nb(*call, "--jobs", "1", "--shard", "1/1")
    assert ended.code == 1
    (line,) = next_ones(ended.out)
    look = f"nbtrace compare --suite {suite} --only phi --bundle evidence --mode spec"
    assert line == f"{look} && nbtrace report evidence"
    merged = nb("merge", str(tmp_path / "kept")).out
    assert "give --ref and the like as the parts had them" in " ".join(merged.replace("#", "").split())
