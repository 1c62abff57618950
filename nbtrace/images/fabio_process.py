"""A process that reads one image with fabio: `python -P fabio_process.py FILE SECONDS BYTES`.

The readers of fabio trust the headers of files: they can run without end, or ask for any amount of memory. Here they
have only so many seconds of the processor and bytes of memory. Standard output is the length of a JSON text (8 bytes,
little-endian), the text, and the pixels row after row: nothing that could be executed.

Nothing of nbtrace is imported, so that it starts fast.
"""

import json
import os
import sys
from pathlib import Path
from typing import BinaryIO

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


def _read(name: str, out: BinaryIO) -> None:
    import fabio  # noqa: PLC0415 - an extra; importing it counts as time
    import numpy as np  # noqa: PLC0415

    with fabio.open(name) as image:
        pixels = np.ascontiguousarray(image.data)
        keywords = {
            str(key)[:_LONGEST_VALUE]: str(value)[:_LONGEST_VALUE]
            for key, value in list(image.header.items())[:_MOST_KEYS]
        }
        reply = {"dtype": pixels.dtype.str, "shape": pixels.shape, "frames": image.nframes, "header": keywords}
    text = json.dumps(reply).encode()
    out.write(len(text).to_bytes(8, "little"))
    out.write(text)
    out.write(pixels.data)
    out.flush()


def main(name: str, seconds: int, room: int) -> None:
    """Read a file and write what it holds to standard output."""
    with os.fdopen(os.dup(1), "wb") as out:
        os.dup2(2, 1)  # what a library prints is no image
        _limit_time(seconds)
        for library in _NOT_NEEDED:
            sys.modules[library] = None  # type: ignore[assignment] # as if it were not installed
        try:
            import fabio  # noqa: F401, PLC0415 - what it takes is not the file's

            _limit_memory(room)
            _read(name, out)
        except MemoryError:
            os._exit(OUT_OF_MEMORY)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
