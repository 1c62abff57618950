"""What the writers write, the parsers read back."""

import json
import math
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbtrace.embedded.recorder import Emit, Recorder
from nbtrace.parsers import parse_trace
from nbtrace.records import Index, Record
from nbtrace.writers import number_text, per_phi_document, trace_lines, trace_text, written_value

numbers = st.floats(-1e300, 1e300)
vectors = st.tuples(numbers, numbers, numbers)
small = st.integers(min_value=0, max_value=3)

SCALARS = ("R_distance_meters", "omega_pixel_sr", "obliquity_factor", "lambda_meters")
VECTORS = ("pix0_vector_meters", "fdet_vec", "pixel_pos_meters")
CLOSING = ("I_before_scaling", "r_e_sqr", "polar", "I_pixel_final")
PHI = ("phi_deg", "k_frac", "F_latt_b", "F_latt", "h_frac", "F_cell")

steps = st.lists(st.tuples(*[numbers] * len(PHI)), max_size=4)
points = st.lists(st.tuples(*[vectors] * len(VECTORS), *[numbers] * len(SCALARS), steps), min_size=1, max_size=3)
pixels = st.tuples(points, st.tuples(*[numbers] * len(CLOSING)))
matrices = st.tuples(vectors, vectors, vectors)


Triple = tuple[float, float, float]
Made = Any
"""What the strategy `pixels` draws."""
Sample = tuple[int, int, int, Triple, float]


def recorded(pixel: Made) -> Recorder:
    """Show a made-up pixel to a recorder as a simulation would."""
    observe = Recorder()
    sampled, closing = pixel
    for ordinal, point in enumerate(sampled):
        observe("at.subpixel_fast", ordinal)
        for name, shown in zip((*VECTORS, *SCALARS), point[:-1], strict=True):
            observe(name, shown)
        for tic, values in enumerate(point[-1]):
            observe("at.phi_tic", tic)
            observe("phi.phi_tic", tic)
            for name, shown in zip(PHI, values, strict=True):
                observe(f"phi.{name}", shown)
    for name, shown in zip(CLOSING, closing, strict=True):
        observe(name, shown)
    return observe


def essence(record: Record) -> tuple[str, str, tuple[float, ...], Index, int]:
    return record.family, record.quantity, record.numbers, record.index, record.line


@given(pixels, st.booleans())
def test_a_trace_reads_back_as_it_was_recorded(pixel: Made, everything: bool) -> None:
    records = recorded(pixel).trace(Emit(everything=everything))
    (trace,) = parse_trace(trace_text(records))
    assert not trace.account.unreadable
    assert [essence(record) for record in trace.records] == [essence(record) for record in records]


@given(pixels)
def test_a_per_phi_log_and_its_document_hold_the_same_values(pixel: Made) -> None:
    records = recorded(pixel).per_phi()
    document = per_phi_document(
        records,
        time=datetime(2026, 1, 2, 3, 4, 5, 6000, UTC),
        pixel=(5, 7),
        config="made up",
        device="cpu",
        dtype="float64",
        mode="spec",
    )
    (from_log,), (from_document,) = parse_trace(trace_text(records)), parse_trace(document)
    assert [(r.quantity, r.numbers, r.index.ordinal("phi_tic")) for r in from_log.records] == [
        (r.quantity, r.numbers, r.index.ordinal("phi_tic")) for r in records
    ]
    assert [(r.quantity, r.numbers, r.index) for r in from_document.records] == [
        (r.quantity, r.numbers, r.index) for r in from_log.records
    ]
    read = json.loads(document)
    assert read["timestamp"] == "2026-01-02T03:04:05.006Z"
    assert read["pixel"] == {"slow": 5, "fast": 7}
    assert len(read["per_phi_entries"]) == len({record.line for record in records})
    assert read["traces"] == read["per_phi_entries"]


@given(matrices, vectors, numbers)
def test_geometry_and_lattice_read_back(matrix: tuple[Triple, ...], vector: Triple, number: float) -> None:
    observe = Recorder()
    observe("geometry.Rx", matrix)
    observe("geometry.detector_convention", "MOSFLM")
    observe("geometry.angles_rad", "rotx:0.5 roty:-1e-300 rotz:0 twotheta:2")
    observe("geometry.distance_m", number)
    observe("base.a_A", vector)
    observe("base.b_star_input_A_inv", vector)
    observe("base.V_cell_A3", number)
    records = observe.trace(Emit(everything=True))
    (trace,) = parse_trace(trace_text(records))
    read = {record.quantity: record for record in trace.records}
    assert read.keys() == {record.quantity for record in records}
    for record in records:
        assert read[record.quantity].numbers == record.numbers
        assert read[record.quantity].unit == record.unit
    assert read["Rx"].numbers == tuple(kept for row in matrix for kept in written_value(row).numbers)
    assert read["detector_convention"].value.text == "MOSFLM"


@given(st.lists(st.tuples(small, small, small, vectors, numbers), min_size=1, max_size=4))
def test_innermost_samples_keep_their_place(samples: list[Sample]) -> None:
    observe = Recorder(samples=True)
    for source, tic, domain, hkl, number in samples:
        for place, ordinal in (("source", source), ("phi_tic", tic), ("mosaic_domain", domain)):
            observe(f"at.{place}", ordinal)
        observe("sample.hkl_frac", hkl)
        observe("sample.F_cell", number)
    (trace,) = parse_trace(trace_text(observe.trace(Emit(everything=True))))
    places = [
        (r.index.ordinal("source"), r.index.ordinal("phi_tic"), r.index.ordinal("mosaic domain"))
        for r in trace.records
        if r.key == "F_cell"
    ]
    assert places == [sample[:3] for sample in samples]
    assert [r.numbers for r in trace.records if r.key == "hkl_frac"] == [written_value(s[3]).numbers for s in samples]


@given(numbers)
def test_a_number_keeps_fifteen_digits(number: float) -> None:
    text = number_text(number)
    assert float(text) == pytest.approx(number, rel=1e-14, abs=0.0)
    assert math.copysign(1.0, float(text)) == math.copysign(1.0, number)


@pytest.mark.parametrize(
    ("number", "text"),
    [(-0.0, "-0"), (0, "0"), (1e24, "1e+24"), (10, "10"), (0.1, "0.1"), (2 / 3, "0.666666666666667"), (7.0, "7")],
)
def test_numbers_are_printed_as_c_prints_them(number: float, text: str) -> None:
    assert number_text(number) == text


def test_phi_fields_stand_in_the_dialects_order() -> None:
    pixel = ([((0.0, 0.0, 0.0),) * 3 + (1.0,) * 4 + ([(0.5, -1.25, 2.0, 3.0, 4.0, 5.0)],)], (1.0,) * 4)
    (line,) = trace_lines(recorded(pixel).per_phi())
    assert line == "TRACE_PY_PHI phi_tic=0 phi_deg=0.5 k_frac=-1.25 F_latt_b=2 F_latt=3 h_frac=4 F_cell=5"
    (short,) = (line for line in trace_lines(recorded(pixel).trace()) if "PHI" in line)
    assert short == "TRACE_PY_PHI phi_tic=0 phi_deg=0.5 k_frac=-1.25 F_latt_b=2 F_latt=3"
