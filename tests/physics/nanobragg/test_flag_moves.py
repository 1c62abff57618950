import shlex
from pathlib import Path

import pytest

from nbtrace.physics.nanobragg.flag_moves import FlagMoves
from nbtrace.reduction.case import FlagCase, ReductionStage

LINE = (
    "-cell 61.5 70 80 80 95 105 -default_F 100 -N 8 -lambda 1.1 -distance 90 -detpixels 64 -misset random "
    "-twotheta_axis 0 1 0 -curved_det -roi 0 9 0 9 -phisteps 3 -pivot sample"
)


def case(line: str = LINE) -> FlagCase:
    return FlagCase(tuple(shlex.split(line)))


def changed(line: str, stage: ReductionStage) -> list[str]:
    """Return the changes of a stage, as the words that differ."""
    given = case(line)
    return [edit.text for ladder in FlagMoves().ladders(given, stage) for edit in ladder]


def test_every_option_goes_with_its_values_and_no_word_is_of_two() -> None:
    moves, given = FlagMoves(), case()
    gone = [" ".join(edit.old) for edit in moves.drops(given)]
    assert " ".join(gone) == LINE
    assert {"-cell 61.5 70 80 80 95 105", "-misset random", "-twotheta_axis 0 1 0", "-curved_det"} <= set(gone)
    assert given.edited(moves.drops(given)).words == ()


def test_words_that_no_option_takes_go_one_by_one() -> None:
    given = case("-N 5 -nosuch 7 --lenient -lambda 1")
    assert [edit.old for edit in FlagMoves().drops(given)] == [("-N", "5"), ("-nosuch",), ("7",), ("-lambda", "1")]


def test_values_and_counts_are_of_their_stages() -> None:
    values = changed(LINE, ReductionStage.VALUES)
    assert values[0] == "-cell 100 70 80 80 95 105 in place of -cell 61.5 70 80 80 95 105"
    assert "-lambda 0 in place of -lambda 1.1" in values
    assert "-lambda 1 in place of -lambda 1.1" not in values  # what is tried without the option
    assert not any(word in text for text in values for word in ("-N", "-phisteps", "-detpixels", "-roi", "random"))
    counts = changed(LINE, ReductionStage.COUNTS)
    assert "-phisteps 1 in place of -phisteps 3" in counts
    assert next(text for text in counts if text.startswith("-N ")) == "-N 2 in place of -N 8"
    assert all(text.startswith(("-N", "-detpixels", "-phisteps")) for text in counts)
    assert changed(LINE, ReductionStage.PIXEL)[0] == "-roi 0 4 0 4 in place of -roi 0 9 0 9"


def test_a_change_touches_one_value_alone() -> None:
    given = case()
    for stage in (ReductionStage.VALUES, ReductionStage.COUNTS):
        for ladder in FlagMoves().ladders(given, stage):
            for edit in ladder:
                after = given.edited([edit]).words
                assert sum(one != other for one, other in zip(given.words, after, strict=True)) == 1


@pytest.mark.parametrize(("less", "more"), [("-detpixels 8", ""), ("-detpixels 64 -roi 0 1 0 1", "-detpixels 64")])
def test_more_to_compute_is_seen(less: str, more: str) -> None:
    moves = FlagMoves()
    small, large = moves.size(case(f"-cell 9 9 9 90 90 90 {less}")), moves.size(case(f"-cell 9 9 9 90 90 90 {more}"))
    assert small is not None
    assert large is not None
    assert small < large


def test_words_that_make_no_run_have_no_size() -> None:
    assert FlagMoves().size(case("-detpixels 0 -detsize 0")) is None


def test_shorter_lists_are_written_beside_and_only_those_in_use_stay(tmp_path: Path) -> None:
    path = tmp_path / "P1.hkl"
    path.write_text("0 0 1 5\n\n1 0 0 7\n0 1 0 9")
    work = tmp_path / "work"
    work.mkdir()
    given = case(f"-hkl {path} -N 5")
    assert FlagMoves().listings(given) == ()
    assert FlagMoves().has_lists(given)
    moves = FlagMoves(work)
    (listing,) = moves.listings(given)
    assert listing.lines == (b"0 0 1 5\n", b"1 0 0 7\n", b"0 1 0 9")
    one, two = (moves.shortened(given, listing, listing.lines[:count]) for count in (1, 2))
    assert Path(one.words[1]).read_text() == "0 0 1 5\n"
    (again,) = moves.listings(two)
    assert moves.shortened(two, again, again.lines[:1]) == one
    (work / "P1_short_000000000000.hkl").write_text("of another call")
    moves.tidy(one)
    assert {file.name for file in work.iterdir()} == {Path(one.words[1]).name, "P1_short_000000000000.hkl"}
    assert path.read_text() == "0 0 1 5\n\n1 0 0 7\n0 1 0 9"
