import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from nbtrace.errors import InputError, MismatchError
from nbtrace.programs.archived import ArchivedSource
from tests.places import GOLDEN_SUITE


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    target = tmp_path / "roi"
    shutil.copytree(GOLDEN_SUITE / "roi", target)
    return target


def test_what_is_recorded_is_read(folder: Path) -> None:
    source = ArchivedSource(folder)
    made = source.make(5)
    assert made.image.shape == (64, 64)
    assert made.milliseconds == ()
    assert made.median_ms is None
    assert made.identical is None
    assert made.image.pixels.sum(dtype=np.float64) == pytest.approx(source_sum(folder), rel=1e-12)
    binary = source.identity.binary
    assert binary is not None
    assert binary.sha256 == json.loads((folder / "case.json").read_text())["reference_sha256"]


def source_sum(folder: Path) -> float:
    value: float = json.loads((folder / "case.json").read_text())["sum"]
    return value


def test_only_recorded_pixels_have_a_trace(folder: Path) -> None:
    source = ArchivedSource(folder)
    assert set(source.traced) == {(30, 25), (49, 34), (51, 5)}
    assert "I_pixel_final" in (source.trace((30, 25)).text or "")
    missing = source.trace((25, 30))
    assert missing.text is None
    assert "recorded are 30 25, 49 34, 51 5" in missing.reason


def change(path: Path, **values: object) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"args": []}, "args"),
        ({"shape_slow_fast": [64]}, "shape_slow_fast"),
        ({"shape_slow_fast": [0, 64]}, "shape_slow_fast"),
        ({"reference_sha256": "nothing"}, "reference_sha256"),
        ({"name": None}, "name"),
        ({"threads": -1}, "threads"),
    ],
)
def test_a_malformed_case_is_named(folder: Path, values: dict[str, object], said: str) -> None:
    change(folder / "case.json", **values)
    with pytest.raises(InputError, match=rf"case\.json: {said}"):
        _ = ArchivedSource(folder).identity


def test_an_image_of_another_shape_is_no_image_of_the_case(folder: Path) -> None:
    change(folder / "case.json", shape_slow_fast=[32, 128])
    with pytest.raises(MismatchError):
        ArchivedSource(folder).make(1)


def test_a_folder_without_an_image_or_without_a_case_is_an_error(folder: Path, tmp_path: Path) -> None:
    (folder / "image.npz").unlink()
    with pytest.raises(InputError, match=r"image\.npz or image\.npy or image\.bin"):
        ArchivedSource(folder).make(1)
    with pytest.raises(InputError, match="is no folder"):
        _ = ArchivedSource(tmp_path / "nope").case
    (folder / "case.json").write_text("{")
    with pytest.raises(InputError, match="is not JSON"):
        _ = ArchivedSource(folder).case


@pytest.mark.parametrize("suffix", ["npy", "bin"])
def test_other_forms_of_an_image_are_read(folder: Path, suffix: str) -> None:
    before = ArchivedSource(folder).make(1).image.pixels
    (folder / "image.npz").unlink()
    np.save(folder / "image.npy", before) if suffix == "npy" else before.tofile(folder / "image.bin")
    np.testing.assert_array_equal(ArchivedSource(folder).make(1).image.pixels, before)


def test_a_folder_that_vanishes_is_an_error_of_the_input(folder: Path) -> None:
    source = ArchivedSource(folder)
    assert source.case.name
    shutil.rmtree(folder)
    with pytest.raises(InputError, match="cannot be read: No such file"):
        _ = source.traced
