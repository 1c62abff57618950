"""JSON lines and tables behind what a logger puts in front of each line."""

import pytest

from nbtrace.compare.diff import diff_traces
from nbtrace.parsers import parse_trace
from nbtrace.parsers.logged_documents import HOW_READ
from nbtrace.verdicts.status import Verdict
from tests.logged_lines import PREFIXES

JSON = (
    '{"phi_tic": 0, "k_frac": 0.5, "F_latt": -2.38}',
    '{"phi_tic": 1, "k_frac": 0.25, "F_latt": 1.5}',
)
CSV = ("phi_tic,k_frac,F_latt", "0,0.5,-2.38", "1,0.25,1.5")


@pytest.mark.parametrize("lines", [JSON, CSV], ids=["json", "csv"])
@pytest.mark.parametrize("prefix", [prefix for prefix in PREFIXES.values() if prefix != PREFIXES["grep"]])
def test_the_prefix_of_a_logger_hides_no_table(prefix: str, lines: tuple[str, ...]) -> None:
    (plain,) = parse_trace("".join(f"{line}\n" for line in lines))
    (logged,) = parse_trace("".join(f"{prefix}{line}\n" for line in lines))
    assert [(record.quantity, record.index, record.numbers, record.line) for record in logged.records] == [
        (record.quantity, record.index, record.numbers, record.line) for record in plain.records
    ]
    assert len(plain.records) == 4
    assert HOW_READ in logged.readings


def test_other_messages_among_json_lines_are_no_trace() -> None:
    rows = "".join(f"INFO:root:{line}\n" for line in ("starting", JSON[0], "on the way", JSON[1], "done"))
    (trace,) = parse_trace(rows)
    assert [record.line for record in trace.records] == [2, 2, 4, 4]
    assert not trace.account.unreadable


def test_a_torn_line_of_json_is_told_and_differs() -> None:
    whole = "".join(f"INFO:root:{line}\n" for line in JSON)
    (left,), (right,) = parse_trace(whole), parse_trace(whole[:-9])
    (bad,) = right.account.unreadable
    assert bad.line == 2
    assert diff_traces(left, right).verdict is Verdict.DIFFER
