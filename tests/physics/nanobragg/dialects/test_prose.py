"""Prose lines: a name means what its heading or lead-in makes of it."""

import pytest

from nbtrace.parsers import parse_trace
from nbtrace.records import Record, Shape, Side, Trace


def read(text: str) -> Trace:
    (trace,) = parse_trace(text if text.endswith("\n") else text + "\n")
    return trace


def one(text: str) -> Record:
    (record,) = read(text).records
    return record


def test_a_name_of_the_cell_block_is_the_quantity_only_where_the_run_goes_on_with_it() -> None:
    trace = read(
        "TRACE: Cell reciprocal vectors:\n"
        "TRACE:   a_star = [0.16129, 0, 0] |a_star| = 0.16129\n"
        "TRACE: After re-generation: a_star = [0.01, 0, -0] |a_star| = 0.01\n"
        "TRACE: After computing real-space vectors:\n"
        "TRACE:   a = [100, 0, 0] |a| = 100 Angstroms\n"
        "TRACE: After conversion: a = [1e-08, 0, 0] |a| = 1e-08 meters\n"
        "TRACE: Before computing real-space vectors:\n"
        "TRACE:   V_cell = 1e+06, V_star = 1e-06\n"
    )
    assert [(record.quantity, record.numbers[0]) for record in trace.records] == [
        ("Cell reciprocal vectors: a_star", 0.16129),
        ("vec_a_star", 0.01),
        ("vec_a", 100.0),
        ("After conversion: a", 1e-08),
        ("V_cell", 1e6),
        ("V_star", 1e-6),
    ]
    assert (trace.records[3].unit, trace.records[3].line) == ("m", 6)
    assert (trace.account.structure, trace.account.used) == (3, 5)


def test_a_rule_does_not_end_a_section() -> None:
    assert one("TRACE: After conversion:\nTRACE: =====\nTRACE:\nTRACE:   a = [1e-08, 0, 0]\n").quantity == (
        "After conversion: a"
    )


@pytest.mark.parametrize(
    ("line", "quantity", "numbers", "unit"),
    [
        ("TRACE:   lambda0 = 6.2 Angstroms", "lambda_angstroms", (6.2,), "Å"),
        ("TRACE:   scaling factor = 1e-10/lambda0 = 0.16129", "scaling factor", (0.16129,), None),
        ("TRACE:   a_cross_b (raw) = [0, -0, 1]", "a_cross_b (raw)", (0.0, 0.0, 1.0), None),
        ("TRACE: misset angles = [1, 2, 3] degrees", "misset angles", (1.0, 2.0, 3.0), "deg"),
        ("TRACE: a* (first) = (1.000000e-02, 0.0, 0.0)", "a* (first)", (0.01, 0.0, 0.0), None),
        ("TRACE:   Mosaic umat = [1 0 0; 0 1 0; 0 0 1]", "Mosaic umat", (1.0, 0, 0, 0, 1.0, 0, 0, 0, 1.0), None),
        ("TRACE: Omega (solid angle) = 1.38e-05", "omega_pixel_sr", (1.38e-05,), "sr"),
        ("TRACE: r_e^2 = 7.94e-30", "r_e_sqr", (7.94e-30,), "m²"),
        ("TRACE: Fluence = 1.25e+29", "fluence_photons_per_m2", (1.25e29,), "m⁻²"),
        ("TRACE: Final intensity = 0.0217", "I_pixel_final", (0.0217,), "photons"),
        ("TRACE: polar 0.99", "polar", (0.99,), "1"),
        ("TRACE: R_distance_meters = 0.1", "R_distance_meters", (0.1,), "m"),
        (
            "TRACE_PY_BASE:   a_star = [-0.02, 0.03, 0.01] |a_star| = 0.0374 Å⁻¹",
            "vec_a_star",
            (-0.02, 0.03, 0.01),
            "Å⁻¹",
        ),
        ("TRACE_PY_BASE:   V_cell = 1.641459882e-09 m³ = 1.641459882e+21 Å³", "V_cell", (1.641459882e21,), "Å³"),
    ],
)
def test_every_form_of_prose_gives_its_quantity(
    line: str, quantity: str, numbers: tuple[float, ...], unit: str | None
) -> None:
    record = one(line)
    assert (record.quantity, record.numbers, record.unit) == (quantity, numbers, unit)


def test_a_unit_in_the_name_or_beside_the_value_scales() -> None:
    position = one("TRACE: Position (Å) = 1e9, -2e9, 0")
    assert (position.quantity, position.unit) == ("pixel_pos_meters", "Å")
    assert position.numbers == pytest.approx((0.1, -0.2, 0.0), rel=1e-14)
    assert position.value.numbers == (1e9, -2e9, 0.0)
    assert one("TRACE: scattering_vector = [0.5, 0, 0] 1/Å").numbers == (5e9, 0.0, 0.0)


def test_a_name_with_another_dimension_is_another_quantity() -> None:
    assert one("TRACE: Heading:\nTRACE: distance = 5 deg").quantity == "Heading: distance"
    assert one("TRACE: Heading:\nTRACE: polar = [1, 2, 3]").quantity == "Heading: polar"


def test_a_known_name_without_a_heading_has_the_numbers_of_its_quantity() -> None:
    trace = read("TRACE: polar = [1, 2, 3]")
    assert trace.records == ()
    assert [bad.reason for bad in trace.account.unreadable] == ["polar needs 1 number, found 3 numbers"]


def test_a_sentinel_is_known_by_its_name() -> None:
    record = one("TRACE: r_e^2 = NOT_EXTRACTED")
    assert (record.quantity, record.value.shape) == ("r_e_sqr", Shape.SENTINEL)


def test_prose_belongs_to_no_side_and_the_base_dialect_to_the_port() -> None:
    assert one("TRACE: polar = 1").side is Side.UNKNOWN
    assert one("TRACE_PY_BASE: polar = 1").side is Side.PY


@pytest.mark.parametrize(
    "line", ["TRACE: Beginning of the run", "TRACE: mode = fast", "TRACE:", "TRACE: ====", "TRACE_PY_BASE:"]
)
def test_prose_without_a_value_is_structure(line: str) -> None:
    account = read(line).account
    assert (account.structure, account.used, account.ignored, account.unreadable) == (1, 0, 0, ())


@pytest.mark.parametrize(
    "line",
    [
        "TRACE:   a_star = [0.16129, 0, ",
        "TRACE:   a_star = [0.16129, 0, [New Thread 0x7ffff (LWP 3)]",
        "TRACE:   V_cell = 1e+06, V_st",
        "TRACE:   lambda0 = 6.2 Ang",
        "TRACE_PY_BASE:   b_star = [1, 2, x]",
    ],
)
def test_prose_that_breaks_off_inside_a_value_is_unreadable(line: str) -> None:
    trace = read(line)
    assert trace.records == ()
    assert [problem.line for problem in trace.account.unreadable] == [1]


def test_rotations_and_beam_centre() -> None:
    trace = read(
        "TRACE_ROTATE:input_vector=[1 0 0]\n"
        "TRACE_ROTATE:angles=x:0.1 y:-0.2 z:0\n"
        "TRACE_ROTATE:x_rotation ryy=0.995 ryz=-0.0998\n"
        "TRACE_BEAM_CENTER:MOSFLM_convention Fbeam_calc=Ybeam + 0.5*pixel_size = 0.00645 + 0.5*0.0001 = 0.0065\n"
        "TRACE_BEAM_CENTER:initial Fclose=nan Sclose=nan\n"
        "TRACE_BEAM_CENTER:final_close_calc dot_products:\n"
        "  pix0_vector=[0.1 0.2 0.3]\n"
        "  Fclose = -dot_product(pix0, fdet) = -0.25\n"
    )
    found = {record.quantity: record for record in trace.records}
    assert found["input_vector"].numbers == (1.0, 0.0, 0.0)
    assert found["angles"].value.names == ("x", "y", "z")
    assert found["x_rotation: ryz"].numbers == (-0.0998,)
    assert found["MOSFLM_convention: Fbeam_calc"].numbers == (0.0065,)
    assert found["initial: Sclose"].value.tokens == ("nan",)
    assert found["final_close_calc dot_products: pix0_vector"].numbers == (0.1, 0.2, 0.3)
    assert found["final_close_calc dot_products: Fclose"].numbers == (-0.25,)
    assert {record.side for record in trace.records} == {Side.C}
    assert (trace.account.used, trace.account.structure) == (7, 1)


def test_a_value_before_another_assignment_is_no_part_of_a_formula() -> None:
    trace = read("TRACE_C: own_speed 2.5\nTRACE_C: own_length = 10 mm; own_width = 3\n")
    assert [record.key for record in trace.records] == ["own_speed"]
    assert [bad.line for bad in trace.account.unreadable] == [2]
