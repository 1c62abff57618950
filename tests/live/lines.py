"""Random valid command lines of the reference on small detectors, each from a seed.

A line is made of groups of words (a flag and its values) in random order. It is kept small enough for a reference that
takes some 10⁶ samples a second.
"""

import random
from collections.abc import Callable, Iterator, Sequence

Groups = list[list[str]]

_EDGES_B = ("-xtal_y", "-xtal_width", "-sample_y", "-sample_width", "-width")
_EDGES_C = ("-xtal_z", "-xtal_height", "-sample_z", "-sample_height", "-height")

_WITHOUT_EFFECT = (
    "-density 1.2",
    "-sample_density 1.2",
    "-MW 20",
    "-molecular_weight 20",
    "-coherent",
    "-progress",
    "-stol background.stol",
    "-4stol background.stol",
    "-Q background.stol",
    "-stolout none.stol",
)

SAMPLES = 400_000
"""Samples of an image at most, by a rough count."""


def line(seed: int) -> list[str]:
    """Return the words of a random command line."""
    return _Writer(random.Random(f"line {seed}")).words()  # noqa: S311 - no secret


class _Writer:
    """Draws the parts of a line; counts what multiplies the samples of a pixel."""

    def __init__(self, draw: random.Random) -> None:
        self._draw = draw
        self._groups: Groups = []
        self._per_pixel = 1
        self._pixels = 1

    def words(self) -> list[str]:
        parts = (
            self._cell,
            self._size,
            self._orientation,
            self._mosaicity,
            self._rotation,
            self._factors,
            self._wavelength,
            self._sources,
            self._beam,
            self._pixels_of_the_detector,
            self._position,
            self._tilt,
            self._convention,
            self._sensor,
            self._outputs,
            self._without_effect,
        )
        for part in parts:
            part()
        self._draw.shuffle(self._groups)
        self._sampling()
        return [word for group in self._groups for word in group]

    def _likely(self, chance: float) -> bool:
        return self._draw.random() < chance

    def _real(self, low: float, high: float, digits: int = 3) -> str:
        return f"{self._draw.uniform(low, high):.{digits}g}"

    def _whole(self, low: int, high: int) -> str:
        return str(self._draw.randint(low, high))

    def _add(self, *words: str) -> None:
        self._groups.append(list(words))

    def _one_of(self, *makers: Callable[[], Sequence[Sequence[str]]]) -> None:
        for group in self._draw.choice(makers)():
            self._add(*group)

    def _cell(self) -> None:
        if self._likely(0.2):
            self._add("-mat", "A.mat")
            return
        a, b, c = (self._real(25, 120) for _ in range(3))
        tilted = [self._real(75, 105) for _ in range(3)]
        self._one_of(
            lambda: [["-cell", a, a, a, "90", "90", "90"]],
            lambda: [["-cell", a, b, c, "90", "90", "90"]],
            lambda: [["-cell", a, b, c, *tilted]],
            lambda: [["-cell", a, b, c, "90", tilted[0], "90"]],
            lambda: [["-cell", a, a, c, "90", "90", "120"]],
            lambda: [["-cell", a]],
            lambda: [["-cell", a, b, c]],
        )

    def _size(self) -> None:
        edge = self._real(0.0002, 0.001)
        self._one_of(
            lambda: [["-N", self._whole(1, 15)]],
            lambda: [["-N", self._whole(3, 12)]],
            lambda: [[f"-N{axis}", self._whole(1, 12)] for axis in "abc"],
            lambda: [[self._draw.choice(["-xtalsize", "-xtal_size", "-samplesize", "-sample_size"]), edge]],
            lambda: [
                [self._draw.choice(["-xtal_x", "-xtal_thick", "-sample_x", "-sample_thick"]), edge],
                [self._draw.choice(_EDGES_B), self._real(0.0002, 0.001)],
                [self._draw.choice(_EDGES_C), self._real(0.0002, 0.001)],
            ],
        )
        if self._likely(0.5):
            shapes = ("-square_xtal", "-round_xtal", "-gauss_xtal", "-tophat_spots", "-binary_spots")
            self._add(self._draw.choice(shapes))
        if self._likely(0.15):
            self._add("-fudge", self._real(0.5, 2))

    def _orientation(self) -> None:
        if not self._likely(0.5):
            return
        if self._likely(0.3):
            # Without a seed the time of day would be one.
            self._add("-misset", "random")
            self._add("-misset_seed", self._whole(1, 10**6))
        else:
            self._add("-misset", *(self._real(-90, 90) for _ in range(3)))

    def _mosaicity(self) -> None:
        if not self._likely(0.3):
            return
        self._add(self._draw.choice(["-mosaic", "-mosaic_spread", "-mosaicity"]), self._real(0.05, 3))
        domains = self._whole(1, 6) if self._likely(0.7) else None
        if domains is not None:
            self._add("-mosaic_domains", domains)
        self._per_pixel *= 10 if domains is None else int(domains)
        if self._likely(0.5):
            self._add("-mosaic_seed", self._whole(1, 10**6))

    def _rotation(self) -> None:
        if not self._likely(0.5):
            return
        if self._likely(0.7):
            self._add("-phi", self._draw.choice(["0", self._real(-20, 90), "0", "-1"]))
        self._per_pixel *= 5
        self._one_of(
            lambda: [["-osc", self._real(0.1, 10)], ["-phisteps", self._whole(0, 5)]],
            lambda: [["-osc", self._draw.choice(["1", "2"])], ["-phisteps", self._draw.choice(["2", "4"])]],
            lambda: [["-osc", self._real(0.1, 3)]],
            lambda: [["-phisteps", self._whole(1, 4)]],
            lambda: [["-phistep", self._real(0.1, 1)]],
            lambda: [["-osc", self._real(1, 3)], ["-phistep", self._real(0.6, 1)]],
            lambda: [["-osc", self._real(0.5, 3)], ["-phistep", self._real(0.2, 1)], ["-phisteps", self._whole(1, 4)]],
        )

    def _factors(self) -> None:
        listed = self._likely(0.5)
        if listed:
            self._add("-hkl", self._draw.choice(["full.hkl", "sparse.hkl"]))
        if not listed or self._likely(0.5):
            self._add("-default_F", self._real(1, 300))
        if self._likely(0.4):
            self._add(self._draw.choice(["-interpolate", "-nointerpolate"]))
        if listed and self._likely(0.2):
            self._add("-dump", "own_dump.bin")

    def _wavelength(self) -> None:
        self._one_of(
            lambda: [["-lambda", self._real(0.8, 3)]],
            lambda: [["-wave", self._real(0.8, 2)]],
            lambda: [["-energy", self._real(5000, 14000, 5)]],
            list,
        )

    def _sources(self) -> None:
        if self._likely(0.12):
            self._add("-sourcefile", "sources.txt")
            self._per_pixel *= 3
            return
        if self._likely(0.3):
            self._per_pixel *= 8
            self._one_of(
                lambda: [["-divergence", self._real(0.5, 8)], ["-divsteps", self._whole(1, 4)]],
                lambda: [["-hdivrange", self._real(0.5, 8)], ["-hdivsteps", self._whole(1, 4)]],
                lambda: [["-vdivrange", self._real(3, 8)], ["-vdivstep", self._real(1, 4)]],
                lambda: (
                    [[f"-{axis}divrange", self._real(0.5, 8)] for axis in "hv"]
                    + [[f"-{axis}divsteps", self._whole(1, 4)] for axis in "hv"]
                ),
                lambda: [["-hdivstep", self._real(0.5, 2)]],
            )
            if self._likely(0.5):
                self._add(self._draw.choice(["-round_div", "-square_div"]))
        if self._likely(0.2):
            self._per_pixel *= 4
            self._one_of(
                lambda: [["-dispersion", self._real(0.1, 5)], ["-dispsteps", self._whole(1, 4)]],
                lambda: [["-dispersion", self._real(0.1, 5)]],
                lambda: [["-dispsteps", self._whole(1, 3)]],
            )

    def _beam(self) -> None:
        if self._likely(0.4):
            self._one_of(
                lambda: [["-polar", self._real(-1, 1)]],
                lambda: [["-nopolar"]],
                lambda: [["-polar", "0"]],
            )
        if self._likely(0.15):
            self._add("-dmin", self._real(1, 10))
        if self._likely(0.12):
            self._add("-water", self._real(1, 500))
        if self._likely(0.4):
            self._one_of(
                lambda: [["-fluence", self._real(1e10, 1e28)]],
                lambda: [
                    ["-flux", self._real(1e9, 1e14)],
                    ["-exposure", self._real(0.01, 3)],
                    ["-beamsize", self._real(0.01, 0.3)],
                ],
                lambda: [["-beamsize", self._real(0.0001, 0.1)]],
                lambda: [["-flux", self._real(1e9, 1e14)]],
                lambda: [["-exposure", self._real(0.01, 2)]],
            )

    def _pixels_of_the_detector(self) -> None:
        edge = self._draw.randint(8, 24)
        self._pixels = edge * edge
        if self._likely(0.1):
            self._add("-mask", self._draw.choice(["mask.img", "square_mask.img"]))
            self._pixels = 24 * 24
            return
        if self._likely(0.08):
            self._add("-img", "header.img")
            self._pixels = 26 * 26
            return
        pixel = self._real(0.2, 1.5)
        other = str(max(edge - self._draw.randint(0, 4), 4))
        self._one_of(
            lambda: [["-detpixels", str(edge)]],
            lambda: [["-detpixels", str(edge)]],
            lambda: [
                [self._draw.choice(["-detpixels_x", "-detpixels_f"]), str(edge)],
                [self._draw.choice(["-detpixels_y", "-detpixels_s"]), other],
            ],
            lambda: [["-detsize", f"{edge * float(pixel):.4g}"]],
            lambda: [["-detsize_f", f"{edge * float(pixel):.4g}"], ["-detsize_s", f"{int(other) * float(pixel):.4g}"]],
        )
        self._add("-pixel", pixel)

    def _position(self) -> None:
        if self._likely(0.8):
            self._add(self._draw.choice(["-distance", "-distance", "-close_distance"]), self._real(15, 200))
        if self._likely(0.45):
            self._one_of(
                lambda: [["-Xbeam", self._real(-2, 12)], ["-Ybeam", self._real(-2, 12)]],
                lambda: [["-Xbeam", self._real(0, 10)]],
                lambda: [["-ORGX", self._real(-5, 30)], ["-ORGY", self._real(-5, 30)]],
                lambda: [["-Xclose", self._real(0, 10)], ["-Yclose", self._real(0, 10)]],
            )

    def _tilt(self) -> None:
        if self._likely(0.25):
            self._add("-twotheta", self._real(-30, 40))
        for axis in "xyz":
            if self._likely(0.2):
                self._add(f"-detector_rot{axis}", self._real(-20, 20))
        if self._likely(0.2):
            self._add("-pivot", self._draw.choice(["sample", "beam"]))
        if self._likely(0.1):
            self._add("-point_pixel")
        if self._likely(0.12):
            self._add("-curved_det")

    def _convention(self) -> None:
        if self._likely(0.65):
            self._add(self._draw.choice(["-mosflm", "-xds", "-adxv", "-denzo", "-dials"]))
        if not self._likely(0.25):
            return
        for vector in self._draw.choice(list(self._vectors())):
            self._add(*vector)

    def _vectors(self) -> Iterator[Groups]:
        yield [["-fdet_vector", "0", "0", "1"], ["-sdet_vector", "0", "-1", "0"]]
        yield [
            ["-fdet_vector", "1", "0", "0"],
            ["-sdet_vector", "0", "1", "0"],
            ["-odet_vector", "0", "0", "1"],
            ["-beam_vector", "0", "0", "1"],
        ]
        yield [
            ["-fdet_vector", "0.01", "0.02", "1"],
            ["-sdet_vector", "0", "-1", "0.03"],
            ["-odet_vector", "1", "0.01", "0"],
        ]
        yield [["-spindle_axis", *(self._real(-1, 1) for _ in range(3))]]
        yield [["-spindle_axis", "0", "0", "0"]]
        yield [["-polar_vector", "0", self._real(-1, 1), "1"]]
        yield [["-polar_vector", "1", "0", "0"]]
        yield [["-beam_vector", "1", self._real(-0.2, 0.2), self._real(-0.2, 0.2)]]
        yield [["-pix0_vector", "0.1", "0.003", "-0.003"]]
        yield [["-twotheta_axis", *self._draw.choice(["0 1 0", "0 0 1", "1 0 0", "0 0.6 0.8"]).split()]]

    def _sensor(self) -> None:
        if not self._likely(0.2):
            return
        self._per_pixel *= 4
        depth, thickness = self._real(100, 1000), self._real(50, 500)
        steps = self._draw.choice(["-detector_thicksteps", "-thicksteps"])
        absorption = self._draw.choice(["-detector_abs", "-detector_absorb"])
        self._one_of(
            lambda: [[absorption, depth], ["-detector_thick", thickness], [steps, self._whole(1, 4)]],
            lambda: [[absorption, depth], ["-detector_thick", thickness]],
            lambda: [[absorption, self._draw.choice(["inf", "0"])], ["-detector_thick", thickness]],
            lambda: [["-detector_thick", thickness], [steps, "2"]],
        )

    def _outputs(self) -> None:
        self._add("-seed", self._whole(1, 10**6))
        options = (
            (0.1, ["-adc", self._real(0, 100)]),
            (0.15, ["-scale", self._real(0.5, 1000)]),
            (0.15, ["-pgmscale", self._real(0.5, 100)]),
            (0.1, ["-nopgm"]),
            (0.1, ["-nonoise"]),
            (0.1, ["-noprogress"]),
            (0.2, [self._draw.choice(["-intfile", "-intimage"]), "own_int.img"]),
            (0.2, [self._draw.choice(["-pgmfile", "-pgmimage"]), "own.pgm"]),
            (0.2, [self._draw.choice(["-noisefile", "-noiseimage"]), "own_noise.img"]),
            (0.2, [self._draw.choice(["-floatfile", "-floatimage"]), "floatimage.bin"]),
            (0.04, ["-printout"]),
            (0.04, ["-printout_pixel", "3", "2"]),
        )
        for chance, words in options:
            if self._likely(chance):
                self._add(*words)

    def _without_effect(self) -> None:
        for text in _WITHOUT_EFFECT:
            if self._likely(0.02):
                self._add(*text.split())

    def _sampling(self) -> None:
        """Add how finely pixels are sampled, and which of them."""
        for name in ("thick", "polar", "omega"):
            if self._likely(0.1):
                self._insert(f"-oversample_{name}")
        if self._likely(0.1) and "-mask" not in (group[0] for group in self._groups):
            self._insert("-trace_pixel", "2", "3")
        elif self._likely(0.15):
            first = self._draw.randint(0, 3), self._draw.randint(0, 3)
            last = [start + self._draw.randint(0, 8) for start in first]
            self._insert("-roi", str(first[0]), str(last[0]), str(first[1]), str(last[1]))
        room = SAMPLES // (self._pixels * self._per_pixel)
        counts = [count for count in (1, 1, 1, 2, 2, 3) if count**2 <= max(room, 1)]
        self._insert("-oversample", str(self._draw.choice(counts)))

    def _insert(self, *words: str) -> None:
        self._groups.insert(self._draw.randint(0, len(self._groups)), list(words))
