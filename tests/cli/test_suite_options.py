import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nbtrace.programs.case_store import CaseStore
from nbtrace.programs.shards import Shard
from nbtrace.programs.suite import SuiteResult
from nbtrace.programs.suite_parts import Workers, run_part
from tests.cli.conftest import Run
from tests.processes import started
from tests.programs.conftest import PROGRAM
from tests.programs.quick_sides import WRONG as DOUBLED
from tests.programs.quick_sides import quick_cases, quick_run

FLAGS = "-cell 100 100 100 90 90 90 -default_F 100 -lambda 1 -distance 100 -detpixels 8"


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    """A suite of six cases, a program that takes its flags, and a slower one."""
    program = tmp_path / "nanoBragg"
    program.write_text(PROGRAM)
    program.chmod(0o755)
    slow = tmp_path / "slow"
    slow.write_text(PROGRAM.replace("words = sys.argv[1:]", "words = sys.argv[1:]\ntime.sleep(0.3)"))
    slow.chmod(0o755)
    path = tmp_path / "s.toml"
    path.write_text(
        'format_version = 1\nname = "s"\n'
        f'[[matrix]]\nname = "m"\nflags = "{FLAGS}"\n[matrix.values]\n"-N" = [1, 2, 3]\n"-round_xtal" = [true, false]\n'
    )
    return path


def words(suite: Path, *more: str | Path, slow: bool = False) -> list[str]:
    program = suite.parent / "nanoBragg"
    candidate = suite.parent / "slow" if slow else program
    return ["compare", "--suite", str(suite), "--ref", str(program), "--cand", str(candidate), *map(str, more)]


def digest(path: Path) -> str:
    found = json.loads(path.read_text())["digest"]
    assert isinstance(found, str)
    return found


def test_shards_and_one_run_merge_to_one_digest(nb: Run, suite: Path, tmp_path: Path) -> None:
    assert nb(*words(suite, "--json", "whole.json")).code == 0
    for shard in ("1/2", "2/2"):
        ended = nb(*words(suite, "--results", "r", "--shard", shard))
        assert ended.code == 0
        assert "3 cases run, 3 of other shards" in " ".join(ended.out.split())
    merged = nb("merge", "r", "--json", "m.json", "--md", "m.md")
    assert (merged.code, merged.out.startswith("AGREE  6 of 6 cases agree")) == (0, True)
    assert digest(tmp_path / "m.json") == digest(tmp_path / "whole.json")
    assert digest(tmp_path / "m.json") in (tmp_path / "m.md").read_text()
    again = nb(*words(suite, "--results", "r", "--jobs", "2", "--json", "again.json"))
    assert "0 cases run, 6 done before" in " ".join(again.out.split())
    assert digest(tmp_path / "again.json") == digest(tmp_path / "whole.json")


@pytest.mark.slow
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_run_that_is_killed_goes_on_where_it_was(jobs: str, nb: Run, suite: Path, tmp_path: Path) -> None:
    results = tmp_path / "r" / "cases"
    with started(words(suite, "--results", tmp_path / "r", "--jobs", jobs, slow=True)) as running:
        deadline = time.monotonic() + 60
        while not results.is_dir() or not list(results.glob("*.json")):
            assert time.monotonic() < deadline
            assert running.poll() is None
            time.sleep(0.01)
        children = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(running.pid)], capture_output=True, text=True, check=False
        ).stdout.split()
        running.send_signal(signal.SIGKILL)
        running.wait()
    for child in children:  # workers end with the process that they work for
        while Path(f"/proc/{child}").exists():
            assert time.monotonic() < deadline
            time.sleep(0.01)
    before = len(list(results.glob("*.json")))
    assert 1 <= before < 6
    assert nb("merge", tmp_path / "r").code == 3
    ended = nb(*words(suite, "--results", tmp_path / "r", "--json", "a.json", slow=True))
    assert f"{6 - before} cases run, {before} done before" in " ".join(ended.out.split())
    assert nb(*words(suite, "--json", "b.json", slow=True)).code == 0
    assert digest(tmp_path / "a.json") == digest(tmp_path / "b.json")


@pytest.mark.slow
def test_a_request_to_end_ends_the_workers_too(suite: Path, tmp_path: Path) -> None:
    results = tmp_path / "r" / "cases"
    with started(words(suite, "--results", tmp_path / "r", "--jobs", "2", slow=True)) as running:
        deadline = time.monotonic() + 60
        while not results.is_dir() or not list(results.glob("*.json")):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        running.send_signal(signal.SIGINT)
        _, err = running.communicate(timeout=60)
    assert (running.returncode, err) == (130, "")


@pytest.mark.slow
def test_the_slurm_script_runs_all_of_a_suite(nb: Run, suite: Path, tmp_path: Path) -> None:
    script = nb("suite", "slurm", suite, "--shards", "2", "--results", "my results", "--ref", tmp_path / "nanoBragg")
    assert script.out.splitlines()[1:5] == [
        "#SBATCH --job-name=s",
        "#SBATCH --array=1-2",
        "#SBATCH --ntasks=1",
        "#SBATCH --time=1:00:00",
    ]
    (tmp_path / "bin").mkdir()
    own = tmp_path / "bin" / "nbtrace"
    own.write_text(f'#!/bin/sh\nexec {sys.executable} -m nbtrace "$@"\n')
    own.chmod(0o755)
    for task in ("1", "2"):
        variables = {
            "PATH": f"{own.parent}:{os.environ['PATH']}",
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
            "NB_PY_BIN": str(tmp_path / "nanoBragg"),
            "SLURM_ARRAY_TASK_ID": task,
            "SLURM_ARRAY_TASK_MIN": "1",
            "SLURM_ARRAY_TASK_COUNT": "2",
        }
        done = subprocess.run(
            ["sh"],
            input=script.out,
            env={**os.environ, **variables},
            cwd=tmp_path,
            text=True,
            check=False,
            capture_output=True,
        )
        assert done.returncode == 0, done.stderr
    assert nb("merge", "my results").code == 0


def test_a_candidate_that_stays_alive_gives_the_same(
    nb: Run, suite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = tmp_path / "port.py"
    body = PROGRAM.replace("words = sys.argv[1:]", "words = argv").split("import array")[1]
    port.write_text(
        "import array, os, subprocess, sys, time\nfrom nbtrace.serving import serve\nstarts = []\ndef main(argv):\n"
        + "".join(f"    {line}\n" for line in body.partition("\n")[2].splitlines())
        + "print('loaded')\nopen(os.environ['STARTS'], 'a').write('x')\nserve(main)\n"
    )
    starts = tmp_path / "starts"
    monkeypatch.setenv("STARTS", str(starts))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, sys.path)))
    command = f"{sys.executable} {port}"
    base = ("compare", "--suite", suite, "--ref", tmp_path / "nanoBragg", "--cand", command)
    assert nb(*base, "--json", "one.json").code == 0
    several = len(starts.read_text())
    assert nb(*base, "--alive", "--json", "two.json").code == 0
    assert (len(starts.read_text()) - several, several >= 6) == (1, True)
    assert digest(tmp_path / "one.json") == digest(tmp_path / "two.json")


def test_the_cases_of_a_suite_are_listed(nb: Run, suite: Path) -> None:
    ended = nb("suite", "list", suite)
    assert (ended.code, len(ended.out.splitlines())) == (0, 6)
    assert ended.out.splitlines()[0] == f"m: -N 1 -round_xtal\t{FLAGS} -N 1 -round_xtal"


WRONG = (
    (2, ("compare", "--jobs", "2", "--", "-N", "5"), "--jobs is about the cases of --suite"),
    (2, ("compare", "--suite", "s.toml", "--shard", "1/2"), "give --results DIR"),
    (2, ("compare", "--suite", "s.toml", "--results", "r", "--shard", "3/2"), "give K/N"),
    (2, ("compare", "--suite", "s.toml", "--results", "r", "--shard", "auto"), "no task of Slurm"),
    (2, ("compare", "--suite", "s.toml", "--jobs", "0"), "--jobs"),
    (2, ("compare", "--suite", "s.toml", "--jobs", "2", "--scheduler", "tcp://x:1"), "leave out --jobs"),
    (2, ("compare", "--suite", "s.toml", "--alive"), "give --cand"),
    (2, ("compare", "--suite", "s.toml", "--results", "."), "is not empty and holds no suite.json"),
    (3, ("merge", "nowhere"), "is no folder of results"),
    (2, ("merge",), "DIR"),
    (3, ("merge", "."), "is no folder of results"),
    (3, ("suite", "list", "nope.toml"), "nope.toml"),
    (2, ("suite", "slurm", "s.toml", "--time", "1 h; rm"), "give hours"),
)


@pytest.mark.parametrize(("code", "call", "said"), WRONG)
def test_a_wrong_call_is_one_line(code: int, call: tuple[str, ...], said: str, nb: Run, suite: Path) -> None:
    del suite
    ended = nb(*call)
    assert (ended.code, ended.out, ended.err.count("\n")) == (code, "", 1)
    assert said in ended.err


GATES = '"scale", "sum ratio", "worst pixels"'


@pytest.mark.parametrize(
    ("text", "code", "outcome"),
    [
        (f'quantity = [{GATES}]\nbound = 1.0\ncase = "n13"', 0, "WAIVED"),
        (f"quantity = [{GATES}]\nbound = 0.4", 1, "EXCEEDED"),
        ('quantity = ["scale", "sum ratio"]\nbound = 1.0', 1, "WAIVED"),
        (f'quantity = [{GATES}]\nbound = 1.0\ncase = "n2"', 1, "XPASS"),
        (f'quantity = [{GATES}]\nbound = 1.0\ncase = "n22"', 1, "UNUSED"),
    ],
)
def test_merge_takes_waivers(nb: Run, tmp_path: Path, text: str, code: int, outcome: str) -> None:
    cases = quick_cases(tmp_path / "q", 1, 2, DOUBLED)
    empty = SuiteResult("quick", "quick.toml", "quick", (), 0)
    for number in (1, 2):
        store = CaseStore(tmp_path / "r")
        run_part(empty, cases, quick_run(), Workers(), store=store, sides=(("a",),), shard=Shard(number, 2))
    told = "[[waiver]]\nexpiry = 2199-12-31\nreason = 'known'\nowner = 'jan'\n"
    (tmp_path / "w.toml").write_text(told + text)
    assert nb("merge", "r").code == 1
    ended = nb("merge", "r", "--waivers", "w.toml", "--json", "m.json")
    found = json.loads((tmp_path / "m.json").read_text())["waivers"]
    assert (ended.code, found["passes"]) == (code, code == 0)
    assert {item["outcome"] for item in found["waivers"]} == {outcome}
    assert nb("merge", "r", "--waivers", "w.toml", "--case", "n13").code == 2


def test_a_waiver_that_other_cases_need_is_no_alarm_where_they_did_not_run(
    nb: Run, suite: Path, tmp_path: Path
) -> None:
    told = "[[waiver]]\nexpiry = 2199-12-31\nreason = 'known'\nowner = 'jan'\nbound = 1.0\n"
    (tmp_path / "waivers.toml").write_text(f"{told}quantity = [{GATES}]\n{told}quantity = 'F_cell'\ncase = 'm: -N 2'\n")

    def outcomes(*call: str) -> tuple[int, set[str]]:
        ended = nb(*call, "--json", "w.json", "--force")
        found = json.loads((tmp_path / "w.json").read_text())["waivers"]["waivers"]
        return ended.code, {item["outcome"] for item in found}

    base = words(suite, "--results", "r", "--no-trace")
    assert outcomes(*base, "--shard", "1/2") == (0, {"ELSEWHERE"})
    assert outcomes(*base, "--only", "*-N 1*") == (0, {"ELSEWHERE"})
    assert outcomes("merge", "r") == (0, {"ELSEWHERE"})
    assert outcomes(*base) == (1, {"XPASS", "ELSEWHERE"})
    assert outcomes("merge", "r") == (1, {"XPASS", "ELSEWHERE"})


def test_waivers_do_not_pass_a_case_that_merge_lacks(nb: Run, tmp_path: Path) -> None:
    cases = quick_cases(tmp_path / "q", DOUBLED, 2)
    empty = SuiteResult("quick", "quick.toml", "quick", (), 0)
    run_part(empty, cases, quick_run(), Workers(), store=CaseStore(tmp_path / "r"), sides=(("a",),), shard=Shard(1, 2))
    told = "[[waiver]]\nexpiry = 2199-12-31\nreason = 'known'\nowner = 'jan'\nbound = 1.0\n"
    (tmp_path / "waivers.toml").write_text(f"{told}quantity = [{GATES}]\n")
    ended = nb("merge", "r")
    assert ended.code == 1
    assert "has no result yet" in ended.out


LIMITS = """format_version = 1
name = "s"
[defaults]
relative = {default}
[[case]]
name = "as all"
flags = "{flags} -N 1"
[[case]]
name = "own"
flags = "{flags} -N 2"
relative = 0.6
[[matrix]]
name = "m"
flags = "{flags}"
[matrix.values]
"-N" = [3, 4]
[[matrix.limits]]
when = {{ "-N" = 4 }}
relative = 0.6
"""


@pytest.mark.parametrize(
    ("default", "option", "differing"),
    [(1e-6, (), ["as all", "m: -N 3"]), (0.6, (), []), (1e-6, ("-t", "0.6"), []), (0.6, ("-t", "1e-6"), [0, 2])],
)
def test_a_limit_of_a_case_goes_before_the_call_and_the_call_before_the_file(
    default: float, option: tuple[str, ...], differing: list[str | int], nb: Run, suite: Path, tmp_path: Path
) -> None:
    twice = tmp_path / "twice"  # all of its pixels are half as large again
    twice.write_text(PROGRAM.replace("1 + n % 7", "1.5 * (1 + n % 7)"))
    twice.chmod(0o755)
    suite.write_text(LIMITS.format(default=default, flags=FLAGS))
    base = words(suite, "--no-trace", "--sum-ratio", "0.1", "10", "--results", "r", "--json", "s.json", *option)
    base[base.index("--cand") + 1] = str(twice)
    nb(*words(suite, "--no-trace", "--results", "r"))  # of another candidate and other limits: nothing of it counts
    assert nb(*base).code == (1 if differing else 0)
    document = json.loads((tmp_path / "s.json").read_text())
    found = [name for name, case in document["cases"].items() if case["outcome"] != "agree"]
    names = ["as all", "own", "m: -N 3", "m: -N 4"]
    assert found == [names[item] if isinstance(item, int) else item for item in differing]
    assert document["coverage"]["kept"] == 0
    told = [text for text in document["notices"] if "2 cases set limits of their own" in text]
    assert len(told) == bool(option)
