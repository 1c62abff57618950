"""Completion in shells: a script each for bash, zsh and fish, which ask nbtrace itself what fits.

All three ask in the words that typer's fish script uses: `_NBTRACE_COMPLETE` names the form of the answer, and
`_TYPER_COMPLETE_ARGS` is the line up to the cursor. The answer is a line for each word that fits, with its meaning
behind a tab.
"""

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from typing import Any

from nbtrace.errors import UsageError

SHOW, INSTALL = "--show-completion", "--install-completion"
DETECTED = "detected"
"""What stands for the shell in which nbtrace runs."""

_SCRIPTS = {"bash": "nbtrace.bash", "zsh": "nbtrace.zsh", "fish": "nbtrace.fish"}
_POWERSHELL = ("powershell", "pwsh")
_ZSH_LINE = "fpath+=~/.zfunc; autoload -Uz compinit; compinit"


def with_shell(args: Sequence[str]) -> list[str]:
    """Return the words of a call with a shell for each option of completion: `--show-completion zsh`, or none."""
    words = list(args)
    for place, word in enumerate(words):
        if word in {SHOW, INSTALL}:
            named = words[place + 1] if place + 1 < len(words) and not words[place + 1].startswith("-") else None
            words[place : place + (1 if named is None else 2)] = [f"{word}={named or DETECTED}"]
            break
    return words


def script(shell: str) -> str:
    """Return the script of a shell.

    Raises
    ------
    UsageError
        If there is none for it.
    """
    name = _named(shell)
    if name in _POWERSHELL:
        made: str = _typer().get_completion_script(prog_name="nbtrace", complete_var="_NBTRACE_COMPLETE", shell=name)
        return f"{made}\n"
    return (files("nbtrace.cli") / "shells" / _SCRIPTS[name]).read_text(encoding="utf-8")


def install(shell: str) -> tuple[str, Path]:
    """Write the script where its shell looks for it; return the shell and the file.

    Raises
    ------
    UsageError
        If there is no script for the shell, or it cannot be written.
    """
    name = _named(shell)
    home = Path.home()
    try:
        if name in _POWERSHELL:
            return name, _typer().install(shell=name, prog_name="nbtrace", complete_var="_NBTRACE_COMPLETE")[1]
        places = {
            "bash": home / ".bash_completions" / "nbtrace.sh",
            "zsh": home / ".zfunc" / "_nbtrace",
            "fish": home / ".config" / "fish" / "completions" / "nbtrace.fish",
        }
        path = places[name]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(script(name), encoding="utf-8")
        if name == "bash":
            _with_line(home / ".bashrc", f"source '{path}'")
        if name == "zsh":
            _with_line(home / ".zshrc", _ZSH_LINE)
    except OSError as error:
        raise UsageError(f"{error.filename} cannot be written: {error.strerror}") from None
    return name, path


def show_or_install(option: str, shell: str) -> None:
    """Print the script of a shell, or install it and say where."""
    if option == SHOW:
        sys.stdout.write(script(shell))
        return
    name, path = install(shell)
    sys.stdout.write(f"completion for {name} written to {path}; a new {name} has it\n")


def _with_line(file: Path, line: str) -> None:
    """Add a line to a file of a shell unless it has it."""
    before = file.read_text(encoding="utf-8", errors="surrogateescape") if file.exists() else ""
    if line not in before.splitlines():
        gap = "" if not before or before.endswith("\n") else "\n"
        with file.open("a", encoding="utf-8") as stream:
            stream.write(f"{gap}{line}\n")


def _named(shell: str) -> str:
    """Return the shell that is meant."""
    name = _detected() if shell == DETECTED else shell.lower()
    if name in {*_SCRIPTS, *_POWERSHELL}:
        return name
    known = ", ".join(_SCRIPTS)
    if not name:
        raise UsageError(f"the shell cannot be told; name it: {SHOW} SHELL, of {known}")
    raise UsageError(f"there is no completion for {name!r}; there is for {known}")


def _detected() -> str:
    """Return the shell that called, else the one that the user logs in to; empty where neither is known."""
    detect: Any = import_module("shellingham")
    try:
        return str(detect.detect_shell()[0])
    except detect.ShellDetectionFailure:
        return Path(os.environ.get("SHELL", "")).name


def _typer() -> Any:
    """Return typer's own part for shells that have no script here."""
    return import_module("typer.completion")
