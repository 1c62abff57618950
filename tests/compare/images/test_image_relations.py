"""How one image is made from the other: each kind of relation, compounds, and what is none."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from scipy import ndimage

from nbtrace.compare.images.image_pair import ImagePair
from nbtrace.compare.images.image_relations import image_relation
from nbtrace.compare.images.relation import ImageRelation
from nbtrace.records import Side
from nbtrace.vocabulary import registry

Pixels = npt.NDArray[np.generic]
NAMES = registry.default().names


def spots(seed: int = 1, shape: tuple[int, int] = (70, 80)) -> npt.NDArray[np.float64]:
    rng = np.random.default_rng(seed)
    slow, fast = np.mgrid[: shape[0], : shape[1]]
    image: npt.NDArray[np.float64] = 5 + 20 * np.exp(-((slow - 30) ** 2 + (fast - 40) ** 2) / 900)
    for _ in range(25):
        at = rng.uniform(0, shape[0]), rng.uniform(0, shape[1])
        image += rng.lognormal(4, 1) * np.exp(-((slow - at[0]) ** 2 + (fast - at[1]) ** 2) / rng.uniform(2, 6))
    return image


X = spots()
X32 = X.astype(np.float32)


def found(c: Pixels, py: Pixels) -> ImageRelation | None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return image_relation(ImagePair(c, py, None, NAMES))


def told(c: Pixels, py: Pixels) -> str:
    relation = found(c, py)
    assert relation is not None
    assert relation.exact
    return relation.text(NAMES)


def marked(image: Pixels) -> Pixels:
    other = image.copy()
    other[::7, ::9] = -1
    other[20] = -2
    return other


def counted(image: npt.NDArray[np.float64]) -> Pixels:
    return np.rint(image).astype(np.int32)


KINDS: dict[str, tuple[Pixels, Pixels, str]] = {
    "scale": (X32, X32 * np.float32(1.0933), "Py is C times 1.0933"),
    "offset": (X32, X32 + np.float32(40), "Py is C plus 40 (an offset, -adc)"),
    "offset below": (X, X - 3.5, "Py is C minus 3.5 (an offset)"),
    "line": (X32, (X * 1.3 + 7).astype(np.float32), "Py is C times 1.3 plus 7 (an offset, -adc)"),
    "rounded": (X, np.rint(X), "Py is C rounded to whole numbers"),
    "reference rounded": (np.rint(X), X, "C is Py rounded to whole numbers"),
    "cut": (X, np.floor(X), "Py is C cut to whole numbers (the rest dropped, not rounded)"),
    "rounded and offset": (X, np.rint(X) + 40, "Py is C rounded to whole numbers plus 40 (an offset, -adc)"),
    "cut and offset": (X, np.floor(X) + 40, "Py is C cut to whole numbers (the rest dropped, not rounded) plus 40"),
    "integer image": (X32, np.floor(X32 * 13.5 + 40.5).astype(np.uint16), "Py is C times 13.5 rounded to whole"),
    "decimals": (X, np.round(X, 2), "Py is C rounded to 2 decimals"),
    "limit": (X32, np.minimum(X32, 60), "Py is C clipped at 60"),
    "root": (X, np.sqrt(X), "Py is the square root of C"),
    "root, scaled": (X, 3 * np.sqrt(X), "Py is the square root of C times 3"),
    "half precision": (X, X.astype(np.float16), "Py is C in half precision"),
    "overflow": (X * 3, counted(X * 3).astype(np.uint8), "Py is C rounded to integers of 8 bits, which"),
    "byte order": (X32, X32.byteswap(), "Py holds the same numbers in the other byte order"),
    "byte order of C": (X.byteswap(), X, "C holds the same numbers in the other byte order"),
    "byte order and rounded": (X, counted(X).byteswap(), "read in the other byte order, Py is C rounded to whole"),
    "mask": (counted(X), marked(counted(X)), "Py is C, but for 170 pixels that are -1 or -2 in Py (a mask"),
    "mask and rounded": (X, marked(counted(X)), "Py is C rounded to whole numbers, but for 170 pixels that are -1 or"),
    "unsigned mask": (
        counted(X).astype(np.uint32),
        np.where(marked(counted(X)) == counted(X), counted(X), 2**32 - 1).astype(np.uint32),
        "Py is C, but for 170 pixels that are 4294967295 in Py (a mask",
    ),
    "blur": (X32, ndimage.gaussian_filter(X32, 0.7, truncate=4.0), "Py is C blurred, 0.699 pixels wide (σ)"),
    "part of a pixel": (X, ndimage.shift(X, (0.5, 0), order=1), "Py is C moved by +0.5 along slow"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_relation_is_named(kind: str) -> None:
    c, py, words = KINDS[kind]
    assert told(c, py).startswith(words)


def test_a_region_of_interest_is_told_by_its_ends() -> None:
    part = np.zeros_like(X32)
    part[20:60, 30:70] = X32[20:60, 30:70]
    assert told(X32, part).endswith("all outside of -roi 30 69 20 59")
    assert told(part, X32).startswith("C is Py, but for")


def test_counting_noise_is_told_by_its_chi_squared() -> None:
    rng = np.random.default_rng(3)
    assert told(X, rng.poisson(X)).startswith("Py is C with counting noise (χ² per pixel ")
    assert "plus 40 (an offset, -adc)" in told(X, rng.poisson(X) + 40)
    assert "plus 12345678 (an offset, -adc)" in told(X, rng.poisson(X) + 12345678)
    assert "minus 20 (an offset)" in told(X, rng.poisson(X) - 20)


@pytest.mark.parametrize("spoil", [lambda y: y * 1.1, lambda y: np.where(y > 90, y + 40, y)])
def test_other_noise_is_no_counting_noise(spoil: Callable[[Pixels], Pixels]) -> None:
    noisy = np.rint(spoil(np.random.default_rng(3).poisson(X)))
    relation = found(X, noisy)
    assert relation is None or "counting noise" not in relation.text(NAMES)


def test_unlike_images_have_no_relation() -> None:
    assert found(X, spots(2)) is None


def test_one_pixel_beyond_it_ends_a_relation() -> None:
    other = X32 * np.float32(1.5)
    other[3, 4] *= np.float32(1.001)
    relation = found(X32, other)
    assert relation is None or not relation.exact


def test_two_numbers_are_not_fitted_to_a_few_values() -> None:
    c = np.zeros((8, 8))
    c[2, 3], c[5, 5] = 3.0, 4.0
    py = np.zeros((8, 8))
    py[2, 3], py[5, 5] = 5.0, 7.0
    relation = found(c, py)
    assert relation is None or not relation.exact


def test_the_same_numbers_in_another_format_are_no_relation() -> None:
    assert found(X, X32) is None


def test_a_whole_offset_is_found_beside_a_factor() -> None:
    assert told(X, np.rint(X * 1.25 + 40).astype(np.uint16)).endswith(
        "rounded to whole numbers plus 40 (an offset, -adc)"
    )


def test_what_is_left_is_stated() -> None:
    relation = found(X, np.rint(X) + 40)
    assert relation is not None
    assert 0.49 < relation.left <= 0.5
    assert relation.pixels == X.size
    assert relation.free == 1
    assert relation.made is Side.PY
    assert relation.leaves() == "at most 0.5 is left"


def whole(dtype: str, *, bright: float = 1.0, sign: int = 1) -> Pixels:
    return np.rint(sign * bright * X).astype(dtype)


@pytest.mark.parametrize(
    "plain",
    [
        whole("<u2"),
        whole("<i4"),
        whole("<i4", sign=-1),
        whole("<u2", bright=20),
        whole("<i2", bright=10),
        np.where(X > 60, whole("<u2"), 0).astype("<u2"),
        X32,
        X,
    ],
    ids=["u2", "i4", "negative", "bright", "i2", "sparse", "f4", "f8"],
)
def test_the_side_in_the_other_byte_order_is_the_less_plausible(plain: Pixels) -> None:
    assert told(plain, plain.byteswap()) == "Py holds the same numbers in the other byte order"
    assert told(plain.byteswap(), plain) == "C holds the same numbers in the other byte order"


def test_which_side_has_the_other_byte_order_may_stay_open() -> None:
    noise = np.random.default_rng(1).integers(0, 2**16, X.shape).astype("<u2")
    words = "one of C and Py holds the other's numbers in the other byte order"
    assert told(noise, noise.byteswap()) == told(noise.byteswap(), noise) == words


WHOLE = whole("<i4")
RANDOM = np.random.default_rng(4).random(X.shape)
BRIGHT = int(WHOLE.max())


def changed(image: npt.NDArray[Any], where: npt.NDArray[np.bool_], by: float) -> Pixels:
    return np.where(where, image + by, image).astype(image.dtype)


def one() -> npt.NDArray[np.bool_]:
    at = np.zeros(X.shape, bool)
    at[5, 5] = True
    return at


TOP2 = np.partition(X.ravel(), -2)[-2] - 1
FEW: dict[str, tuple[Pixels, Pixels, str]] = {
    "one lower": (WHOLE, changed(WHOLE, one(), -1), "Py is C, but for 1 of 5600 pixels, which is 1 lower"),
    "one lower of floats": (
        WHOLE.astype(float),
        changed(WHOLE.astype(float), one(), -1),
        "Py is C, but for 1 of 5600 pixels, which is 1 lower",
    ),
    "the brightest lower": (
        WHOLE,
        changed(WHOLE, WHOLE == BRIGHT, -1),
        "Py is C, but for 1 of 5600 pixels, which is 1 lower",
    ),
    "some higher": (
        WHOLE,
        changed(WHOLE, RANDOM < 0.01, 1),
        f"Py is C, but for {np.count_nonzero(RANDOM < 0.01)} of 5600 pixels, which are 1 higher",
    ),
    "half higher": (
        WHOLE,
        changed(WHOLE, RANDOM < 0.5, 1),
        f"Py is C, but for {np.count_nonzero(RANDOM < 0.5)} of 5600 pixels, which are 1 higher",
    ),
    "half lower": (
        WHOLE,
        changed(WHOLE, RANDOM < 0.5, -1),
        f"Py is C, but for {np.count_nonzero(RANDOM < 0.5)} of 5600 pixels, which are 1 lower",
    ),
    "a float": (X, changed(X, one(), 3), "Py is C, but for 1 of 5600 pixels, which is 3 higher"),
    "a row": (
        X,
        np.where(np.arange(70)[:, None] == 7, 1.3 * X, X),
        "Py is C, but for 80 of 5600 pixels, which are multiplied by 1.3 in Py",
    ),
    "rounded": (
        X,
        changed(counted(X), one(), 1),
        "Py is C rounded to whole numbers, but for 1 of 5600 pixels, which is 1 higher",
    ),
    "saturated": (
        X,
        np.minimum(X, TOP2),
        f"Py is C, but for 2 of 5600 pixels, which are {TOP2:.10g} in Py (saturation)",
    ),
    "saturated C": (
        np.minimum(X, TOP2),
        X,
        f"C is Py, but for 2 of 5600 pixels, which are {TOP2:.10g} in C (saturation)",
    ),
    "mask and row": (
        WHOLE,
        marked(changed(WHOLE, one(), 5)),
        "(a mask, not intensities), and of the rest 1 of 5430 pixels, which is 5 higher",
    ),
}


@pytest.mark.parametrize("kind", FEW)
def test_images_that_are_alike_but_for_some_pixels(kind: str) -> None:
    c, py, words = FEW[kind]
    relation = found(c, py)
    assert words in told(c, py)
    assert relation is not None
    assert relation.leaves() == ("the others are within 0.5" if kind == "rounded" else "the others are the same")


def test_pixels_that_are_0_in_both_do_not_count_as_alike() -> None:
    c, py = np.zeros((20, 20)), np.zeros((20, 20))
    c[5:7, 5:15] = np.arange(20).reshape(2, 10) + 3
    py[5:7, 5:15] = np.arange(20)[::-1].reshape(2, 10) ** 2 + 1
    assert found(c, py) is None


def test_halves_may_be_rounded_up() -> None:
    c = np.floor(X) + 0.5 * (RANDOM < 0.5)
    assert told(c, np.floor(c + 0.5)) == "Py is C rounded to whole numbers"


def test_a_mask_may_fill_most_of_an_image() -> None:
    mask = np.full_like(WHOLE, -1)
    mask[10:12] = WHOLE[10:12]
    assert told(WHOLE, mask) == "Py is C, but for 5440 pixels that are -1 in Py (a mask, not intensities)"


def test_a_mask_is_named_where_the_rest_differs() -> None:
    relation = found(WHOLE, marked(np.rint(spots(2)).astype(np.int32)))
    assert relation is not None
    assert not relation.exact
    assert relation.text(NAMES).startswith("apart from ")
    assert "that are -1 or -2 in Py (a mask, not intensities), " in relation.text(NAMES)
    assert " of 5430 pixels differ, by at most " in relation.text(NAMES)


@pytest.mark.parametrize("seed", range(6))
def test_bright_spots_put_no_offset_beside_counting_noise(seed: int) -> None:
    image = 20 * X
    image[10, 10], image[20, 30] = 180_000.0, 80_000.0
    noisy = np.random.default_rng(seed).poisson(image)
    assert "offset" not in told(image, noisy)
    assert "plus 40 (an offset, -adc)" in told(image, noisy + 40)
