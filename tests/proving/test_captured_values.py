"""Captured values by what they are in a vocabulary."""

from pathlib import Path

from nbtrace.capturing.hits import CapturedValue, Hit
from nbtrace.capturing.probe_file import read_probe_file
from nbtrace.compare.scene import Node
from nbtrace.proving.captured_values import captured_values
from nbtrace.vocabulary import registry
from tests.proving.meter import PROBES, vocabulary

NANOBRAGG = """\
[select]
function = "main"
[[probe]]
after = "h"
quantities = { rot_a_angstroms = "a[1..3]*1e10", wavelength_m = "x" }
[[probe]]
after = "k"
index = { phi_tic = "phi_tic" }
quantities = { k_frac = "k" }
"""


def test_a_reading_knows_its_probe_its_hit_and_how_often_the_place_was_reached(tmp_path: Path) -> None:
    (tmp_path / "probes.toml").write_text(NANOBRAGG)
    file = read_probe_file(tmp_path / "probes.toml")
    hits = [
        Hit(1, (CapturedValue("rot_a_angstroms", ("1", "2", "3")),)),
        Hit(2, (CapturedValue("k_frac", ("0.5",)),), {"phi_tic": 0}),
        Hit(2, (CapturedValue("k_frac", ("0.25",)),), {"phi_tic": 1}),
        Hit(1, (CapturedValue("rot_a_angstroms", ("4", "5", "6")),)),
    ]
    found = captured_values(hits, file, registry.default())
    assert found is not None
    first, second = (reading for reading in found.every if reading.key == "rot_a_angstroms")
    assert (first.numbers, first.hit, first.probe, first.passed) == ((1.0, 2.0, 3.0), 0, 1, 0)
    assert (second.numbers, second.hit, second.passed) == ((4.0, 5.0, 6.0), 3, 1)
    assert found.readings[second.node] is second
    step = found.readings[Node("phi_k_frac", 0, (("phi_tic", 1),))]
    assert (step.key, step.index, step.hit, step.passed) == ("k_frac", {"phi_tic": 1}, 2, 0)
    assert found.number("rot_a_angstroms") is None


def test_a_unit_of_the_probe_is_a_factor_to_the_vocabularys(tmp_path: Path) -> None:
    (tmp_path / "probes.toml").write_text(NANOBRAGG)
    file = read_probe_file(tmp_path / "probes.toml")
    hits = [Hit(1, (CapturedValue("rot_a_angstroms", ("1e-10", "2e-10", "3e-10"), "m"),))]
    found = captured_values(hits, file, registry.default())
    assert found is not None
    reading = found.readings[Node("rot_a_angstroms", 0)]
    assert reading.numbers == (1e-10, 2e-10, 3e-10)
    assert reading.scale == 1e10


def test_a_capture_of_nothing_that_the_vocabulary_knows_is_none(tmp_path: Path) -> None:
    (tmp_path / "probes.toml").write_text(PROBES)
    file = read_probe_file(tmp_path / "probes.toml")
    assert captured_values([], file, vocabulary()) is None
