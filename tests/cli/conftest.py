import io
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from nbtrace.cli import kept_help, main
from tests.places import PAIRS
from tests.programs.conftest import PROGRAM


@dataclass(frozen=True)
class Ended:
    """How a command ended, and what it wrote."""

    code: int
    out: str
    err: str


Run = Callable[..., Ended]


@pytest.fixture
def nb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs `nbtrace` in this process, in an empty folder, 80 columns wide."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    # Help is drawn anew: what tests put in place of something is no file by which kept help is told apart.
    monkeypatch.setattr(kept_help, "cache_folder", lambda: None)

    def run(*arguments: str | Path, stdin: bytes = b"") -> Ended:
        monkeypatch.setattr(sys, "argv", ["nbtrace", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        written = capsys.readouterr()
        code = ended.value.code or 0
        assert isinstance(code, int)
        return Ended(code, written.out, written.err)

    return run


@pytest.fixture(scope="session")
def process() -> Run:
    """Runs `python -m nbtrace` as a process of its own, without a terminal."""

    def run(*arguments: str | Path, folder: Path | None = None, stdin: bytes = b"", **variables: str) -> Ended:
        kept = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "NO_COLOR", "FORCE_COLOR"}}
        done = subprocess.run(
            [sys.executable, "-m", "nbtrace", *map(str, arguments)],
            cwd=folder,
            env=kept | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))} | variables,
            input=stdin,
            capture_output=True,
            check=False,
        )
        return Ended(done.returncode, done.stdout.decode(), done.stderr.decode())

    return run


@pytest.fixture(scope="session")
def supervisor() -> Path:
    """Folder of the recorded pair with φ steps."""
    return PAIRS / "supervisor__685_1039"


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    """A folder with a pair of logs as a user has them, and the files that commands must refuse."""
    folder = tmp_path / "logs"
    folder.mkdir()
    for name in ("c.log", "py.log"):
        shutil.copy(PAIRS / "supervisor__685_1039" / name, folder / name)
    (folder / "empty.log").write_bytes(b"")
    (folder / "binary.log").write_bytes(b"TRACE_C: polar 1\n\0\1\2")
    (folder / "prose.log").write_text("nothing that is a trace\n")
    (folder / "alien.log").write_text("TRACE_PY: of_no_other_log 1\n")
    text = (folder / "c.log").read_text()
    (folder / "other_pixel.log").write_text(
        "".join(line for line in text.splitlines(keepends=True) if "pixel_pos_meters" not in line).replace(
            "(spixel=685, fpixel=1039)", "(spixel=1039, fpixel=685)"
        )
    )
    return folder


@pytest.fixture
def ref(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program in plain Python that stands for the reference."""
    monkeypatch.delenv("NB_C_BIN", raising=False)
    monkeypatch.delenv("NB_PY_BIN", raising=False)
    monkeypatch.delenv("MODE", raising=False)
    path = tmp_path / "nanoBragg"
    path.write_text(PROGRAM)
    path.chmod(0o755)
    return path
