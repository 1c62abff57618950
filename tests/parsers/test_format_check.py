"""A log held against the trace format: which lines are not in it, and what they should be."""

import pytest

from nbtrace.errors import InputError
from nbtrace.parsers import parse_trace
from nbtrace.parsers.dialect import dialect_of
from nbtrace.parsers.format_check import MOST_FAULTS, FormatCheck, check_format
from nbtrace.parsers.source import LogLines, read_lines
from nbtrace.records import Trace
from nbtrace.vocabulary import registry
from nbtrace.vocabulary.vocabulary import Vocabulary
from tests.places import EXAMPLES, PAIRS

ROD = registry.load(str(EXAMPLES / "heat" / "rod.toml"))


def checked(text: str, vocabulary: Vocabulary | None = None) -> FormatCheck:
    return check_format(LogLines.of([text.encode()]), "x.log", dialect_of(vocabulary or registry.default()))


def test_a_log_in_the_format_is_valid() -> None:
    result = checked("TRACE_FORMAT 1\n# note\nprogress 10 %\n\nTRACE_C: step=0 T_K 1.5 K\n")
    assert (result.is_valid, result.not_valid, result.faults) == (True, 0, ())
    assert (result.versions, result.valid, result.comments, result.other, result.total) == (1, 1, 1, 2, 5)


def test_the_version_line_is_missed() -> None:
    result = checked("TRACE_C: own_a 1\nTRACE_FORMAT 1\n")
    (fault,) = result.faults
    assert (fault.line, fault.mend) == (1, ("TRACE_FORMAT 1",))
    assert result.not_valid == 1


def test_a_line_end_is_missed() -> None:
    (fault,) = checked("TRACE_FORMAT 1\nTRACE_C: own_a 1.2").faults
    assert "cut off" in fault.reason


@pytest.mark.parametrize(
    ("line", "mend"),
    [
        ("TRACE_C:Rx=[1 0 0; 0 1 0; 0 0 1]", "TRACE_C: Rx [1 0 0; 0 1 0; 0 0 1]"),
        ("TRACE_C: polar = 0.5", "TRACE_C: polar 0.5"),
        ("TRACE_C: polar: 0.5", "TRACE_C: polar 0.5"),
        ("TRACE_C: T_K 1.5D+03", "TRACE_C: T_K 1.5e+03"),
        ("TRACE_C: T_K 1.5-308", "TRACE_C: T_K 1.5e-308"),
        ("TRACE_C: T_K NaN", "TRACE_C: T_K nan"),
        ("TRACE_C: T_K -Infinity", "TRACE_C: T_K -inf"),
        ("TRACE_C: T_K -nan(ind)", "TRACE_C: T_K -nan"),
        ("TRACE_C: T_K 306,5", "TRACE_C: T_K 306.5"),
        ("TRACE_C: T.mean 306.5", "TRACE_C: T_mean 306.5"),
        ("TRACE_PY: fdet_vec [0, 0, 1]", "TRACE_PY: fdet_vec 0 0 1"),
        ("TRACE_C: === PIXEL ===", "# TRACE_C: === PIXEL ==="),
        ("TRACE_FORMAT 7", "TRACE_FORMAT 1"),
    ],
)
def test_a_faulty_line_is_mended(line: str, mend: str) -> None:
    (fault,) = checked(f"TRACE_FORMAT 1\n{line}\nTRACE_C: own_b 1\n").faults
    assert (fault.line, fault.text, fault.mend) == (2, line, (mend,))
    if mend != "TRACE_FORMAT 1":
        assert checked(f"TRACE_FORMAT 1\n{mend}\nTRACE_C: own_b 1\n").is_valid


@pytest.mark.parametrize(
    "line", ["TRACE_C: T_K", "TRACE_C: T_K ****", "TRACE_C: polar 1 2", "TRACE_C: polarTRACE_C: x 1"]
)
def test_what_only_the_program_can_tell_has_no_mend(line: str) -> None:
    (fault,) = checked(f"TRACE_FORMAT 1\n{line}\n").faults
    assert (fault.text, fault.mend) == (line, ())


def values(trace: Trace) -> list[object]:
    known = trace.vocabulary.quantities
    return [
        (record.quantity if record.quantity in known else None, record.value.tokens, record.index.phi_tic)
        for record in trace.records
    ]


def test_pairs_of_a_line_become_lines() -> None:
    (fault,) = checked("TRACE_FORMAT 1\nARRAY: step=3 cell=7 T_K=1.5 flux_W_m2=-2.5\n", ROD).faults
    assert fault.mend == ("ARRAY: step=3 cell=7 T_K 1.5", "ARRAY: step=3 cell=7 flux_W_m2 -2.5")


@pytest.mark.parametrize("name", ["c.log", "py.log"])
def test_a_recorded_log_mended_reads_as_the_same(name: str) -> None:
    lines = read_lines(str(PAIRS / "supervisor__685_1039" / name))
    result = check_format(lines, name, dialect_of(registry.default()))
    mends = {fault.line: fault.mend for fault in result.faults if fault.text}
    assert len(mends) == result.not_valid - 1  # but for the version line
    assert sum(map(bool, mends.values())) > 15
    mended = [text for number, line in enumerate(lines, start=1) for text in mends.get(number) or (line,)]
    (before,), (after,) = parse_trace(lines.text), parse_trace("".join(f"{line}\n" for line in mended))
    assert sorted(map(repr, values(after))) == sorted(map(repr, values(before)))
    again = check_format(
        LogLines.of(["".join(f"{line}\n" for line in mended).encode()]), name, dialect_of(registry.default())
    )
    left = sum(not mend for mend in mends.values())
    assert again.not_valid == left + 1


def test_a_log_without_a_trace_shows_a_line() -> None:
    with pytest.raises(
        InputError, match=r"no trace line \(2 lines\); one looks like this: TRACE_C: step=3 T_K 306\.5 K"
    ):
        checked("TRACE_FORMAT 1\nhello\n")


def test_what_is_valid_may_be_worth_a_look() -> None:
    notes = " / ".join(checked("TRACE_FORMAT 1\nTRACE_C: own_a 1.25\nTRACE_C: own_a 1.5\nTRACE_PY: own_a 1\n").notes)
    assert "at most 3 digits: %.17g" in notes
    assert "own_a comes 2 times at the same place: name the loop, as in step=3 own_a" in notes
    assert "both sides" in notes


def test_all_faults_are_counted_and_the_first_ones_kept() -> None:
    result = checked("TRACE_FORMAT 1\n" + "TRACE_C: own_a\n" * (MOST_FAULTS + 5))
    assert (result.not_valid, len(result.faults)) == (MOST_FAULTS + 5, MOST_FAULTS)


def test_a_long_line_is_a_fault_and_no_prose_is() -> None:
    result = checked("TRACE_FORMAT 1\n" + "x" * 9000 + "\nTRACE_C: own_v " + "1 " * 4000 + "\nTRACE_C: own_a 1\n")
    (fault,) = result.faults
    assert (fault.line, result.other) == (3, 1)
    assert len(fault.text) < 300
