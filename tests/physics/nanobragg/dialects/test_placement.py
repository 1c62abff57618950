"""Where in the loops of the computation a value belongs, and to which pixel."""

from nbtrace.parsers import parse_trace
from nbtrace.records import Trace

SAMPLE = "pixel_pos_meters {0} 0 0\nhkl_frac {0} 1 2\nF_latt {0}\nF_cell 100\n"
CHAIN = "I_before_scaling {0}\nsteps 4\npolar 1\nI_pixel_final {0}\nfloatimage_accumulated {0}\n"


def c(text: str) -> str:
    return "".join(f"TRACE_C: {line}\n" for line in text.splitlines())


def phi(steps: int) -> str:
    return "".join(f"TRACE_C_PHI phi_tic={n} phi_deg={n} k_frac={n}.5 F_latt_b=1 F_latt=2\n" for n in range(steps))


def read(text: str) -> Trace:
    (trace,) = parse_trace(text)
    assert trace.account.unreadable == ()
    return trace


def places(trace: Trace, quantity: str) -> list[tuple[int, int, float]]:
    return [(r.index.block, r.index.sample, r.numbers[0]) for r in trace.by_quantity[quantity]]


def test_one_pixel_is_block_0() -> None:
    trace = read(c("pix0_vector_meters 1 2 3\nfdet_vec 0 0 1\n" + SAMPLE.format(1) + CHAIN.format(2)))
    assert {(record.index.block, record.index.sample) for record in trace.records} == {(0, 0)}


def test_each_pixel_block_is_counted() -> None:
    trace = read("".join(c(SAMPLE.format(n) + CHAIN.format(n)) for n in range(9)))
    assert places(trace, "hkl_frac") == [(n, 0, float(n)) for n in range(9)]
    assert places(trace, "I_pixel_final") == [(n, 0, float(n)) for n in range(9)]
    assert trace.records[-1].index.label() == "[pixel block 8]"


def test_samples_of_one_pixel_share_its_scaling_chain() -> None:
    trace = read("".join(c(SAMPLE.format(n)) for n in range(4)) + c(CHAIN.format(7)))
    for name in ("pixel_pos_meters", "hkl_frac", "F_latt"):
        assert places(trace, name) == [(0, n, float(n)) for n in range(4)]
    assert places(trace, "I_before_scaling") == [(0, 0, 7.0)]


def test_a_key_printed_twice_in_a_row_is_no_new_sample() -> None:
    trace = read(c("F_latt 1\nF_latt 1\nF_cell 100\n"))
    assert places(trace, "F_latt") == [(0, 0, 1.0), (0, 0, 1.0)]


def test_geometry_printed_twice_stays_in_the_block() -> None:
    geometry = "TRACE_C:fdet_after_rotz=0 0 1\nTRACE_C:twotheta_axis=0 0 -1\nTRACE_C:fdet_after_twotheta=0 0 1\n"
    trace = read(geometry + "TRACE_C:detector_convention=CUSTOM\n" + geometry + c(SAMPLE.format(1) + CHAIN.format(1)))
    assert {record.index.block for record in trace.records} == {0}
    assert len(trace.by_quantity["twotheta_axis"]) == 2


def test_phi_steps_between_the_lines_of_a_pixel() -> None:
    steps = phi(3).splitlines(keepends=True)
    head, cell = c("hkl_frac 1 2 3\nF_latt 5\n"), c("F_cell 190.27\n")
    trace = read(head + steps[0] + cell + "".join(steps[1:]) + c(CHAIN.format(1)))
    assert [(r.index.ordinal("phi_tic"), r.index.block, r.index.sample) for r in trace.by_quantity["phi_k_frac"]] == [
        (0, 0, 0), (1, 0, 0), (2, 0, 0),
    ]  # fmt: skip
    assert {r.index.block for r in trace.records} == {0}


def test_phi_sweeps_of_several_samples_and_blocks() -> None:
    block = (c(SAMPLE.format(0)) + phi(2)) + (c(SAMPLE.format(1)) + phi(2)) + c(CHAIN.format(1))
    trace = read(block * 2)
    found = [(r.index.block, r.index.sample, r.index.ordinal("phi_tic")) for r in trace.by_quantity["phi_F_latt"]]
    assert found == [(block, sample, tic) for block in (0, 1) for sample in (0, 1) for tic in (0, 1)]


def test_sweeps_that_follow_one_another_without_a_pixel_block() -> None:
    trace = read(phi(3) + phi(3) + phi(1) + phi(1))
    found = [(r.index.sample, r.index.ordinal("phi_tic")) for r in trace.by_quantity["phi_F_latt"]]
    assert found == [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (2, 0), (3, 0)]


def test_several_sweeps_within_a_sample_are_counted_on() -> None:
    trace = read(c(SAMPLE.format(0)) + phi(2) + phi(2) + c(SAMPLE.format(1)) + phi(2))
    found = [(r.index.sample, r.index.ordinal("phi_tic")) for r in trace.by_quantity["phi_F_latt"]]
    assert found == [(0, 0), (0, 1), (1, 0), (1, 1), (2, 0), (2, 1)]


def test_a_block_that_breaks_off_within_its_chain_is_over() -> None:
    first = SAMPLE.format(0) + "I_before_scaling 5\nfluence_photons_per_m2 1e24\n"
    trace = read(c(first) + c(SAMPLE.format(1) + CHAIN.format(1)))
    assert places(trace, "F_latt") == [(0, 0, 0.0), (1, 0, 1.0)]
    assert places(trace, "I_before_scaling") == [(0, 0, 5.0), (1, 0, 1.0)]


def test_each_block_has_the_pixel_stated_before_it() -> None:
    blocks = "".join(
        f"TRACE_CONFIG: tracing pixel (spixel={n}, fpixel=7)\n" + c(SAMPLE.format(n) + CHAIN.format(n))
        for n in range(3)
    )
    assert read(blocks).pixels == {0: (0, 7), 1: (1, 7), 2: (2, 7)}


def test_the_first_statement_of_a_pixel_counts_within_a_block() -> None:
    text = "TRACE_CONFIG: tracing pixel (spixel=1, fpixel=2)\nTRACE_CONFIG: tracing pixel (spixel=3, fpixel=4)\n"
    assert read(text + c(SAMPLE.format(1))).pixels == {0: (1, 2)}


def test_get_and_number_find_values_by_place() -> None:
    trace = read("TRACE_C: polar NOT_EXTRACTED\n" + "".join(c(SAMPLE.format(n) + CHAIN.format(n)) for n in range(2)))
    second = trace.by_quantity["hkl_frac"][1]
    assert trace.get("hkl_frac", second.index) is second
    assert trace.get("hkl_frac") is trace.by_quantity["hkl_frac"][0]
    assert trace.get("nothing") is None
    assert trace.get("polar") is trace.by_quantity["polar"][1]
    assert (trace.number("steps", 1), trace.number("steps", 2), trace.number("hkl_frac")) == (4.0, None, None)
    assert trace.where(second) == f"-:{second.line}"
