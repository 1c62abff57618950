"""Machine code of `native_sweep.cpp`: made once by the user's own compiler, kept in the user's cache, then loaded.

It is kept under the digest of all that it follows from: the source, the compiler, its options and the processor
(`user_cache.py`). A folder in which others could write is not used, since what lies there is run.
"""

import ctypes
import os
import platform
import shlex
import shutil
import subprocess
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock, Thread

from simulator.errors import shown
from simulator.user_cache import KeptKind, cache_folder, is_own, keep_file, kept_file, key_of

SOURCE = Path(__file__).with_name("native_sweep.cpp")

COMPILERS = ("c++", "g++", "clang++")
"""What is looked for where $CXX names none."""

OPTIONS = ("-std=c++17", "-O3", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math", "-fPIC", "-shared")
"""None lets the compiler reorder or contract sums; the two about errors only say that nobody looks at their flags."""

PROCESSOR_OPTIONS = (("-march=native",), ("-mcpu=native",), ())
"""In this order: the first that the compiler takes."""

LONGEST_COMPILATION_S = 120
LONGEST_ANSWER_S = 20
LONGEST_VERSION = 80
"""Letters of what a compiler says of itself that are shown."""

LARGEST_LIBRARY = 1 << 24
LONGEST_SCRATCH_S = 3600
"""Folders of compilations that are older belong to processes that were killed."""

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
        self._library.nbtrace_rays_size.restype = ctypes.c_int64
        self._library.nbtrace_rays.restype = None
        self._library.nbtrace_rays.argtypes = (ctypes.c_void_p,)
        self._library.nbtrace_sweep_size.restype = ctypes.c_int64
        self._library.nbtrace_slopes_size.restype = ctypes.c_int64
        self._library.nbtrace_slopes.restype = None
        self._library.nbtrace_slopes.argtypes = (ctypes.c_void_p, ctypes.c_void_p)
        self._library.nbtrace_function.restype = None
        self._library.nbtrace_function.argtypes = (ctypes.c_int64, ctypes.c_int64, ctypes.c_void_p, ctypes.c_void_p)

    @property
    def sweep_size(self) -> int:
        """Bytes of the structure that :meth:`sweep` takes."""
        return int(self._library.nbtrace_sweep_size())

    @property
    def rays_size(self) -> int:
        """Bytes of the structure that :meth:`rays` takes."""
        return int(self._library.nbtrace_rays_size())

    @property
    def slopes_size(self) -> int:
        """Bytes of the second structure that :meth:`slopes` takes."""
        return int(self._library.nbtrace_slopes_size())

    def slopes(self, sweep: ctypes.Structure, slopes: ctypes.Structure) -> None:
        """Carry the derivatives of a sweep's sums back to what they follow from."""
        self._library.nbtrace_slopes(ctypes.addressof(sweep), ctypes.addressof(slopes))

    def sweep(self, arguments: ctypes.Structure) -> None:
        """Add up the samples of a sweep."""
        self._library.nbtrace_sweep(ctypes.addressof(arguments))

    def rays(self, arguments: ctypes.Structure) -> None:
        """Find the rays to pixels."""
        self._library.nbtrace_rays(ctypes.addressof(arguments))

    def function(self, number: int, count: int, x: int, y: int) -> None:
        """Evaluate one of the functions of a number: `count` doubles from address `x` to address `y`."""
        self._library.nbtrace_function(number, count, x, y)


def loaded_library() -> NativeLibrary:
    """Return the code: from the cache, or compiled now. What one call found, later calls get.

    Raises
    ------
    NativeUnavailableError
        If there is no compiler, or it does not compile.
    """
    with _LOCK:
        if not _FOUND:
            _FOUND.append(_found())
    found = _FOUND[0]
    if isinstance(found, NativeUnavailableError):
        raise found
    return found


def begin_loading() -> None:
    """Let :func:`loaded_library` begin beside what the caller does next."""
    Thread(target=_load, daemon=True).start()


_KIND = KeptKind("sweep", ".so", most=KEPT_LIBRARIES, largest=LARGEST_LIBRARY)
_SCRATCH = ".sweep-"
_LOCK = Lock()
_FOUND: list["NativeLibrary | NativeUnavailableError"] = []


def _load() -> None:
    with suppress(NativeUnavailableError):
        loaded_library()


def _found() -> NativeLibrary | NativeUnavailableError:
    if not hasattr(os, "geteuid"):
        return NativeUnavailableError("this system does not tell whose a file is")
    try:
        return _library_of(found_compiler())
    except NativeUnavailableError as error:
        return error
    except OSError as error:
        return NativeUnavailableError(f"the compiled code cannot be made or loaded: {error}")


def found_compiler() -> Compiler:
    """Return the compiler that $CXX names, else the first of the usual names that there is.

    Raises
    ------
    NativeUnavailableError
        If there is none, or it does not say its version.
    """
    given = os.environ.get("CXX", "").strip()
    try:
        words = shlex.split(given)
    except ValueError:
        words = [given]
    found = [words] if words else [[name] for name in COMPILERS]
    for candidate in found:
        if shutil.which(candidate[0]) is not None:
            said = _output([*candidate, "--version"], LONGEST_ANSWER_S)
            return Compiler(tuple(candidate), said.split("\n", 1)[0].strip())
    names = f"$CXX names {given}, which is not there" if words else f"none of {', '.join(COMPILERS)} is there"
    raise NativeUnavailableError(f"no C++ compiler: {names}")


def _output(command: list[str], seconds: float) -> str:
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            timeout=seconds,
            check=False,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise NativeUnavailableError(f"{command[0]} does not run: {error}") from None
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if line.strip()] or ["no message"]
        raise NativeUnavailableError(f"{command[0]} fails: {shown(lines[0][:200])}")
    return done.stdout


def _library_of(compiler: Compiler) -> NativeLibrary:
    source = SOURCE.read_bytes()
    key = library_key(compiler, source)
    folder = cache_folder()
    origin = shown(compiler.version[:LONGEST_VERSION] or compiler.words[0])
    if folder is not None:
        kept = kept_library(folder, key)
        if kept is not None:
            with suppress(OSError, AttributeError):
                return NativeLibrary(kept, origin)
    with tempfile.TemporaryDirectory(prefix=_SCRATCH, dir=folder, ignore_cleanup_errors=True) as scratch:
        made = _compiled(compiler, source, Path(scratch))
        if folder is not None:
            with suppress(OSError):
                made = keep_library(folder, key, made)
        try:
            return NativeLibrary(made, origin)
        except (OSError, AttributeError) as error:
            raise NativeUnavailableError(f"what {compiler.words[0]} made does not load: {error}") from None


def _compiled(compiler: Compiler, source: bytes, folder: Path) -> Path:
    written, made = folder / SOURCE.name, folder / "sweep.so"
    written.write_bytes(source)
    for number, options in enumerate(PROCESSOR_OPTIONS, start=1):
        try:
            _output([*compiler.words, *OPTIONS, *options, str(written), "-o", str(made)], LONGEST_COMPILATION_S)
        except NativeUnavailableError:
            if number == len(PROCESSOR_OPTIONS):
                raise
        else:
            break
    return made


def library_key(compiler: Compiler, source: bytes) -> str:
    """Return the digest of all that the machine code follows from."""
    facts = repr((compiler, OPTIONS, PROCESSOR_OPTIONS, platform.system(), platform.machine(), _processor()))
    return key_of(facts.encode("utf-8", "replace"), source)


def _processor() -> str:
    """Return the model and the abilities of the processor, as the system tells them."""
    with suppress(OSError):
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
        first = text.split("\n\n", 1)[0].splitlines()
        return "\n".join(line for line in first if line.split(":")[0].strip() in _FACTS_OF_A_PROCESSOR)
    return platform.processor()


_FACTS_OF_A_PROCESSOR = frozenset({"model name", "flags", "Features", "CPU implementer", "CPU part"})


def kept_library(folder: Path, key: str) -> Path | None:
    """Return the kept file of a key whose content is what its name says; others of the key are removed."""
    return kept_file(folder, _KIND, key)


def keep_library(folder: Path, key: str, made: Path) -> Path:
    """Move a compiled file into the cache under the name that tells its content; return where it is.

    Raises
    ------
    OSError
        If the folder takes no file.
    """
    kept = keep_file(folder, _KIND, key, made)
    for path in folder.glob(f"{_SCRATCH}*"):
        if is_own(path) and time.time() - path.stat().st_mtime > LONGEST_SCRATCH_S:
            shutil.rmtree(path, ignore_errors=True)
    return kept
