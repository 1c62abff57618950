"""What of a command is the Python program."""

import sys
from pathlib import Path

import pytest

from nbtrace.capturing.python_command import python_command
from nbtrace.errors import ProgramError, UsageError

PYTHON = Path("/somewhere/python3.12")


@pytest.mark.parametrize(
    ("words", "options", "script", "module"),
    [
        (["port.py", "-m", "x"], (), "port.py", None),
        (["-m", "pkg.sub", "-v"], (), None, "pkg.sub"),
        (["-mpkg"], (), None, "pkg"),
        (["-OOm", "pkg"], ("-OO",), None, "pkg"),
        (["-O", "-W", "error", "-Xdev", "a.py"], ("-O", "-W", "error", "-Xdev"), "a.py", None),
        (["-X", "utf8", "a.py"], ("-X", "utf8"), "a.py", None),
        (["-u", "-c", "print(1)", "port.py"], ("-u",), None, None),
        (["--check-hash-based-pycs", "never", "a.py"], ("--check-hash-based-pycs", "never"), "a.py", None),
    ],
)  # fmt: skip
def test_options_are_told_from_the_program(
    words: list[str], options: tuple[str, ...], script: str | None, module: str | None
) -> None:
    command = python_command(PYTHON, words)
    assert command is not None
    assert (command.options, command.script, command.module) == (options, script, module)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-I", "a.py"], "python -I keeps the interpreter from loading"),
        (["-uE", "a.py"], "python -E keeps"),
        (["-S", "a.py"], "python -S keeps"),
        ([], "give its file, or -m MODULE"),
        (["-"], "give its file, or -m MODULE"),
        (["-m"], "python -m names nothing to run"),
    ],
)
def test_what_cannot_be_captured_from_is_said(words: list[str], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        python_command(PYTHON, words)


@pytest.mark.parametrize(
    ("first", "is_python"),
    [
        (f"#!{sys.executable} -u", True),
        ("#!/usr/bin/env -S A=b sh", False),
        ("#!/bin/sh", False),
        ("#!", False),
        ("\x7fELF", False),
    ],
)
def test_a_script_is_python_if_its_first_line_says_so(tmp_path: Path, first: str, *, is_python: bool) -> None:
    script = tmp_path / "run"
    script.write_text(f"{first}\nprint(1)\n")
    command = python_command(script, ["--flag"])
    assert (command is not None) is is_python
    if command is not None:
        assert (command.script, command.name, command.options) == (str(script), "run", ("-u",))


def test_an_interpreter_that_is_not_there_is_said(tmp_path: Path) -> None:
    script = tmp_path / "run"
    script.write_text("#!/no/such/python3\n")
    with pytest.raises(ProgramError, match="run names /no/such/python3, which is not there"):
        python_command(script, [])
    for name in ("pythonic", "gcc", "python-config"):
        assert python_command(tmp_path / name, ["a.py"]) is None
