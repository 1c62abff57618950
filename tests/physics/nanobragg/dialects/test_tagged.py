"""The dialects beside the keyed one: φ steps, sources, taps, grids, configuration."""

import pytest

from nbtrace.parsers import parse_trace
from nbtrace.records import Index, Record, Shape, Side, Trace

PHI = "phi_tic=0 phi_deg=0 k_frac=-3.85704298045315 F_latt_b=1.77939148054835 F_latt=-0.0625570140028577"


def read(text: str) -> Trace:
    (trace,) = parse_trace(text if text.endswith("\n") else text + "\n")
    return trace


def records(text: str) -> tuple[Record, ...]:
    trace = read(text)
    assert trace.account.unreadable == ()
    return trace.records


def complaint(line: str) -> str:
    trace = read(line)
    assert trace.records == ()
    (problem,) = trace.account.unreadable
    return problem.reason


@pytest.mark.parametrize(
    ("prefix", "side"), [("TRACE_C_PHI", Side.C), ("TRACE_PY_PHI", Side.PY), ("TRACE_PY_PHI:", Side.PY)]
)
def test_a_phi_line_gives_the_values_of_its_step(prefix: str, side: Side) -> None:
    found = records(f"{prefix} {PHI.replace('phi_tic=0', 'phi_tic=7')}")
    assert {record.quantity: record.numbers for record in found} == {
        "phi_deg": (0.0,),
        "phi_k_frac": (-3.85704298045315,),
        "phi_F_latt_b": (1.77939148054835,),
        "phi_F_latt": (-0.0625570140028577,),
    }
    assert {record.index for record in found} == {Index(loops=(("phi_tic", 7),))}
    assert {record.side for record in found} == {side}


def test_phi_line_with_further_fields() -> None:
    found = records(f"TRACE_PY_PHI {PHI} S_x=-0.1 S_y=0.2 S_z=0.3 a_star_y=1 b_star_y=2 c_star_y=3 V_actual=24682.25")
    values = {record.quantity: record.numbers[0] for record in found}
    assert len(values) == 11
    assert (values["phi_S_x"], values["phi_c_star_y"], values["phi_V_actual"]) == (-0.1, 3.0, 24682.25)


def test_phi_line_that_is_not_finite() -> None:
    found = records("TRACE_C_PHI phi_tic=0 phi_deg=0 k_frac=-inf F_latt_b=nan F_latt=-nan")
    assert [record.value.tokens[0] for record in found] == ["0", "-inf", "nan", "-nan"]


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (PHI.replace(" F_latt=-0.0625570140028577", ""), "F_latt is missing"),
        (PHI.replace("phi_tic=0", "phi_tic=-1"), "phi_tic"),
        (PHI.replace("phi_tic=0", "phi_tic=0.5"), "phi_tic"),
        (PHI.replace("phi_tic=0", "phi_tic=nan"), "phi_tic"),
        (PHI.replace("phi_tic=0", "phi_tic=inf"), "phi_tic"),
        (PHI.replace("k_frac=-3.85704298045315", "k_frac=1 2"), "k_frac: '1 2' is not one number"),
        (PHI + " phi_deg=1", "phi_deg stands twice"),
        ("noise " + PHI, "no list of key=number"),
        (PHI + "TRACE_C_PHI " + PHI, "torn"),
    ],
)
def test_phi_line_that_cannot_be_used(body: str, text: str) -> None:
    assert text in complaint(f"TRACE_C_PHI {body}")


def test_rotated_vectors_are_real_space_components_of_the_step() -> None:
    found = records("TRACE_PY_ROTSTAR phi_tic=3 ap_y=-21.8717928453817 bp_y=0.717320030990266 cp_y=-24.3892962470766")
    assert [(r.quantity, r.numbers, r.unit, r.index.ordinal("phi_tic")) for r in found] == [
        ("phi_ap_y", (-21.8717928453817,), "Å", 3),
        ("phi_bp_y", (0.717320030990266,), "Å", 3),
        ("phi_cp_y", (-24.3892962470766,), "Å", 3),
    ]


def test_configuration_line_states_the_pixel_slow_first() -> None:
    trace = read("TRACE_CONFIG: tracing pixel (spixel=1039, fpixel=685)")
    assert trace.pixels == {0: (1039, 685)}
    assert trace.account.used == 1


@pytest.mark.parametrize("pixel", ["(spixel=-1, fpixel=2)", "(spixel=1)", "", "(spixel=1.5, fpixel=2)"])
def test_configuration_line_without_a_pixel(pixel: str) -> None:
    assert complaint(f"TRACE_CONFIG: tracing pixel {pixel}")


@pytest.mark.parametrize(
    ("line", "key", "quantity", "number", "source", "side"),
    [
        ("TRACE_C_SOURCE2: F_cell 205.39", "F_cell", "source_F_cell", 205.39, 2, Side.C),
        ("TRACE_C_SOURCE2: cos2theta 0.5", "cos2theta", "source_cos_2theta", 0.5, 2, Side.C),
        ("TRACE_PY_SOURCE 0: source_index 0", "source_index", "source_index", 0.0, 0, Side.PY),
        (
            "TRACE_PY_SOURCE 11: wavelength_angstroms 6.2",
            "wavelength_angstroms",
            "source_lambda_angstroms",
            6.2,
            11,
            Side.PY,
        ),
    ],
)
def test_a_line_of_a_source_gives_the_value_of_that_source(
    line: str, key: str, quantity: str, number: float, source: int, side: Side
) -> None:
    (record,) = records(line)
    assert (record.key, record.quantity, record.numbers) == (key, quantity, (number,))
    assert (record.index, record.side) == (Index(loops=(("source", source),)), side)


def test_grid_of_the_interpolation() -> None:
    trace = read(
        "TRACE_PY_TRICUBIC_GRID_START\nTRACE_PY_TRICUBIC_H_COORDS: [-8, -7, -6, -5]\n"
        "TRACE_PY_TRICUBIC: [0,0,0]=127.89\nTRACE_PY_TRICUBIC: [3,0,2]=-0\nTRACE_PY_TRICUBIC_GRID_END\n"
    )
    coordinates, first, second = trace.records
    assert (coordinates.key, coordinates.numbers) == ("TRICUBIC_H_COORDS", (-8.0, -7.0, -6.0, -5.0))
    assert (first.quantity, first.numbers, first.index.grid("node")) == ("F_tricubic", (127.89,), (0, 0, 0))
    assert (second.value.tokens, second.index.label()) == (("-0",), "[node 3,0,2]")
    assert (trace.account.structure, trace.account.used) == (2, 3)
    assert "value" in complaint("TRACE_PY_TRICUBIC: [0,0]=x")


def test_tap_of_words_and_numbers() -> None:
    trace = read(
        "TRACE_C_TAP4: pixel 4 5 subpixel 0 1 source 2 mos 3 phi 6 h -7.900663 k 39.356352 h0 -8 F_cell 100 is_oob 1\n"
    )
    assert {record.key: record.numbers for record in trace.records} == {
        "h": (-7.900663,), "k": (39.356352,), "h0": (-8.0,), "F_cell": (100.0,), "is_oob": (1.0,),
    }  # fmt: skip
    loops, grids = (("phi_tic", 6), ("source", 2), ("mosaic domain", 3)), (("subpixel", (0, 1)),)
    assert {record.index for record in trace.records} == {Index(loops=loops, grids=grids)}
    assert trace.pixels == {0: (4, 5)}
    assert {record.quantity.partition("_")[0] for record in trace.records} == {"tap"}
    assert trace.records[0].index.label() == "[phi_tic 6, source 2, mosaic domain 3, subpixel 0,1]"


def test_tap_of_tuples() -> None:
    (record,) = records("TRACE_C_OMEGA: pixel=(0,0) subpixel=(1,0) omega_sr=8.86109941671327e-09")
    assert (record.numbers, record.index.grid("subpixel")) == ((8.86109941671327e-09,), (1, 0))


def test_tap_whose_values_hold_several_numbers() -> None:
    found = records(
        "TRACE_C_TAP5_HKL: subpixel=0 1 hkl_frac=-7.9 39.35 -39.35 h0=-8 k0=39 l0=-39 F_cell=1 out_of_bounds=0"
    )
    assert found[0].value.shape is Shape.VECTOR
    assert found[0].numbers == (-7.9, 39.35, -39.35)
    assert [record.key for record in found] == ["hkl_frac", "h0", "k0", "l0", "F_cell", "out_of_bounds"]
    assert {record.index.grid("subpixel") for record in found} == {(0, 1)}


def test_taps_on_lines_of_their_own() -> None:
    trace = read("TRACE_C_TAP5: pixel 0 7\nTRACE_C_TAP5: steps 4\nTRACE_C_HKL_BOUNDS: h_min -24 h_max 24\n")
    assert trace.pixels == {0: (0, 7)}
    assert [(record.key, record.numbers[0]) for record in trace.records] == [
        ("steps", 4),
        ("h_min", -24),
        ("h_max", 24),
    ]
    assert "neither" in complaint("TRACE_C_TAP5: three blind mice")
    assert "holds no value" in complaint("TRACE_C_TAP4: source 3")


def test_digits_of_other_scripts_are_no_ordinals() -> None:
    (record,) = records("TRACE_C_TAP4: source=² h=1")
    assert record.index.ordinal("source") is None


def test_lattice_debug_with_its_untagged_lines() -> None:
    trace = read(
        "TRACE_SIM_F_LATT: pixel=(1792,2048) Na=5.0 Nb=6.0\n"
        "  F_latt_a_mean=0.25\n  h_frac=-1.5 h_int=-2\n\n  F_latt_a_mean=9\n"
    )
    assert trace.pixels == {0: (1792, 2048)}
    assert [(record.key, record.numbers[0]) for record in trace.records] == [
        ("Na", 5.0), ("Nb", 6.0), ("F_latt_a_mean", 0.25), ("h_frac", -1.5), ("h_int", -2.0),
    ]  # fmt: skip
    assert {record.side for record in trace.records} == {Side.PY}
    assert trace.account.ignored == 2


def test_lines_of_pix0_are_the_ports() -> None:
    found = records("=== pix0 ===\nPIX0_PY:pix0_vector=[0.1 -0.2 0.3]\nPIX0_PY:Fbeam_m=0.25\n")
    assert [(r.quantity, r.side, r.line) for r in found] == [("pix0_vector", Side.PY, 2), ("Fbeam_m", Side.PY, 3)]


@pytest.mark.parametrize("line", ["TRACE_C_BASE: a 1 2 3", "TRACE_PY_ACCUM: pix=(0,0) I_accum=1.5", "TRACE_NEW: x 5"])
def test_an_unknown_prefix_is_read_where_it_can_be(line: str) -> None:
    assert records(line)
    assert "no known prefix" in complaint(line.partition(":")[0] + ": nothing")
