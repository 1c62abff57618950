"""Explanations of long sweeps whose agreeing steps stand in columns against those with a record of every step."""

import random
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.sweep_logs import write_sweep
from nbtrace import trace_pixel
from nbtrace.documents import dump
from nbtrace.explanation import explain as explain_module
from nbtrace.explanation.audit.findings import Audit
from nbtrace.explanation.explain import explain
from nbtrace.longlogs import agreeing_steps, long_files, streamed_log
from nbtrace.report.documents.explain_document import explain_document
from nbtrace.report.views.answer_view import answer_view
from nbtrace.report.views.explain_view import explain_view
from nbtrace.verdicts.status import Verdict
from nbtrace.writers import trace_text

_STEPS = 40
_KEYS = ("phi_deg", "k_frac", "F_latt_b", "F_latt")
_NONE_WRONG = 10**9

_Edit = Callable[[str], str]


@pytest.fixture(autouse=True)
def _short_sweeps_count_as_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(long_files, "LONG", 0)
    monkeypatch.setattr(streamed_log, "LONG_SWEEP", 20)
    monkeypatch.setattr(agreeing_steps, "FEWEST", 8)


def _changed(line: str, key: str, change: _Edit) -> str:
    """Return the line of a step with another value of a key."""
    return re.sub(rf"(\b{key}=)(\S+)", lambda found: found[1] + change(found[2]), line, count=1)


def _times(factor: float) -> _Edit:
    return lambda text: f"{float(text) * factor:.17g}"


def _edit(path: str, steps: dict[int, Callable[[str], str]], others: tuple[str, str] | None = None) -> None:
    """Change the lines of some steps of a log, and one pattern elsewhere."""
    lines = Path(path).read_text().splitlines(keepends=True)
    first = next(at for at, line in enumerate(lines) if "_PHI " in line)
    for step, change in steps.items():
        lines[first + step] = change(lines[first + step])
    text = "".join(lines)
    Path(path).write_text(text if others is None else re.sub(*others, text, count=1))


def _same(names: tuple[str, str]) -> Audit | None:
    """Hold both ways against each other; return the audit of the one with columns, None where there are none."""
    found = explain(*names)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(explain_module, "with_differing_steps", lambda _: None)
        ordinary = explain(*names)
    assert dump(explain_document(found, with_diff=True)) == dump(explain_document(ordinary, with_diff=True))
    assert explain_view(found) == explain_view(ordinary)
    assert answer_view(found) == answer_view(ordinary)
    assert found.counted() == ordinary.counted()
    assert ordinary.audit.num_agreeing == 0
    assert len(found.audit.findings) + found.audit.num_agreeing == len(ordinary.audit.findings)
    return found.audit if found.audit.num_agreeing else None


def _step(factor: float, *keys: str) -> Callable[[str], str]:
    def change(line: str) -> str:
        for key in keys:
            line = _changed(line, key, _times(factor))
        return line

    return change


def _held(folder: Path, steps: dict[int, _Edit], others: tuple[str, str] | None) -> Audit | None:
    names = write_sweep(folder, _STEPS, every=_NONE_WRONG)
    _edit(names[1], steps, others)
    return _same(names)


@pytest.mark.parametrize(
    ("steps", "others"),
    [
        ({7: _step(1.001, "F_latt_b", "F_latt"), 30: _step(1.001, "F_latt_b", "F_latt")}, None),
        ({}, (r"(I_before_scaling )\S+", r"\g<1>1234.5")),
        ({step: _step(1 + 1e-15, *_KEYS) for step in range(1, 40, 2)} | {4: _step(1.5, "F_latt_b")}, None),
    ],
    ids=["two wrong", "a wrong sum", "last digits, and one wrong"],
)
def test_steps_that_agree_may_stand_in_columns(
    tmp_path: Path, steps: dict[int, _Edit], others: tuple[str, str] | None
) -> None:
    audit = _held(tmp_path, steps, others)
    assert audit is not None
    assert audit.num_agreeing > 4 * 25


@pytest.mark.slow
@pytest.mark.parametrize(
    ("steps", "others"),
    [
        ({}, None),
        ({9: lambda line: _changed(line, "F_latt", lambda _: "212.903935414407")}, None),
        ({3: _step(2.0, "k_frac")}, (r"(polar )\S+", r"\g<1>0.5")),
        ({12: lambda _: "\n"}, None),
        ({12: lambda line: _changed(line, "F_latt", lambda _: "nan")}, None),
        ({12: lambda line: _changed(line, "k_frac", lambda _: "none")}, None),
        ({12: lambda line: _changed(line, "F_latt", lambda _: "0"), 20: _step(1.5, "F_latt_b")}, None),
    ],
    ids=[
        "none wrong",
        "the value of another step",
        "an index and a factor of the chain",
        "one lacking",
        "not a number",
        "a word",
        "a zero",
    ],
)
def test_steps_that_agree_beside_others_may_stand_in_columns(
    tmp_path: Path, steps: dict[int, _Edit], others: tuple[str, str] | None
) -> None:
    assert _held(tmp_path, steps, others) is not None


def test_all_steps_are_records_where_a_value_differs_that_they_are_computed_from(tmp_path: Path) -> None:
    assert _held(tmp_path, {}, (r"(F_latt_b )\S+", r"\g<1>3.5")) is None


@pytest.mark.slow
def test_all_steps_are_records_where_columns_do_not_do(tmp_path: Path) -> None:
    names = write_sweep(tmp_path, _STEPS, every=2)
    assert _same(names) is None
    _edit(names[1], {12: lambda line: line + line})
    assert _same(names) is None


def test_a_step_that_is_off_by_more_than_rounding_is_no_part_of_a_column(tmp_path: Path) -> None:
    """Far below every tolerance, and yet the first root: it must be found among steps that agree to the last digit.

    The one that is farthest off would be a record in any case.
    """
    names = write_sweep(tmp_path, _STEPS, every=_NONE_WRONG)
    _edit(names[1], {20: _step(1 + 1e-9, "F_latt_b"), 30: _step(1 + 2e-9, "F_latt_b")})
    result = explain(*names)
    assert result.audit.num_agreeing > 4 * 25
    assert result.verdict is Verdict.AGREE
    assert [finding.node.place[0][1] for root in result.roots for finding in root.findings] == [20, 30]
    assert _same(names) is not None


_FLAGS = (
    "-cell 60 70 80 80 95 105 -default_F 100 -N 8 -lambda 1.1 -distance 90 -detpixels 80 -pixel 0.8 -phi 10 -osc 1 "
    f"-oversample 1 -phisteps {_STEPS}"
)
"""Of a run whose steps obey their formulas: each has the angle, the index and the factors of its own."""


@pytest.fixture(scope="module")
def traced_sweep() -> str:
    traced = trace_pixel(_FLAGS.split(), (50, 42))
    return trace_text(traced.records, traced.header)


def _written(folder: Path, log: str, of_c: _Edit, of_py: _Edit) -> tuple[str, str]:
    """Write two logs of a run, each edited; return their names."""
    names = folder / "c.log", folder / "py.log"
    names[0].write_text(of_c(log).replace("TRACE_PY", "TRACE_C"))
    names[1].write_text(of_py(log))
    return str(names[0]), str(names[1])


def _without(*steps: int) -> _Edit:
    lost = "|".join(map(str, steps))
    return lambda log: re.sub(rf".*_PHI phi_tic=(?:{lost}) .*\n", "", log)


def _up_to(behind: str) -> _Edit:
    return lambda log: log[: log.index(behind) + len(behind)]


def _all(log: str) -> str:
    return log


@pytest.mark.parametrize(
    ("of_c", "of_py"),
    [
        (_all, _up_to("phi_tic=17 ")),
        (_all, lambda log: re.sub(r"(phi_tic=22 .*F_latt=..)[\s\S]*", r"\1", log)),
        (_without(*range(3, 20)), _all),
        (_without(30, 31, 35), _without(7, *range(20, 25))),
        (_all, lambda log: _without(9, 12)(log.replace("phi_tic=25 phi_deg=10.625", "phi_tic=25 phi_deg=11.625"))),
    ],
    ids=["cut off", "cut off within a number", "in the first log", "in both", "and another wrong"],
)
def test_steps_that_one_log_lacks_may_stand_in_columns(
    tmp_path: Path, traced_sweep: str, of_c: _Edit, of_py: _Edit
) -> None:
    audit = _same(_written(tmp_path, traced_sweep, of_c, of_py))
    assert audit is not None
    assert audit.num_agreeing >= 4 * (_STEPS - 12)


@pytest.mark.parametrize("wrong", ["phi_deg", "k_frac", "F_latt_b", "F_latt"])
def test_all_steps_are_records_where_one_that_the_other_log_lacks_is_wrong(
    tmp_path: Path, traced_sweep: str, wrong: str
) -> None:
    def edited(log: str) -> str:
        lines = log.splitlines(keepends=True)
        return "".join(_changed(line, wrong, _times(1.001)) if "phi_tic=30 " in line else line for line in lines)

    names = _written(tmp_path, traced_sweep, edited, _up_to("phi_tic=17 "))
    assert _same(names) is None
    found = explain(*names).audit.findings
    assert any(item.node.place == (("phi_tic", 30),) and item.is_root for item in found)


def test_of_a_program_every_turn_may_be_asked_for(tmp_path: Path) -> None:
    names = write_sweep(tmp_path, _STEPS, every=9)
    assert explain(*names).audit.num_agreeing > 0
    result = explain(*names, every_turn=True)
    assert result.audit.num_agreeing == 0
    assert sum(finding.node.name == "phi_F_latt" for finding in result.audit.findings) == _STEPS


def _value(line: str, key: str) -> str:
    found = re.search(rf"\b{key}=(\S+)", line)
    assert found is not None
    return found[1]


def _by_another(line: str, key: str, other: str) -> str:
    return _changed(line, key, lambda _: other)


def _mistaken(lines: list[str], chance: random.Random) -> list[str]:
    """Return the steps of a log with mistakes of some kind."""
    some = chance.sample(range(len(lines)), chance.choice([1, 1, 2, 6]))
    key, factor = chance.choice(_KEYS), chance.choice([1.001, 2.0, -1.0, 1000.0, 1 + 1e-9, 1 + 1e-13, 1 + 1e-14])
    kind = chance.choice(["factor", "copy", "other key", "zero", "noise", "again", "lost", "digits"])
    changed = list(lines)
    for at in range(len(lines)) if kind in {"noise", "digits"} else some:
        line = lines[at]
        noise = 1 + chance.uniform(-1, 1) * chance.choice([1e-15, 1e-13])
        own = float(_value(line, key))
        changed[at] = {
            "factor": _by_another(line, key, f"{own * factor:.17g}"),
            "copy": _by_another(line, key, _value(lines[at - 1], key)),
            "other key": _by_another(line, key, _value(chance.choice(lines), chance.choice(_KEYS))),
            "zero": _by_another(line, key, "0"),
            "noise": _by_another(line, key, f"{own * noise:.17g}"),
            "again": line + line,
            "lost": "",
            "digits": _by_another(line, key, f"{own:.6g}"),
        }[kind]
    return changed


def _of_mistaken(folder: Path, seed: int, *, of_c: bool, twice: bool) -> Audit | None:
    """Hold both ways against each other where steps of one log, or of both, are mistaken."""
    names = write_sweep(folder, _STEPS, every=_NONE_WRONG)
    chance = random.Random(seed)  # noqa: S311 - no secret
    for name in (names[1], *names[: int(of_c)]):
        lines = Path(name).read_text().splitlines(keepends=True)
        first = next(at for at, line in enumerate(lines) if "_PHI " in line)
        sweep = lines[first : first + _STEPS]
        for _ in range(1 + twice):
            sweep = _mistaken([line for line in "".join(sweep).splitlines(keepends=True) if line.strip()], chance)
        Path(name).write_text("".join([*lines[:first], *sweep, *lines[first + _STEPS :]]))
    return _same(names)


@pytest.mark.slow
def test_both_ways_say_the_same(tmp_path: Path) -> None:
    audits = []

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(seed=st.integers(0, 10**6), of_c=st.sampled_from([False, False, True]), twice=st.booleans())
    def compare(seed: int, *, of_c: bool, twice: bool) -> None:
        audits.append(_of_mistaken(tmp_path, seed, of_c=of_c, twice=twice))

    compare()
    assert any(audit is not None for audit in audits)


def _lost(lines: list[str], chance: random.Random) -> list[str]:
    """Return the lines of a log without some, or the end of it."""
    start, stop = sorted(chance.sample([at for at, line in enumerate(lines) if "_PHI " in line], 2))
    match chance.choice(["end", "some", "few", "none"]):
        case "end":
            text = "".join(lines)
            return [text[: chance.randrange(len(text) // 2, len(text))]]
        case "some":
            return [*lines[:start], *lines[stop:]]
        case "few":
            return [line for line in lines if "_PHI " not in line or chance.random() > 0.1]
    return lines


def _of_lacking(folder: Path, log: str, seed: int) -> Audit | None:
    """Hold both ways against each other where one log, or both, lack steps of a run."""
    chance = random.Random(seed)  # noqa: S311 - no secret

    def edited(log: str) -> str:
        lines = log.splitlines(keepends=True)
        if chance.random() < 0.3:
            sweep = iter(_mistaken([line for line in lines if "_PHI " in line], chance))
            lines = "".join(next(sweep) if "_PHI " in line else line for line in lines).splitlines(keepends=True)
        return "".join(_lost(lines, chance))

    return _same(_written(folder, log, edited if seed % 2 else _all, edited))


@pytest.mark.slow
def test_both_ways_say_the_same_of_steps_that_one_log_lacks(tmp_path: Path, traced_sweep: str) -> None:
    audits = []

    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(seed=st.integers(0, 10**6))
    def compare(seed: int) -> None:
        audits.append(_of_lacking(tmp_path, traced_sweep, seed))

    compare()
    assert any(audit is not None for audit in audits)
