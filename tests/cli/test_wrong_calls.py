"""Every option of every command, given wrongly: one line, the right exit status, nothing printed, nothing written.

An option that is in no table here fails `test_every_option_is_tried`.
"""

import json
import shlex
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import typer

from nbtrace.cli.application import app
from nbtrace.cli.call_under_way import UNNAMED
from nbtrace.history.history_file import text_of
from tests.history.lines_of_histories import line
from tests.places import EXAMPLES

if TYPE_CHECKING:
    from tests.cli.conftest import Run


FLAGS = "-- -cell 100 100 100 90 90 90 -default_F 100 -N 5 -lambda 1 -distance 100 -detpixels 8"

CALLS = {
    UNNAMED: "c.log py.log",
    "diff": "c.log py.log",
    "phi": "py.log c.log",
    "steps": "c.log py.log",
    "scaling": "c.log py.log",
    "explain": "c.log py.log",
    "check": "c.log",
    "init-logging": "c",
    "capture": "--probes probes.toml -o new.log -- ./reference",
    "images": "c.npy py.npy",
    "harness": f"--pixel 3 4 {FLAGS}",
    "simulate": FLAGS,
    "lint": FLAGS,
    "sweep": f"--pixel 3 4 {FLAGS}",
    "compare": "--archived recorded",
    "trust": f"--ref ./reference {FLAGS}",
    "merge": "results",
    "suite slurm": "suite.toml",
    "reduce": f"--ref ./reference {FLAGS}",
    "gradients": f"--pixel 3 4 {FLAGS}",
    "selftest": "-c cubic_default --mistakes fluence",
    "report": "bundle",
    "history add": "filed.json",
    "history note": "notes.md filed.json",
    "trend": "history.jsonl",
    "bisect": "HEAD~1 HEAD -- nbtrace diff c.log py.log",
    "demo": "",
    "bundle run": "new -- true",
    "bundle verify": "bundle",
    "bundle list": "bundle",
    "help": "PASS",
    "vocabulary show": "nanobragg",
    "vocabulary init": "c.log py.log",
}
"""A call of each command that has options, right but for the option that is added."""

WITHOUT = {
    ("harness", "--pixel"): FLAGS,
    ("harness", "--pixels"): FLAGS,
    ("harness", "--roi"): FLAGS,
    ("harness", "--region"): FLAGS,
    ("harness", "--config"): "--pixel 3 4",
    ("sweep", "--pixel"): FLAGS,
    ("sweep", "--config"): "--pixel 3 4",
    ("sweep", "--trace"): "",
    ("sweep", "--vocabulary"): "--trace float64=c.log --trace float32=py.log",
    ("compare", "--ref"): FLAGS,
    ("compare", "--probes"): f"--ref ./reference {FLAGS}",
    ("capture", "--probes"): "-o new.log -- ./reference",
    ("capture", "--output"): "--probes probes.toml -- ./reference",
    ("capture", "--draft"): "",
    ("capture", "--function"): "",
    ("diff", "--parquet"): "c.log py.log --all-pixels",
    ("diff", "--plot"): "c.log py.log --all-pixels",
    ("compare", "--archived"): "",
    ("compare", "--suite"): "",
    ("compare", "--jobs"): "--suite suite.toml",
    ("compare", "--results"): "--suite suite.toml",
    ("compare", "--shard"): "--suite suite.toml --results new",
    ("compare", "--scheduler"): "--suite suite.toml",
    ("compare", "--reference-cache"): "--suite suite.toml",
    ("trust", "--ref"): FLAGS,
    ("reduce", "--ref"): FLAGS,
    ("gradients", "--pixel"): FLAGS,
    ("gradients", "--region"): FLAGS,
    ("selftest", "--configuration"): "",
    ("selftest", "--mistakes"): "-c cubic_default",
    ("explain", "--probes"): "c.log py.log --prove ./reference",
    ("explain", "--prove-port"): "c.log py.log --port-probes probes.toml",
    ("explain", "--port-probes"): "c.log py.log --prove-port ./reference",
}
"""The same, where what is added stands in place of something."""

_FILE = {"old.txt": 2, "folder": 2, "old.txt/below": 2}
_READ = {"missing": 3, "folder": 3, "junk": 3}
_FOLDER = {"old.txt": 2, "old.txt/below": 2, "-": 2}

BARE = frozenset({"--mask-values"})
"""Options that need no value."""

WRONG: dict[str, dict[str, int]] = {
    "--tolerance": {"x": 2, "-1": 2, "nan": 2, "abs:": 2, "=1": 2, "nosuch=1": 2},
    "--policy": {"missing": 3, "folder": 3, "junk": 2, "typo.toml": 2},
    "--vocabulary": {"nosuch": 2, "missing.toml": 3, "folder": 2, "junk": 2, "typo.toml": 2},
    "--names": {"one": 2, "a A": 2, f"a {'b' * 31}": 2},
    "--index": {"nosuch": 2, "phi_ti": 2, "": 2},
    "--waivers": {"missing": 3, "folder": 3, "junk": 2, "typo.toml": 2},
    "--case": {"": 2},
    "--file": {"junk": 3, "old.txt": 3},
    "--since": {"x": 2},
    "--page": {**_FILE, "-": 2},
    "--noise": {**_READ, "old.txt": 3},
    "--md": _FILE,
    "--json": _FILE,
    "--output": _FILE,
    "--plot": {"old.png": 2, "new.pdf": 2, "-": 2},
    "--parquet": {**_FILE, "-": 2},
    "--bundle": _FOLDER,
    "--cells": {"x 1 1": 2, "0 1 1": 2, "1 2": 2},
    "--config": {"nosuch": 3, "missing.toml": 3},
    "--hypotheses": {"-": 2, "folder": 2, "c.log": 2, "old.txt/below": 2},
    "--side": {"x": 2},
    "--shape": {"x y": 2, "0 1": 2, "-1 4": 2, "100 100": 4, "7": 2},
    "--frame": {"0": 2, "x": 2, "1.5": 2},
    "--region": {"1 2 3": 2, "x 1 1 1": 2, "5 1 0 3": 2},
    "--roi": {"1 2 3": 2, "x 1 1 1": 2, "5 1 0 3": 2},
    "--mask": _READ,
    "--mask-values": {"nan": 2, "1,inf": 2},
    "--geometry": {**_READ, "c.npy": 3},
    "--threshold": {"x": 2, "2": 2, "nan": 2},
    "--sum-ratio": {"1": 2, "2 1": 2, "x y": 2, "nan 1": 2},
    "--outliers": {"x": 2, "-1": 2, "1": 2},
    "--save-diff": {"old.npy": 2, "new.tif": 2, "folder": 2, "-": 2},
    "--pictures": _FOLDER,
    "--pixel": {"1": 2, "x y": 2},
    "--pixels": _READ,
    "--probes": {"missing": 3, "folder": 3, "junk": 2, "typo.toml": 2},
    "--at": {"x": 2, "nosuch=1": 2, "i=x": 2},
    "--back-end": {"x": 2},
    "--build": {"make": 2},
    "--set": {"x": 2, "x=nan": 2, "nosuch=1": 2},
    "--stdin": {"missing": 3, "folder": 3},
    "--draft": {"missing": 5, "reference": 5, "./reference": 2},
    "--function": {"x": 2},
    "--mode": {"x": 2},
    "--device": {"tpu": 2, "cuda:x": 2},
    "--dtype": {"float16": 2},
    "--trace": {"x": 2, "float16=c.log": 2, "float64=missing": 3},
    "--reference": _READ,
    "--outdir": {"old.txt/below": 2},
    "--ref": {"missing": 5, "junk": 5},
    "--cand": {"missing": 5, "junk": 5, "'": 2},
    "--archived": {"missing": 3, "folder": 3, "junk": 3},
    "--suite": {"missing": 3, "folder": 3, "junk": 2, "typo.toml": 2},
    "--only": {"x": 2},
    "--results": {"folder": 2, "old.txt": 2, "old.txt/below": 2},
    "--shard": {"x": 2, "0/2": 2, "3/2": 2, "auto": 2},
    "--scheduler": {"x": 5},
    "--reference-cache": {"old.txt": 2},
    "--shards": {"0": 2, "x": 2},
    "--time": {"x": 2, "1h": 2, "1 00": 2},
    "--repeat": {"0": 2, "x": 2, "99999": 2},
    "--threads": {"0": 2, "x": 2, "1,1": 2},
    "--jobs": {"0": 2, "x": 2, "999": 2},
    "--max-runs": {"0": 2, "x": 2},
    "--workdir": _FOLDER,
    "--parameter": {"nosuch": 2, "cell_d": 2, "": 2},
    "--timeout": {"-1": 2, "x": 2, "nan": 2},
    "--configuration": {"nosuch": 2},
    "--mistakes": {"nosuch": 2},
    "--format": {"pdf": 2},
    "--name": {"a/b": 2},
    "--prove": {"missing": 5, "junk": 5, "folder": 5},
    "--prove-port": {"missing": 5, "junk": 5, "folder": 5, "'": 2, "": 2},
    "--port-probes": {"missing": 3, "folder": 3, "junk": 2, "typo.toml": 2},
}
"""Wrong values of an option, and the exit status each must have, whichever command it is of."""


WRONG_HERE = {
    ("capture", "--pixel"): {"1": 2, "x y": 2, "1 2": 2},
    ("init-logging", "--output"): {"old.txt": 2, "old.txt/below": 2},
    ("harness", "--output"): {"old.txt/below": 2},
    ("suite slurm", "--results"): {},
    ("suite slurm", "--ref"): {},
    ("suite slurm", "--cand"): {},
}
"""The same of an option that means something else in one command: in these `--output` may name a folder."""


def typed(command: str) -> list[str]:
    """Return the words of a command; the one for two inputs has none."""
    return [] if command == UNNAMED else command.split()


def commands(name: str = "", command: Any = None) -> Iterator[tuple[str, Any]]:
    """Yield the commands by name."""
    command = command or typer.main.get_command(app)
    for part, inner in getattr(command, "commands", {}).items():
        yield from commands(f"{name} {part}".strip(), inner)
    if name and not getattr(command, "commands", {}):
        yield name, command


OPTIONS = [
    (name, option.opts[0], option.is_flag)
    for name, command in commands()
    for option in command.params
    if option.opts[0].startswith("--") and option.opts[0] != "--help"
]


@pytest.fixture
def folder(tmp_path: Path, logs: Path) -> Path:
    """A folder with what the calls name."""
    for name in ("old.txt", "old.png", "old.npy"):
        (logs / name).write_text("older than the call")
    (logs / "junk").write_bytes(b"\0\1\2junk")
    (logs / "typo.toml").write_text("[tolerances]\nrelative = 1\n")
    (logs / "probes.toml").write_text(
        '[select]\nfunction = "f"\nloops = ["i"]\n[[probe]]\nafter = "x"\nloop = "i"\nquantities = { x = "x" }\n'
    )
    factors = {"F": {"c_value": 1, "py_value": 1, "rel_delta": 0, "status": "PASS"}}
    (logs / "filed.json").write_text(json.dumps({"factors": factors, "timestamp": "2026-01-01T00:00:00Z"}))
    (logs / "history.jsonl").write_text(f"{text_of(line(0))}\n")
    (logs / "suite.toml").write_text(
        'format_version = 1\nname = "s"\n[[case]]\nname = "a"\narchived = "recorded"\ntraces = false\n'
    )
    results = logs / "results" / "cases"
    results.mkdir(parents=True)
    key = "0" * 64
    listed = {"format": "nbtrace suite results", "format_version": 1, "suite": "s", "source": "s.toml"}
    listed |= {"candidate": "x", "names": ["C", "Py"], "cases": [{"name": "a", "key": key}]}
    (results.parent / "suite.json").write_text(json.dumps(listed))
    (logs / "folder").mkdir()
    (logs / "folder" / "inside").write_text("x")
    pixels = np.random.default_rng(1).random((20, 30))
    np.save(logs / "c.npy", pixels)
    np.save(logs / "py.npy", pixels)
    (logs / "reference").write_text("#!/bin/sh\nexit 7\n")
    (logs / "reference").chmod(0o755)
    shutil.copytree(EXAMPLES / "golden_suite" / "cubic_default", logs / "recorded")
    (logs / "bundle").mkdir()
    (logs / "bundle" / "sha256.txt").write_text("")
    return logs


def held(folder: Path) -> dict[str, bytes]:
    """Return what is in a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_every_option_is_tried() -> None:
    assert {option for _, option, is_flag in OPTIONS if not is_flag} == set(WRONG)
    assert {name for name, _, _ in OPTIONS} == set(CALLS)
    assert len(OPTIONS) > 140


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "option", "is_flag"), OPTIONS, ids=[f"{name} {option}" for name, option, _ in OPTIONS]
)
def test_a_wrong_option_is_one_line(
    nb: "Run", folder: Path, monkeypatch: pytest.MonkeyPatch, command: str, option: str, is_flag: bool
) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", "80")
    before = held(folder)
    named, dashes, flags = WITHOUT.get((command, option), CALLS[command]).partition("-- ")
    after = [dashes.strip(), *flags.split()] if dashes else []
    wrong = (
        {f"{option}=x": 2}
        if is_flag
        else ({} if option in BARE else {option: 2})
        | {f"{option} {value}": code for value, code in WRONG_HERE.get((command, option), WRONG[option]).items()}
    )
    for call, code in wrong.items():
        ended = nb(*typed(command), *named.split(), *call.split(), *after)
        assert (call, ended.code) == (call, code), ended
        assert ended.out == ""
        assert ended.err.startswith("nbtrace: ")
        assert ended.err.count("\n") == 1
    assert held(folder) == before


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("images c.npy py.npy --svg", "--svg is of --pictures"),
        ("compare --archived recorded --pixel 3 4 --no-trace", "give one of them"),
        ("compare --archived recorded --ref ./reference", "give it or --ref, not both"),
        ("report bundle --format junit --all-pixels", "--all-pixels is of the page"),
        ("report bundle --format junit --open", "--open shows the page"),
        ("selftest c.log -c cubic_default", "not both"),
        ("explain c.log py.log --config supervisor -- -lambda 1", "not both"),
        (f"harness --pixel 3 4 --roi 0 1 0 1 {FLAGS}", "exclude one another"),
        (f"harness --pixel 3 4 --region 0 1 0 1 {FLAGS}", "exclude one another"),
        (f"harness --region 0 1 0 1 --roi 0 1 0 1 {FLAGS}", "give one of them"),
        ("images c.npy py.npy --region 0 1 0 1 --roi 0 1 0 1", "give one of them"),
        ("compare --archived recorded --region 0 1 0 1 --roi 0 1 0 1", "give one of them"),
        ("diff c.log py.log --copy-inputs", "give --bundle, too"),
        ("diff c.log py.log --plot new.png", "--plot is of whole-detector traces; give --all-pixels, too"),
        ("diff c.log py.log --parquet new.parquet", "--parquet is of whole-detector traces"),
        ("diff c.log py.log --all-pixels --pixel 3 4", "--pixel is of single traces; leave it out with --all-pixels"),
        ("diff c.log py.log --all-pixels --unified", "--unified is of single traces"),
        ("diff c.log py.log --all-pixels --noise c.log", "--noise is of single traces"),
        ("diff c.log py.log --pixel -1 4", "a pixel has no negative coordinates"),
        ("diff c.log py.log --pixel 3 4 --noise c.log", "--noise is for logs"),
        ("explain c.log py.log --lenient", "put them after --"),
        ("images c.npy py.npy --lenient", "put them after --"),
        ("harness --config supervisor --lenient", "put them after --"),
        (f"harness --pixel 3 4 --config supervisor {FLAGS}", "not both"),
    ],
)
def test_options_that_contradict_each_other(
    nb: "Run", folder: Path, monkeypatch: pytest.MonkeyPatch, call: str, message: str
) -> None:
    monkeypatch.chdir(folder)
    ended = nb(*call.split())
    assert (ended.code, ended.out) == (2, "")
    assert message in ended.err
    assert ended.err.count("\n") == 1


@pytest.mark.parametrize(("name", "command"), list(commands()), ids=[name for name, _ in commands()])
def test_help_is_filled_and_shows_an_example(nb: "Run", name: str, command: Any) -> None:
    ended = nb(*name.split(), "--help")
    assert (ended.code, ended.err) == (0, "")
    assert all(len(line) <= 80 for line in ended.out.splitlines())
    assert f"Example: {' '.join(['nbtrace', *typed(name)])} " in " ".join(ended.out.split())
    usage = next(line for line in ended.out.splitlines() if "Usage:" in line)
    assert "{" not in usage
    # However a docstring is broken, its paragraphs are not: the help has a line each for the terminal to fill.
    assert all("\n" not in paragraph for paragraph in command.help.split("\n\n"))


def test_a_reference_with_arguments_is_told_what_to_do(
    nb: "Run", folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    ended = nb("compare", "--ref", "./reference -v", *FLAGS.split())
    assert ended.code == 5
    assert (
        ended.err == "nbtrace: --ref: the reference is one program; put './reference -v' into a script and name that\n"
    )


@pytest.mark.parametrize("where", ["--outdir", "--bundle"])
def test_pictures_are_left_out_where_they_cannot_be_drawn(
    nb: "Run", folder: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.setattr("nbtrace.cli.destinations.find_spec", lambda _: None)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    ended = nb("compare", "--archived", "recorded", where, "result")
    assert ended.code == 0
    assert (
        "no pictures: they need matplotlib, which is not installed; install it with: pip install matplotlib"
        in ended.err
    )
    assert not list((folder / "result").glob("*.png"))
    assert list((folder / "result").glob("images.npz"))
    for call in ("phi c.log py.log --plot new.png", "images c.npy py.npy --pictures new"):
        ended = nb(*call.split())
        assert (ended.code, ended.out) == (2, "")
        assert "needs matplotlib, which is not installed; install it with: pip install matplotlib" in ended.err


HOSTILE = "\x1b[2J\x9b31m\x07\u202e\r\udcff"


@pytest.mark.parametrize("command", sorted(CALLS))
def test_no_value_reaches_the_terminal_as_a_command(
    nb: "Run", folder: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.chdir(folder)
    named, dashes, flags = CALLS[command].partition("-- ")
    after = [dashes.strip(), *flags.split()] if dashes else []
    words = named.split()
    calls = [
        [*typed(command), *words, option, HOSTILE, *after]
        for name, option, is_flag in OPTIONS
        if name == command and not is_flag and option not in WRITES
    ]
    calls += [[*typed(command), HOSTILE, *words[1:], *after], [*typed(command), *words, f"--{HOSTILE}", *after]]
    calls += [[*typed(command), *words, "--", "-N", HOSTILE], [*typed(command), *words, "--", HOSTILE]]
    for call in calls:
        ended = nb(*call)
        assert all(letter.isprintable() or letter == "\n" for letter in ended.out + ended.err), (call, ended)
        assert ended.code != 70


WRITES = frozenset({"--md", "--json", "--output", "--bundle", "--outdir", "--pictures", "--hypotheses", "--name"})
"""Options that take any name: what they write is said below."""


def test_a_file_of_any_name_is_written_and_named_plainly(
    nb: "Run", folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    for call in ("diff c.log py.log", "images c.npy py.npy", "check c.log"):
        for option in ("--json", "--md", "--bundle", "-o"):
            ended = nb(*call.split(), option, f"{call[:2]}{option}{HOSTILE}")
            assert ended.code in {0, 1}
            assert all(letter.isprintable() or letter == "\n" for letter in ended.out + ended.err)


@pytest.mark.parametrize("words", [[HOSTILE], ["-mat", HOSTILE, "-lambda", "1"], ["-N", HOSTILE], [f"-{HOSTILE}"]])
@pytest.mark.parametrize("command", ["simulate", "lint"])
def test_flags_are_shown_as_text(
    nb: "Run", folder: Path, monkeypatch: pytest.MonkeyPatch, command: str, words: list[str]
) -> None:
    monkeypatch.chdir(folder)
    ended = nb(
        command,
        "--",
        "-cell",
        *["100", "100", "100", "90", "90", "90", "-default_F", "100", "-distance", "100"],
        *words,
    )
    assert ended.code in ({0, 1, 2} if command == "lint" else {2, 3})
    assert ended.out + ended.err
    assert all(letter.isprintable() or letter == "\n" for letter in ended.out + ended.err)


RIGHT_CALLS = [
    ("diff c.log py.log --rtol 1e-5", "nbtrace diff has no --rtol; write nbtrace diff c.log py.log -t 1e-5"),
    ("diff c.log py.log --rtol=1e-5", "nbtrace diff c.log py.log -t 1e-5"),
    ("c.log py.log --rtol 1e-5", "nbtrace has no --rtol; write nbtrace c.log py.log -t 1e-5"),
    ("--rtol 1e-5 c.log py.log", "nbtrace c.log py.log -t 1e-5"),
    ("diff --atol 1e-3 c.log py.log", "nbtrace diff c.log py.log -t NAME=abs:1e-3"),
    ("images c.npy py.npy --atol 1e-3", "nbtrace images c.npy py.npy -t abs:1e-3"),
    ("images c.npy py.npy --rtol", "nbtrace images c.npy py.npy -t VALUE"),
    ("explain c.log py.log --verbose", "nbtrace explain c.log py.log --all"),
    ("diff -v c.log py.log", "nbtrace diff c.log py.log --all"),
    ("diff c.log py.log --quiet", "nbtrace diff c.log py.log > /dev/null"),
    ("diff c.log py.log --format json", "nbtrace diff c.log py.log --json -"),
    ("diff c.log py.log --format=markdown", "nbtrace diff c.log py.log --md -"),
    ("diff c.log py.log --format text", "nbtrace diff c.log py.log"),
    ("phi py.log c.log --html", "nbtrace phi py.log c.log --bundle evidence && nbtrace report evidence"),
    (
        "c.log py.log --html page.html",
        "nbtrace c.log py.log --bundle evidence && nbtrace report evidence --output page.html",
    ),
    (
        "diff --html 'my page.html' c.log py.log",
        "nbtrace diff c.log py.log --bundle evidence && nbtrace report evidence --output 'my page.html'",
    ),
    ("--html c.log py.log", "nbtrace c.log py.log --bundle evidence && nbtrace report evidence"),
    ("check c.log --out x.txt", "nbtrace check c.log -o x.txt"),
    ("sweep --quiet --pixel 3 4 -- -cell 1", "nbtrace sweep --pixel 3 4 -- -cell 1 > /dev/null"),
    ("simulate -cell 100 100", "flags of a run stand after --: nbtrace simulate -- -cell 100 100"),
    ("compare --threads 1 -cell 100", "flags of a run stand after --: nbtrace compare --threads 1 -- -cell 100"),
    ("explain c.log py.log -twotheta 10", "nbtrace explain c.log py.log -- -twotheta 10"),
    ("compare c.log py.log", "nbtrace compare runs programs; two logs that are there already: nbtrace c.log py.log"),
    ("compare c.npy py.npy", "two images that are there already: nbtrace c.npy py.npy"),
    ("trust c.log", "nbtrace trust runs programs; a log alone: nbtrace check c.log"),
    ("diff 'my log' py.log --rtol 1", "nbtrace diff 'my log' py.log -t 1"),
]


@pytest.mark.parametrize(("call", "right"), RIGHT_CALLS, ids=[call for call, _ in RIGHT_CALLS])
def test_a_wrong_call_names_the_right_one(
    nb: "Run", folder: Path, monkeypatch: pytest.MonkeyPatch, call: str, right: str
) -> None:
    monkeypatch.chdir(folder)
    ended = nb(*shlex.split(call))
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.endswith(f"{right}\n")
    assert ended.err.count("\n") == 1


def test_the_right_calls_are_right(nb: "Run", folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is proposed is accepted, where it has all that it needs."""
    monkeypatch.chdir(folder)
    for _, right in RIGHT_CALLS:
        words = shlex.split(right[right.index("nbtrace ", 1 if "; " in right or ": " in right else 0) :])
        # With flags, explain runs the simulator, which takes seconds.
        if words[1] in {"diff", "explain", "check", "phi", "c.log"} and not {"my log", "--"} & set(words):
            words = [word for word in words if word != "NAME=abs:1e-3"]
            shell = next((place for place, word in enumerate(words) if word in {">", "&&"}), len(words))
            words = [word for word in words[1:shell] if word != "-t" or "1e-5" in words]
            assert nb(*words).code in {0, 1}, words


def test_a_flag_is_told_from_an_option_with_its_value(nb: "Run", folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    assert nb("explain", "c.log", "py.log", "-t1e-5", "-ofile.txt").code == 1
    assert (folder / "file.txt").exists()
