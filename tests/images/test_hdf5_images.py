"""HDF5 and NeXus images: which array and frame is read, masks, links, and files that lead astray."""

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nbtrace.errors import InputError
from nbtrace.images import hdf5_images
from nbtrace.images.image import StackFrame
from nbtrace.images.read import read_image
from nbtrace.images.resolution import direct_beam
from nbtrace.records import Side

h5py = pytest.importorskip("h5py", reason="reading HDF5 needs the extra formats")
hdf5plugin = pytest.importorskip("hdf5plugin", reason="compressions of detectors need the extra formats")

SHAPE = 6, 7
BAD = 2, 3
STACK = np.random.default_rng(1).poisson(50, (5, *SHAPE)).astype(np.uint32)
EIGER = {
    "detector_distance": (0.1, "m"),
    "beam_center_x": (3.5, "pixel"),
    "beam_center_y": (3.0, "pixel"),
    "x_pixel_size": (75e-6, "m"),
    "y_pixel_size": (0.075, "mm"),
}


@pytest.fixture(scope="module")
def eiger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a master file with links to two files of images, 3 and 2 of them, a mask and a geometry."""
    folder = tmp_path_factory.mktemp("eiger")
    for number, part in ((1, STACK[:3]), (2, STACK[3:])):
        with h5py.File(folder / f"x_data_{number:06}.h5", "w") as file:
            file.create_dataset("entry/data/data", data=part, chunks=(1, *SHAPE), **hdf5plugin.Bitshuffle(cname="lz4"))
    with h5py.File(folder / "x_master.h5", "w") as file:
        entry = group(file, "entry", "NXentry")
        data = group(entry, "data", "NXdata")
        for number in (1, 2):
            data[f"data_{number:06}"] = h5py.ExternalLink(f"x_data_{number:06}.h5", "entry/data/data")
        instrument = group(entry, "instrument", "NXinstrument")
        detector = group(instrument, "detector", "NXdetector")
        for name, (value, unit) in EIGER.items():
            number_in(detector, name, value, unit)
        mask = np.zeros(SHAPE, np.uint32)
        mask[BAD] = 2
        detector.create_group("detectorSpecific")["pixel_mask"] = mask
        number_in(group(instrument, "beam", "NXbeam"), "incident_wavelength", 1.0, "angstrom")
    return folder / "x_master.h5"


def group(above: Any, name: str, kind: str) -> Any:
    made = above.create_group(name)
    made.attrs["NX_class"] = kind
    return made


def number_in(above: Any, name: str, value: float, unit: str) -> None:
    above[name] = value
    above[name].attrs["units"] = unit


def test_a_mask_of_another_shape_is_said_to_be_unused(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "odd.h5", "w") as file:
        detector = group(group(group(file, "entry", "NXentry"), "instrument", "NXinstrument"), "detector", "NXdetector")
        detector["pixel_mask"] = np.ones((2, 3), np.uint32)
        file["entry/data/data_000001"] = STACK[0]
    image = read_image(tmp_path / "odd.h5")
    assert image.mask is None
    (remark,) = (text for text in image.remarks if "mask" in text)
    assert "pixel_mask, 2 x 3 of uint32" in remark


@pytest.mark.parametrize("frame", [None, 1, 3, 4, 5])
def test_frames_are_counted_through_the_files_that_a_master_links_to(eiger: Path, frame: int | None) -> None:
    image = read_image(eiger, frame=frame)
    np.testing.assert_array_equal(image.pixels, STACK[(frame or 1) - 1])
    assert image.frame == StackFrame(frame or 1, 5)


def test_the_mask_of_the_file_says_which_pixels_count(eiger: Path) -> None:
    mask = read_image(eiger).mask
    assert mask is not None
    assert [tuple(place) for place in np.argwhere(~mask)] == [BAD]


def test_a_master_tells_the_geometry(eiger: Path) -> None:
    geometry = read_image(eiger).geometry
    assert geometry is not None
    assert geometry.wavelength == pytest.approx(1e-10)
    assert geometry.pixel_size == pytest.approx(75e-6)
    assert geometry.pix0[2] == pytest.approx(0.1)
    assert direct_beam(geometry) == pytest.approx((3.0, 3.5))


def test_the_array_of_a_side_or_of_a_path(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["c"], file["py"], file["other/one"] = STACK[0], STACK[1], STACK[2]
    path = tmp_path / "a.h5"
    np.testing.assert_array_equal(read_image(path, side=Side.C).pixels, STACK[0])
    np.testing.assert_array_equal(read_image(path, side=Side.PY).pixels, STACK[1])
    np.testing.assert_array_equal(read_image(f"{path}::/other/one").pixels, STACK[2])
    with pytest.raises(InputError, match=r"a\.h5 holds /c, /other/one, /py; say which, as in FILE::/PATH$"):
        read_image(path)
    with pytest.raises(InputError, match=r"holds no /none; it holds /c, "):
        read_image(f"{path}::/none")


def test_a_packed_file_of_one_image_is_read_whatever_frame_is_asked_for(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["x/y"] = STACK[3].astype(np.float64)
    (tmp_path / "b.h5.gz").write_bytes(gzip.compress((tmp_path / "a.h5").read_bytes()))
    image = read_image(tmp_path / "b.h5.gz", frame=9)
    np.testing.assert_array_equal(image.pixels, STACK[3])
    assert image.remarks == ()
    assert image.source.endswith("b.h5.gz")


def test_a_virtual_array_is_read_only_if_all_its_files_are_there(eiger: Path) -> None:
    for name, source in (("good", "x_data_000001.h5"), ("bad", "gone.h5")):
        layout = h5py.VirtualLayout((3, *SHAPE), np.uint32)
        layout[:] = h5py.VirtualSource(source, "entry/data/data", (3, *SHAPE))
        with h5py.File(eiger.parent / f"{name}.h5", "w") as file:
            file.create_virtual_dataset("data", layout)
    np.testing.assert_array_equal(read_image(eiger.parent / "good.h5", frame=2).pixels, STACK[1])
    with pytest.raises(InputError, match=r"links to gone\.h5, which is not there"):
        read_image(eiger.parent / "bad.h5")


def _astray(file: Any) -> None:
    file["image"] = h5py.ExternalLink("/etc/hostname", "x")


def _above(file: Any) -> None:
    file["image"] = h5py.ExternalLink("../other.h5", "x")


def _missing(file: Any) -> None:
    file["image"] = h5py.ExternalLink("none.h5", "x")


def _circle(file: Any) -> None:
    file["image"] = h5py.SoftLink("/image")


def _claims(file: Any) -> None:
    file.create_dataset("image", (30_000, 30_000), np.uint8, chunks=(100, 100))


def _unwritten(file: Any) -> None:
    file.create_dataset("image", (30, 30), np.uint8, chunks=(10, 10))


def _number(file: Any) -> None:
    file["image"] = 3.0


def _raw_elsewhere(file: Any) -> None:
    file.create_dataset("image", (4, 4), np.uint8, external=[("/etc/hostname", 0, 16)])


@pytest.mark.parametrize(
    ("fill", "message"),
    [
        (_astray, "links to /etc/hostname, outside its folder"),
        (_above, r"links to \.\./other\.h5, outside its folder"),
        (_missing, r"links to none\.h5, which is not there: copy it beside the file"),
        (_circle, "cannot be read as HDF5: it is damaged"),
        (_claims, "is damaged: what /image stores cannot be the 900000000 bytes that it declares"),
        (_unwritten, "holds no pixels in /image: it was made and never written"),
        (_number, "holds no array of an image$"),
        (_raw_elsewhere, "links to /etc/hostname, outside its folder"),
    ],
)
def test_a_file_that_leads_astray_is_refused_in_one_line(tmp_path: Path, fill: Any, message: str) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        fill(file)
    with pytest.raises(InputError, match=message) as raised:
        read_image(tmp_path / "a.h5")
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("keep", [9, 600, -40])
def test_a_file_that_is_cut_off_is_refused(eiger: Path, tmp_path: Path, keep: int) -> None:
    (tmp_path / "a.h5").write_bytes(eiger.read_bytes()[:keep])
    with pytest.raises(InputError, match="cannot be read as HDF5: it is damaged"):
        read_image(tmp_path / "a.h5")


def test_a_frame_that_is_not_there(eiger: Path) -> None:
    with pytest.raises(InputError, match=r"has 5 images, no image 6$"):
        read_image(eiger, frame=6)


def test_without_h5py_it_is_said_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.h5").write_bytes(hdf5_images.MAGIC)
    monkeypatch.setattr(hdf5_images, "find_spec", lambda _name: None)
    with pytest.raises(InputError, match=r"needs h5py, pip install 'nbtrace\[formats\]'"):
        read_image(tmp_path / "a.h5")


def test_another_file_has_no_array_of_a_path(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", STACK[0])
    with pytest.raises(InputError, match=r"a\.npy is no HDF5 file: it has no array /x$"):
        read_image(f"{tmp_path / 'a.npy'}::/x")
