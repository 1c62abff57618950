"""Machine code of `native_sweep.cpp`: made once by the user's own compiler, kept in the user's cache, loaded from there.

The name of the kept file holds two digests. One is of all that the code follows from: the source, the compiler, its
options and the processor; another of any of them is another file. One is of its content: a file that was cut off or
changed is made anew. It is written under another name first, so any number of processes may make it at once. A folder
in which others could write is not used, since what lies there is run.
"""

import ctypes
import hashlib
import os
import platform
import shlex
import shutil
import stat
import subprocess
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock, Thread

from simulator.errors import shown

SOURCE = Path(__file__).with_name("native_sweep.cpp")

COMPILERS = ("c++", "g++", "clang++")
"""What is looked for where $CXX names none."""

OPTIONS = ("-std=c++17", "-O3", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math", "-fPIC", "-shared")
"""None of them lets the compiler reorder or contract sums; the last two only say that nobody looks at flags of errors."""

PROCESSOR_OPTIONS = (("-march=native",), ("-mcpu=native",), ())
"""In this order: the first that the compiler takes."""

LONGEST_COMPILATION_S = 120
LONGEST_ANSWER_S = 20
LARGEST_LIBRARY = 1 << 24
KEPT_LIBRARIES = 16
"""Files of other compilers, processors or versions that stay in the cache."""


class NativeUnavailableError(Exception):
    """There is no machine code; the text says why."""


@dataclass(frozen=True)
class Compiler:
    """A compiler of C++: the words that call it, and what it says of its version."""

    words: tuple[str, ...]
    version: str


class NativeLibrary:
    """The loaded code; its functions let other threads run."""

    def __init__(self, path: Path, origin: str) -> None:
        self.origin = origin
        """Which compiler made it, in words."""
        self._library = ctypes.CDLL(str(path))
        self._library.nbtrace_sweep.restype = None
        self._library.nbtrace_sweep.argtypes = (ctypes.c_void_p,)
        self._library.nbtrace_rays.restype = None
        self._library.nbtrace_rays.argtypes = (ctypes.c_void_p,)
        self._library.nbtrace_sweep_size.restype = ctypes.c_int64
        self._library.nbtrace_function.restype = None
        self._library.nbtrace_function.argtypes = (ctypes.c_int64, ctypes.c_int64, ctypes.c_void_p, ctypes.c_void_p)

    @property
    def arguments_size(self) -> int:
        """Bytes of the structure that :meth:`sweep` takes."""
        return int(self._library.nbtrace_sweep_size())

    def sweep(self, arguments: ctypes.Structure) -> None:
        """Add up the samples of a sweep."""
        self._library.nbtrace_sweep(ctypes.addressof(arguments))

    def rays(self, arguments: ctypes.Structure) -> None:
        """Find the rays to pixels."""
        self._library.nbtrace_rays(ctypes.addressof(arguments))

    def function(self, number: int, count: int, x: int, y: int) -> None:
        """Evaluate one of the functions of a number: `count` doubles from address `x` to address `y`."""
        self._library.nbtrace_function(number, count, x, y)
