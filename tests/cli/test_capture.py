"""`nbtrace capture`: what it prints and writes, and how it ends."""

import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from nbtrace.parsers import read_trace
from nbtrace.report.documents.models.capture import CaptureDocument
from tests.capturing.programs import compiled, need, rows_term

if TYPE_CHECKING:
    from tests.cli.conftest import Run


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("built")
    compiled(folder, "rows.c", "-O0", "-g", "-fopenmp")
    compiled(folder, "odd.c", "-O0", "-g")
    return folder


@pytest.fixture
def here(built: Path, nb: "Run", tmp_path: Path) -> Path:
    """The current folder, with the programs and their probes in it."""
    for path in built.iterdir():
        shutil.copy2(path, tmp_path / path.name)
    return tmp_path


ROWS = ("capture", "--probes", "rows.toml", "--pixel", "2", "3")


def test_a_capture_is_a_log_a_report_and_a_document(nb: "Run", here: Path) -> None:
    ended = nb(*ROWS, "-o", "c.log", "--json", "c.json", "--bundle", "evidence", "--", "./rows")
    assert ended.code == 0, ended
    assert ended.err.startswith("filed in evidence: capture.json, capture.md, capture_view.json, ")
    words = " ".join(ended.out.split())
    assert words.startswith(
        "CAPTURED 6 quantities of pixel 2 3 in 14 hits; the output is that of a plain run (image.bin, sha256"
    )
    assert "bit for bit" in words
    assert "nbtrace diff c.log py.log" in words
    assert all(len(line) <= 80 for line in ended.out.splitlines() if "sha256" not in line)
    assert (here / "c_output" / "image.bin").stat().st_size == 4 * 48
    assert not (here / "image.bin").exists()

    text = (here / "c.log").read_text()
    assert f"TRACE_C: step=1 term {rows_term(2, 3, 1):.17g}\n" in text
    assert "TRACE_C: step=1 state 0.10000000000000001 m\n" in text
    assert "\npixel 5 is " in text
    assert nb("check", "--format", "c.log").code == 0
    trace = read_trace(here / "c.log")
    assert {record.key for record in trace.records} == {"state", "weights", "term", "smoothed", "total_root", "final"}

    document = json.loads((here / "c.json").read_text())
    model = CaptureDocument.model_validate(document)
    assert (model.verdict, model.pixel and (model.pixel.slow, model.pixel.fast)) == ("captured", (2, 3))
    assert {item.name: item.state for item in model.certificate.outputs}["image.bin"] == "same"
    assert len(model.values) == 4 + 4 + 4 + 1 + 4 + 1
    assert (here / "evidence" / "c.log").read_text() == text
    assert nb("bundle", "verify", "evidence").code == 0
    assert nb("report", "evidence").code == 0


def test_a_log_goes_to_standard_output(nb: "Run", here: Path) -> None:
    ended = nb("capture", "--probes", "odd.toml", "-o", "-", "--", "./odd")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("TRACE_FORMAT 1\n# captured from odd, sha256 ")
    assert ended.out.endswith("TRACE_C: i=0 x 0\nTRACE_C: i=1 x 0.5\nTRACE_C: i=2 x 1.5\n")


def test_what_reads_the_values_is_chosen_and_said(nb: "Run", here: Path) -> None:
    need("gdbserver")
    words = "--probes", "odd.toml", "--json", "c.json", "-o", "c.log", "--back-end", "tracepoints"
    ended = nb("capture", *words, "--", "./odd")
    assert ended.code == 0, ended
    assert "\nRead by: gdbserver tracepoints " in ended.out
    assert "\n# read by gdbserver tracepoints " in (here / "c.log").read_text()
    model = CaptureDocument.model_validate(json.loads((here / "c.json").read_text()))
    assert (model.back_end, model.declined) == ("gdbserver tracepoints", "")


def test_a_value_is_written_and_the_pixel_that_moves_told(nb: "Run", here: Path) -> None:
    log = "from.log"
    (here / log).write_text("TRACE_PY: step=0 state 0.75 m\nTRACE_PY: step=1 state 0.1 m\n")
    ended = nb(*ROWS, "-o", "c.log", "--json", "c.json", "--set", f"state@step=0 = from {log}", "--", "./rows")
    assert ended.code == 0, ended
    words = " ".join(ended.out.split())
    assert words.startswith("CAPTURED with one value injected pixel 2 3 goes from ")
    assert "; no other pixel moves" in words
    injection = CaptureDocument.model_validate(json.loads((here / "c.json").read_text())).injection
    assert injection is not None
    assert (injection.moved, injection.values[0].after) == (1, (0.75,))
    assert "# injected: state@step=0 = 0.75\n" in (here / "c.log").read_text()
    assert f"TRACE_C: step=0 term {rows_term(2, 3, 0, state=0.75):.17g}\n" in (here / "c.log").read_text()


def test_what_a_refused_capture_leaves_is_nothing(nb: "Run", here: Path) -> None:
    before = sorted(here.iterdir())
    ended = nb("capture", "--probes", "odd.toml", "-o", "c.log", "--", "./odd", "perturbed")
    assert (ended.code, ended.out) == (6, "")
    assert ended.err.startswith("nbtrace: the program writes something else when values are captured from it (out.txt)")
    assert ended.err.count("\n") == 1
    assert sorted(here.iterdir()) == before


@pytest.mark.parametrize(
    ("call", "code", "message"),
    [
        ("-o c.log -- ./odd skips", 7, "never reached"),
        ("-o c.log -- ./missing", 5, "./missing is no program that can be run"),
        ("-o c.log -- ./odd.c", 5, "is no program that can be run"),
        ("-o c.log", 2, "no program: put it after --"),
        ("-- ./odd", 2, "no log: say where it goes"),
        ("-o odd.toml -- ./odd", 2, "exists; give --force"),
        ("-o c.log --pixel 1 2 -- ./odd", 2, "names no loops over pixels"),
        ("-o c.log --at i=1 -- ./odd", 2, "'i' is no selected loop"),
        ("-o c.log --set x -- ./odd", 2, "write it as 'QUANTITY@LOOP=TURN = NUMBER'"),
        ("-o c.log --set y=1 -- ./odd", 2, "no probe gives y; there are x"),
        ("-o c.log --function value -- ./odd", 2, "--function is of --draft"),
        ("-o c.log --back-end ftrace -- ./odd", 2, "--back-end 'ftrace': it is gdb or tracepoints"),
        ("-o c.log --back-end tracepoints --set x@i=1=2 -- ./odd", 2, "tracepoints read values and write none"),
    ],
)
def test_a_capture_that_cannot_be_made_is_one_line(nb: "Run", here: Path, call: str, code: int, message: str) -> None:
    ended = nb("capture", "--probes", "odd.toml", *call.split())
    assert (ended.code, ended.out) == (code, "")
    assert message in ended.err
    assert ended.err.count("\n") == 1
    assert not (here / "c.log").exists()


def test_an_end_of_a_line_in_an_argument_is_no_command_of_gdb(nb: "Run", here: Path) -> None:
    ended = nb("capture", "--probes", "odd.toml", "-o", "c.log", "--", "./odd", "a\nshell touch made #")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == "nbtrace: an argument of the program holds an end of a line, which gdb cannot hand on\n"
    assert not (here / "made").exists()


def test_the_probes_of_nanobragg_ask_for_a_pixel(nb: "Run", here: Path) -> None:
    ended = nb("capture", "-o", "c.log", "--", "./odd")
    assert (ended.code, ended.err) == (2, "nbtrace: no pixel: say which one is captured, --pixel SLOW FAST\n")


def test_without_gdb_one_line_says_what_to_install(nb: "Run", tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "odd").write_bytes(b"\x7fELF")
    (tmp_path / "odd").chmod(0o755)
    (tmp_path / "odd.toml").write_text('[[probe]]\nfunction = "f"\nafter = "x"\nquantities = { x = "x" }\n')
    monkeypatch.setenv("PATH", str(tmp_path))
    ended = nb("capture", "--probes", "odd.toml", "-o", "c.log", "--", "./odd")
    assert (ended.code, ended.out) == (5, "")
    assert ended.err == "nbtrace: gdb, which reads the values, is not installed; install it with: apt install gdb\n"
    monkeypatch.setattr("platform.system", lambda: "Darwin")
    ended = nb("capture", "--probes", "odd.toml", "-o", "c.log", "--", "./odd")
    assert (ended.code, ended.err) == (5, "nbtrace: values are captured on Linux alone; this is Darwin\n")


def test_where_tracing_is_forbidden_one_line_says_so(nb: "Run", here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tools = here / "tools"
    tools.mkdir()
    (tools / "gdb").write_text(
        "#!/bin/sh\necho 'warning: Could not trace the inferior process.' >&2\n"
        "echo 'warning: ptrace: Operation not permitted' >&2\nexit 0\n"
    )
    (tools / "gdb").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}:{os.environ['PATH']}")
    ended = nb("capture", "--probes", "odd.toml", "-o", "c.log", "--", "./odd")
    assert (ended.code, ended.out) == (5, "")
    assert "this system lets no program be traced (ptrace is not permitted)" in ended.err


def test_a_draft_can_be_used_as_it_is_printed(nb: "Run", here: Path) -> None:
    ended = nb("capture", "--draft", "./rows")
    assert (ended.code, ended.err) == (0, "")
    assert "# nbtrace capture --probes THIS_FILE --at row=0 --at column=0 -o c.log -- ./rows ARGS" in ended.out
    (here / "draft.toml").write_text(ended.out)
    ended = nb("capture", "--probes", "draft.toml", "--at", "row=2", "--at", "column=3", "-o", "c.log", "--", "./rows")
    assert ended.code == 0, ended
    assert f"TRACE_C: step=3 term {rows_term(2, 3, 3):.17g}\n" in (here / "c.log").read_text()
    ended = nb("capture", "--draft", "./odd", "--function", "valeu")
    assert (ended.code, ended.err) == (2, "nbtrace: odd: the program has no function valeu; did you mean value?\n")
