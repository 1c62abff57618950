from pathlib import Path

import pytest

from nbtrace.embedded.choice import Choice
from nbtrace.embedded.embedded_source import EmbeddedSource
from nbtrace.errors import ExitCode, ProgramError
from nbtrace.programs.command import FlagLine
from nbtrace.programs.comparison import Plan
from nbtrace.programs.side_source import SideSource
from nbtrace.programs.suite import CaseOutcome, SuiteResult, SuiteRun
from nbtrace.programs.suite_file import read_suite, tasks
from nbtrace.report.documents.suite_document import suite_document
from nbtrace.report.terminal import render
from nbtrace.report.views.suite_view import suite_view
from nbtrace.verdicts.status import Verdict
from tests.places import GOLDEN_SUITE


def no_reference(line: FlagLine, threads: int) -> SideSource:
    raise ProgramError("no reference program")


def run(text: str, folder: Path, *, mode: str | None = None) -> SuiteResult:
    path = folder / "s.toml"
    path.write_text('format_version = 1\nname = "s"\n' + text)
    made = SuiteRun(
        no_reference, lambda line, threads: EmbeddedSource(line, Choice(mode=mode), threads), Plan(), "s.toml"
    )
    results = tuple(map(made.result, tasks(read_suite(path), folder)))
    return SuiteResult("s", "s.toml", "embedded simulator", results, 0)


def case(name: str, *settings: str) -> str:
    return "\n".join(["[[case]]", f'name = "{name}"', f'archived = "{GOLDEN_SUITE / name}"', *settings, ""])


def test_a_case_that_differs_fails_the_suite_and_the_rest_still_runs(tmp_path: Path) -> None:
    found = run(case("phi_zero_mosaic", "traces = false") + case("cubic_default"), tmp_path, mode="spec")
    assert [item.outcome for item in found.cases] == [CaseOutcome.DIFFER, CaseOutcome.AGREE]
    assert (found.verdict, found.exit_code) == (Verdict.DIFFER, ExitCode.DIFFER)
    assert "correlation" in found.cases[0].reason
    text = render(suite_view(found), width=120)
    assert text.startswith("DIFFER  1 of 2 cases agree, 1 differ: phi_zero_mosaic; 13312 pixels compared")


def test_limits_of_a_case_are_its_own(tmp_path: Path) -> None:
    wide = ("sum_ratio = [0.5, 2.0]", "threshold = 0.9", "relative = 100.0", "traces = false")
    assert run(case("phi_zero_mosaic", *wide), tmp_path, mode="spec").verdict is Verdict.AGREE


def test_a_case_that_cannot_be_compared_is_no_pass(tmp_path: Path) -> None:
    live = '[[case]]\nname = "live"\nflags = "-cell 100 100 100 90 90 90 -default_F 1 -N 5 -lambda 1 -distance 100"\n'
    missing = '[[case]]\nname = "missing"\narchived = "nowhere"\n'
    found = run(live + missing + case("roi"), tmp_path)
    assert [item.outcome for item in found.cases] == [CaseOutcome.NOT_COMPARABLE] * 2 + [CaseOutcome.AGREE]
    assert (found.verdict, found.exit_code) == (Verdict.NOT_COMPARABLE, ExitCode.PROGRAM)
    assert run(missing, tmp_path).exit_code is ExitCode.INPUT
    assert "nowhere" in found.cases[1].reason
    document = suite_document(found)
    assert document["coverage"] == {"cases": 3, "run": 3, "left_out": 0, "not_comparable": 2, "kept": 0, "elsewhere": 0}


def test_no_case_at_all_is_no_pass() -> None:
    empty = SuiteResult("s", "s.toml", "x", (), 3)
    assert (empty.verdict, empty.exit_code) == (Verdict.NOT_COMPARABLE, ExitCode.INPUT)


def test_the_suite_that_ships_names_every_recorded_case() -> None:
    suite = read_suite(GOLDEN_SUITE / "suite.toml")
    assert {item.name for item in suite.case} == {path.parent.name for path in GOLDEN_SUITE.glob("*/case.json")}
    for task in tasks(suite, GOLDEN_SUITE):
        assert task.archived is not None
        assert set(task.pixels) == set(task.archived.traced)


@pytest.mark.parametrize("name", ["custom_vectors_mat_hkl_phi", "sourcefile", "noise_image"])
def test_recorded_flags_find_their_files(name: str, tmp_path: Path) -> None:
    found = run(case(name), tmp_path)
    assert found.verdict is Verdict.AGREE
    assert found.cases[0].metrics is not None
    assert found.cases[0].worst_relative == 0.0
    assert found.cases[0].traced >= 1
