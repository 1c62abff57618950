"""Every command in an installation without PyTorch: what needs no simulator works, the rest is one line."""

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tests.places import GOLDEN_SUITE, PAIRS, ROOT
from tests.programs.conftest import FLAGS, PROGRAM

if TYPE_CHECKING:
    from pathlib import Path

LINE = (
    "nbtrace: the simulator needs PyTorch, which is not installed; install it (the CPU build will do): "
    "pip install torch\n"
)

SMALL = PAIRS / "round_xtal__45_18"
PAIR = PAIRS / "supervisor__685_1039"
LOGS = (str(PAIR / "c.log"), str(PAIR / "py.log"))
SMALL_LOGS = (str(SMALL / "c.log"), str(SMALL / "py.log"))

WORKS: dict[str, tuple[int, tuple[str, ...]]] = {
    "diff": (1, ("diff", *LOGS, "--bundle", "evidence")),
    "explain": (1, ("explain", *SMALL_LOGS)),
    "explain with runs": (
        1,
        ("explain", *SMALL_LOGS, "--json", "explain.json", "--", *FLAGS.split(), "-detpixels", "96"),
    ),
    "check": (0, ("check", LOGS[0])),
    "images": (1, ("images", "c.npy", "py.npy")),
    "images with flags": (1, ("images", "c.npy", "py.npy", "--json", "images.json", "--", *FLAGS.split())),
    "lint": (0, ("lint", "--", *FLAGS.split())),
    "bundle": (0, ("bundle", "verify", "evidence")),
    "report": (0, ("report", "evidence")),
    "phi": (1, ("phi", *reversed(LOGS))),
    "scaling": (1, ("scaling", *LOGS)),
    "steps": (1, ("steps", *LOGS, "--index", "phi_tic")),
    "vocabulary": (0, ("vocabulary", "show")),
    "schema": (0, ("schema", "diff")),
    "selftest": (0, ("selftest", "-c", "cubic_default", "--mistakes", "fluence")),
    "compare": (0, ("compare", "--ref", "./nanoBragg", "--cand", "./nanoBragg", "--", *FLAGS.split())),
    "trust": (0, ("trust", "--ref", "./nanoBragg", "--repeat", "1", "--threads", "1", "--", *FLAGS.split())),
    "reduce": (0, ("reduce", "--ref", "./nanoBragg", "--cand", "./nanoBragg", "--", *FLAGS.split())),
    "version": (0, ("--version",)),
}
"""Name → exit status and call of what takes no simulator."""

REFUSED: dict[str, tuple[str, ...]] = {
    "harness": ("harness", "--config", "supervisor", "--pixel", "685", "1039"),
    "harness of a region": ("harness", "--config", "supervisor", "--roi", "1", "2", "1", "2"),
    "sweep": ("sweep", "--config", "supervisor", "--pixel", "685", "1039"),
    "simulate": ("simulate", "--", *FLAGS.split()),
    "gradients": ("gradients", "--pixel", "3", "4", "--", *FLAGS.split()),
    "compare": ("compare", "--archived", str(GOLDEN_SUITE / "phi_zero_mosaic")),
    "reduce": ("reduce", "--mode", "spec", "--", *FLAGS.split()),
    "compare of a suite": ("compare", "--suite", str(GOLDEN_SUITE / "suite.toml"), "--only", "roi"),
}
"""Name → call of what simulates."""

CODE = """
import contextlib, io, json, sys
sys.modules["torch"] = None  # any import of it fails as where it is not installed
from nbtrace.cli import main
import nbtrace
from nbtrace.errors import NbtraceError
ended = []
for words in json.loads(sys.stdin.read()):
    sys.argv = ["nbtrace", *words]
    out, err, code = io.StringIO(), io.StringIO(), None
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main()
        except SystemExit as end:
            code = end.code
    ended.append([code or 0, out.getvalue(), err.getvalue()])
try:
    nbtrace.trace_pixel("-cell 100 100 100 90 90 90 -default_F 100 -N 5 -lambda 1 -distance 100".split(), (1, 2))
except NbtraceError as error:
    ended.append([int(error.exit_code), "", f"nbtrace: {error}\\n"])
print(json.dumps(ended))
"""


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """How every call ends in one process without torch, and the folder where they ran."""
    folder = tmp_path_factory.mktemp("without_torch")
    image = np.arange(1.0, 65.0, dtype=np.float32).reshape(8, 8)
    np.save(folder / "c.npy", image)
    np.save(folder / "py.npy", image * np.float32(1.01))
    (folder / "nanoBragg").write_text(PROGRAM)
    (folder / "nanoBragg").chmod(0o755)
    calls = [words for _, words in WORKS.values()] + list(REFUSED.values())
    kept = {name: value for name, value in os.environ.items() if not name.startswith("NB_")}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", CODE],
        cwd=folder,
        env=kept | {"PYTHONPATH": str(ROOT), "COLUMNS": "80"},
        input=json.dumps(calls),
        capture_output=True,
        text=True,
        check=True,
    )
    names = [*(f"works {name}" for name in WORKS), *(f"refused {name}" for name in REFUSED), "library"]
    return dict(zip(names, json.loads(done.stdout), strict=True)) | {"folder": folder}


@pytest.mark.parametrize("name", WORKS)
def test_what_needs_no_simulator_works(name: str, ended: dict[str, Any]) -> None:
    code, out, err = ended[f"works {name}"]
    assert code == WORKS[name][0], err
    assert out or err == "written to evidence/report.html\n"
    assert "Traceback" not in err


@pytest.mark.parametrize("name", REFUSED)
def test_what_simulates_says_in_one_line_what_to_install(name: str, ended: dict[str, Any]) -> None:
    line = LINE.replace("nbtrace", "simulator", 1) if name == "simulate" else LINE
    assert ended[f"refused {name}"] == [2, "", line]


def test_the_library_says_it_too(ended: dict[str, Any]) -> None:
    assert ended["library"] == [2, "", LINE]


def test_an_answer_says_that_runs_were_not_made(ended: dict[str, Any]) -> None:
    for name in ("explain with runs", "images with flags"):
        assert "needs PyTorch, which is not installed" in " ".join(ended[f"works {name}"][1].split())
    folder: Path = ended["folder"]
    for name in ("explain.json", "images.json"):
        assert "needs PyTorch" in (folder / name).read_text()
    assert "no resolution and no h k l" in ended["works images with flags"][2]
