"""What holds for every command: exit codes, help, errors in one line, what is imported."""

import gzip
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Run


COMMANDS = ["diff", "phi", "scaling", "check"]


@pytest.mark.parametrize("arguments", [["--help"], ["-h"], *([name, "--help"] for name in COMMANDS)])
def test_help_fits_80_columns_and_has_an_example(nb: "Run", arguments: list[str]) -> None:
    ended = nb(*arguments)
    assert ended.code == 0
    assert ended.err == ""
    assert ended.out.lstrip().startswith("Usage: nbtrace ")
    assert all(len(line) <= 80 for line in ended.out.splitlines())
    if len(arguments) == 2:
        assert f"Example: nbtrace {arguments[0]} " in ended.out


def test_the_help_tells_the_exit_codes(nb: "Run") -> None:
    words = " ".join(nb("--help").out.split())
    for code in (
        "0 agree",
        "1 differ",
        "2 usage error",
        "3 input unusable",
        "4 different pixel",
        "5 a program",
        "6 capturing",
        "7 values",
    ):
        assert code in words


def test_no_argument_prints_the_help(nb: "Run") -> None:
    ended = nb()
    assert ended.code == 2
    assert "Usage: nbtrace" in ended.out
    assert ended.err == ""


def test_the_version_is_the_same_from_a_process(nb: "Run", process: "Run") -> None:
    ended = nb("--version")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("nbtrace 0.")
    assert process("--version") == ended


@pytest.mark.parametrize(
    "arguments",
    [
        ["nosuch"],
        ["--nosuch"],
        ["diff"],
        ["diff", "c.log"],
        ["phi", "c.log", "py.log", "third.log"],
        ["diff", "c.log", "py.log", "--nosuch"],
        ["diff", "c.log", "py.log", "--tolerance"],
        ["phi", "one"],
        ["scaling", "c.log", "py.log", "--cells", "1", "2"],
        ["scaling", "c.log", "py.log", "--cells", "1", "x", "3"],
        ["check"],
        ["check", "c.log", "--side", "nosuch"],
    ],
    ids=" ".join,
)
def test_a_usage_error_is_one_line_and_2(nb: "Run", arguments: list[str]) -> None:
    ended = nb(*arguments)
    assert ended.code == 2
    assert ended.out == ""
    assert ended.err.startswith("nbtrace: ")
    assert ended.err.count("\n") == 1
    command = f"nbtrace {arguments[0]}" if arguments[0] in COMMANDS else "nbtrace"
    assert ended.err.endswith(f"({command} --help)\n")


CODES = [
    (0, ["diff", "c.log", "c.log"], ""),
    (0, ["phi", "c.log", "c.log"], ""),
    (0, ["scaling", "c.log", "c.log"], ""),
    (0, ["check", "c.log"], ""),
    (1, ["diff", "c.log", "py.log"], ""),
    (1, ["diff", "py.log", "c.log"], ""),
    (1, ["phi", "py.log", "c.log"], ""),
    (1, ["phi", "c.log", "py.log"], ""),
    (1, ["scaling", "c.log", "py.log"], ""),
    (2, ["diff", "c.log", "py.log", "-t", "-1"], "a tolerance is a finite number ≥ 0"),
    (2, ["diff", "c.log", "py.log", "--md", "c.log"], "give --force"),
    (2, ["diff", "-", "-"], "standard input"),
    (2, ["scaling", "c.log", "py.log", "--cells", "0", "1", "1"], "at least one cell"),
    (2, ["check", "c.log", "--side", "unknown"], "give c or py"),
    (2, ["phi", "c.log", "py.log", "-t", "nan"], "a tolerance is a finite number ≥ 0"),
    (3, ["diff", "c.log", "missing.log"], "missing.log cannot be read: No such file"),
    (3, ["diff", "c.log", "."], "cannot be read: Is a directory"),
    (3, ["diff", "c.log", "empty.log"], "empty.log holds no trace values: it is empty"),
    (3, ["diff", "c.log", "binary.log"], "binary.log is binary, not a trace log"),
    (3, ["diff", "c.log", "prose.log"], "its one line is no trace line"),
    (3, ["diff", "c.log", "alien.log"], "have no quantity in common"),
    (3, ["diff", "c.log", "py.log", "--policy", "missing.toml"], "missing.toml cannot be read"),
    (3, ["phi", "c.log", "alien.log"], "holds no φ steps"),
    (3, ["scaling", "c.log", "alien.log"], "nothing to compare"),
    (3, ["check", "empty.log"], "holds no trace values"),
    (3, ["check", "alien.log"], "nothing to check"),
    (4, ["diff", "c.log", "other_pixel.log"], ""),
    (4, ["phi", "c.log", "other_pixel.log"], ""),
    (4, ["scaling", "c.log", "other_pixel.log"], ""),
]


@pytest.mark.parametrize(("code", "arguments", "message"), CODES, ids=[" ".join(a) for _, a, _ in CODES])
def test_every_outcome_has_its_exit_code(
    nb: "Run", logs: Path, monkeypatch: pytest.MonkeyPatch, code: int, arguments: list[str], message: str
) -> None:
    monkeypatch.chdir(logs)
    ended = nb(*arguments)
    assert ended.code == code
    if message:
        assert message in ended.err
        assert ended.err.startswith("nbtrace: ")
        assert ended.err.count("\n") == 1
        assert ended.out == ""
    else:
        assert ended.err == ""
        agrees = "CONSISTENT" if arguments[0] == "check" else "AGREE"
        assert ended.out.split()[0] == {0: agrees, 1: "DIFFER", 4: "NOT"}[code]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(["c.log", "c.log"], 0), (["c.log", "py.log"], 1), (["c.log", "none"], 3), (["c.log", "other_pixel.log"], 4)],
)
def test_exit_codes_of_the_process(process: "Run", logs: Path, arguments: list[str], code: int) -> None:
    ended = process("diff", *arguments, folder=logs)
    assert ended.code == code
    assert "\x1b" not in ended.out + ended.err
    assert "Traceback" not in ended.err


def test_the_two_programs_are_the_same(process: "Run", logs: Path) -> None:
    script = Path(sys.executable).with_name("nbtrace")
    if not script.exists():
        pytest.skip("the nbtrace script is not installed")
    assert "from nbtrace.cli import main" in script.read_text()
    assert process("--help", COLUMNS="80").out.lstrip().startswith("Usage: nbtrace ")


def test_colour_only_where_it_is_wanted(process: "Run", logs: Path) -> None:
    assert "\x1b[" in process("diff", "c.log", "py.log", folder=logs, FORCE_COLOR="1").out
    assert "\x1b" not in process("diff", "c.log", "py.log", folder=logs, NO_COLOR="1", TERM="xterm-256color").out


@pytest.mark.slow
@pytest.mark.parametrize("command", ["diff", "scaling", "phi"])
def test_piped_output_is_as_wide_as_columns_says(process: "Run", logs: Path, command: str) -> None:
    narrow = process(command, "c.log", "py.log", folder=logs, COLUMNS="80").out
    assert max(map(len, narrow.splitlines())) <= 80
    assert max(map(len, process(command, "c.log", "py.log", folder=logs).out.splitlines())) <= 100


def test_a_reader_that_goes_away_is_no_error(logs: Path) -> None:
    command = f"{sys.executable} -m nbtrace diff c.log py.log | head -1"
    done = subprocess.run(["bash", "-c", command], cwd=logs, capture_output=True, text=True, check=False)
    assert done.stdout.startswith("DIFFER")
    assert done.stderr == ""


def test_standard_input_and_gzip(nb: "Run", logs: Path) -> None:
    c, py = logs / "c.log", logs / "py.log"
    plain = nb("diff", c, py, "--json", "-").out
    assert nb("diff", "-", py, stdin=c.read_bytes()).code == 1
    assert nb("diff", c, "-", stdin=gzip.compress(py.read_bytes())).code == 1
    packed = logs / "c.log.gz"
    packed.write_bytes(gzip.compress(c.read_bytes()))
    ended = nb("diff", packed, py, "--json", "-")
    assert ended.code == 1
    assert ended.out.count('"status"') == plain.count('"status"') > 30


IMPORTED = """
import sys
from nbtrace.cli import main
try:
    main()
finally:
    heavy = {"torch", "pandas", "matplotlib", "scipy", "numpy", "simulator", "gemmi", "jinja2"} & set(sys.modules)
    print("HEAVY", sorted(heavy))
"""


@pytest.mark.parametrize("command", COMMANDS)
def test_no_command_imports_what_it_does_not_need(logs: Path, command: str) -> None:
    arguments = (
        [command, "c.log"] + ([] if command == "check" else ["py.log"]) + ["--json", "out.json", "--md", "out.md"]
    )
    done = subprocess.run(
        [sys.executable, "-c", IMPORTED, *arguments], cwd=logs, capture_output=True, text=True, check=False
    )
    # A lone log is held against the formulas of its physics, which know what the simulator's flags may say.
    needed = ["numpy", "simulator"] if command == "check" else []
    assert done.stdout.splitlines()[-1] == f"HEAVY {needed}", done.stderr
    assert (logs / "out.json").exists()


def test_importing_the_library_imports_nothing_heavy() -> None:
    code = (
        "import sys, nbtrace; print(sorted(m for m in sys.modules if m.startswith(('nbtrace.', 'pydantic', 'numpy'))))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
