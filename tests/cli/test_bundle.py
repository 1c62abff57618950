import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from nbtrace.cli.bundle import app
from nbtrace.cli.harness_files import say
from nbtrace.cli.printing import shown
from nbtrace.errors import ExitCode, NbtraceError

MAIN = """
import sys
from nbtrace.cli.bundle import app
from nbtrace.errors import NbtraceError
try:
    app()
except NbtraceError as error:
    print(f"nbtrace: {error}", file=sys.stderr)
    sys.exit(error.exit_code)
"""
COMMANDS = ["init", "add", "run", "verify", "list"]


def nbtrace(*arguments: str | Path, folder: Path | None = None, **variables: str) -> tuple[int, str, str]:
    """Run the sub-application in its own process, with the error handling of the main entry."""
    done = subprocess.run(
        [sys.executable, "-c", MAIN, *map(str, arguments)],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "COLUMNS": "80"} | variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout, done.stderr


def call(*arguments: str | Path) -> tuple[int, str]:
    """Run the sub-application in this process; an error of nbtrace is its code and its line."""
    outcome = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if isinstance(outcome.exception, NbtraceError):
        assert "\n" not in str(outcome.exception)
        return outcome.exception.exit_code, f"{outcome.output}{outcome.exception}"
    assert outcome.exception is None or isinstance(outcome.exception, SystemExit), outcome.exception
    return outcome.exit_code, outcome.output


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    assert call("init", tmp_path / "evidence")[0] == 0
    return tmp_path / "evidence"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_shows_an_example(command: str) -> None:
    code, text = call(command, "--help")
    assert code == 0
    assert f"Example: nbtrace bundle {command} evidence/" in " ".join(text.split())


def test_a_second_init_changes_nothing(tmp_path: Path) -> None:
    assert call("init", tmp_path) == (0, f"{tmp_path} is a bundle now: 5 files, all listed in sha256.txt\n")
    code, text = call("init", tmp_path)
    assert code == 0
    assert "is a bundle already; nothing was changed" in text


def test_add_list_verify(bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "c.log").write_text("one")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "c.log").write_text("two")
    code, text = call("add", bundle, tmp_path / "c.log", tmp_path / "sub" / "c.log")
    assert code == 0
    assert text.splitlines() == [f"{tmp_path}/c.log -> c.log", f"{tmp_path}/sub/c.log -> c_rerun1.log"]
    code, text = call("list", bundle)
    assert code == 0
    assert "           3              c_rerun1.log\n" in text
    assert text.endswith("7 files, all listed in sha256.txt\n")
    (bundle / "stray").write_text("")
    code, text = call("verify", bundle)
    assert code == ExitCode.AGREE
    assert "NOT_LISTED  stray\nsha256.txt: 6 of 6 entries verify\n" in text
    assert call("verify", bundle, "--strict")[0] == ExitCode.DIFFER


def test_verify_names_what_changed(bundle: Path) -> None:
    (bundle / "git_sha.txt").write_text("another commit\n")
    (bundle / "commands.txt").unlink()
    code, text = call("verify", bundle)
    assert code == ExitCode.DIFFER
    assert "MISMATCH  sha256.txt:4  git_sha.txt: holds " in text
    assert "MISSING  sha256.txt:2  commands.txt\n" in text
    assert "sha256.txt: 2 of 4 entries verify\n" in text
    assert text.endswith("not intact\n")


def test_verify_has_nothing_to_say_about_an_empty_folder(tmp_path: Path) -> None:
    code, text = call("verify", tmp_path)
    assert code == ExitCode.INPUT
    assert text.endswith("nothing to verify; no entry of a manifest could be checked")


def test_verify_counts_what_it_does_not_name(tmp_path: Path) -> None:
    for number in range(25):
        (tmp_path / f"{number:02}").write_text("x")
    (tmp_path / "sha256.txt").write_text(f"{hashlib.sha256(b'x').hexdigest()}  00\nA heading\n")
    code, text = call("verify", tmp_path)
    assert code == 0
    assert text.count("NOT_LISTED") == 20
    assert "and 4 more files that are not listed; --verbose names them" in text
    assert "not an entry  sha256.txt:2  A heading" in text
    assert "OK  " not in text
    code, text = call("verify", tmp_path, "--verbose")
    assert text.count("NOT_LISTED") == 24
    assert "OK  sha256.txt:1  00" in text


def test_json_to_a_file_and_to_the_terminal(bundle: Path, tmp_path: Path) -> None:
    code, text = call("verify", bundle, "--json", "-")
    document = json.loads(text)
    assert (code, document["outcome"], document["counts"]["OK"]) == (0, "intact", 4)
    target = tmp_path / "v.json"
    assert call("verify", bundle, "--json", target)[0] == 0
    assert json.loads(target.read_text()) == document
    code, text = call("verify", bundle, "--json", target)
    assert code == ExitCode.USAGE
    assert "v.json exists; give --force to replace it" in text
    assert call("verify", bundle, "--json", target, "--force")[0] == 0
    code, text = call("list", bundle, "--json", "-")
    assert {file["name"] for file in json.loads(text)["files"] if not file["listed"]} == {"sha256.txt"}


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["verify", "gone"], ExitCode.INPUT, "gone cannot be read: No such file or directory"),
        (["list", "."], ExitCode.INPUT, ". is not a bundle: it has no sha256.txt; nbtrace bundle init . makes one"),
        (["init", "file"], ExitCode.USAGE, "file is a file; a bundle is a folder"),
        (["add", "b", "gone.log"], ExitCode.INPUT, "gone.log cannot be read: No such file or directory"),
        (["add", "b", "."], ExitCode.INPUT, ". is not a regular file"),
        (["run", "b"], ExitCode.USAGE, "nothing to run: put the program after --"),
        (["run", "b", "--"], ExitCode.USAGE, "nothing to run: put the program after --"),
        (["run", "--", "true"], ExitCode.INPUT, ". is not a bundle"),
        (["run", "b", "--name", "a/b", "--", "true"], ExitCode.USAGE, "'a/b' cannot start a file name"),
        (["run", "b", "--name", "x" * 260, "--", "touch", "gone"], ExitCode.USAGE, "cannot start a file name"),
    ],
)
def test_a_call_that_cannot_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], code: ExitCode, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("")
    assert call(*arguments)[0] == code
    assert said in call(*arguments)[1]
    assert not (tmp_path / "gone").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="every file is readable to root")
def test_a_file_that_cannot_be_read(bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("")
    (tmp_path / "secret").chmod(0)
    code, text = call("add", bundle, tmp_path / "secret")
    assert (code, "secret cannot be read: Permission denied" in text) == (ExitCode.INPUT, True)
    (bundle / "env.json").chmod(0)
    code, text = call("verify", bundle)
    assert (code, "UNREADABLE  sha256.txt:3  env.json: cannot be read: Permission" in text) == (ExitCode.DIFFER, True)


def test_run_passes_arguments_untouched_and_streams_both_outputs(bundle: Path) -> None:
    code = "import sys; print(sys.argv[1:]); print('to stderr', file=sys.stderr)"
    arguments = ["--name", "x y", "$HOME", "--", "*"]
    status, out, err = nbtrace("run", bundle, "--name", "py", "--", sys.executable, "-c", code, *arguments)
    assert (status, out, err) == (0, f"{arguments}\n", "to stderr\n")
    assert (bundle / "py_stdout.txt").read_text() == out
    assert (bundle / "py_stderr.txt").read_text() == err
    assert call("verify", bundle, "--strict")[0] == 0


def test_run_in_the_current_bundle(bundle: Path) -> None:
    assert nbtrace("run", "--", "echo", "here", folder=bundle) == (0, "here\n", "")
    assert (bundle / "stdout.txt").read_text() == "here\n"


def test_a_program_that_fails_is_exit_5_and_its_own_status_is_told(bundle: Path) -> None:
    status, out, err = nbtrace("run", bundle, "--", "sh", "-c", "echo partial; exit 3")
    assert (status, out) == (ExitCode.PROGRAM, "partial\n")
    assert err == f"nbtrace: sh: exit 3; its output is in {bundle}/stdout.txt and stderr.txt\n"
    status, _, err = nbtrace("run", bundle, "--", "./no-such-program")
    assert status == ExitCode.PROGRAM
    assert "./no-such-program: could not be started: No such file or directory" in err
    assert nbtrace("verify", bundle, "--strict")[0] == 0


def test_piped_output_has_no_colour_codes_and_lines_stay_whole(bundle: Path) -> None:
    name = "long " * 30
    (bundle / name).write_text("")
    (bundle / "[red]").write_text("")
    status, out, _ = nbtrace("verify", bundle)
    assert status == 0
    assert "\x1b" not in out
    assert f"NOT_LISTED  {name}\n" in out
    assert "NOT_LISTED  [red]\n" in out


def test_colours_can_be_refused(bundle: Path) -> None:
    assert "\x1b[" in nbtrace("verify", bundle, FORCE_COLOR="1", NO_COLOR="")[1]
    assert "\x1b[32m" not in nbtrace("verify", bundle, FORCE_COLOR="1", NO_COLOR="1")[1]


def test_a_document_with_half_a_character_is_printed_escaped(bundle: Path) -> None:
    (bundle / "m.json").write_text(r'{"factors": {}, "first_divergence": "\ud801"}')
    code, text = call("verify", bundle)
    assert code == ExitCode.DIFFER
    assert r"PROBLEM  m.json: first_divergence is \ud801" in text
    assert call("verify", bundle, "--json", "-")[0] == ExitCode.DIFFER


def test_an_interrupted_run_is_named_with_its_line(bundle: Path) -> None:
    line = "# 2025-10-08T21:26:30.000Z start, in /tmp\n./nanoBragg -hkl 'P1\x1b.hkl'\n"
    (bundle / "commands.txt").write_text(line)
    digest = hashlib.sha256(line.encode()).hexdigest()
    old = hashlib.sha256(b"").hexdigest()
    (bundle / "sha256.txt").write_text((bundle / "sha256.txt").read_text().replace(old, digest))
    code, text = call("verify", bundle)
    assert code == ExitCode.DIFFER
    assert (
        r"INTERRUPTED  commands.txt:1  ./nanoBragg -hkl 'P1\x1b.hkl': "
        "the run was started 2025-10-08T21:26:30.000Z and never ended; "
        "nbtrace bundle close BUNDLE records that\n"
    ) in text
    assert "sha256.txt: 4 of 4 entries verify\n" in text
    code, text = call("close", bundle)
    assert code == ExitCode.AGREE
    assert (
        r"interrupted: the run started 2025-10-08T21:26:30.000Z, ./nanoBragg -hkl 'P1\x1b.hkl'; "
        "nothing is left of its output\n"
    ) in text
    assert text.endswith("1 interrupted run closed\n")
    assert call("verify", bundle, "--strict")[0] == ExitCode.AGREE
    assert call("close", bundle)[1].endswith("0 interrupted runs closed\n")


def test_only_a_bundle_is_closed(tmp_path: Path) -> None:
    assert call("close", tmp_path)[0] == ExitCode.INPUT
    assert not list(tmp_path.iterdir())


def test_a_failed_run_names_its_output_without_control_characters(bundle: Path) -> None:
    code, text = call("run", bundle, "--name", "\x1b[31m", "--", "false")
    assert code == ExitCode.PROGRAM
    assert "\x1b" not in text
    assert r"\x1b[31m_stderr.txt" in text


def test_a_line_of_the_harness_holds_no_control_characters(capsys: pytest.CaptureFixture[str]) -> None:
    say("filed in a\x1b[31m\udce9: φ.log")
    assert capsys.readouterr().out == "filed in a\\x1b[31m\\xe9: φ.log\n"


def test_strange_names_are_shown_on_one_printable_line() -> None:
    assert shown(os.fsdecode(b"a\xe9\n\x1b[31m\\b")) == "a\\xe9\\n\\x1b[31m\\b"
    assert shown("φ→.log") == "φ→.log"
    assert shown("\ud801\udce9\x9b") == "\\ud801\\xe9\\x9b"
