"""A process that reads one image: `python -P reading_process.py LIBRARY FILE FRAME DATASET SECONDS BYTES`.

The libraries trust the headers of files: they can run without end, or ask for any amount of memory. Here they have
only so many seconds of the processor and bytes of memory. Standard output is the length of a JSON text (8 bytes,
little-endian), the text, the pixels row after row, and the mask if there is one: nothing that could be executed.

Of nbtrace only what the library needs is imported, so that it starts fast.
"""

import json
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

OUT_OF_MEMORY = 3
"""Exit status if the memory does not suffice; that of any other failure is Python's own."""

MOST_TEXT = 2**20
"""Bytes of the JSON text."""

_NOT_NEEDED = ("h5py", "hdf5plugin", "lxml")
"""Libraries that fabio loads for other formats: a third of its start."""

_MOST_KEYS = 500
_LONGEST_VALUE = 1000


def _limit_time(seconds: int) -> None:
    try:
        import resource  # noqa: PLC0415 - not on every system
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))


def _limit_memory(room: int) -> None:
    """Leave that many bytes besides those already taken, where the system tells how many these are."""
    try:
        import resource  # noqa: PLC0415

        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    except (ImportError, OSError):
        return
    most = pages * resource.getpagesize() + room
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _load_fabio() -> None:
    for library in _NOT_NEEDED:
        sys.modules[library] = None  # type: ignore[assignment] # as if it were not installed
    import fabio  # noqa: F401, PLC0415 - an extra


def _read_fabio(name: str, frame: int, _dataset: str, out: BinaryIO) -> None:
    import fabio  # noqa: PLC0415
    import numpy as np  # noqa: PLC0415

    with fabio.open(name) as image:
        frames = image.nframes
        if frame >= frames > 1:
            _reply(out, {"refusal": f"has {frames} images, no image {frame + 1}"})
            return
        shown = image.getframe(frame) if frame and frames > 1 else image
        pixels = np.ascontiguousarray(shown.data)
        keywords = {
            str(key)[:_LONGEST_VALUE]: str(value)[:_LONGEST_VALUE]
            for key, value in list(shown.header.items())[:_MOST_KEYS]
        }
        reply = {"dtype": pixels.dtype.str, "shape": pixels.shape, "frames": frames, "header": keywords}
    _reply(out, reply, pixels)


def _load_hdf5() -> None:
    import h5py  # noqa: F401, PLC0415 - an extra

    with suppress(ImportError):
        import hdf5plugin  # noqa: F401, PLC0415 - compressions of detectors; files without them need none

    from nbtrace.images import hdf5_stack  # noqa: F401, PLC0415


def _read_hdf5(name: str, frame: int, dataset: str, out: BinaryIO) -> None:
    from nbtrace.images.hdf5_stack import Refusal, read_frame  # noqa: PLC0415

    try:
        reply, arrays = read_frame(name, frame, dataset)
    except Refusal as refusal:
        reply, arrays = {"refusal": str(refusal)}, ()
    _reply(out, reply, *arrays)


def _reply(out: BinaryIO, reply: Mapping[str, Any], *arrays: Any) -> None:
    text = json.dumps(reply).encode()
    out.write(len(text).to_bytes(8, "little"))
    out.write(text)
    out.writelines(array.data for array in arrays)
    out.flush()


_LIBRARIES: Mapping[str, tuple[Callable[[], None], Callable[[str, int, str, BinaryIO], None]]] = {
    "fabio": (_load_fabio, _read_fabio),
    "h5py": (_load_hdf5, _read_hdf5),
}


def main(library: str, name: str, frame: int, dataset: str, seconds: int, room: int) -> None:
    """Read a file and write what it holds to standard output."""
    with os.fdopen(os.dup(1), "wb") as out:
        os.dup2(2, 1)  # what a library prints is no image
        _limit_time(seconds)
        load, read = _LIBRARIES[library]
        try:
            load()  # what it takes is not the file's
            _limit_memory(room)
            read(name, frame, dataset, out)
        except MemoryError:
            os._exit(OUT_OF_MEMORY)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4], int(sys.argv[5]), int(sys.argv[6]))
