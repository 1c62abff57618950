"""HDF5 and NeXus images, an Eiger detector's files among them, read by h5py (the extra `formats`) apart."""

from importlib.util import find_spec
from pathlib import Path

from nbtrace.errors import InputError
from nbtrace.files import first_bytes
from nbtrace.images.content import MOST_BYTES
from nbtrace.images.image import Image, frame_of
from nbtrace.images.numpy_files import OF_SIDE, ONLY
from nbtrace.records import Side

MAGIC = b"\x89HDF\r\n\x1a\n"

INSIDE = "::"
"""What stands between the name of a file and the path of an array in it."""

_SECONDS = 60


def split_name(name: str | Path) -> tuple[Path, str]:
    """Return the file that a name is of, and the path of the array in it that follows `::`; empty without one."""
    file, inside, array = str(name).partition(f"{INSIDE}/")
    return Path(file), f"/{array}" if inside else ""


def is_hdf5(path: Path) -> bool:
    """Whether a file begins as HDF5 does; False where it cannot be read, and for a pipe."""
    return first_bytes(path, len(MAGIC)) == MAGIC


def read_hdf5(path: Path, array: str = "", frame: int | None = None, side: Side | None = None) -> Image:
    """Return an image of an HDF5 file: that of `frame`, from 1, else the first.

    The array is the one named, else the one called `image`, or `c` and `py` for the sides, else what NeXus says is the
    data, else the only one that can be an image. A file is read by frames, so that it may be of any size.

    Parameters
    ----------
    path : Path
        The file; links in it are followed to files beside it.
    array : str
        Path of the array, as `/entry/data/data`; empty if the file is to tell.
    frame : int, optional
        Which image, from 1.
    side : Side, optional
        Whose image is wanted.

    Raises
    ------
    InputError
        If h5py is not installed, the file is damaged, has no such image, or links to what is not beside it.
    """
    return _read(str(path), path, array, frame, side)


def read_packed_hdf5(content: bytes, path: Path, array: str, frame: int | None, side: Side | None) -> Image:
    """Return the same of a file that was packed; `content` is what was in it.

    Raises
    ------
    InputError
        As :func:`read_hdf5`; a link to a file beside it leads nowhere.
    """
    from tempfile import NamedTemporaryFile  # noqa: PLC0415 - for such files alone

    try:
        with NamedTemporaryFile(suffix=".h5") as plain:
            plain.write(content)
            plain.flush()
            return _read(plain.name, path, array, frame, side)
    except OSError as error:
        raise InputError(f"{path} cannot be read as HDF5: no file for it can be made: {error.strerror}") from error


def _read(file: str, path: Path, array: str, frame: int | None, side: Side | None) -> Image:
    # A program is run for such files alone.
    from nbtrace.images import reading_process  # noqa: PLC0415
    from nbtrace.images.nexus_geometry import nexus_geometry  # noqa: PLC0415
    from nbtrace.images.read_apart import Limits, ReadRequest, read_apart  # noqa: PLC0415

    if find_spec("h5py") is None:
        raise InputError(f"{path} is HDF5: reading it needs h5py, pip install 'nbtrace[formats]'")
    wanted = array or ",".join([ONLY] + ([OF_SIDE[side]] if side in OF_SIDE else []))
    limits = Limits(_SECONDS, room=2**28 + 2 * MOST_BYTES, output=2 * MOST_BYTES + reading_process.MOST_TEXT)
    found = read_apart(ReadRequest("h5py", file, path, "HDF5", (frame or 1) - 1, wanted), limits)
    geometry, why = nexus_geometry(found.details, path.name)
    unfit = found.details.get("unfit_mask")
    unused = f"its mask {unfit}, does not fit the image and is not used" if unfit else ""
    remarks = tuple(filter(None, (unused, why)))
    kind = f"HDF5, {found.details.get('dataset', array)}"
    mask = None if found.mask is None or bool(found.mask.all()) else found.mask
    return Image(found.pixels, str(path), kind, {}, geometry, remarks, mask, frame_of(found.frames, frame))
