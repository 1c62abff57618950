"""Keyed lines of both programs, in every form in which they are printed."""

import math

import pytest

from nbtrace.parsers import parse_trace
from nbtrace.records import Record, Shape, Side


def records(text: str) -> tuple[Record, ...]:
    (trace,) = parse_trace(text if text.endswith("\n") else text + "\n")
    assert trace.account.unreadable == ()
    return trace.records


def one(line: str) -> Record:
    (record,) = records(line)
    return record


def complaint(line: str) -> str:
    (trace,) = parse_trace(line + "\n")
    assert trace.records == ()
    (problem,) = trace.account.unreadable
    assert problem.line == 1
    return problem.reason


@pytest.mark.parametrize(
    ("line", "quantity", "numbers", "unit", "side"),
    [
        ("TRACE_C: Xbeam 0.0612", "Xbeam", (0.0612,), None, Side.C),
        ("TRACE_C: steps 10", "steps", (10.0,), "1", Side.C),
        ("TRACE_C: r_e_sqr 7.94079248018965e-30", "r_e_sqr", (7.94079248018965e-30,), "m²", Side.C),
        (
            "TRACE_C: scattering_vec_A_inv -43961772.5300275 364797337.425374 82476873.2135086",
            "scattering_vec_A_inv",
            (-43961772.5300275, 364797337.425374, 82476873.2135086),
            "m⁻¹",
            Side.C,
        ),
        ("TRACE_C:Fbeam_m=0.05125", "Fbeam_m", (0.05125,), "m", Side.C),
        ("TRACE_C:initial_fdet=0 0 1", "initial_fdet", (0.0, 0.0, 1.0), "1", Side.C),
        ("TRACE_PY: twotheta_axis 0 0 -1", "twotheta_axis", (0.0, 0.0, -1.0), "1", Side.PY),
        ("TRACE_PY: hkl_rounded -1.000000000000000e+00 2.0 3.0", "hkl_rounded", (-1.0, 2.0, 3.0), "1", Side.PY),
        ("TRACE_PY: airpath = 1.006211955802554e-01 m", "R_distance_meters", (0.1006211955802554,), "m", Side.PY),
        ("TRACE_PY: pixel_pos = [0.1, -0.2, 0.3] m", "pixel_pos_meters", (0.1, -0.2, 0.3), "m", Side.PY),
        ("TRACE_PY: V_cell = 1.0e+06 Å^3", "V_cell", (1e6,), "Å³", Side.PY),
        ("TRACE_PY: c = [0, 0, 100] Å |c| = 100", "vec_c", (0.0, 0.0, 100.0), "Å", Side.PY),
        ("TRACE_PY:fdet_vec=[ 0.03119476 -0.09665017  0.99482945]", "fdet_vec", (0.03119476, -0.09665017, 0.99482945),
         "1", Side.PY),
        ("TRACE_PY:twotheta_axis=[0.1 0.  0. ]", "twotheta_axis", (0.1, 0.0, 0.0), "1", Side.PY),
        ("TRACE_PY:pixel(0,0)_position=[ 0.11011392  0.05464718 -0.0465244 ]", "pixel(0,0)_position",
         (0.11011392, 0.05464718, -0.0465244), None, Side.PY),
        ("TRACE_C: -Fbeam*fdet_vector[1] -0.00337773741794723", "-Fbeam*fdet_vector[1]", (-0.00337773741794723,),
         None, Side.C),
        ("TRACE_PY: F_cell^2 = 36202.67", "F_cell^2", (36202.67,), None, Side.PY),
        ("TRACE_PY: cell_params 100 100 100 90 90 90", "cell_params", (100.0,) * 3 + (90.0,) * 3, None, Side.PY),
    ],
)  # fmt: skip
def test_numbers_have_quantity_unit_and_side(
    line: str, quantity: str, numbers: tuple[float, ...], unit: str | None, side: Side
) -> None:
    record = one(line)
    assert (record.quantity, record.numbers, record.unit, record.side) == (quantity, numbers, unit, side)
    assert record.line == 1


@pytest.mark.parametrize("prefix", ["TRACE_C:", "TRACE_PY:", "TRACE_PY: "])
def test_matrices_are_read_row_by_row(prefix: str) -> None:
    joint = " " if prefix.endswith(" ") else "="
    record = one(f"{prefix}Rx{joint}[1 0 0; 0 0.996194698091746 -0.0871557427476582; -0 0.25 0.5]")
    assert record.value.shape is Shape.MATRIX
    assert record.numbers == (1.0, 0.0, 0.0, 0.0, 0.996194698091746, -0.0871557427476582, 0.0, 0.25, 0.5)
    assert record.value.tokens[6] == "-0"
    assert math.copysign(1.0, record.numbers[6]) == -1.0


@pytest.mark.parametrize("joint", ["=", " "])
def test_numbers_with_names_keep_them(joint: str) -> None:
    line = (
        f"TRACE_C:{' ' if joint == ' ' else ''}angles_rad{joint}rotx:0.0872664625997165 roty:-0.05 rotz:0 twotheta:nan"
    )
    record = one(line)
    assert record.value.shape is Shape.NAMED
    assert record.value.names == ("rotx", "roty", "rotz", "twotheta")
    assert record.numbers[:3] == (0.0872664625997165, -0.05, 0.0)
    assert math.isnan(record.numbers[3])


def test_the_unit_inside_a_name_is_kept() -> None:
    record = one("TRACE_C:beam_center_m=X:5.12e-05 Y:5.12e-05 pixel_mm:0.1")
    assert dict(zip(record.value.names, record.numbers, strict=True)) == {"X": 5.12e-05, "Y": 5.12e-05, "pixel_mm": 0.1}


@pytest.mark.parametrize(
    ("line", "key", "text"),
    [
        (
            "TRACE_C:convention_mapping=Fbeam←Ybeam_mm(+0.5px),Sbeam←Xbeam_mm(+0.5px),beam_vec=[1 0 0]",
            "convention_mapping",
            "Fbeam←Ybeam_mm(+0.5px),Sbeam←Xbeam_mm(+0.5px),beam_vec=[1 0 0]",
        ),
        ("TRACE_C:detector_convention=CUSTOM", "detector_convention", "CUSTOM"),
        ("TRACE_PY: detector_convention MOSFLM", "detector_convention", "MOSFLM"),
        ("TRACE_PY:convention=DetectorConvention.MOSFLM", "convention", "MOSFLM"),
        ("TRACE_PY:pivot=DetectorPivot.BEAM", "pivot", "BEAM"),
        ("TRACE_PY:pivot_mode=SAMPLE (pix0 BEFORE rotations)", "pivot_mode", "SAMPLE (pix0 BEFORE rotations)"),
        (
            "TRACE_C:lattice_vectors=a:[1e-08 6.1e-25 6.1e-25] b:[-0 1e-08 6.1e-25] c:[0 -0 1e-08]",
            "lattice_vectors",
            "a:[1e-08 6.1e-25 6.1e-25] b:[-0 1e-08 6.1e-25] c:[0 -0 1e-08]",
        ),
    ],
)
def test_what_is_no_number_is_kept_as_text(line: str, key: str, text: str) -> None:
    record = one(line)
    assert record.value.shape is Shape.TEXT
    assert (record.key, record.value.text, record.value.numbers) == (key, text, ())


@pytest.mark.parametrize("word", ["NOT_EXTRACTED", "TBD", "N/A", "—", "unknown", "not_installed"])
def test_a_sentinel_is_a_value_that_is_missing(word: str) -> None:
    record = one(f"TRACE_PY: I_before_scaling {word}")
    assert record.value.shape is Shape.SENTINEL
    assert (record.quantity, record.numbers) == ("I_before_scaling", ())


def test_not_finite_numbers() -> None:
    found = records(
        "TRACE_C: hkl_frac nan inf -nan\nTRACE_C: close_distance -inf\nTRACE_C: hkl_rounded -2147483648 0 -0"
    )
    assert [math.isnan(number) for number in found[0].numbers] == [True, False, True]
    assert found[0].value.tokens == ("nan", "inf", "-nan")
    assert found[1].numbers == (-math.inf,)
    assert found[2].numbers == (-2147483648.0, 0.0, 0.0)
    assert found[2].value.tokens == ("-2147483648", "0", "-0")


@pytest.mark.parametrize(
    ("line", "numbers"),
    [
        ("TRACE_PY: pixel_pos_A 1e9 2e9 -3e9", (0.1, 0.2, -0.3)),
        ("TRACE_PY: pixel_distance_A 1006211955.8", (0.10062119558,)),
        ("TRACE_PY:distance_mm=231.27", (0.23127,)),
        ("TRACE_PY: scattering_vec_inv_A 1e-3 0 -2e-3", (1e7, 0.0, -2e7)),
        ("TRACE_PY: airpath = 100.62 mm", (0.10062,)),
        ("TRACE_PY: lambda_meters = 6.2 Å", (6.2e-10,)),
    ],
)
def test_aliases_and_printed_units_give_the_unit_of_the_vocabulary(line: str, numbers: tuple[float, ...]) -> None:
    assert one(line).numbers == pytest.approx(numbers, rel=1e-14)


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("TRACE_C: F_latt", "no value"),
        ("TRACE_C:F_latt=", "no value"),
        ("TRACE_C: F_latt 1 2", "F_latt needs 1 number, found 2 numbers"),
        ("TRACE_C: fdet_vec 0.1 0.2", "fdet_vec needs 3 numbers, found 2 numbers"),
        ("TRACE_C: F_latt 1.2.3", "F_latt needs 1 number, found no number"),
        ("TRACE_C: F_latt 1e", "F_latt needs 1 number, found no number"),
        ("TRACE_C:Rx=[1 0 0; 0 1 0; 0 0", "Rx needs 9 numbers, found no number"),
        ("TRACE_C:Rx=[1 0 0 0; 1 0; 0 0 1]", "Rx needs 9 numbers, found no number"),
        ("TRACE_C:angles_rad=0.1 0.2 0.3 0.4", "angles_rad needs name:number pairs"),
        ("TRACE_PY:airpath=3 deg", "measure different things"),
        ("TRACE_PY: airpath = 1.0e", "found no number"),
    ],
)
def test_what_does_not_fit_the_quantity_is_unreadable(line: str, text: str) -> None:
    assert text in complaint(line)


@pytest.mark.parametrize(
    "line",
    [
        "TRACE_PY:",
        "TRACE_PY: ",
        "TRACE_PY:=== Configuration ===",
        "TRACE_C: =====",
        "TRACE_PY: Real-space vectors (Å):",
    ],
)
def test_headings_are_structure(line: str) -> None:
    (trace,) = parse_trace(line + "\n")
    assert (trace.account.structure, trace.account.used, trace.records) == (1, 0, ())


def test_the_printed_text_stands_beside_the_number() -> None:
    record = one("TRACE_PY: hkl_frac  -0.439617725300274   3.64797337425374 +8.247687e-01")
    assert record.value.tokens == ("-0.439617725300274", "3.64797337425374", "+8.247687e-01")
    assert record.value.text == "-0.439617725300274   3.64797337425374 +8.247687e-01"


@pytest.mark.parametrize(
    "line",
    [
        "TRACE_C_PHI phi_tic=0 phi_deg=0 k_frac=0.5 F_latt_b==1 F_latt=2",
        "TRACE_PY_PHI phi_tic=0 phi_deg=0 k_frac=0.5 F_latt_b=_b=_b=1 F_latt=2",
        "TRACE_PY_PHI phi_tic=1=0 phi_deg=0 k_frac=0.5 F_latt_b=1 F_latt=2",
        "TRACE_C_OMEGA: pixel=(0,0) subpixel=(0,0) omega_sr==8.9e-09",
        "TRACE_C_OMEGA: pixel=(0,0) subpixel=(0,0) omega_sr=3=8.9e-09",
        "TRACE_C:angles_rad=rotx:0 roty:0 rotz:0 twothrad=rotx:0 roty:0 rotz:0 twotheta:0",
        "TRACE_C:fdet_vec=0 0 1fdet_vec=0 0 1",
        "TRACE_C:pix0_vector=0.04 0.04|a| = 95 -0.0495",
        "TRACE_C:Rx=[1 0 0; 0 1 -0; 0 0 1] 1",
        "TRACE_C:term_fast=st=st=-0 -0 -0.0495",
        "TRACE_C:distance_m=0.1distance_m=0.1",
        "TRACE_PY: rot_c_star_A_inv 0.00056 -0.0022 0.012498662408 = 5158",
        "TRACE_PY:sdet_after_rotz 1=0 -1 0",
        "TRACE_C:angles_rad=rotx:0 roty:0 rotz:0 twotheta:",
    ],
)
def test_a_line_that_was_overwritten_or_cut_has_no_value(line: str) -> None:
    assert complaint(line)
