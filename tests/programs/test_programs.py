from pathlib import Path

import pytest

from nbtrace.errors import ProgramError, UsageError
from nbtrace.programs.programs import candidate, find_reference


def program(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def test_the_reference_is_looked_for_in_the_documented_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    places = [
        program(tmp_path / "path" / "nanoBragg"),
        program(tmp_path / "nanoBragg"),
        program(tmp_path / "golden_suite_generator" / "nanoBragg"),
        program(tmp_path / "set"),
        program(tmp_path / "named"),
    ]
    variables = {"NB_C_BIN": str(places[3])}
    found = find_reference(str(places[4]), variables)
    assert (found.file, found.origin) == (places[4], "--ref")
    assert find_reference(None, variables).file == places[3]
    for path in places[2::-1]:
        assert find_reference(None, {}).file == path
        path.unlink()
    with pytest.raises(ProgramError, match="no reference program: give --ref BINARY or set NB_C_BIN"):
        find_reference(None, {})


def test_a_named_reference_that_is_none_is_not_replaced_by_another(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("not a program")
    for name, said in (("nope", "is not there"), ("text", "is not a program"), (".", "is not a program")):
        with pytest.raises(ProgramError, match=said):
            find_reference(str(tmp_path / name), {})
        with pytest.raises(ProgramError, match=r"\$NB_C_BIN.*" + said):
            find_reference(None, {"NB_C_BIN": str(tmp_path / name)})
    for name in ("a\0b", "x" * 5000):
        with pytest.raises(ProgramError, match="is not there"):
            find_reference(name, {})


def test_a_candidate_is_split_into_words_and_runs_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    program(tmp_path / "my program")
    (tmp_path / "script.py").write_text("")
    (tmp_path / "simulator").mkdir()
    found = candidate("'./my program' script.py -m simulator 'a b; rm x'", {})
    assert found is not None
    words = (str(tmp_path / "my program"), str(tmp_path / "script.py"), "-m", "simulator", "a b; rm x")
    assert found.words == words


def test_no_candidate_is_the_embedded_simulator(tmp_path: Path) -> None:
    assert candidate(None, {}) is None
    assert candidate(None, {"NB_PY_BIN": ""}) is None
    path = program(tmp_path / "x")
    found = candidate(None, {"NB_PY_BIN": str(path)})
    assert found is not None
    assert found.origin == "$NB_PY_BIN"


@pytest.mark.parametrize(("text", "error"), [("'", UsageError), ("", UsageError), ("/no/such x", ProgramError)])
def test_a_candidate_that_is_none_is_an_error(text: str, error: type[Exception]) -> None:
    with pytest.raises(error, match="--cand"):
        candidate(text, {})
