"""Small input files of the random command lines."""

from itertools import product
from pathlib import Path

import numpy as np

from simulator.smv import SmvHeader, write_smv


def write_inputs(folder: Path) -> None:
    """Write A.mat, full.hkl, sparse.hkl, sources.txt, background.stol, mask.img, square_mask.img and header.img."""
    draw = np.random.default_rng(7)
    (folder / "A.mat").write_text(
        "0.01523456 -0.00412345 0.00312345\n0.00212345 0.01787654 0.00198765\n-0.00334567 0.00123456 0.01465432\n"
    )
    rows = [" ".join(map(str, index)) for index in product(range(-9, 10), range(-8, 9), range(-7, 8))]
    amplitudes = draw.uniform(1, 500, len(rows))
    listed = [f"{row} {amplitude:.3f}\n" for row, amplitude in zip(rows, amplitudes, strict=True)]
    (folder / "full.hkl").write_text("".join(listed))
    (folder / "sparse.hkl").write_text("".join(listed[index] for index in sorted(draw.permutation(len(listed))[:300])))
    (folder / "sources.txt").write_text(
        "-10 0.01 0 0.5 1.0e-10\n-10 -0.02 0.01 1.5 1.02e-10\n-9.9 0.0 -0.03 1.0 0.99e-10\n"
    )
    (folder / "background.stol").write_text("0.0 2.57\n0.25 2.1\n0.5 1.4\n")
    for name, slow, fast in (("mask", 20, 24), ("square_mask", 24, 24), ("header", 26, 20)):
        header = SmvHeader(
            pixel_size=0.4,
            distance=61.5,
            close_distance=60.2,
            wavelength=1.1,
            beam_center=(4.3, 5.1),
            fast_beam=4.4,
            slow_beam=5.2,
            slow_size=0.4 * slow,
            dials_origin=(-4.0, 5.0, -61.0),
            xds_origin=(11.5, 13.25),
            phi=3.0,
            oscillation=0.5,
            two_theta=0.0,
        )
        write_smv(folder / f"{name}.img", (draw.random((slow, fast)) > 0.15).astype(np.uint16), header)
