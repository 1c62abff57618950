"""What several candidates are called."""

from pathlib import Path

import pytest

from nbtrace.errors import UsageError
from nbtrace.programs.named_candidates import named_candidates, several_candidates


@pytest.mark.parametrize(
    ("given", "named"),
    [
        (["./a/fast", "./b/slow"], [("fast", "./a/fast"), ("slow", "./b/slow")]),
        (["new=./port", "./port -x"], [("new", "./port"), ("port", "./port -x")]),
        (
            ["python -m port.cli", "python old.py --x"],
            [("port.cli", "python -m port.cli"), ("old.py", "python old.py --x")],
        ),
        # A command may contain =: behind its first word, in a path, and where the word is a program by itself.
        (["env A=1 ./p", "./a=b"], [("env", "env A=1 ./p"), ("a=b", "./a=b")]),
        (["v2.1=python -m port --set a=b", "v2=./q"], [("v2.1", "python -m port --set a=b"), ("v2", "./q")]),
        (["quoted='/with space/p' -x", "./p"], [("quoted", "'/with space/p' -x"), ("p", "./p")]),
        # Two of one program are called after their whole commands.
        (["./p -mode a", "./p -mode b"], [("./p -mode a", "./p -mode a"), ("./p -mode b", "./p -mode b")]),
    ],
)
def test_a_candidate_is_called_as_it_is_named_or_after_its_program(
    given: list[str], named: list[tuple[str, str]]
) -> None:
    assert [(one.name, one.command) for one in named_candidates(given)] == named


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        (["./p", "./p"], "given twice"),
        (["a=./p", "b=./p"], "given twice"),
        (["a=./p", "a=./q"], "two candidates are called 'a'"),
        (["a=./p", "a"], "two candidates are called 'a'"),
        (["a=", "./p"], "is empty"),
        (["", "./p"], "is empty"),
        (["a='x", "./p"], "cannot be split"),
    ],
)
def test_what_names_no_two_candidates_is_refused(given: list[str], complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint):
        named_candidates(given)


def test_a_program_of_the_path_is_no_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nbtrace.programs.named_candidates.shutil.which", lambda word: f"/bin/{word}")
    assert [one.name for one in named_candidates(["a=b", "c"])] == ["a=b", "c"]


def test_a_single_candidate_has_no_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert several_candidates(None) == several_candidates(["./port -x"]) == ()
    with pytest.raises(UsageError, match=r"several candidates apart; of one give --cand './port -x'"):
        several_candidates(["new=./port -x"])
    (tmp_path / "new=.").touch()
    assert several_candidates(["new=."]) == ()
