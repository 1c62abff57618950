import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from nbtrace.cli.application import app
from nbtrace.errors import ExitCode, UsageError
from tests.embedded_runs import PLAIN
from tests.places import PAIRS, ROOT

if TYPE_CHECKING:
    from tests.cli.conftest import Run

PAIR = PAIRS / "round_xtal__45_18"
FLAGS = [*PLAIN.split(), "-oversample", "1", "-nonoise"]


def python(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_simulate_is_the_simulator(nb: "Run", tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folders = tmp_path / "one", tmp_path / "other"
    for folder in folders:
        folder.mkdir()
    own = python("-m", "simulator", *FLAGS, folder=folders[0])
    monkeypatch.chdir(folders[1])
    ours = nb("simulate", "--", *FLAGS)
    assert (ours.code, ours.out, ours.err) == (own.returncode, own.stdout, own.stderr)
    assert ours.code == 0
    names = sorted(path.name for path in folders[0].iterdir())
    assert "floatimage.bin" in names
    assert names == sorted(path.name for path in folders[1].iterdir())
    assert (folders[0] / "floatimage.bin").read_bytes() == (folders[1] / "floatimage.bin").read_bytes()


@pytest.mark.parametrize(
    ("flags", "code"), [(["-N", "5"], 2), (["-bogus"], 2), (["-mat", "none.mat", "-default_F", "1"], 3)]
)
def test_simulate_ends_with_nbtraces_codes(
    flags: list[str], code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(app, ["simulate", "--", *flags]).exit_code == code
    assert list(tmp_path.iterdir()) == []


def test_an_image_without_a_number_is_no_success_here_and_says_what_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    flags = [*FLAGS, "-default_F", "1e200", "-fluence", "0"]
    outcome = CliRunner().invoke(app, ["simulate", "--", *flags])
    assert outcome.exit_code == ExitCode.INPUT
    assert "WARNING: every pixel is NaN: contribution is the first quantity that is no finite number" in outcome.output
    assert python("-m", "simulator", *flags, folder=tmp_path).returncode == 0


@pytest.mark.parametrize("flag", ["-detector_abs", "-detector_thick", "-detector_thicksteps", "-thicksteps"])
def test_lint_says_where_the_reference_crashes(flag: str) -> None:
    code, lines = lint(*FLAGS, flag)
    assert code == ExitCode.DIFFER
    assert lines[0].startswith(f"the reference crashes at {flag} in last place")
    assert "ignore" not in lines[0]
    assert lines[-1] == "read as: nothing: the reference crashes as typed"


@pytest.mark.parametrize("command", ["simulate", "lint"])
def test_flags_belong_after_the_dashes(command: str) -> None:
    error = CliRunner().invoke(app, [command]).exception
    assert isinstance(error, UsageError)
    assert f"nbtrace {command} -- " in str(error)


def lint(*flags: str) -> tuple[int, list[str]]:
    outcome = CliRunner().invoke(app, ["lint", "--", *flags])
    return outcome.exit_code, outcome.output.splitlines()


def test_lint_lists_traps_without_running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "A.mat").write_text("0.02 0 0 0 0.02 0 0 0 0.02")
    code, lines = lint("-mat", "A.mat", "-twotheta_axis", "0", "1", "0", "-coherent", "-lambda")
    assert code == ExitCode.DIFFER
    assert any(line.startswith("-twotheta_axis also acts as -twotheta") for line in lines)
    assert any(line.startswith("-lambda needs 1 value") for line in lines)
    assert any(line.startswith("-coherent has no effect") for line in lines)
    assert any(line.startswith("-twotheta_axis 0 1 0 only selects the custom convention") for line in lines)
    assert lines[-2].startswith("4 traps in -mat A.mat")
    assert lines[-1].startswith("read as: -mat A.mat -twotheta_axis 0.0 1.0 0.0 -twotheta 0.0 ")
    assert [path.name for path in tmp_path.iterdir()] == ["A.mat"]


def test_lint_of_plain_flags_finds_nothing() -> None:
    code, lines = lint(*FLAGS)
    assert code == ExitCode.AGREE
    assert lines[0].startswith("0 traps in -cell 60")


def test_lint_of_flags_that_make_no_run_is_a_usage_error() -> None:
    outcome = CliRunner().invoke(app, ["lint", "--", "-detpixels", "0", "-detsize", "0"])
    assert isinstance(outcome.exception, UsageError)


@pytest.mark.parametrize("command", ["diff", "lint"])
def test_only_the_commands_that_compute_import_torch(command: str, tmp_path: Path) -> None:
    arguments = {
        "diff": [
            "diff",
            *[str(PAIR / name) for name in ("c.log", "py.log")],
        ],
        "lint": ["lint", "--", *FLAGS],
    }[command]
    code = f"""
import sys
from nbtrace.cli import main
sys.argv = ['nbtrace', *{arguments!r}]
try:
    main()
finally:
    assert 'torch' not in sys.modules
"""
    done = python("-c", code, folder=tmp_path)
    assert "AssertionError" not in done.stderr
    assert done.returncode in {0, 1}, done.stderr
