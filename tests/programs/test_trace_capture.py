import json
from dataclasses import replace
from pathlib import Path

import pytest

from nbtrace.cli.trace_capture_options import shipped_probes
from nbtrace.programs import comparison
from nbtrace.programs.comparison import Comparison, Plan, compare
from nbtrace.programs.programs import Program
from nbtrace.programs.trace_capture import TraceCapture
from nbtrace.programs.trust import Stability, Trust, TrustPlan, trust
from nbtrace.report.documents.trust_document import trust_document
from nbtrace.report.views.compare_view import headline
from nbtrace.verdicts.status import Verdict
from tests.programs.conftest import MakeSource
from tests.programs.silent import FLAGS, compiled, source_of


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compiled(tmp_path_factory.mktemp("silent"))


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file with a letter of each run."""
    for name in ("MODE", "OMP_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("RUNS", str(tmp_path / "runs"))
    return tmp_path / "runs"


def held(c: str, py: str, programs: Path, work: Path, plan: Plan | None = None, build: str | None = None) -> Comparison:
    """Compare two variants."""
    reference = source_of(programs, c, work / "c", build)
    return compare(reference, source_of(programs, py, work / "py"), reference.line, plan or Plan())


def test_captured_values_of_a_silent_reference_hold_those_of_a_port(
    programs: Path, runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparison, "LONGEST_EXPLAINED", 0)
    found = held("silent", "wrong", programs, tmp_path, Plan(pixels=((2, 3), (5, 6))))
    assert found.verdict is Verdict.AGREE  # of the images
    brightest, agreeing, differing = found.probes
    assert [probe.diff.verdict for probe in found.probes if probe.diff is not None] == [
        Verdict.AGREE,
        Verdict.AGREE,
        Verdict.DIFFER,
    ]
    assert (found.traced, found.captured) == (3, 3)
    assert "the traces of the asked for pixel 5 6 diverge first in I_before_scaling" in headline(found)
    lines = (agreeing.c.text or "").splitlines()
    assert "TRACE_C: I_before_scaling 24" in lines
    assert "TRACE_C: I_pixel_final 96" in lines
    assert (brightest.pixel, differing.pixel) == ((7, 7), (5, 6))
    (notice,) = [item.text for item in found.notices if "captured" in item.text]
    assert notice == (
        "C prints no trace: its values were captured with gdb, from its debug information; its output is that of its "
        "plain run, byte for byte (float.bin)"
    )
    # The reference: its image, asked for a trace once, captured thrice; the port: its image, and a trace of each pixel.
    assert sorted(runs.read_text()) == sorted(".t..." + ".ttt")


def test_without_debug_information_the_images_are_compared_and_the_remedy_is_said(
    programs: Path, runs: Path, tmp_path: Path
) -> None:
    found = held("without_debug", "tracing", programs, tmp_path, Plan(pixels=((2, 3),)))
    assert found.verdict is Verdict.AGREE
    assert headline(found).endswith("no pixel was traced on both sides")
    assert (found.traced, found.captured) == (0, 0)
    (reason,) = found.untraced
    assert "printed no TRACE_ lines" in reason
    assert "has no debug information" in reason
    assert "--build 'COMMAND'" in reason


def test_a_twin_is_built_once_for_all_pixels_also_of_a_program_that_refuses_the_option(
    programs: Path, runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODE", "refuses")
    build = f"echo built >> {tmp_path / 'builds'} && gcc {{flags}} -w -o {{program}} {programs / 'silent.c'}"
    side = source_of(programs, "without_debug", tmp_path, build)
    for pixel, value in (((5, 6), "228"), ((2, 3), "96")):
        traced = side.trace(pixel)
        assert f"I_pixel_final {value}\n" in (traced.text or "")
        assert traced.captured is not None
        assert traced.captured.twin
        certificate = traced.captured.certificate
        assert certificate.captured_sha256 != certificate.program_sha256
    assert (tmp_path / "builds").read_text() == "built\n"


def test_a_twin_that_writes_something_else_gives_no_trace(programs: Path, runs: Path, tmp_path: Path) -> None:
    build = f"gcc {{flags}} -DOTHER -w -o {{program}} {programs / 'silent.c'}"
    side = source_of(programs, "without_debug", tmp_path, build)
    side.make(1)
    for pixel in ((5, 6), (0, 0)):
        traced = side.trace(pixel)
        assert traced.text is None
        assert "the twin is another program" in traced.reason
    # Its image, asked for a trace; once: the twin captured, the program until no doubt is left, the twin as it is. Then
    # it is asked for the other pixel.
    assert runs.read_text() == ".t" + "....." + "t"


def test_a_reference_that_capturing_changes_gives_no_trace(
    programs: Path, runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODE", "perturbed")
    traced = source_of(programs, "silent", tmp_path).trace((5, 6))
    assert traced.text is None
    assert "writes something else when values are captured from it (float.bin)" in traced.reason


def test_a_script_is_told_to_be_one_and_nothing_is_run_for_it(source: MakeSource, tmp_path: Path) -> None:
    silent = source("mute")
    script = tmp_path / "wrapper"
    script.write_text(f"#!/bin/sh\nexec {silent.program.words[0]} $*\n")
    script.chmod(0o755)
    for path, said in ((silent.program.file, "it is a Python program"), (script, "is a script of /bin/sh")):
        capture = TraceCapture(Program((str(path),), "--ref"), shipped_probes, tmp_path / path.name)
        side = replace(silent, program=Program((str(path),), "--ref"), capture=capture)
        assert said in side.trace((0, 0)).reason


def test_where_there_is_no_gdb_the_report_says_what_to_install(
    programs: Path, runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nbtrace.capturing.gdb_run.shutil.which", lambda _: None)
    reason = source_of(programs, "deaf", tmp_path).trace((0, 0)).reason
    assert reason.startswith("deaf printed no TRACE_ lines for -trace_pixel; no values are captured: ")
    assert "gdb, which reads the values, is not installed; install it with" in reason


def test_the_trust_in_a_silent_reference_is_that_in_its_captured_values(
    programs: Path, runs: Path, tmp_path: Path
) -> None:
    alone = f"{FLAGS} -roi 7 7 7 7"
    found: Trust = trust(source_of(programs, "silent", tmp_path, flags=alone), TrustPlan(repeat=1, threads=(1, 2)))
    assert found.stability is Stability.UNSTABLE
    (trial,) = found.trials
    assert (trial.pixel, trial.knob.name, trial.reason) == ((7, 7), "2 threads", "")
    assert [item.quantity for item in trial.moved] == ["I_before_scaling"]
    assert trial.moved[0].absolute == 39.0
    assert "the reference prints no trace: its values were captured with gdb" in found.notices[0].text
    (entry,) = json.loads(json.dumps(trust_document(found)))["traces"]
    assert entry["captured"]["back_end"] == "gdb"
    # Three runs of which one is asked for a trace, and two captures.
    assert runs.read_text() == "..t" + ".."
