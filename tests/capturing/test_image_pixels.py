from pathlib import Path

import numpy as np
import pytest

from nbtrace.capturing.image_pixels import as_stored, image_name, moved_pixels, pixel_value
from nbtrace.capturing.probe import ImageCheck
from nbtrace.errors import InputError

CHECK = ImageCheck("final", ("-o", "-out"), "image.bin", "float32", "columns")


def test_the_last_name_given_is_that_of_the_image() -> None:
    assert image_name(CHECK, ()) == "image.bin"
    assert image_name(CHECK, ("-o", "a.bin", "-out", "./b.bin")) == "b.bin"
    assert image_name(CHECK, ("a", "-o")) == "image.bin"


def test_a_pixel_is_found_in_its_row(tmp_path: Path) -> None:
    pixels = np.arange(12, dtype=np.float32).reshape(3, 4) / 7
    pixels.tofile(tmp_path / "image.bin")
    assert pixel_value(tmp_path / "image.bin", CHECK, 4, (2, 1)) == float(pixels[2, 1]) == as_stored(9 / 7, CHECK)
    with pytest.raises(InputError, match="ends before pixel 3 0"):
        pixel_value(tmp_path / "image.bin", CHECK, 4, (3, 0))
    for outside in ((0, 4), (1, -1), (-1, 0)):
        with pytest.raises(InputError, match=f"there is no pixel {outside[0]} {outside[1]} in image.bin"):
            pixel_value(tmp_path / "image.bin", CHECK, 4, outside)


def test_a_number_too_large_for_the_image_is_infinite_there() -> None:
    assert (as_stored(-1e39, CHECK), as_stored(1e38, CHECK)) == (-np.inf, float(np.float32(1e38)))


def test_pixels_that_move_are_those_with_other_bits(tmp_path: Path) -> None:
    before = np.zeros((3, 4), dtype=np.float32)
    after = before.copy()
    after[1, 2], after[2, 0] = 5, -0.0
    for name, image in (("a", before), ("b", after)):
        image.tofile(tmp_path / name)
    moves = moved_pixels(tmp_path / "a", tmp_path / "b", CHECK, 4, (1, 2), "image.bin")
    assert moves.moved == 2
    assert [item.pixel for item in moves.listed] == [(1, 2), (2, 0)]
    assert moves.selected is not None
    assert (moves.selected.before, moves.selected.after, moves.only_selected) == (0.0, 5.0, False)
    assert moves.others == 1
    assert moved_pixels(tmp_path / "a", tmp_path / "b", CHECK, 4, None, "image.bin").others == 2
    (tmp_path / "c").write_bytes(b"\0" * 8)
    with pytest.raises(InputError, match="2 pixels with the value injected and 12 without"):
        moved_pixels(tmp_path / "a", tmp_path / "c", CHECK, 4, None, "image.bin")


@pytest.mark.parametrize(("first", "second", "moved"), [(np.nan, np.nan, 0), (0.0, -0.0, 1)], ids=["nan", "zeros"])
def test_others_are_counted_by_bits_as_all_are(tmp_path: Path, first: float, second: float, moved: int) -> None:
    """A NaN is not equal to itself and 0 equals -0, as numbers."""
    for name, value in (("a", first), ("b", second)):
        image = np.zeros((3, 4), dtype=np.float32)
        image[1, 2], image[0, 0] = value, name == "b"
        image.tofile(tmp_path / name)
    moves = moved_pixels(tmp_path / "a", tmp_path / "b", CHECK, 4, (1, 2), "image.bin")
    assert (moves.moved, moves.others) == (1 + moved, 1)


def test_an_image_of_numpy_has_its_pixels_behind_its_header(tmp_path: Path) -> None:
    before = np.arange(12, dtype=np.float32).reshape(3, 4)
    after = before.copy()
    after[1, 2] = -1
    np.save(tmp_path / "a.npy", before)
    np.save(tmp_path / "b.npy", after)
    assert pixel_value(tmp_path / "a.npy", CHECK, 4, (2, 1)) == 9.0
    moves = moved_pixels(tmp_path / "a.npy", tmp_path / "b.npy", CHECK, 4, (1, 2), "a.npy")
    assert (moves.moved, moves.only_selected) == (1, True)


@pytest.mark.parametrize(
    ("image", "said"),
    [
        (np.zeros((3, 4)), r"image\.npy holds float64 of shape \(3, 4\); the probes say float32, 4 in a row"),
        (np.zeros((4, 3), dtype=np.float32), r"float32 of shape \(4, 3\)"),
        (np.zeros((3, 4), dtype=np.float32, order="F"), "the first index the fastest"),
        (np.zeros((), dtype=np.float32), r"float32 of shape \(\)"),
    ],
)
def test_an_image_of_other_numbers_is_refused(tmp_path: Path, image: np.ndarray, said: str) -> None:
    np.save(tmp_path / "image.npy", image)
    with pytest.raises(InputError, match=said):
        pixel_value(tmp_path / "image.npy", CHECK, 4, (1, 1))
    (tmp_path / "image.npy").write_bytes(b"\x93NUMPY\1\0\4\0abcd")
    with pytest.raises(InputError, match="a damaged header"):
        pixel_value(tmp_path / "image.npy", CHECK, 4, (1, 1))
