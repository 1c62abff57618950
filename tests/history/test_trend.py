"""What a history says, of histories whose story is known."""

from datetime import date

from nbtrace.history.history_line import HistoryLine
from nbtrace.history.trend import trend
from nbtrace.verdicts.status import Verdict
from nbtrace.verdicts.tolerance import Limit
from nbtrace.verdicts.waivers import Waiver
from nbtrace.vocabulary.quantity import Basis
from tests.history.lines_of_histories import line


def runs(*digits: float, quantity: str = "F", **more: str) -> list[HistoryLine]:
    return [
        line(run, quantity, digits=value, status="PASS" if value >= 6 else "DIVERGENT", **more)  # type: ignore[arg-type]
        for run, value in enumerate(digits)
    ]


def test_a_loss_is_told_at_its_commit() -> None:
    result = trend(sorted((*runs(9, 9, 9, 7, 7), *runs(9, 9, 9, 9, 9, quantity="G")), key=lambda item: item.key))
    (loss,) = result.losses
    assert (loss.quantity, loss.line.commit, loss.previous.commit) == ("F", f"{3:040x}", f"{2:040x}")
    assert (loss.before, loss.now) == (9, 7)
    assert result.verdict is Verdict.DIFFER
    assert loss.newest.status == "PASS"


def test_what_is_compared_no_more_is_an_alarm_and_what_another_command_compares_is_not() -> None:
    lines = [*runs(9, 9, 9), *runs(9, 9, quantity="G"), *runs(9, 9, 9, quantity="H", result="images")]
    result = trend(sorted(lines, key=lambda item: item.key))
    assert [item.quantity for item in result.gone] == ["G"]
    assert result.verdict is Verdict.DIFFER


def test_a_tolerance_is_too_wide_after_five_runs_that_keep_a_digit_away() -> None:
    assert [item.quantity for item in trend(runs(7.2, 7.1, 7.5, 7.4, 7.3)).wide] == ["F"]
    assert not trend(runs(7.2, 7.1, 7.5, 7.4)).wide
    assert not trend(runs(7.2, 7.1, 6.9, 7.4, 7.3)).wide


def test_what_goes_to_and_fro_flickers() -> None:
    assert [item.changes for item in trend(runs(9, 3, 9, 3, 9)).flickers] == [4]
    assert not trend(runs(9, 9, 3, 3)).flickers
    (both,) = trend(runs(9, 3, commit="a" * 40)).flickers
    assert both.commit == "a" * 40


def test_a_loss_that_is_waived_is_shown_and_does_not_fail() -> None:
    until = date(2199, 1, 1)
    waived = Waiver("F", Limit(1e-6, Basis.RELATIVE), "known", "jan", until)
    result = trend(runs(9, 9, 9, 7, 7), waivers=[waived])
    assert result.losses
    assert result.waivers is not None
    assert result.waivers.passes
    lines = sorted((*runs(9, 9, 9, 7, 7), *runs(9, 9, 9, 7, 7, quantity="G")), key=lambda item: item.key)
    second = trend(lines, waivers=[waived])
    assert second.waivers is not None
    assert not second.waivers.passes
    assert [item.what for item in second.waivers.left] == ["G lost 2.0 digits"]
    worse = trend(runs(9, 9, 9, 5, 5), waivers=[waived])
    assert worse.waivers is not None
    assert not worse.waivers.passes


def test_a_time_leaves_earlier_runs_out() -> None:
    assert not trend(runs(9, 9, 9, 7, 7), since="2026-01-04").losses
