"""The recorder against the reference's logs, line by line, and against the vocabulary."""

import math
import re
from pathlib import Path

import pytest
from scipy.spatial.transform import Rotation

from nbtrace.compare.diff import diff_traces
from nbtrace.embedded.choice import parsed_flags
from nbtrace.embedded.recorder import Emit, Recorder, quantity_of
from nbtrace.embedded.traces import trace_pixel
from nbtrace.errors import UsageError
from nbtrace.parsers import parse_trace
from nbtrace.physics.nanobragg.quantities import QUANTITIES
from nbtrace.verdicts.status import Verdict
from nbtrace.verdicts.tolerance import Policy
from nbtrace.writers import trace_lines, trace_text
from simulator.build import build_model, read_inputs
from simulator.run import trace_values, visited_pixels
from simulator.session import TraceLines
from tests.embedded_runs import PIXEL, PLAIN, reference, supervisor
from tests.places import SUPERVISOR_PAIR
from tests.simulator.golden import cases, traces
from tests.simulator.golden import trace_text as golden_text

NUMBER = r"(?<=[ =])[-+]?(?:\d+\.?\d*(?:e[-+]?\d+)?|inf|nan)(?=[ ]|$)"


def pixel_block(text: str) -> list[str]:
    """Return the lines of the pixel block of a C log under the port's tags; one of the lines may follow other print."""
    found = re.findall(r"TRACE_C(?=: |_PHI |_SOURCE2: )(.*)", text)
    return [f"TRACE_PY{rest}" for rest in found]


def shape(line: str) -> str:
    return re.sub(NUMBER, "#", line)


def numbers(line: str) -> list[float]:
    return [float(text) for text in re.findall(NUMBER, line)]


def differing(expected: list[str], found: list[str]) -> list[tuple[str, str]]:
    """Return the pairs of lines that differ by more than 1e-12: of a vector's largest component, else relatively."""
    return [(a, b) for a, b in zip(expected, found, strict=True) if not _agree(a, b)]


def _agree(expected: str, found: str) -> bool:
    pairs = list(zip(numbers(expected), numbers(found), strict=True))
    largest = max((abs(u) for u, _ in pairs), default=0.0) if "=" not in expected else 0.0
    return all(math.isclose(u, v, rel_tol=1e-12, abs_tol=1e-12 * largest) for u, v in pairs)


@pytest.mark.parametrize(("name", "pixel"), traces())
def test_every_line_is_the_references(name: str, pixel: tuple[int, int], tmp_path: Path) -> None:
    config = cases()[name].config(tmp_path)
    expected = pixel_block(golden_text(name, pixel))
    if not expected:
        with pytest.raises(UsageError, match="outside the region"):
            trace_pixel(config, pixel, Emit())
        return
    traced = trace_pixel(config, pixel, Emit())
    found = list(trace_lines(traced.records))
    assert [shape(line) for line in found] == [shape(line) for line in expected]
    assert differing(expected, found) == []
    assert len({record.line for record in traced.per_phi}) == traced.expected_phi


@pytest.mark.parametrize(("mode", "log"), [("c-parity", "c.log"), ("spec", "c_roi_fresh.log")])
def test_supervisor_is_the_references_trace_line_by_line(mode: str, log: str) -> None:
    text = (SUPERVISOR_PAIR / log).read_text()
    found = list(trace_lines(supervisor(mode).records))
    assert [shape(line) for line in found] == [shape(line) for line in pixel_block(text)]
    assert differing(pixel_block(text), found) == []


def test_supervisor_agrees_with_the_reference_by_diff() -> None:
    traced = supervisor(emit=Emit(everything=True))
    (port,) = parse_trace(trace_text(traced.records, traced.header), "trace_py.log")
    result = diff_traces(reference(), port, Policy())
    assert result.verdict is Verdict.AGREE
    assert port.pixels == {0: PIXEL}
    assert port.settings["N_b"].value == "47"
    assert not port.account.unreadable


@pytest.mark.parametrize(
    ("flags", "layers", "n"),
    [("-oversample 1", 1, 1), ("-oversample 2", 1, 2), ("-oversample 2 -detector_thick 100 -thicksteps 3", 3, 2)],
)
def test_number_of_lines(flags: str, layers: int, n: int) -> None:
    traced = trace_pixel(parsed_flags(f"{PLAIN} {flags} -phisteps 3 -osc 1".split()), (22, 14), Emit())
    lines = list(trace_lines(traced.records))
    assert sum(line.startswith("TRACE_PY: ") for line in lines) == 26 * layers * n * n + 14
    assert sum(line.startswith("TRACE_PY_PHI ") for line in lines) == 3 * layers * n * n == traced.expected_phi


def test_a_pixel_without_phi_lines_expects_none() -> None:
    round_crystal = trace_pixel(parsed_flags(f"{PLAIN} -oversample 1 -round_xtal".split()), (22, 14), Emit())
    assert (round_crystal.per_phi, round_crystal.expected_phi) == ((), 0)
    beyond_the_limit = trace_pixel(parsed_flags(f"{PLAIN} -oversample 1 -dmin 30 -phisteps 2".split()), (0, 0), Emit())
    assert (beyond_the_limit.per_phi, beyond_the_limit.expected_phi) == ((), 0)


ALL_FEATURES = (
    f"{PLAIN} -oversample 1 -misset 1 2 3 -dispersion 2 -dispsteps 3 -mosaic 0.5 -mosaic_dom 2 -phisteps 2 -osc 1"
    " -water 5 -detector_thick 100 -thicksteps 2 -dmin 1"
)


@pytest.mark.parametrize("pivot", ["beam", "sample"])
def test_every_shown_name_is_in_the_vocabulary(pivot: str) -> None:
    names: dict[str, object] = {}
    config = parsed_flags([*ALL_FEATURES.split(), "-pivot", pivot, "-fdet_vector", "0", "0", "1"])

    def note(name: str, value: object) -> None:
        names.setdefault(name, value)

    model = build_model(config, observe=note)
    trace_values(model, visited_pixels(config, None), (22, 14), note)
    families = {name.rpartition(".")[0] for name in names}
    assert families == {"", "geometry", "base", "at", "phi", "sample", "source2"}
    unknown = [name for name in names if not _known(name)]
    assert unknown == []


def _known(name: str) -> bool:
    family, _, key = name.rpartition(".")
    if family == "at" or key == "phi_tic":
        return True
    if name.startswith("phi.rot_") or name == "sample.contribution":
        return key in QUANTITIES or key == "contribution"
    return quantity_of(family, key).quantity in QUANTITIES


def test_emitted_lines_by_option() -> None:
    def families(emit: Emit) -> set[str]:
        return {record.family for record in supervisor(emit=emit).records}

    plain = families(Emit())
    assert plain == {"TRACE_PY", "TRACE_PY_PHI"}
    assert families(Emit(rot_stars=True)) - plain == {"TRACE_PY_ROTSTAR"}
    assert families(Emit(base=True)) - plain == {"TRACE_PY_BASE"}
    more = {"TRACE_PY_ROTSTAR", "TRACE_PY_BASE", "TRACE_PY_GEOMETRY", "TRACE_PY_SAMPLE"}
    assert families(Emit(everything=True)) - plain == more


def test_rotated_reciprocal_vectors_belong_to_the_rotated_cell() -> None:
    emit = Emit(rot_stars=True)
    traced = supervisor(emit=emit)
    by_step: dict[int | None, dict[str, float]] = {}
    for record in (*traced.per_phi, *traced.records):
        if record.index.ordinal("phi_tic") is not None:
            by_step.setdefault(record.index.ordinal("phi_tic"), {})[record.key] = record.numbers[0]
    assert len(by_step) == 10
    spindle = (-1.0, 0.0, 0.0)
    for tic, step in by_step.items():
        # The reference rotates by 0.01° a step; at φ = 0 it keeps the rotation of the last step of the pixel before.
        angle = math.radians(0.01 * (tic or 9))
        star = [step[f"rot_b_star_A_inv_{axis}"] for axis in "xyz"]
        assert star == pytest.approx(
            _rotated((-0.0031263923013923, 0.0104376433251433, -0.0328566748566749), spindle, angle), rel=1e-9
        )
        assert step["bp_y"] == pytest.approx(
            _rotated((-11.4986968432508, 0.717320030990266, -29.1132147806318), spindle, angle)[1], rel=1e-9
        )


def _rotated(v: tuple[float, ...], axis: tuple[float, ...], angle: float) -> list[float]:
    rotated: list[float] = Rotation.from_rotvec([angle * component for component in axis]).apply(v).tolist()
    return rotated


def test_the_simulators_own_trace_has_the_same_lines() -> None:
    config = parsed_flags(f"{PLAIN} -oversample 2 -dispersion 2 -dispsteps 3 -phisteps 2 -osc 1".split())
    recorder, own = Recorder(), TraceLines()
    model = build_model(config, read_inputs(config))
    for observer in (recorder, own):
        trace_values(model, visited_pixels(config, None), (22, 14), observer)
    printed = [re.sub(r"(?<= )-0(?= |$)", "0", line) for line in own.finished() if not line.startswith("TRACE_PY:g")]
    recorded = [re.sub(r"(?<= )-0(?= |$)", "0", line) for line in trace_lines(recorder.trace())]
    assert recorded == printed


def test_a_sample_shown_to_the_recorder_is_kept_only_on_request() -> None:
    observe = Recorder()
    observe("sample.F_cell", 1.0)
    observe("F_cell", lambda: 2.0)
    assert [(step.key, step.numbers) for step in observe.steps] == [("F_cell", (2.0,))]


def test_whole_numbers_have_no_sign_of_zero_and_real_ones_keep_it() -> None:
    observe = Recorder()
    observe("incident_vec", (1.0, 0.0, -0.0))
    observe("hkl_rounded", (-0.0, -1.0, 2.0))
    observe("steps", 10)
    lines = ["TRACE_PY: incident_vec 1 0 -0", "TRACE_PY: hkl_rounded 0 -1 2", "TRACE_PY: steps 10"]
    assert list(trace_lines(observe.trace())) == lines
