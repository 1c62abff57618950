import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from nbtrace.evidence.program import Surroundings, run_kept

SCRIPT = """import os, sys
print(os.getcwd())
print(os.environ["X"], os.environ.get("HOME", ""))
print(repr(sys.stdin.read()))
"""


@pytest.fixture
def kept(tmp_path: Path) -> tuple[Path, Path]:
    return tmp_path / "out", tmp_path / "err"


def test_surroundings_are_what_the_program_sees(
    kept: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/of/mine")
    folder = tmp_path / "here"
    folder.mkdir()
    run = run_kept([sys.executable, "-c", SCRIPT], kept, surroundings=Surroundings(folder, {"X": "1"}, 60.0))
    assert (run.status, run.text, run.overran) == (0, "exit 0", None)
    assert kept[0].read_text().splitlines() == [str(folder.resolve()), "1 /of/mine", "''"]


def test_a_limit_ends_a_program_that_writes_for_ever(kept: tuple[Path, Path], tmp_path: Path) -> None:
    endless = "while True: print('x' * 1000)"
    run = run_kept([sys.executable, "-c", endless], kept, surroundings=Surroundings(tmp_path, {}, 2.0, 2**40))
    assert run.text == "not done after 2 s and killed"
    assert run.status == -9
    assert 2.0 <= run.wall_seconds < 20
    assert kept[0].stat().st_size > 0


def test_a_limit_ends_a_program_that_has_closed_its_output(kept: tuple[Path, Path], tmp_path: Path) -> None:
    mute = "import os, time; os.close(1); os.close(2); time.sleep(60)"
    run = run_kept([sys.executable, "-c", mute], kept, surroundings=Surroundings(tmp_path, {}, 1.0))
    assert (run.overran, run.status) == (1.0, -9)
    assert run.wall_seconds < 20


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_limit_ends_a_program_that_prints_too_much(kept: tuple[Path, Path], tmp_path: Path, stream: str) -> None:
    endless = f"import sys\nwhile True: sys.{stream}.write('x' * 10_000)"
    around = Surroundings(tmp_path, {}, 60.0, most_bytes=2**20)
    run = run_kept([sys.executable, "-c", endless], kept, surroundings=around)
    assert (run.flooded, run.failed) == (2**20, True)
    assert run.text == "printed more than 1 MB and was killed"
    assert max(path.stat().st_size for path in kept) <= 2**20


def test_a_child_that_goes_on_printing_is_ended_with_its_program(kept: tuple[Path, Path], tmp_path: Path) -> None:
    leaving = "import os, time\nif os.fork() == 0:\n    while True: os.write(1, b'x' * 1000)\ntime.sleep(0.5)"
    around = Surroundings(tmp_path, {}, 60.0, most_bytes=2**22)
    run = run_kept([sys.executable, "-c", leaving], kept, surroundings=around)
    assert run.failed


def test_a_request_to_end_while_the_program_starts_ends_it(
    kept: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[subprocess.Popen[bytes]] = []
    # A run of the tests in the background ignores the signal.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)

    class Interrupted(subprocess.Popen[bytes]):
        def __init__(self, *words: Any, **options: Any) -> None:
            super().__init__(*words, **options)
            started.append(self)
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(subprocess, "Popen", Interrupted)
    try:
        with pytest.raises(KeyboardInterrupt):
            run_kept(["sleep", "600"], kept, surroundings=Surroundings(tmp_path, {}))
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)
    assert started[0].returncode == -signal.SIGKILL


@pytest.mark.parametrize("command", [["/no/such/program"], ["a\0b"]])
def test_what_cannot_be_started_is_told(kept: tuple[Path, Path], tmp_path: Path, command: list[str]) -> None:
    run = run_kept(command, kept, surroundings=Surroundings(tmp_path, {}))
    assert run.status is None
    assert run.text.startswith("could not be started: ")
