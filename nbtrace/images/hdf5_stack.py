"""One image of an HDF5 file, with the mask and the numbers that NeXus has for its detector; needs h5py.

Runs in the process of :mod:`nbtrace.images.reading_process`. Links are followed into files beside the master file,
never elsewhere, and what is missing is refused: HDF5 itself reads a missing file as zeros.
"""

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np

_Group: Any = h5py.Group
"""h5py has no types."""

_MOST_BYTES = 2**31
_MOST_EXPANSION = 4096
_ALWAYS = 2**24
"""Bounds of a frame, as :mod:`nbtrace.images.content` has them."""

_MOST_OBJECTS = 10_000
_SHOWN = 6
_LONGEST = 200
_BLOCK = re.compile(r"data_\d+")
"""Names of the links to an Eiger detector's files of images."""

_MASKS = ("pixel_mask", "detectorSpecific/pixel_mask")
_DETECTOR_NUMBERS = (
    *("detector_distance", "distance", "beam_center_x", "beam_center_y", "x_pixel_size", "y_pixel_size"),
    *("detectorSpecific/x_pixel_size", "detectorSpecific/y_pixel_size"),
)
_BEAM_NUMBERS = ("incident_wavelength", "wavelength", "incident_energy", "energy")
_MOST_AXES = 32


class Refusal(Exception):  # noqa: N818 - a file is refused; the reason follows its name in a message
    """Why no image is read; the text continues the name of the file."""


def read_frame(name: str, frame: int, wanted: str) -> tuple[dict[str, Any], tuple[np.ndarray, ...]]:
    """Return what is told of an image, and its pixels, and its mask if the file has one.

    Parameters
    ----------
    name : str
        The file.
    frame : int
        Which image, from 0, of all that the file holds.
    wanted : str
        The path of an array, or names of arrays to prefer, separated by commas; empty if the file is to tell.

    Raises
    ------
    Refusal
        If there is no such image, it is not told which array is meant, or a link leads astray.
    """
    try:
        with h5py.File(name, "r", locking=False) as file:
            return _read(file, frame, wanted)
    except (OSError, RuntimeError, KeyError, ValueError, TypeError) as error:
        raise Refusal(f"cannot be read as HDF5: it is damaged ({_first_line(error)})") from None


def _read(file: Any, frame: int, wanted: str) -> tuple[dict[str, Any], tuple[np.ndarray, ...]]:
    blocks = _blocks(file, wanted)
    counts = [_frames(block) for block in blocks]
    frame = frame if sum(counts) > 1 else 0
    if frame >= sum(counts):
        raise Refusal(f"has {sum(counts)} images, no image {frame + 1}")
    which = next(i for i in range(len(counts)) if frame < sum(counts[: i + 1]))
    block = blocks[which]
    pixels = _pixels(block, frame - sum(counts[:which]))
    detector = _detector(file)
    mask = _mask(detector, pixels.shape, frame)
    reply = {
        "dtype": pixels.dtype.str,
        "shape": pixels.shape,
        "frames": sum(counts),
        "masked": mask is not None,
        "details": {
            "dataset": block.name,
            "mask": "" if mask is None else mask[1],
            "unfit_mask": _unfit_mask(detector) if mask is None else "",
            **_numbers(file, detector, frame),
        },
    }
    return reply, ((pixels,) if mask is None else (pixels, mask[0]))


def _blocks(file: Any, wanted: str) -> list[Any]:
    """Return the arrays of images, in the order of their frames."""
    if wanted.startswith("/"):
        found = _get(file, wanted)
        if found is None:
            raise Refusal(f"holds no {wanted}; it holds {_listed(_arrays(file))}")
        return _of_group(found) if isinstance(found, _Group) else [found]
    for name in filter(None, wanted.split(",")):
        found = _get(file, name)
        if found is not None and _is_image(found):
            return [found]
    for group in _data_groups(file):
        blocks = _of_group(group)
        if blocks:
            return blocks
    arrays = _arrays(file)
    if len(arrays) != 1:
        held = _listed(arrays) if arrays else "no array of an image"
        raise Refusal(f"holds {held}" + ("; say which, as in FILE::/PATH" if arrays else ""))
    return arrays


def _of_group(group: Any) -> list[Any]:
    """Return the images of a NeXus data group: its numbered files, else its signal."""
    numbered = sorted((name for name in group if _BLOCK.fullmatch(name)), key=lambda name: int(name[5:]))
    if numbered:
        return [found for name in numbered if (found := _get(group, name)) is not None]
    for name in (_text(group.attrs.get("signal")), "data"):
        found = _get(group, name) if name else None
        if found is not None and _is_image(found):
            return [found]
    return []


def _data_groups(file: Any) -> Iterator[Any]:
    """Yield the groups that NeXus says hold the data, the default ones first."""
    for entry in _children(file, "NXentry", ("entry",)):
        yield from _children(entry, "NXdata", ("data",))


def _children(group: Any, kind: str, names: Sequence[str]) -> Iterator[Any]:
    """Yield the groups of a NeXus class, or of given names, in a group; that of its attribute `default` first."""
    default = _text(group.attrs.get("default"))
    order = sorted(group, key=lambda name: (name != default, name not in names))
    for name in order[:_MOST_OBJECTS]:
        child = _get(group, name)
        if isinstance(child, _Group) and (name in names or _text(child.attrs.get("NX_class")) == kind):
            yield child


def _get(group: Any, path: str) -> Any:
    """Return what a path leads to, None if nothing; each link on the way is looked at before it is followed."""
    found = group
    for name in filter(None, path.split("/")):
        if not isinstance(found, _Group):
            return None
        link = found.get(name, getlink=True)
        if link is None:
            return None
        if isinstance(link, h5py.ExternalLink):
            _check_beside(found.file.filename, link.filename)
        try:
            found = found[name]
        except (KeyError, OSError):
            where = f"what {link.filename[:_LONGEST]} has not" if isinstance(link, h5py.ExternalLink) else "nothing"
            raise Refusal(f"links {found.name.rstrip('/')}/{name} to {where}") from None
    return found


def _check_beside(master: str, name: str) -> None:
    """Refuse a file that is not beside, or below, the one that names it, or is not there."""
    folder = Path(master).resolve().parent
    other = (folder / name).resolve()
    shown = name[:_LONGEST]
    if not other.is_relative_to(folder):
        raise Refusal(f"links to {shown}, outside its folder: put both files into one folder")
    if not other.is_file():
        raise Refusal(f"links to {shown}, which is not there: copy it beside the file")


def _is_image(found: Any) -> bool:
    return isinstance(found, h5py.Dataset) and found.ndim >= 2 and found.dtype.kind in "buif" and min(found.shape) > 0


def _arrays(file: Any) -> list[Any]:
    """Return the arrays in the file itself that may be images; masks and corrections of a detector are none."""
    found: list[Any] = []
    seen = 0

    def visit(name: str, item: Any) -> object:
        nonlocal seen
        seen += 1
        last = name.rpartition("/")[2]
        if _is_image(item) and min(item.shape[-2:]) > 1 and last not in {"pixel_mask", "flatfield"}:
            found.append(item)
        return True if seen > _MOST_OBJECTS else None

    file.visititems(visit)
    return found


def _frames(block: Any) -> int:
    if not _is_image(block):
        raise Refusal(f"has {block.name}, which is no array of numbers with a slow and a fast axis")
    return int(np.prod(block.shape[:-2], dtype=np.int64))


def _pixels(block: Any, at: int) -> np.ndarray:
    slow, fast = block.shape[-2:]
    size = slow * fast * block.dtype.itemsize
    if size > _MOST_BYTES:
        raise Refusal(f"would take more than {_MOST_BYTES // 2**20} MB of memory: no detector image does")
    if block.is_virtual:
        for source in block.virtual_sources():
            if source.file_name != ".":
                _check_beside(block.file.filename, source.file_name)
    elif block.external:
        for name, _, _ in block.external:
            _check_beside(block.file.filename, os.fsdecode(name))
    elif size > max(_ALWAYS, _MOST_EXPANSION * block.id.get_storage_size()):
        raise Refusal(f"is damaged: what {block.name} stores cannot be the {size} bytes that it declares")
    elif block.id.get_storage_size() == 0:
        raise Refusal(f"holds no pixels in {block.name}: it was made and never written")
    try:
        place = np.unravel_index(at, block.shape[:-2]) if block.ndim > 2 else ()
        return np.ascontiguousarray(block[tuple(int(index) for index in place)])
    except OSError as error:
        raise Refusal(f"cannot be read at {block.name}: {_unreadable(block, error)}") from None


def _unreadable(block: Any, error: OSError) -> str:
    filters = block.id.get_create_plist()
    for i in range(filters.get_nfilters()):
        code = filters.get_filter(i)[0]
        if not h5py.h5z.filter_avail(code):
            return f"it is compressed by filter {code}, which needs hdf5plugin, pip install 'nbtrace[formats]'"
    return _first_line(error)


def _detector(file: Any) -> Any:
    """Return the first NeXus detector, None if there is none."""
    for entry in _children(file, "NXentry", ("entry",)):
        for instrument in _children(entry, "NXinstrument", ("instrument",)):
            for detector in _children(instrument, "NXdetector", ("detector",)):
                return detector
    return None


def _mask(detector: Any, shape: tuple[int, ...], frame: int) -> tuple[np.ndarray, str] | None:
    """Return where pixels count, and the path of the mask that says so; None without one that fits."""
    for name in _MASKS if detector is not None else ():
        found = _get(detector, name)
        if not isinstance(found, h5py.Dataset) or found.shape[-2:] != shape or found.dtype.kind not in "bui":
            continue
        count = int(np.prod(found.shape[:-2], dtype=np.int64))
        place = np.unravel_index(frame if frame < count else 0, found.shape[:-2]) if found.ndim > 2 else ()
        return np.ascontiguousarray(found[tuple(int(index) for index in place)] == 0), str(found.name)
    return None


def _unfit_mask(detector: Any) -> str:
    """Return the path and the shape of what is called a mask and fits no image; empty if there is none."""
    for name in _MASKS if detector is not None else ():
        found = _get(detector, name)
        if isinstance(found, h5py.Dataset):
            return f"{found.name}, {' x '.join(map(str, found.shape)) or 'one value'} of {found.dtype}"
    return ""


def _numbers(file: Any, detector: Any, frame: int) -> dict[str, Any]:
    """Return the numbers of the detector and the beam as (value, unit), and the chains of axes of its pixels."""
    if detector is None:
        return {}
    numbers = {name: number for name in _DETECTOR_NUMBERS if (number := _number(_get(detector, name), frame))}
    for beam in _beams(file):
        for name in _BEAM_NUMBERS:
            number = _number(_get(beam, name), frame)
            if number and name not in numbers:
                numbers[name] = number
    chains = {}
    for module in _children(detector, "NXdetector_module", ("module",)):
        for name in ("module_offset", "fast_pixel_direction", "slow_pixel_direction"):
            axis = _get(module, name)
            if axis is not None:
                chains[name] = list(_chain(file, axis, frame))
        break
    return {"numbers": numbers, "chains": chains}


def _beams(file: Any) -> Iterator[Any]:
    for entry in _children(file, "NXentry", ("entry",)):
        for kind, name in (("NXinstrument", "instrument"), ("NXsample", "sample")):
            for place in _children(entry, kind, (name,)):
                yield from _children(place, "NXbeam", ("beam",))
                yield from _children(place, "NXmonochromator", ("monochromator",))


def _number(found: Any, frame: int) -> tuple[float, str] | None:
    """Return a number and its unit: that of the frame where there are several."""
    if not isinstance(found, h5py.Dataset) or found.dtype.kind not in "uif" or found.size == 0 or found.size > 10**6:
        return None
    values = np.ravel(found[()])
    value = float(values[frame if frame < values.size else 0])
    return value, _text(found.attrs.get("units"))


def _chain(file: Any, axis: Any, frame: int) -> Iterator[dict[str, Any]]:
    """Yield an axis and those it depends on."""
    for _ in range(_MOST_AXES):
        number = _number(axis, frame)
        if number is None:
            raise Refusal(f"has an axis without a value: {getattr(axis, 'name', '')}")
        attributes = axis.attrs
        yield {
            "kind": _text(attributes.get("transformation_type")),
            "value": number[0],
            "unit": number[1],
            "vector": _vector(attributes.get("vector")),
            "offset": _vector(attributes.get("offset")),
            "offset_unit": _text(attributes.get("offset_units")) or number[1],
        }
        above = _text(attributes.get("depends_on"))
        if above in {"", "."}:
            return
        axis = _get(file, above) if above.startswith("/") else _get(axis.parent, above)
        if axis is None:
            return
    raise Refusal("has axes that depend on each other in a circle")


def _vector(value: Any) -> list[float]:
    array = np.ravel(np.asarray(value if value is not None else (0, 0, 0)))
    return [float(part) for part in array] if array.size == 3 and array.dtype.kind in "uif" else [0.0, 0.0, 0.0]


def _text(value: Any) -> str:
    """Return an attribute as text; empty if it is none."""
    if isinstance(value, np.ndarray):
        value = value.flat[0] if value.size else ""
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
    return text[:_LONGEST] if isinstance(text, str) else ""


def _listed(arrays: Sequence[Any]) -> str:
    names = ", ".join(str(array.name)[:_LONGEST] for array in arrays[:_SHOWN])
    return f"{names} and {len(arrays) - _SHOWN} more" if len(arrays) > _SHOWN else names or "no array of an image"


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or ["damaged"])[0][:_LONGEST]
