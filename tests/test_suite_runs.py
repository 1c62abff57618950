from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import nbtrace
from nbtrace.programs.case_store import CaseStore
from nbtrace.programs.suite_parts import merged
from tests.programs.conftest import PROGRAM

FLAGS = "-cell 100 100 100 90 90 90 -default_F 100 -lambda 1 -distance 100 -detpixels 8"


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    program = tmp_path / "nanoBragg"
    program.write_text(PROGRAM)
    program.chmod(0o755)
    path = tmp_path / "s.toml"
    path.write_text(
        'format_version = 1\nname = "s"\n'
        f'[[matrix]]\nname = "m"\nflags = "{FLAGS}"\n[matrix.values]\n"-N" = [1, 2, 3]\n'
    )
    return path


def test_any_executor_runs_a_suite_as_this_process_does(suite: Path, tmp_path: Path) -> None:
    program = str(tmp_path / "nanoBragg")
    here = nbtrace.compare_suite(suite, ref=program, cand=program)
    assert (here.verdict, len(here.cases)) == (nbtrace.Verdict.AGREE, 3)
    assert [case.traced for case in here.cases] == [1, 1, 1]  # the worst pixel is the brightest
    assert here.cases[1].parameters == (("-N", "2"),)
    with ThreadPoolExecutor(2) as pool:
        kept = nbtrace.compare_suite(suite, ref=program, cand=program, executor=pool, results=tmp_path / "r")
    again = nbtrace.compare_suite(suite, ref=program, cand=program, results=tmp_path / "r")
    assert (kept.kept, again.kept) == (0, 3)
    assert {kept.digest, again.digest, merged([CaseStore(tmp_path / "r")]).digest} == {here.digest}
    assert "3 of 3 cases agree" in here.report()


def test_what_makes_no_suite_is_said(suite: Path, tmp_path: Path) -> None:
    with pytest.raises(nbtrace.InputError, match=r"no case of .* matches 'x'"):
        nbtrace.compare_suite(suite, only="x")
    with pytest.raises(nbtrace.ProgramError):
        nbtrace.compare_suite(suite, cand=str(tmp_path / "missing"))
