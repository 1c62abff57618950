"""Programs of single and of mixed precision: recorded runs of the simulator against the reference; printed digits."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbtrace import read_trace
from nbtrace.compare.diff import diff_traces
from nbtrace.compare.scene import scene
from nbtrace.explanation.explain import explain
from nbtrace.parsers import parse_trace
from nbtrace.physics.nanobragg.selftest import scoring
from nbtrace.records import Side
from nbtrace.verdicts.status import Verdict
from tests.places import ROOT

NAMES = sorted(scoring.sources())


@pytest.mark.parametrize("name", NAMES)
def test_single_precision_of_the_simulator_is_no_mistake(name: str) -> None:
    single = scoring.single_precision(name)
    assert single is not None
    result = explain(parse_trace(scoring.sources()[name], name)[0], single)
    assert not result.roots
    assert len(result.audit.findings) > 40


@pytest.mark.parametrize("name", NAMES)
def test_only_what_is_float32_is_taken_for_it(name: str) -> None:
    single = scoring.single_precision(name)
    assert single is not None
    mixed = scene(single, Side.PY, {})
    assert not mixed.single
    assert {"F_latt", "F_latt_b", "I_before_scaling"} <= {node.name for node in mixed.singles}
    assert not {"R_distance_meters", "scattering_vec_A_inv", "I_pixel_final"} & {node.name for node in mixed.singles}
    assert not scene(parse_trace(scoring.sources()[name], name)[0], Side.C, {}).singles


def test_a_mistake_of_mixed_precision_is_still_found(tmp_path: Path) -> None:
    single = scoring.single_precision("polar_09__46_20")
    assert single is not None
    text = (Path(scoring.__file__).parent / "data" / "float32" / "polar_09__46_20.log").read_text(encoding="utf-8")
    old = next(line for line in text.splitlines() if line.startswith("TRACE_PY: F_latt_b "))
    value = float(old.split()[-1])
    log = tmp_path / "py.log"
    log.write_text(text.replace(old, f"TRACE_PY: F_latt_b {value * (1 + 1e-4):.15g}"), encoding="utf-8")
    reference = parse_trace(scoring.sources()["polar_09__46_20"], "c.log")[0]
    assert [root.quantity for root in explain(reference, read_trace(str(log))).roots] == ["F_latt_b"]


@pytest.mark.slow
def test_the_recorded_runs_are_what_the_script_makes(tmp_path: Path) -> None:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
    script = ROOT / "examples" / "record_float32.py"
    subprocess.run([sys.executable, script, tmp_path], check=True, env=environment, capture_output=True)
    assert sorted(path.stem for path in tmp_path.glob("*.log")) == NAMES
    for name in NAMES:
        made, kept = read_trace(str(tmp_path / f"{name}.log")), scoring.single_precision(name)
        assert kept is not None
        assert [record.key for record in made.records] == [record.key for record in kept.records]
        for mine, theirs in zip(made.records, kept.records, strict=True):
            # Another version of the library may round the last bit of a float32 otherwise.
            assert mine.numbers == pytest.approx(theirs.numbers, rel=2e-6, abs=1e-12), mine.key


def verdict(c: str, py: str) -> Verdict:
    found = [parse_trace(text, name)[0] for text, name in ((c, "a.log"), (py, "b.log"))]
    return diff_traces(found[0], found[1]).verdict


@pytest.mark.parametrize(
    ("full", "short", "other", "expected"),
    [
        ("0.3333333333333333", "5.0", "4.99750187406", Verdict.DIFFER),  # Python prints what is five so
        ("-1.4142135623730951e-07", "5", "4.99750187406", Verdict.DIFFER),
        ("0.3333333333333333", "4.9975", "4.99750187406", Verdict.AGREE),  # torch rounds
        ("0.33333333333333331", "5", "4.99750187406", Verdict.AGREE),  # 17 digits of C, and %g
        ("0.333333", "5.0", "4.99750187406", Verdict.AGREE),
        ("0.3333333333333333", "5.00", "4.99750187406", Verdict.AGREE),  # %.2f
    ],
)
def test_a_round_number_is_exact_where_numbers_are_printed_in_full(
    full: str, short: str, other: str, expected: Verdict
) -> None:
    texts = [f"mass = {full}\nomega = {value}\n" for value in (short, other)]
    assert verdict(*texts) is expected
    assert verdict(*reversed(texts)) is expected
    assert verdict(texts[0], texts[0]) is Verdict.AGREE


@given(st.lists(st.floats(-1e300, 1e300, allow_subnormal=False), min_size=1, max_size=5), st.integers(-9, 9))
def test_what_python_prints_in_full_is_told_from_its_neighbours(values: list[float], number: int) -> None:
    lines = "".join(f"quantity_{at} = {value!r}\n" for at, value in enumerate([1 / 3, *values]))
    near = number + 0.0001
    assert verdict(f"{lines}omega = {float(number)!r}\n", f"{lines}omega = {near!r}\n") is Verdict.DIFFER


@pytest.mark.parametrize(
    ("c", "py", "expected"),
    [
        ("2", "3", Verdict.DIFFER),
        ("-12345", "-12346", Verdict.DIFFER),
        ("[2, 3]", "[2, 4]", Verdict.DIFFER),
        ("5", "5.4", Verdict.AGREE),  # 5.4 in one digit
        ("123456", "123457", Verdict.AGREE),  # %g has six digits
    ],
)
def test_a_count_is_not_the_next_one(c: str, py: str, expected: Verdict) -> None:
    texts = [f"mass = 0.25\nspheres = {value}\n" for value in (c, py)]
    assert verdict(*texts) is expected
    assert verdict(*reversed(texts)) is expected


@pytest.mark.parametrize("other", ["[100.45, 0.9000, 1.0]", "[100.45, 0.5000, 1.2]"])
def test_a_short_number_of_a_vector_hides_no_other_one(other: str) -> None:
    texts = [f"mass = 0.25\nforce = {value}\n" for value in ("[100, 0.5000, 1.0]", other)]
    assert verdict(*texts) is Verdict.DIFFER
    assert verdict(*reversed(texts)) is Verdict.DIFFER
    assert verdict(texts[0], texts[0].replace("[100,", "[100.45,")) is Verdict.AGREE
