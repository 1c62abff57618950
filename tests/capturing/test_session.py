import dataclasses
import struct
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from shutil import copy2
from threading import Event
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from nbtrace.capturing.capture_request import CaptureRequest
from nbtrace.capturing.capture_result import CaptureResult
from nbtrace.capturing.certificate import OutputState, compared_outputs
from nbtrace.capturing.injection import Injection
from nbtrace.capturing.plain_run import KnownRun
from nbtrace.capturing.probe import ProbeFile
from nbtrace.capturing.program_file import found_program
from nbtrace.capturing.session import MOST_PLAIN, CaptureSession, capture_session, captured_run, injected_run
from nbtrace.errors import IncompleteError, PerturbedError, ProgramError, UsageError
from tests.capturing.programs import PLUGIN, compiled, rows_term

if TYPE_CHECKING:
    from tests.capturing.conftest import Request

BUILD = "gcc {flags} -w -fopenmp -o {program} %s -lm"


def numbers(result: CaptureResult, quantity: str) -> dict[int | None, tuple[float, ...]]:
    """Return the captured numbers of a quantity by their step."""
    return {
        hit.index.get("step"): tuple(map(float, value.numbers))
        for hit, value in result.values
        if value.quantity == quantity
    }


@pytest.mark.parametrize("threads", ["1", "2"])
def test_values_of_one_pixel_are_those_that_the_program_computes(
    rows: Path, request_of: "Request", monkeypatch: pytest.MonkeyPatch, threads: str, tmp_path: Path
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", threads)
    result = captured_run(request_of(rows, at={"row": 4, "column": 7}), tmp_path / "kept")
    terms = [rows_term(4, 7, step) for step in range(4)]
    assert numbers(result, "term") == {step: (terms[step],) for step in range(4)}
    assert numbers(result, "state") == {step: (0.1 * (step or 3),) for step in range(4)}
    assert numbers(result, "weights")[1] == (0, 2, 4, 6)
    assert numbers(result, "smoothed") == {None: (terms[2],)}
    total = 0.0
    for term in terms:
        total += term * term
    assert numbers(result, "total_root")[3] == (total**0.5,)
    (image,) = struct.unpack_from("f", (tmp_path / "kept" / "image.bin").read_bytes(), 4 * (4 * 8 + 7))
    assert numbers(result, "final")[None][0] == pytest.approx(image, rel=1e-8)
    assert image == struct.unpack("f", struct.pack("f", total))[0]


def test_a_certificate_tells_output_pixel_and_hits(rows: Path, request_of: "Request", tmp_path: Path) -> None:
    result = captured_run(request_of(rows, at={"row": 2, "column": 3}), tmp_path / "kept")
    certificate = result.certificate
    assert {item.name for item in certificate.same} == {"image.bin", "stdout"}  # stderr is empty, and shows nothing
    assert certificate.image is not None
    assert (certificate.image.pixel, certificate.image.agrees) == ((2, 3), True)
    assert [probe.hits for probe in certificate.probes] == [4, 4, 1, 4, 1]
    assert certificate.hits == 14
    assert (tmp_path / "kept" / "stdout.txt").read_text().startswith("pixel 5 is ")
    assert not list((tmp_path / "run").iterdir())


def test_a_value_written_into_the_program_moves_what_follows_from_it_and_nothing_else(
    rows: Path, request_of: "Request", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    run = injected_run(request_of(rows, at={"row": 2, "column": 3}), [Injection("state", (0.0,), {"step": 0})])
    assert [(item.before, item.after) for item in run.written] == [((0.1 * 3,), (0.0,))]
    assert run.image is not None
    assert run.image.only_selected
    assert run.changed == ("image.bin",)
    total = 0.0
    for step in range(4):
        total += rows_term(2, 3, step, state=0.0) ** 2
    assert run.image.selected is not None
    assert run.image.selected.after == struct.unpack("f", struct.pack("f", total))[0]


def test_several_injections_take_one_plain_run(rows: Path, request_of: "Request") -> None:
    with capture_session(request_of(rows, at={"row": 2, "column": 3})) as session:
        with pytest.raises(UsageError, match="call capture"):
            session.inject([Injection("state", (0.0,))])
        session.capture()
        runs = [session.inject([Injection("state", (value,), {"step": 0})]) for value in (0.0, 5.0)]
    afters = [run.image.selected.after for run in runs if run.image is not None and run.image.selected is not None]
    assert len(set(afters)) == 2
    assert all(run.image is not None and run.image.moved == 1 for run in runs)


def test_an_injection_that_is_never_reached_is_refused(rows: Path, request_of: "Request") -> None:
    with pytest.raises(IncompleteError, match="was not written"):
        injected_run(request_of(rows, at={"row": 2, "column": 3}), [Injection("state", (0.0,), {"step": 9})])


def test_a_program_without_debug_information_is_captured_from_a_twin(
    tmp_path: Path, request_of: "Request", rows: Path
) -> None:
    program = compiled(tmp_path, "rows.c", "-O3", "-fopenmp", name="fast")
    request = request_of(program, at={"row": 2, "column": 3})
    with pytest.raises(IncompleteError, match=r"no debug information.*--build"):
        captured_run(request)
    result = captured_run(dataclasses.replace(request, build=BUILD % (tmp_path / "rows.c")))
    assert result.twin
    assert result.certificate.program_sha256 != result.certificate.captured_sha256
    assert numbers(result, "term") == numbers(captured_run(request_of(rows, at={"row": 2, "column": 3})), "term")
    other = tmp_path / "other.c"
    other.write_text((tmp_path / "rows.c").read_text().replace("0.1 * step", "0.2 * step"))
    with pytest.raises(PerturbedError, match=r"the twin is another program: .*image\.bin"):
        captured_run(dataclasses.replace(request, build=BUILD % other))


def test_values_that_are_optimised_out_are_listed_with_the_remedy(tmp_path: Path, request_of: "Request") -> None:
    program = compiled(tmp_path, "rows.c", "-O2", "-g", "-fopenmp", name="fast")
    with pytest.raises(IncompleteError, match=r"quantities cannot be read \(.*--build") as refused:
        captured_run(request_of(program, at={"row": 2, "column": 3}))
    assert "smooth" in str(refused.value)


@pytest.mark.parametrize(
    ("what", "error", "message"),
    [
        ("perturbed", PerturbedError, r"writes something else when values are captured from it \(out\.txt\)"),
        (
            "varies in all",
            PerturbedError,
            r"all that the program writes differs between two plain runs of it \(stdout\)",
        ),
        ("mute", PerturbedError, "the program writes nothing"),
        ("skips", IncompleteError, r"probe 1 \(after x in the loop of i\): never reached"),
        ("forks", IncompleteError, r"odd starts 1 process in which it runs, too"),
        ("forks, too", IncompleteError, r"odd starts 1 process in which it runs, too"),
        ("becomes another", IncompleteError, r"becomes another program \(exec\).*-- echo one"),
        ("crashes", ProgramError, "odd failed: killed by SIGSEGV: about to crash"),
        ("reads", ProgramError, "odd failed: exit 3: no number on standard input; its standard input was empty"),
    ],
)
def test_a_program_that_misbehaves_gives_no_trace(
    odd: Path, request_of: "Request", what: str, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        captured_run(request_of(odd, what))


@pytest.mark.parametrize("what", ["runs itself", "borrows"])
def test_a_program_that_runs_itself_in_another_process_gives_no_trace(
    odd: Path, request_of: "Request", tmp_path: Path, what: str
) -> None:
    copy2(odd, tmp_path / "run" / "odd")
    with pytest.raises(IncompleteError, match=r"odd starts 1 process in which it runs, too"):
        captured_run(request_of(odd, what))


ONE_TURN = """
[select]
function = "value"
loops = ["i"]
"""


@pytest.mark.parametrize(("what", "runs"), [("runs itself last", True), ("waits", False)])
def test_a_program_that_gdb_has_let_go_is_still_watched(
    odd: Path, request_of: "Request", tmp_path: Path, what: str, *, runs: bool
) -> None:
    copy2(odd, tmp_path / "run" / "odd")
    probes = tmp_path / "one.toml"
    probes.write_text(ONE_TURN + odd.with_name("odd.toml").read_text())
    request = request_of(odd, what, probes=probes, at={"i": 1})
    if runs:
        with pytest.raises(IncompleteError, match=r"odd starts 1 process in which it runs, too"):
            captured_run(request)
    else:
        assert [value.numbers for _, value in captured_run(request).values] == [("0.5",)]


def test_others_may_run_the_same_program_meanwhile(odd: Path, request_of: "Request") -> None:
    over = Event()

    def run_others() -> None:
        while not over.is_set():
            subprocess.run([odd, "mute"], check=True)

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(run_others)
        try:
            values = [value.numbers for _, value in captured_run(request_of(odd, "waits")).values]
        finally:
            over.set()
        running.result()
    assert values == [("0",), ("0.5",), ("1.5",)]


@pytest.mark.parametrize("what", ["runs another", "becomes itself"])
def test_a_program_that_starts_another_or_itself_anew_is_captured_whole(
    odd: Path, request_of: "Request", what: str
) -> None:
    values = [value.numbers for _, value in captured_run(request_of(odd, what)).values]
    assert values == [("0",), ("0.5",), ("1.5",)]


@pytest.mark.parametrize("what", ["endless", "endless where traced"])
def test_a_program_that_never_ends_is_killed(odd: Path, request_of: "Request", what: str) -> None:
    with pytest.raises(ProgramError, match=r"not done after 1\.5 s and killed"):
        captured_run(request_of(odd, what, seconds=1.5))
    time.sleep(0.1)
    assert not [entry for entry in Path("/proc").glob("[0-9]*/exe") if _is(entry, odd)]


def _is(link: Path, program: Path) -> bool:
    try:
        return link.readlink() == program
    except OSError:
        return False


def test_what_varies_by_itself_is_named_and_does_not_count(odd: Path, request_of: "Request") -> None:
    certificate = captured_run(request_of(odd, "varies")).certificate
    assert [item.name for item in certificate.unstable] == ["stdout"]
    assert [item.name for item in certificate.same] == ["out.txt"]
    assert certificate.runs == 2
    assert OutputState.CHANGED not in {item.state for item in certificate.outputs}


class Runs(CaptureSession):
    """A session whose plain runs write what they are given to write, one after the other."""

    def __init__(self, *written: dict[str, str]) -> None:
        self.request = CaptureRequest(Path("/program"), (), ProbeFile(()))
        self.plain_runs = [KnownRun(PLAIN, 0.0)]
        self._written = iter(written)

    def _plain_run(self, program: Path, what: str) -> Any:  # noqa: ARG002 - as the session calls it
        return SimpleNamespace(digests=next(self._written), run=SimpleNamespace(wall_seconds=0.0))


PLAIN, CAPTURED = {"a": "1", "stdout": "x"}, {"a": "1", "stdout": "y"}


def test_plain_runs_go_on_until_one_shows_what_varies_by_itself() -> None:
    again, runs = Runs(PLAIN, {**PLAIN, "stdout": "z"}, {"a": "2"})._again(PLAIN, CAPTURED, twin=False)
    assert (again, runs) == ({"a": "1", "stdout": "z"}, 3)
    assert [item.state for item in compared_outputs(PLAIN, CAPTURED, again)] == [OutputState.SAME, OutputState.UNSTABLE]


def test_plain_runs_that_others_made_count_and_are_not_made_again() -> None:
    session = Runs()
    session.plain_runs += [KnownRun(PLAIN, 0.0), KnownRun({**PLAIN, "stdout": "z"}, 0.0)]
    again, runs = session._again(PLAIN, CAPTURED, twin=False)
    assert (again, runs) == ({"a": "1", "stdout": "z"}, 3)


def test_what_no_plain_run_shows_is_changed_by_the_capture() -> None:
    again, runs = Runs(PLAIN, PLAIN, PLAIN)._again(PLAIN, CAPTURED, twin=False)
    assert (again, runs) == (PLAIN, MOST_PLAIN)
    assert compared_outputs(PLAIN, CAPTURED, again)[1].state is OutputState.CHANGED


def test_standard_input_is_what_is_given(odd: Path, request_of: "Request", tmp_path: Path) -> None:
    (tmp_path / "number").write_text("40.5\n")
    captured_run(request_of(odd, "reads", stdin=tmp_path / "number"), tmp_path / "kept")
    assert (tmp_path / "kept" / "out.txt").read_text() == "42\n"


def test_output_of_a_program_that_fails_is_kept(odd: Path, request_of: "Request", tmp_path: Path) -> None:
    with pytest.raises(ProgramError, match="what it wrote is in"):
        captured_run(request_of(odd, "crashes"), tmp_path / "kept")
    assert (tmp_path / "kept" / "stderr.txt").read_text() == "about to crash\n"


def test_a_turn_that_never_comes_is_named(rows: Path, request_of: "Request") -> None:
    with pytest.raises(IncompleteError, match="came to no turn column=99 of its loop"):
        captured_run(request_of(rows, at={"row": 2, "column": 99}))


def test_a_fortran_program_is_captured(tmp_path: Path, request_of: "Request") -> None:
    program = compiled(tmp_path, "heat.f90", "-O0", "-g")
    result = captured_run(request_of(program, at={"step": 2}))
    lines = [(hit.index.get("i"), value.quantity, value.numbers, value.unit) for hit, value in result.values]
    assert (2, "flux", ("18.75",), "W/m^2") in lines
    assert (4, "T", ("100", "43.75", "15.625", "5.078125", "0"), "K") in lines
    assert lines[-1] == (None, "total", ("164.453125",), "")
    assert len(lines) == 7


def test_a_class_and_its_members_are_captured(tmp_path: Path, request_of: "Request") -> None:
    program = compiled(tmp_path, "lenses.cpp", "-O0", "-g")
    result = captured_run(request_of(program))
    lines = [(value.quantity, *value.numbers) for _, value in result.values]
    assert lines[:4] == [("sum", "2"), ("focal", "1"), ("centre", "0", "0", "1"), ("scale", "2")]
    assert lines[4:8] == [("sum", "2.5"), ("focal", "4"), ("centre", "0", "2", "5"), ("scale", "2")]
    assert lines[8:] == [("grown", "3.75"), ("grown", "5.625"), ("power", "5.625")]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"value"', '"valeu"', "no function valeu; did you mean value"),
        ('{ x = "x" }', '{ x = "xs" }', "value has no xs here"),
        ('loop = "i"', 'loop = "j"', "there is no loop over j"),
        ('after = "x"', 'after = "i2"', "assigns i2"),
    ],
)
def test_a_probe_that_does_not_fit_is_said_before_anything_runs(
    odd: Path, request_of: "Request", tmp_path: Path, old: str, new: str, message: str
) -> None:
    text = (odd.parent / "odd.toml").read_text()
    assert old in text
    (tmp_path / "wrong.toml").write_text(text.replace(old, new))
    with pytest.raises(UsageError, match=message):
        captured_run(request_of(odd, "endless", probes=tmp_path / "wrong.toml", seconds=600.0))


def test_a_library_that_the_program_opens_is_captured_and_one_that_it_opens_again_is_refused(
    tmp_path: Path, request_of: "Request"
) -> None:
    program = compiled(tmp_path, "host.c", "-O0", "-g", "-DTIMES=1", "-ldl")
    (tmp_path / "plugin.c").write_text(PLUGIN)
    library = ["gcc", "-O0", "-g", "-shared", "-fPIC", "-o", str(tmp_path / "run" / "libplugin.so"), "plugin.c"]
    subprocess.run(library, check=True, cwd=tmp_path)
    lines = [(value.quantity, float(value.numbers[0])) for _, value in captured_run(request_of(program)).values]
    assert lines == [("x", 1.5), ("x", 2.25), ("y", 2.25)]
    again = compiled(tmp_path, "host.c", "-O0", "-g", "-DTIMES=2", "-ldl", name="again")
    with pytest.raises(IncompleteError, match="closes a library that probes are in, and opens it again"):
        captured_run(request_of(again, probes=tmp_path / "host.toml"))
    wrong = tmp_path / "wrong.toml"
    wrong.write_text(program.with_suffix(".toml").read_text().replace('"power"', '"pover"'))
    with pytest.raises(UsageError, match="the program has no function pover"):
        captured_run(request_of(program, probes=wrong))


def test_what_is_no_number_cannot_be_captured(rows: Path, request_of: "Request", tmp_path: Path) -> None:
    text = (rows.parent / "rows.toml").read_text().replace("weight[0..3]*2", "weight")
    (tmp_path / "wrong.toml").write_text(text)
    with pytest.raises(IncompleteError, match=r"weights: weight: it is no number but of type double \[4\]"):
        captured_run(request_of(rows, at={"row": 2, "column": 3}, probes=tmp_path / "wrong.toml"))


def test_a_script_is_told_from_a_program(tmp_path: Path, request_of: "Request", odd: Path) -> None:
    script = tmp_path / "run.sh"
    script.write_text("#!/bin/sh\nexit 0\n")
    script.chmod(0o755)
    with pytest.raises(UsageError, match="is a script of /bin/sh"):
        captured_run(request_of(script, probes=odd.parent / "odd.toml"))
    (tmp_path / "odd").symlink_to(odd)
    script.write_text("#!/bin/sh\nFAST=1 ./odd $*\n")
    with pytest.raises(UsageError, match=r"give the program that it runs itself: -- \./odd"):
        captured_run(request_of(script, probes=odd.parent / "odd.toml"))
    with pytest.raises(IncompleteError, match=r"no debug information.*give that itself: -- \./odd"):
        captured_run(request_of(Path("/bin/sh"), "-c", "exec ./odd", probes=odd.parent / "odd.toml", folder=tmp_path))
    with pytest.raises(ProgramError, match="is no program that can be run"):
        found_program("./missing", tmp_path)
