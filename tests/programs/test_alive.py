import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from nbtrace.errors import ProgramError
from nbtrace.evidence.program import ProgramRun, Surroundings
from nbtrace.evidence.program_environment import set_for_itself
from nbtrace.programs.alive import AliveProgram
from nbtrace.programs.programs import Program

SCRIPT = """
import json, os, sys, time
from nbtrace.serving import serve

print("said at the start")
at_start = os.environ.get("OMP_NUM_THREADS"), os.environ.get("MKL_NUM_THREADS")
if os.environ.get("MODE") == "broken":
    sys.exit("no library")

def main(words):
    what, *rest = words
    print(what, os.getpid(), os.environ.get("OMP_NUM_THREADS"))
    sys.stderr.write("warned\\n")
    if what == "write":
        open("out.txt", "w").write(" ".join(rest))
    if what == "status":
        return int(rest[0])
    if what == "exit":
        sys.exit("sorry")
    if what == "raise":
        raise ValueError("wrong")
    if what == "die":
        os._exit(int(rest[0]))
    if what == "hang":
        time.sleep(600)
    if what == "flood":
        while True:
            os.write(1, b"x" * 65536)
    if what == "start":
        print(*at_start)
    if what == "child":
        os.system("echo from a child")
    if what == "read":
        print(repr(sys.stdin.read()))
    if what == "move":
        os.chdir("/")
        os.environ["OMP_NUM_THREADS"] = "99"

if os.environ.get("MODE") == "chatty":
    sys.stdout.write("not a line of JSON\\n" * 2 + "[" * 100_000 + "\\n")
    sys.stdout.flush()
while os.environ.get("MODE") == "endless":
    print("x" * 1000)
if os.environ.get("MODE") != "silent":
    serve(main)
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "port.py"
    path.write_text(SCRIPT)
    return path


@pytest.fixture
def alive(script: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AliveProgram]:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, sys.path)))
    program = AliveProgram(Program((sys.executable, str(script)), "--cand", stays_alive=True))
    yield program
    program.end()


def ask(
    program: AliveProgram, folder: Path, *words: str, seconds: float = 60.0, most: int = 2**28, threads: str = "3"
) -> tuple[ProgramRun, str, str]:
    place = folder / "place"
    place.mkdir(exist_ok=True)
    logs = folder / "stdout", folder / "stderr"
    for log in logs:
        log.unlink(missing_ok=True)
    run = program.run(words, logs, Surroundings(place, {"OMP_NUM_THREADS": threads}, seconds, most))
    return run, logs[0].read_text(), logs[1].read_text()


def test_one_process_does_one_run_after_another(alive: AliveProgram, tmp_path: Path) -> None:
    first, out, err = ask(alive, tmp_path, "write", "-N", "5")
    _, again, _ = ask(alive, tmp_path, "plain")
    assert (first.status, err) == (0, "warned\n")
    assert out.split()[::2] == ["write", "3"]
    assert again.split()[1] == out.split()[1] != str(os.getpid())
    assert (tmp_path / "place" / "out.txt").read_text() == "-N 5"
    assert ask(alive, tmp_path, "child")[1].splitlines()[-1] == "from a child"
    assert ask(alive, tmp_path, "read")[1].splitlines()[-1] == "''"


def test_a_process_that_asked_one_ends_without_a_word(script: Path, tmp_path: Path) -> None:
    asking = f"""
import sys
from pathlib import Path
from nbtrace.evidence.program import Surroundings
from nbtrace.programs.alive import run_program
from nbtrace.programs.programs import Program
folder = Path({str(tmp_path)!r})
program = Program((sys.executable, {str(script)!r}), "--cand", stays_alive=True)
print(run_program(program, ["plain"], (folder / "out", folder / "err"), Surroundings(folder, {{}})).status)
"""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    run = subprocess.run([sys.executable, "-c", asking], env=environment, capture_output=True, text=True, check=True)
    assert (run.stdout, run.stderr) == ("0\n", "")


def test_it_starts_with_the_threads_of_its_run_and_again_where_they_change(
    alive: AliveProgram, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "8")
    monkeypatch.setenv("MKL_NUM_THREADS", "")
    monkeypatch.delenv("MKL_NUM_THREADS")
    set_for_itself("MKL_NUM_THREADS", "1")
    found = [ask(alive, tmp_path, "start", threads=threads)[1].splitlines() for threads in ("3", "3", "2")]
    assert [lines[1] for lines in found] == ["3 None", "3 None", "2 None"]
    numbers = [lines[0].split()[1] for lines in found]
    assert (numbers[0] == numbers[1], numbers[1] == numbers[2]) == (True, False)


def test_what_a_run_changes_is_as_before_for_the_next(alive: AliveProgram, tmp_path: Path) -> None:
    ask(alive, tmp_path, "move")
    run, out, _ = ask(alive, tmp_path, "write", "here")
    assert (run.status, out.split()[2]) == (0, "3")
    assert (tmp_path / "place" / "out.txt").read_text() == "here"


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("status", "7"), 7, "warned\n"),
        (("exit",), 1, "warned\nsorry\n"),
        (("raise",), 1, "ValueError: wrong\n"),
        (("die", "9"), 9, ""),
    ],
)
def test_a_run_that_fails_does_not_end_the_rest(
    words: tuple[str, ...], status: int, said: str, alive: AliveProgram, tmp_path: Path
) -> None:
    run, _, err = ask(alive, tmp_path, *words)
    assert (run.status, run.failed) == (status, True)
    assert err.endswith(said)
    assert ask(alive, tmp_path, "plain")[0].status == 0


def test_limits_of_time_and_output_end_it(alive: AliveProgram, tmp_path: Path) -> None:
    assert ask(alive, tmp_path, "plain")[0].status == 0
    run, _, _ = ask(alive, tmp_path, "hang", seconds=0.3)
    assert (run.overran, run.failed, run.text) == (0.3, True, "not done after 0.3 s and killed")
    run, _, _ = ask(alive, tmp_path, "flood", most=2**20)
    assert (run.flooded, run.failed) == (2**20, True)
    assert ask(alive, tmp_path, "plain")[0].status == 0


def test_a_program_that_does_not_answer_is_one_line(
    alive: AliveProgram, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODE", "silent")
    with pytest.raises(ProgramError, match="ended in place of answering"):
        ask(alive, tmp_path, "plain")
    monkeypatch.setenv("MODE", "endless")
    with pytest.raises(ProgramError, match="gave no answer in 1024 kB of output"):
        ask(alive, tmp_path, "plain")
    monkeypatch.setenv("MODE", "chatty")
    assert ask(alive, tmp_path, "plain")[0].status == 0
    alive.end()
    monkeypatch.setenv("MODE", "broken")
    run, _, err = ask(alive, tmp_path, "plain")
    assert (run.status, err) == (1, "no library\n")


def test_it_ends_with_what_asked_it(alive: AliveProgram, tmp_path: Path) -> None:
    pid = int(ask(alive, tmp_path, "plain")[1].split()[1])
    alive.end()
    deadline = time.monotonic() + 10
    while Path(f"/proc/{pid}").exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_run_by_hand_it_is_a_program_as_any_other(script: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    words = [sys.executable, str(script), "status", "7"]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.splitlines()[0]) == (7, "said at the start")


def test_the_lines_are_those_that_are_described(script: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "NBTRACE_ALIVE": "1"}
    asked = {"run": 4, "flags": ["status", "2"], "folder": str(tmp_path), "variables": {}}
    asked |= {"stdout": str(tmp_path / "o"), "stderr": str(tmp_path / "e")}
    words = [sys.executable, str(script)]
    done = subprocess.run(
        words, env=environment, capture_output=True, input=json.dumps(asked) + "\n", text=True, check=False
    )
    assert done.stdout == "said at the start\n" + json.dumps({"run": 4, "status": 2}) + "\n"
