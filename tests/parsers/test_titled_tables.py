"""Tables with titles, as CSV, TSV and Markdown."""

import pytest

from nbtrace.compare.diff import diff_traces
from nbtrace.compare.phi import compare_phi
from nbtrace.parsers import parse_trace
from nbtrace.records import Side, Trace
from nbtrace.verdicts.status import Verdict


def both(text: str) -> tuple[Trace, Trace]:
    c, py = parse_trace(text)
    assert (c.side, py.side) == (Side.C, Side.PY)
    return c, py


def values(trace: Trace) -> dict[str, tuple[float, ...]]:
    return {record.quantity: record.numbers for record in trace.records}


CSV = "quantity,c,py\nF_latt_a,2.0,2.0\nF_latt,-2.38,-2.0\n"
QUOTED = '# a comment\n"name","expected","actual","ratio"\n"F_latt_a","2.0","2.0","1"\n"F_latt","-2.38","-2.0","0.84"\n'
TSV = "key\tref\tport\nF_latt_a\t2.0\t2.0\nF_latt\t-2.38\t-2.0\n"
COMMA = "Größe;C;Py\nF_latt_a;2,0;2,0\nF_latt;-2,38;-2,0\n".replace("Größe", "quantity")
MARKDOWN = """# Report

| Factor | C Value | PyTorch Value | Δ (rel) | Match? |
|:-------|--------:|--------------:|---------|--------|
| `F_latt_a` | 2.0 | 2.0 | 0 | ✅ |
| **F_latt** | \N{MINUS SIGN}2.38 | -2.0 | 0.16 | ❌ |

Some words.
"""


@pytest.mark.parametrize("text", [CSV, QUOTED, TSV, COMMA, MARKDOWN], ids=["csv", "quoted", "tsv", "comma", "markdown"])
def test_a_table_with_a_column_for_each_side_gives_both_traces(text: str) -> None:
    c, py = both(text)
    assert values(c) == {"F_latt_a": (2.0,), "F_latt": (-2.38,)}
    assert values(py) == {"F_latt_a": (2.0,), "F_latt": (-2.0,)}
    row = diff_traces(c, py).first_divergence
    assert row is not None
    assert row.difference is not None
    assert row.difference.ratio == pytest.approx(-2.0 / -2.38, rel=1e-15)


def test_a_decimal_comma_is_said() -> None:
    assert any("decimal comma" in text for text in both(COMMA)[0].readings)
    assert not both(CSV)[0].readings


def test_titles_that_tell_no_side_are_taken_in_order_and_said() -> None:
    c, py = both("quantity,v1,v2\nF_latt,-2.38,-2\n")
    assert (values(c), values(py)) == ({"F_latt": (-2.38,)}, {"F_latt": (-2.0,)})
    assert any("v1" in text and "C" in text for text in c.readings)


def test_three_columns_of_two_programs_are_no_table_of_two_sides() -> None:
    (trace,) = parse_trace("quantity,c,py,torch\nF_latt,1,2,3\n")
    assert not trace.records
    assert "torch" in trace.account.unreadable[0].reason


def test_keys_and_values_with_units() -> None:
    (trace,) = parse_trace("key,value,unit\nlambda_meters,1.5,Å\nsomething,3,\n")
    assert values(trace) == {"lambda_meters": (pytest.approx(1.5e-10),), "something": (3.0,)}


def test_keys_and_values_need_no_titles() -> None:
    (trace,) = parse_trace("F_latt,-2.38\nF_cell,100\n")
    assert values(trace) == {"F_latt": (-2.38,), "F_cell": (100.0,)}


def test_a_thousands_separator_is_refused() -> None:
    (trace,) = parse_trace('key,value\nF_cell,"1,234.5"\nF_latt,1\n')
    (bad,) = trace.account.unreadable
    assert (bad.line, bad.quantities) == (2, ("F_cell",))
    assert values(trace) == {"F_latt": (1.0,)}


def test_a_marked_gap_is_a_difference() -> None:
    for mark in ("-", "null", "None", "NaN", "", "n/a"):
        c, py = both(f"quantity,c,py\nF_latt,1,1\nF_cell,100,{mark}\n")
        assert diff_traces(c, py).verdict is Verdict.DIFFER, mark


@pytest.mark.parametrize("row", ["F_cell,1", '"F_cell,1,1', "F_cell,1,1,1"])
def test_a_row_that_cannot_be_read_is_a_difference(row: str) -> None:
    c, py = both(f"quantity,c,py\nF_latt,1,1\n{row}\nF_latt_a,2,2\n")
    assert c.account.unreadable[0].line == 3
    assert diff_traces(c, py).verdict is Verdict.DIFFER


REFUSED = "\nWords.\n\n| quantity | value | value |\n|---|---|---|\n| F_cell | 3 | 4 |\n"


def test_a_table_that_cannot_be_read_is_not_passed_over() -> None:
    whole = "| quantity | value |\n|---|---|\n| F_latt | 1.5 |\n"
    (c,), (py,) = parse_trace(whole + REFUSED), parse_trace(whole + "| F_cell | 3 |\n")
    (bad,) = c.account.unreadable
    assert (bad.line, bad.quantities) == (7, ("F_cell",)), "the titles stand in line 7"
    assert "two columns have one title" in bad.reason
    assert c.readings == ()
    assert diff_traces(c, py).verdict is Verdict.DIFFER


def test_a_table_that_cannot_be_read_beside_one_of_both_programs_is_a_difference() -> None:
    whole = "| quantity | c | py |\n|---|---|---|\n| F_latt | 1.5 | 1.5 |\n"
    assert diff_traces(*both(whole)).verdict is Verdict.AGREE
    c, py = both(whole + REFUSED)
    assert c.readings == ()
    assert diff_traces(c, py).verdict is Verdict.DIFFER


def test_a_row_for_each_step_and_a_column_for_each_quantity() -> None:
    (trace,) = parse_trace("phi_tic,k_frac,F_latt\n0,0.5,1\n1,0.25,2\n")
    assert {(record.quantity, record.index.ordinal("phi_tic")): record.numbers for record in trace.records} == {
        ("phi_k_frac", 0): (0.5,), ("phi_F_latt", 0): (1.0,), ("phi_k_frac", 1): (0.25,), ("phi_F_latt", 1): (2.0,),
    }  # fmt: skip


@pytest.mark.parametrize("mark", ["-", "null"])
def test_a_step_without_a_value_agrees_with_nothing(mark: str) -> None:
    head = "phi_tic,phi_deg,k_frac,F_latt_b,F_latt\n"
    rows = ["0,0,0.5,1,1\n", "1,0.1,0.25,1,1\n", "2,0.2,0.125,1,1\n"]
    (whole,) = parse_trace(head + "".join(rows))
    for column in range(1, 5):
        cells = rows[1].strip().split(",")
        cells[column] = mark
        (gap,) = parse_trace(head + rows[0] + ",".join(cells) + "\n" + rows[2])
        assert diff_traces(whole, gap).verdict is Verdict.DIFFER
        if column > 1:
            assert compare_phi(whole, gap).verdict is Verdict.DIFFER


def test_components_in_columns_are_one_vector() -> None:
    (trace,) = parse_trace("slow,fast,rot_a_angstroms_x,rot_a_angstroms_y,rot_a_angstroms_z\n1,2,3,4,5\n")
    assert values(trace) == {"rot_a_angstroms": (3.0, 4.0, 5.0)}
    assert trace.pixels == {0: (1, 2)}


def test_two_columns_for_each_quantity_are_two_sides() -> None:
    c, py = both("phi_tic,k_frac_c,k_frac_py,F_latt_c,F_latt_py\n0,.1,.1,2,2\n1,.2,.25,2,2\n")
    (row,) = [row for row in diff_traces(c, py).rows if row.status.diverges]
    assert (row.quantity, row.index.ordinal("phi_tic")) == ("phi_k_frac", 1)


def test_the_third_component_is_no_side() -> None:
    (trace,) = parse_trace("F_latt_a,F_latt_b,F_latt_c\n1,2,3\n")
    assert values(trace) == {"F_latt_a": (1.0,), "F_latt_b": (2.0,), "F_latt_c": (3.0,)}


def test_a_quantity_that_comes_again_is_of_the_next_place() -> None:
    c, py = both("quantity,c,py\nF_latt,1,1\nF_latt,2,3\n")
    (row,) = [row for row in diff_traces(c, py).rows if row.status.diverges]
    assert row.index.block == 1


def test_few_decimals_in_all_numbers_are_no_rounding() -> None:
    rows = [f"q{number},{number}.0,{number}.0\n" for number in range(12)]
    c, py = both("quantity,c,py\n" + "".join(rows) + "F_latt,4.0,4.1\n")
    assert diff_traces(c, py).verdict is Verdict.DIFFER


def test_prose_with_commas_is_no_table() -> None:
    for text in ("Dear all, yes\nno, thanks\n", "a,b\nc,d\n", "| a | b |\n|---|---|\n| c | d |\n"):
        assert not any(trace.records for trace in parse_trace(text))


def test_a_line_of_another_form_in_a_csv_file_names_its_quantity() -> None:
    (read,) = parse_trace("F_cell,300\nF_latt,-2.4\npolar,0.9\nF_cell = 12\n", "mixed.csv")
    assert [bad.quantities for bad in read.account.unreadable] == [("F_cell",)]


def test_a_column_of_one_side_alone_is_a_difference() -> None:
    c, py = both("F_latt_a_c,F_latt_a_py,F_cell_c,weight\n2.0,2.0,300,1\n")
    result = diff_traces(c, py)
    assert result.verdict is Verdict.DIFFER
    assert result.first_divergence is not None
    assert result.first_divergence.quantity == "F_cell"
    assert "column weight is of neither side and not compared" in c.readings


def test_a_quantity_that_ends_like_a_side_is_of_neither() -> None:
    c, py = both("F_latt_a_c,F_latt_a_py,F_latt_c\n2.0,2.0,-2.38\n")
    assert values(c) == values(py) == {"F_latt_a": (2.0,)}
    assert any("F_latt_c is of neither side" in text for text in c.readings)


def test_a_table_that_ends_in_the_middle_of_a_row_agrees_with_nothing() -> None:
    whole = "quantity,value\nF_latt_a,2.0\nF_latt,-2.38\n"
    (left,), (right,) = parse_trace(whole), parse_trace(whole[: whole.index("latt,-") + 2])
    assert right.account.torn
    assert diff_traces(left, right).verdict is Verdict.DIFFER
