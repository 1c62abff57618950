"""Completion as shells ask for it: the words that fit, in bash, zsh and fish, and nothing heavy imported."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from nbtrace.cli import completed_values
from nbtrace.cli.completion import install, script, with_shell
from nbtrace.errors import UsageError

if TYPE_CHECKING:
    from tests.cli.conftest import Run

SHELLS = ("bash", "zsh", "fish")

ANSWERS = "F_latt_a=\nF_latt=\n"
"""What a program that stands for nbtrace answers; it prints what it was asked into a file as well."""

BASH = """
source {script}
COMP_LINE="nbtrace diff -t F_l"; COMP_POINT=${{#COMP_LINE}}
_nbtrace_completion nbtrace
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
ZSH = """
compdef() {{ :; }}
_describe() {{ print -l -- "${{(@P)3}}"; }}
_files() {{ print files; }}
source {script}
words=(nbtrace diff -t F_l); CURRENT=4
_nbtrace
"""
FISH = """
source {script}
complete -C "nbtrace diff -t F_l"
"""
PROGRAMS = dict(zip(SHELLS, (BASH, ZSH, FISH), strict=True))


def found(name: str) -> str:
    """Return a shell; skip the test where it is not installed."""
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"{name} is not installed")
    return path


@pytest.mark.parametrize("shell", SHELLS)
def test_a_shell_offers_what_the_program_answers(shell: str, tmp_path: Path) -> None:
    program = found(shell)
    (tmp_path / "script").write_text(script(shell))
    asked = tmp_path / "asked"
    (tmp_path / "nbtrace").write_text(f"#!/bin/sh\nprintf %s \"$_TYPER_COMPLETE_ARGS\" > {asked}\nprintf '{ANSWERS}'\n")
    (tmp_path / "nbtrace").chmod(0o755)
    done = subprocess.run(
        [program, "-c", PROGRAMS[shell].format(script=tmp_path / "script")],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin", "HOME": str(tmp_path), "TERM": "dumb"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert set(done.stdout.split()) == {"F_latt_a=", "F_latt="}, done
    assert asked.read_text() == "nbtrace diff -t F_l"


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("nbtrace sca", {"scaling"}),
        ("nbtrace bundle ver", {"verify"}),
        ("nbtrace harness --config supervis", {"supervisor"}),
        ("nbtrace diff -t F_latt_", {"F_latt_a=", "F_latt_b=", "F_latt_c="}),
        ("nbtrace harness -- -oversample_th", {"-oversample_thick"}),
        ("nbtrace explain c.log py.log -- -oversample_th", {"-oversample_thick"}),
    ],
)
def test_the_program_answers_with_what_fits(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], line: str, offered: set[str]
) -> None:
    from nbtrace.cli import main  # noqa: PLC0415 - as a process would, with the variables set

    monkeypatch.setenv("_NBTRACE_COMPLETE", "complete_fish")
    monkeypatch.setenv("_TYPER_COMPLETE_FISH_ACTION", "get-args")
    monkeypatch.setenv("_TYPER_COMPLETE_ARGS", line)
    monkeypatch.setattr(sys, "argv", ["nbtrace"])
    with pytest.raises(SystemExit):
        main()
    assert {answer.partition("\t")[0] for answer in capsys.readouterr().out.splitlines()} == offered


def test_modes_and_their_switches_are_offered() -> None:
    assert [name for name, _ in completed_values.modes("sp")] == ["spec"]
    assert [name for name, _ in completed_values.modes("c-parity,-stale")] == ["c-parity,-stale_phi_rotation"]
    assert completed_values.modes("spec,+cell_c_star_z,+cell_c_star") == []  # it is switched already
    names = [name for name, _ in completed_values.modes("stale_phi_rotation,cell_c")]
    assert names == ["stale_phi_rotation,cell_c_star_z"]


def test_names_that_nbtrace_knows_are_offered() -> None:
    assert completed_values.vocabularies("nano") == ["nanobragg"]
    assert set(completed_values.documents("")) >= {"diff", "phi", "explain"}


def test_completion_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom nbtrace.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print(sorted({'torch', 'numpy', 'pandas', 'scipy', 'matplotlib'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={
            "PATH": "/usr/bin:/bin",
            "PYTHONPATH": ":".join(filter(None, sys.path)),
            "_NBTRACE_COMPLETE": "complete_fish",
            "_TYPER_COMPLETE_FISH_ACTION": "get-args",
            "_TYPER_COMPLETE_ARGS": "nbtrace harness --mode sp",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split("\n")[-2] == "[]", done
    assert "spec" in done.stdout


@pytest.mark.parametrize("shell", SHELLS)
def test_a_shell_that_is_named_gets_its_own_script(nb: "Run", shell: str) -> None:
    assert nb("--show-completion", shell).out == script(shell)
    assert with_shell(["--show-completion", shell]) == [f"--show-completion={shell}"]


def test_an_unknown_shell_is_one_line(nb: "Run") -> None:
    ended = nb("--show-completion", "tcsh")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == "nbtrace: there is no completion for 'tcsh'; there is for bash, zsh, fish\n"


@pytest.mark.parametrize(
    ("shell", "names"),
    [
        ("bash", (".bash_completions/nbtrace.sh", ".bashrc")),
        ("zsh", (".zfunc/_nbtrace", ".zshrc")),
        ("fish", (".config/fish/completions/nbtrace.fish",)),
    ],
)
def test_installing_twice_adds_one_line(
    shell: str, names: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".zshrc").write_text("alias x=y")
    (tmp_path / ".bashrc").write_text("alias x=y")
    for _ in range(2):
        assert install(shell) == (shell, tmp_path / names[0])
    assert (tmp_path / names[0]).read_text() == script(shell)
    for file in names[1:]:
        lines = (tmp_path / file).read_text().splitlines()
        assert lines[0] == "alias x=y"
        assert len(lines) == 2


def test_a_home_that_cannot_be_written_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".zfunc").write_text("a file")
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(UsageError, match="cannot be written"):
        install("zsh")


def test_a_long_meaning_is_no_second_word(tmp_path: Path) -> None:
    """What answers breaks long lines at the width of a terminal, and a shell takes each for a word."""
    bash = found("bash")
    (tmp_path / "script").write_text(script("bash"))
    (tmp_path / "nbtrace").write_text(f'#!/bin/sh\nexec {sys.executable} -m nbtrace "$@"\n')
    (tmp_path / "nbtrace").chmod(0o755)
    program = f"""
source {tmp_path / "script"}
COMP_LINE="nbtrace diff --to"; COMP_POINT=${{#COMP_LINE}}
_nbtrace_completion {tmp_path / "nbtrace"}
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
    done = subprocess.run([bash, "--norc", "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "--tolerance\n"
