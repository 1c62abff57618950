"""Logs without any prefix: labelled values under headings."""

import pytest

from nbtrace.parsers import parse_trace
from nbtrace.records import Shape, Side, Trace

LOG = """=== Trace of one pixel ===
Tracing pixel: (12, 34)

=== DETECTOR GEOMETRY ===
pix0_vector (m): tensor([ 0.1000,  0.0258, -0.0258], dtype=torch.float64)
Pixel coordinate (m): [ 1.0e-01  2.5e-02 -2.5e-02]
Airpath (m): 0.1048976644
Close distance: 0.25
Obliquity factor (close_distance/R): 0.95
Diffracted unit vector: (0.6, 0.0, 0.8)
S vector (1/Angstrom): [0.5, 0.0, -0.25]
shape: torch.Size([3])
Miller indices (fractional):
  h: -0.7530633575
  k: -3.4442170337
  l: 3.4442170337
Miller indices (rounded):
  h_int: -1
  k_int: -3
  l_int: 3
Lattice factors:
  F_latt_a = sincg(π*0.25, 5): -9.6e-01
  F_latt (product): -4.0e-01
Structure factor F: 100.0
Fluence: 1.0e12 photons/mm^2
N_cells: (5, 5, 5)
The end
"""


def read(text: str) -> Trace:
    (trace,) = parse_trace(text)
    account = trace.account
    assert account.total == account.used + account.structure + account.ignored + len(account.unreadable)
    return trace


def test_values_units_and_lines() -> None:
    found = {r.quantity: (r.numbers, r.unit, r.line) for r in read(LOG).records}
    assert found["pix0_vector"] == ((0.1, 0.0258, -0.0258), "m", 5)
    assert found["pixel_pos_meters"] == ((0.1, 0.025, -0.025), "m", 6)
    assert found["R_distance_meters"] == ((0.1048976644,), "m", 7)
    assert found["close_distance_meters"] == ((0.25,), "m", 8)
    assert found["obliquity_factor"] == ((0.95,), "1", 9)
    assert found["diffracted_vec"] == ((0.6, 0.0, 0.8), "1", 10)
    assert found["scattering_vec_A_inv"] == ((5e9, 0.0, -2.5e9), "Å⁻¹", 11)
    assert found["hkl_frac"] == ((-0.7530633575, -3.4442170337, 3.4442170337), "1", 16)
    assert found["hkl_rounded"] == ((-1.0, -3.0, 3.0), "1", 20)
    assert found["F_latt_a"] == ((-0.96,), "1", 22)
    assert found["F_latt"] == ((-0.4,), "1", 23)
    assert found["F_cell"] == ((100.0,), "e⁻", 24)
    assert found["fluence_photons_per_m2"] == ((1e18,), "mm⁻²", 25)
    assert found["N_cells"][0] == (5.0, 5.0, 5.0)
    assert found["DETECTOR GEOMETRY: torch.Size"][0] == (3.0,)
    assert len(found) == 15


def test_account_and_pixel() -> None:
    trace = read(LOG)
    assert trace.pixels == {0: (12, 34)}
    assert trace.side is Side.UNKNOWN
    assert "labels" in trace.dialects
    assert (trace.account.total, trace.account.unreadable) == (27, ())
    assert trace.account.used == 20


def test_indices_that_are_no_numbers_join_nothing() -> None:
    trace = read(LOG.replace("k: -3.4442170337", "k: unknown"))
    assert "hkl_frac" not in trace.by_quantity
    (missing,) = [record for record in trace.records if record.key == "k"]
    assert missing.value.shape is Shape.SENTINEL


def test_several_pixels_of_indices() -> None:
    head = "polar: 1\nAirpath (m): 2\nStructure factor F: 3\n"
    trace = read(head + "h: 1\nk: 2\nl: 3\nh: 4\nk: 5\nl: 6\n")
    assert [record.numbers for record in trace.by_quantity["hkl_frac"]] == [(1.0, 2.0, 3.0), (4.0, 5.0, 6.0)]


@pytest.mark.parametrize(
    "text",
    [
        "name: value\nspeed: 3\ndate: 2025-10-08\n",
        "Dear reader: hello\npolar: 1\nF_latt: 2\n" + "what follows is a letter\n" * 6,
        "Steps to take: 3\nFluence: see the table\n",
    ],
)
def test_prose_with_colons_is_no_trace(text: str) -> None:
    trace = read(text)
    assert trace.records == ()
    assert trace.account.ignored == trace.account.total


def test_a_log_with_prefixes_is_not_read_by_its_labels() -> None:
    trace = read("TRACE_C: polar 1\n" + LOG)
    assert [record.key for record in trace.records] == ["polar"]
