"""The example pairs: logs recorded from the reference and from a port, read as what they are."""

from pathlib import Path

import pytest

from nbtrace.parsers import read_trace
from nbtrace.physics.nanobragg.chain import ScalingChain
from nbtrace.physics.nanobragg.quantities import QUANTITIES
from nbtrace.records import Side, Trace
from tests.places import PAIRS

FOLDERS = sorted(path.name for path in (PAIRS).iterdir() if path.is_dir())


def both(pairs: Path, folder: str) -> tuple[Trace, Trace]:
    return read_trace(str(pairs / folder / "c.log")), read_trace(str(pairs / folder / "py.log"))


@pytest.mark.parametrize("folder", FOLDERS)
def test_pixel_sides_and_account(pairs: Path, folder: str) -> None:
    c, py = both(pairs, folder)
    slow, fast = map(int, folder.rpartition("__")[2].split("_"))
    assert c.pixels == py.pixels == {0: (slow, fast)}
    assert (c.side, py.side) == (Side.C, Side.PY)
    for trace in (c, py):
        account = trace.account
        assert account.total == account.used + account.structure + account.ignored
        assert not account.cut
        assert {record.index.block for record in trace.records} == {0}


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_scaling_chain_is_whole(pairs: Path, folder: str) -> None:
    for trace in both(pairs, folder):
        assert all(trace.number(name) is not None for name in ScalingChain.names)


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_line_with_a_prefix_is_ignored(pairs: Path, folder: str) -> None:
    for side in ("c", "py"):
        path = pairs / folder / f"{side}.log"
        tagged = [number for number, line in enumerate(path.read_text().splitlines(), 1) if line.startswith("TRACE_")]
        trace = read_trace(str(path))
        lines = {record.line for record in trace.records}
        silent = [number for number in tagged if number not in lines]
        text = path.read_text().splitlines()
        assert all("CONFIG" in text[number - 1] or "GRID" in text[number - 1] for number in silent)


@pytest.mark.parametrize(
    ("folder", "samples", "steps"),
    [
        ("oversample_2_omega__22_14", 4, 1),
        ("thick_sensor__44_31", 4, 1),
        ("supervisor__685_1039", 1, 10),
        ("custom_vectors_mat_hkl_phi__24_51", 1, 10),
        ("sourcefile__43_61", 1, 1),
    ],
)
def test_samples_and_phi_steps_of_the_reference(pairs: Path, folder: str, samples: int, steps: int) -> None:
    c, _ = both(pairs, folder)
    assert [record.index.sample for record in c.by_quantity["F_latt"]] == list(range(samples))
    found = [(record.index.sample, record.index.ordinal("phi_tic")) for record in c.by_quantity["phi_k_frac"]]
    assert sorted(set(found)) == [(sample, tic) for sample in range(samples) for tic in range(steps)]
    assert len(c.by_quantity["I_pixel_final"]) == 1


def test_values_of_sources_have_the_ordinals_of_their_sources(pairs: Path) -> None:
    c, py = both(pairs, "sourcefile__43_61")
    assert {record.index.ordinal("source") for record in c.by_quantity["source_polar"]} <= {0, 1, 2}
    of_sources = [record for record in py.records if record.quantity.startswith("source_")]
    assert {record.index.ordinal("source") for record in of_sources} == {0, 1, 2}


def test_most_of_what_is_printed_is_known(pairs: Path) -> None:
    for folder in FOLDERS:
        for trace in both(pairs, folder):
            keyed = [record for record in trace.records if record.family in {"TRACE_C", "TRACE_PY"}]
            unknown = {record.quantity for record in keyed} - set(QUANTITIES)
            assert len(unknown) < 0.1 * len(keyed), (folder, unknown)
