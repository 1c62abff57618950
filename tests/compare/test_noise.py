import json
from pathlib import Path

import numpy as np
import pytest

from nbtrace.compare.noise import Noise, read_noise
from nbtrace.errors import InputError, MismatchError
from nbtrace.images.image import Image
from nbtrace.verdicts.tolerance import Policy, parse_option
from nbtrace.vocabulary.quantity import Basis


def floor(quantity: str, pixel: tuple[int, int], relative: float | None, absolute: float, *, regional: bool) -> object:
    return {
        "slow": pixel[0],
        "fast": pixel[1],
        "quantity": quantity,
        "relative": relative,
        "absolute": absolute,
        "knob": "2 threads",
        "regional": regional,
    }


DOCUMENT = {
    "format": "nbtrace trust",
    "format_version": 1,
    "verdict": "REF_UNSTABLE",
    "noise": {
        "probe_slow": 1,
        "probe_fast": 2,
        "shape_slow_fast": [4, 5],
        "pixels": [{"slow": 0, "fast": 1, "absolute": 0.5}, {"slow": 3, "fast": 4, "absolute": 0.25}],
        "traced": [
            floor("F_latt", (1, 2), 1e-3, 2.0, regional=False),
            floor("F_cell", (1, 2), 1e-2, 3.0, regional=True),
            floor("hkl_frac", (1, 2), 0.5, 0.125, regional=False),
            floor("F_latt", (3, 4), 0.25, 9.0, regional=True),
            floor("omega_pixel_sr", (3, 4), None, 1.0, regional=False),
        ],
    },
}


@pytest.fixture
def noise(tmp_path: Path) -> Noise:
    path = tmp_path / "noise.json"
    path.write_text(json.dumps(DOCUMENT))
    return read_noise(path)


@pytest.mark.parametrize(
    ("pixel", "expected"),
    [
        ((1, 2), {"F_latt": 1e-3, "F_cell": 1e-2, "hkl_frac": 0.125}),
        ((3, 4), {"F_latt": 0.25}),
        ((0, 0), {"F_latt": 1e-3, "hkl_frac": 0.125}),
        (None, {"F_latt": 1e-3, "hkl_frac": 0.125}),
    ],
)
def test_a_floor_holds_at_its_pixel_and_the_probes_elsewhere(
    noise: Noise, pixel: tuple[int, int] | None, expected: dict[str, float]
) -> None:
    policy = noise.applied(Policy(), pixel)
    assert {name: limit.value for name, limit in policy.overrides.items()} == pytest.approx(expected, rel=1e-8)
    assert policy.of("hkl_frac").basis is Basis.ABSOLUTE
    assert all(limit.overridden and "noise.json" in limit.origin for limit in policy.overrides.values())
    assert policy.relative == Policy().relative


@pytest.mark.parametrize(
    ("flags", "binary", "why"),
    [
        (["-N", "5"], "a" * 64, ""),
        (["-N", "6"], "a" * 64, "other flags"),
        (["-N", "5"], "b" * 64, "another reference program"),
        (["-N", "5"], None, ""),
        (None, None, ""),
    ],
)
def test_floors_of_other_flags_or_another_program_are_strangers(
    flags: list[str] | None, binary: str | None, why: str, tmp_path: Path
) -> None:
    path = tmp_path / "noise.json"
    path.write_text(json.dumps(DOCUMENT | {"experiment": flags, "c_binary_sha256": binary}))
    assert read_noise(path).stranger_to(("-N", "5"), "a" * 64) == why


def test_a_floor_lowers_nothing(noise: Noise) -> None:
    wide = Policy().updated(parse_option("F_latt=0.5"), "option")
    assert noise.applied(wide, (1, 2)).of("F_latt").origin == "option"
    told = noise.told(wide, noise.applied(wide, (1, 2)), (1, 2)).text
    assert "at this pixel; raises the tolerances of F_cell, hkl_frac" in told
    assert "not this one" in noise.told(wide, wide, (0, 0)).text


def test_only_pixels_within_their_own_floor_are_excused(noise: Noise) -> None:
    c = Image(np.ones((4, 5), dtype=np.float32), "c", "raw")
    values = np.ones((4, 5), dtype=np.float32)
    values[0, 1], values[3, 4], values[2, 2] = 1.5, 1.5, 1.25
    within = noise.within(c, Image(values, "py", "raw"))
    assert np.argwhere(within).tolist() == [[0, 1]]
    values[0, 1] = 1.0
    assert not noise.within(c, Image(values, "py", "raw")).any()
    values[0, 1] = np.nan
    assert not noise.within(c, Image(values, "py", "raw")).any()


def test_an_image_of_another_shape_has_no_floor(noise: Noise) -> None:
    other = Image(np.ones((5, 4), dtype=np.float32), "c", "raw")
    same = Image(np.ones((4, 5), dtype=np.float32), "py", "raw")
    for pair in ((other, same), (same, other)):
        with pytest.raises(MismatchError, match=r"measured on an image of 4 x 5 pixels .*, c has 5 x 4"):
            noise.within(*pair)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"format": "nbtrace diff"}, "format"),
        ({"format_version": 2}, "format_version"),
        ({"noise": None}, "noise"),
        ({"noise": {**DOCUMENT["noise"], "shape_slow_fast": [3, 5]}}, "is not on its own image"),  # type: ignore[dict-item]
        ({"noise": {**DOCUMENT["noise"], "pixels": [{"slow": -1, "fast": 0, "absolute": 1}]}}, "pixels"),  # type: ignore[dict-item]
    ],
)
def test_another_document_is_refused(change: dict[str, object], said: str, tmp_path: Path) -> None:
    path = tmp_path / "noise.json"
    path.write_text(json.dumps({**DOCUMENT, **change}))
    with pytest.raises(InputError, match=said):
        read_noise(path)
