from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from nbtrace.loggers import Language, logger_file

if TYPE_CHECKING:
    from tests.cli.conftest import Run


@pytest.mark.parametrize(
    ("language", "name", "use"),
    [
        ("c", "nbtrace.h", "#define NBTRACE_"),
        ("fortran", "nbtrace.f90", "use nbtrace"),
        ("Python", "nbtrace_log.py", "import log"),
    ],
)
def test_a_logger_is_written_with_its_use(nb: "Run", tmp_path: Path, language: str, name: str, use: str) -> None:
    ended = nb("init-logging", language)
    assert (ended.code, ended.err) == (0, "")
    assert (tmp_path / name).read_bytes() == logger_file(Language(language.lower())).read_bytes()
    assert ended.out.startswith(f"written to {name}\n")
    assert use in ended.out
    assert "NBTRACE_LOG=" in ended.out
    assert max(map(len, ended.out.splitlines())) <= 80


def test_a_file_that_exists_is_left_alone(nb: "Run", tmp_path: Path) -> None:
    (tmp_path / "nbtrace.h").write_text("mine")
    ended = nb("init-logging", "c")
    assert (ended.code, ended.out) == (2, "")
    assert "nbtrace.h exists; give --force" in ended.err
    assert (tmp_path / "nbtrace.h").read_text() == "mine"
    assert nb("init-logging", "c", "--force").code == 0
    assert (tmp_path / "nbtrace.h").read_text() != "mine"


def test_it_goes_into_a_folder_a_file_or_to_standard_output(nb: "Run", tmp_path: Path) -> None:
    assert nb("init-logging", "c", "-o", "src/deep").code == 0
    assert (tmp_path / "src" / "deep" / "nbtrace.h").is_file()
    ended = nb("init-logging", "python", "-o", "tracing.py")
    assert "from tracing import log" in ended.out
    assert (tmp_path / "tracing.py").is_file()
    assert nb("init-logging", "fortran", "-o", "-").out == logger_file(Language.FORTRAN).read_text()


@pytest.mark.parametrize(
    ("word", "says"), [("fortrann", "the nearest is fortran"), ("rust", "c (also C++), fortran, python")]
)
def test_another_language_is_refused(nb: "Run", word: str, says: str) -> None:
    ended = nb("init-logging", word)
    assert (ended.code, ended.out) == (2, "")
    assert says in ended.err


@pytest.mark.parametrize(
    ("language", "leave"), [("c", 'NBTRACE_LEAVE("step")'), ("fortran", "call nbtrace_leave('step')")]
)
def test_the_use_ends_a_loop_so_that_what_follows_is_of_no_step(nb: "Run", language: str, leave: str) -> None:
    assert leave in nb("init-logging", language).out
