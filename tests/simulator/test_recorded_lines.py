"""Command lines of one pixel in a thousand: what the reference made of them, recorded with one thread.

Pivots, vectors without a length, axes along the beam, detectors edge-on, counts and sizes that make no sense, images of
infinite, negative and overflowing values. The archive holds the flags, the images and the digest of the program.
"""

from pathlib import Path

import numpy as np
import pytest

from simulator.__main__ import main
from simulator.smv import read_smv

ARCHIVE = Path(__file__).with_name("recorded_lines.npz")

with np.load(ARCHIVE) as _archive:
    RECORDED = {name: _archive[name] for name in _archive.files}

FLAGS = [str(flags) for flags in RECORDED["flags"]]


@pytest.mark.parametrize("index", range(len(FLAGS)), ids=FLAGS)
def test_images_are_the_recorded_ones(index: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert main([*str(RECORDED["base"]).split(), *FLAGS[index].split()]) == 0
    expected = RECORDED["float"][index]
    image = np.fromfile("floatimage.bin", dtype=np.float32).reshape(expected.shape)
    np.testing.assert_allclose(image, expected, rtol=1e-6, atol=1e-12 * np.abs(expected).max(initial=0.0))
    for kind, name in (("int", "intimage.img"), ("noise", "noiseimage.img")):
        np.testing.assert_array_equal(read_smv(Path(name)).pixels, RECORDED[kind][index])
    if Path("image.pgm").exists():
        pixels = np.frombuffer(Path("image.pgm").read_bytes()[-expected.size :], dtype=np.uint8)
        np.testing.assert_array_equal(pixels.reshape(expected.shape), RECORDED["pgm"][index])
