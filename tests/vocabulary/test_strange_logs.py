"""Logs of other people's programs as they come: what cannot be read is never taken for agreement."""

from pathlib import Path

import pytest

from nbtrace import Trace, Verdict, Vocabulary, compare_steps, diff, explain, load_vocabulary, parse_trace, read_sides
from nbtrace.compare.check import check
from nbtrace.parsers import read_pair
from nbtrace.records import Side
from nbtrace.vocabulary.draft import draft
from nbtrace.vocabulary.file import vocabulary_of

FILE = """
format_version = 1
name = "tank"
sides = { old = ["[OLD]"], new = ["NEW>"] }
indices = ["step", "rxn"]
final = "out_kg"
[quantities]
mode = { unit = "1", kind = "text" }
A_per_s = { unit = "1/s" }
T_K = { unit = "K" }
k_per_s = { unit = "1/s", inputs = ["A_per_s", "T_K"] }
flow_m_s = { unit = "m/s", shape = 3 }
out_kg = { unit = "kg", inputs = ["k_per_s"] }
"""

OLD = """
[OLD] mode implicit
[OLD] rxn=0 A_per_s 12.5
[OLD] rxn=1 A_per_s 13.25
[OLD] step=0 T_K 300.125
[OLD] step=0 flow_m_s 1.5 2.25 3.125
[OLD] step=0 rxn=0 k_per_s 0.0625
[OLD] step=0 rxn=1 k_per_s 0.03125
[OLD] step=1 T_K 301.125
[OLD] step=1 flow_m_s 1.5 2.25 3.125
[OLD] step=1 rxn=0 k_per_s 0.0675
[OLD] step=1 rxn=1 k_per_s 0.03375
[OLD] out_kg 7.5
"""
NEW = OLD.replace("[OLD]", "NEW>")


@pytest.fixture(scope="module")
def tank(tmp_path_factory: pytest.TempPathFactory) -> Vocabulary:
    path = tmp_path_factory.mktemp("tank") / "tank.toml"
    path.write_text(FILE)
    return load_vocabulary(str(path))


def read(text: str, tank: Vocabulary) -> Trace:
    (trace,) = parse_trace(text, vocabulary=tank)
    return trace


def verdict(new: str, tank: Vocabulary) -> Verdict:
    return diff(read(OLD, tank), read(new, tank)).verdict


def test_a_prefix_in_brackets_is_no_json(tank: Vocabulary) -> None:
    assert len(read(OLD, tank).records) == 12
    assert verdict(NEW, tank) is Verdict.AGREE


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("NEW> out_kg 7.5\n", ""),
        ("flow_m_s 1.5 2.25 3.125", "flow_m_s.x=1.5 flow_m_s.y=2.25 flow_m_s.z=3.125"),
        ("flow_m_s 1.5 2.25 3.125", "flow_m_s[0]: 1.5"),
        ("flow_m_s 1.5 2.25 3.125", "flow_m_s(1) = 1.5"),
        ("T_K 30", "T_k 30"),
    ],
)
def test_what_is_printed_in_another_form_is_lost_not_left_out(old: str, new: str, tank: Vocabulary) -> None:
    assert old in NEW
    assert verdict(NEW.replace(old, new), tank) is Verdict.DIFFER


@pytest.mark.parametrize("key", ["T_K.mean", "T_K(max)", "T_K[hot]", "flow_m_s.norm", "flow_m_s_x"])
def test_another_quantity_whose_key_begins_alike_is_no_part(key: str, tank: Vocabulary) -> None:
    trace = read(f"{OLD}[OLD] {key} 5.5\n", tank)
    assert not trace.account.unreadable
    assert verdict(f"{NEW}NEW> {key} 5.5\n", tank) is Verdict.AGREE


def test_the_quantity_of_an_unreadable_line_is_named(tank: Vocabulary) -> None:
    trace = read(NEW.replace("flow_m_s 1.5 2.25 3.125", "flow_m_s.x=1.5 flow_m_s.y=2.25 flow_m_s.z=3.125"), tank)
    assert all("flow_m_s" in item.quantities for item in trace.account.unreadable)
    assert len(trace.account.unreadable) == 2
    assert "is a part of flow_m_s" in trace.account.unreadable[0].reason


def test_a_loop_whose_values_cannot_be_read_does_not_agree(tank: Vocabulary) -> None:
    new = NEW.replace("T_K 300.125", "T_K 26.975 C").replace("T_K 301.125", "T_K 27.975 C")
    assert compare_steps(read(OLD, tank), read(new, tank), "step").verdict is Verdict.DIFFER


def test_numbers_of_few_digits_are_rounded_ones(tank: Vocabulary) -> None:
    numbers = [(7.0 * n + 1.0) / 3.0 for n in range(1, 20)]
    lines = "".join(f"[OLD] step={n} T_K {{}}\n" for n in range(len(numbers)))
    coarse = lines.format(*(f"{number:.3e}" for number in numbers))
    fine = lines.format(*(f"{number:.15g}" for number in numbers)).replace("[OLD]", "NEW>")
    assert diff(read(coarse, tank), read(fine, tank)).verdict is Verdict.AGREE
    other = lines.format(*(f"{number * 1.002:.15g}" for number in numbers)).replace("[OLD]", "NEW>")
    assert diff(read(coarse, tank), read(other, tank)).verdict is Verdict.DIFFER


def test_short_numbers_that_are_exact_stay_exact(tank: Vocabulary) -> None:
    exact = "".join(f"[OLD] step={n} T_K {n / 8:g}\n[OLD] step={n} rxn=0 k_per_s {n}\n" for n in range(1, 30))
    other = exact.replace("[OLD]", "NEW>").replace("T_K 2.5\n", "T_K 2.52\n")
    assert other.count("2.52") == 1
    assert diff(read(exact, tank), read(other, tank)).verdict is Verdict.DIFFER


def test_the_order_of_the_arguments_changes_no_verdict(tank: Vocabulary, tmp_path: Path) -> None:
    both, alone = tmp_path / "both.log", tmp_path / "old.log"
    both.write_text(OLD + NEW.replace("T_K 301.125", "T_K 302"))
    alone.write_text(OLD)
    assert len(read_sides(str(both), tank)) == 2
    for pair in ((both, alone), (alone, both)):
        c, py = read_pair(*pair, tank)
        assert {c.side, py.side} == {Side.C, Side.PY}
        assert diff(c, py).verdict is Verdict.DIFFER
        assert diff(*pair, diff(c, py).policy).verdict is Verdict.DIFFER


def test_values_of_an_inner_loop_alone_come_before_the_steps(tank: Vocabulary) -> None:
    new = NEW.replace("A_per_s 13.25", "A_per_s 14.25").replace("rxn=0 k_per_s 0.0625", "rxn=0 k_per_s 0.07")
    first = diff(read(OLD, tank), read(new, tank)).first_divergence
    assert first is not None
    assert first.label == "A_per_s [rxn 1]"


@pytest.mark.parametrize(("old", "new"), [("mode implicit", "mode explicit")])
def test_what_differs_without_a_number_is_named(old: str, new: str, tank: Vocabulary) -> None:
    result = explain(read(OLD, tank), read(NEW.replace(old, new), tank))
    assert result.verdict is Verdict.DIFFER
    assert [root.quantity for root in result.roots] == [old.split(maxsplit=1)[0]]


def test_a_power_of_ten_beyond_any_unit_is_a_difference(tank: Vocabulary) -> None:
    result = diff(read(OLD, tank), read(NEW.replace("out_kg 7.5", "out_kg 7.5e16"), tank))
    assert not any("units" in notice.text for notice in result.notices)
    assert result.physical.artefacts == ()


def test_a_draft_reads_the_logs_that_it_is_made_from() -> None:
    logs = [
        f"{prefix} rho 3900000 J/(m3 K)\n{prefix} rxn=0 A_per_s 2\n{prefix} rxn=1 A_per_s 3\n"
        + "".join(f"{prefix} step={s} rxn={r} rate {s + r / 8} mol / (m3 s)\n" for s in range(4) for r in range(2))
        for prefix in ("OLD>", "NEW>")
    ]
    text = draft(logs[0], logs[1], ("old.log", "new.log"))
    assert 'indices = ["step", "rxn"]' in text
    drafted = vocabulary_of(text.encode(), "drafted.toml")
    first, second = (parse_trace(log, vocabulary=drafted)[0] for log in logs)
    assert not any(trace.account.unreadable for trace in (first, second))
    assert diff(first, second).verdict is Verdict.AGREE
    assert check(first).trace is first


def test_the_final_value_is_that_of_the_last_turn_of_a_loop_without_a_name() -> None:
    lines = [f"EPOT = {-8970.5 - n:.4f}\nEKIN = 808.25\nETOT = {{}}\n" for n in range(5)]
    texts = []
    for factor in (1.0, 1.001):  # from turn 3 on
        wrong = [(-8970.5 - n) * (factor if n > 2 else 1.0) for n in range(5)]
        rows = [line.replace(f"{-8970.5 - n:.4f}", f"{wrong[n]:.4f}") for n, line in enumerate(lines)]
        texts.append("".join(row.format(f"{wrong[n] + 808.25:.4f}") for n, row in enumerate(rows)))
    own = vocabulary_of(draft(texts[0], texts[1], ("a.log", "b.log")).encode(), "drafted.toml")
    (c,), (py,) = (parse_trace(text, vocabulary=own) for text in texts)
    result = explain(c, py)
    (root,) = result.roots
    assert (root.quantity, root.node.label, result.attribution.final) == ("EPOT", "EPOT [repeat 3]", "ETOT")
    (share,) = result.attribution.shares
    assert share.of_log_ratio == pytest.approx(1.0)
