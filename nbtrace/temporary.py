"""Files and folders that are not finished yet: their names tell whose they are, so that what the dead left can go.

A name holds the system that its process runs in, the process, and when that started: a file is called
`.nbtrace-SYSTEM_PID_START_X.tmp`, a folder `nbtrace-SYSTEM_PID_START_X`. The system is one start of one kernel and one
space of process numbers: on another machine, in another container or before a restart the same number is another
process, so there nothing is judged.
"""

import atexit
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

from nbtrace.errors import UsageError
from nbtrace.frozen import frozen

TEMPORARY_PATTERN = ".nbtrace-*.tmp"

_NAME = re.compile(r"\.?nbtrace-(?P<system>[0-9a-f]{12})_(?P<pid>\d{1,10})_(?P<start>\d{1,20})_\w+(?:\.tmp)?", re.ASCII)
_START_FIELD = 19
"""Of `/proc/PID/stat` behind the name of the program: when the process started, in ticks since the machine did."""


@frozen
class Owner:
    """A process: the system that it runs in, its number, and its start in ticks (0 where the system does not tell)."""

    system: str
    pid: int
    start: int

    @classmethod
    def current(cls) -> "Owner":
        """Return this process."""
        return _owner(os.getpid())

    @classmethod
    def of(cls, name: str) -> "Owner | None":
        """Return whose a file or a folder of this name is; None if the name does not tell."""
        match = _NAME.fullmatch(name)
        return None if match is None else cls(match["system"], int(match["pid"]), int(match["start"]))

    def __str__(self) -> str:
        return f"{self.system}_{self.pid}_{self.start}"

    def is_gone(self) -> bool:
        """Tell whether the process has ended for certain: False for one that might run where it cannot be seen."""
        if self.system != _system():
            return False
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return True
        except (OSError, OverflowError):
            return False
        state, start = _looked_up(self.pid)
        return state in {"Z", "X"} or (0 not in {start, self.start} and start != self.start)


@cache
def _owner(pid: int) -> Owner:
    return Owner(_system(), pid, _looked_up(pid)[1])


@cache
def _system() -> str:
    """Return a word for this start of this kernel and this space of process numbers."""
    import hashlib  # noqa: PLC0415 - slow to import, and of use only where something is written or was left
    import uuid  # noqa: PLC0415

    boot, space = "", ""
    with suppress(OSError):
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    with suppress(OSError):
        space = str(Path("/proc/self/ns/pid").readlink())
    parts = (os.uname().nodename, boot or str(uuid.getnode()), space)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]


def _looked_up(pid: int) -> tuple[str, int]:
    """Return the state and the start of a process; an empty text and 0 where the system does not tell."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return "", 0
    return fields[0].decode("ascii"), int(fields[_START_FIELD])


def temporary_in(folder: Path) -> Path:
    """Return an unused name in `folder` for a file that is not finished yet; it matches `TEMPORARY_PATTERN`.

    What ended processes left there goes.
    """
    _remove_stale_once(folder)
    return folder / f".nbtrace-{Owner.current()}_{_random()}.tmp"


def lasting_in(folder: Path) -> Path:
    """Return such a name for a file that outlives its process: nobody removes it as left behind."""
    return folder / f".nbtrace-{_random()}.tmp"


def _random() -> str:
    return os.urandom(8).hex()


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """Make a folder for temporary files and remove it in the end; what ended processes left beside it goes.

    Raises
    ------
    UsageError
        If no folder for temporary files can be written.
    """
    import tempfile  # noqa: PLC0415 - with all that it loads, few calls need it

    try:
        root = Path(tempfile.gettempdir())
        _remove_stale_once(root)
        # What a killed program left may write a last file while its folder goes.
        made = tempfile.TemporaryDirectory(prefix=f"nbtrace-{Owner.current()}_", dir=root, ignore_cleanup_errors=True)
    except OSError as error:
        raise UsageError(f"no folder for temporary files can be made: {error.strerror}; set TMPDIR to one") from error
    with made as name:
        yield Path(name)


@cache
def process_folder() -> Path:
    """Return the folder for temporary files of this process, which goes when it ends.

    Raises
    ------
    UsageError
        If no folder for temporary files can be written.
    """
    made = temporary_folder()
    folder = made.__enter__()
    atexit.register(made.__exit__, None, None, None)
    return folder


def remove_stale_folders() -> None:
    """Remove the folders for temporary files that ended processes of this user left."""
    import tempfile  # noqa: PLC0415 - see above

    with suppress(OSError):
        _remove_stale_once(Path(tempfile.gettempdir()))


def remove_stale(folder: Path) -> None:
    """Remove the unfinished files and folders in `folder` that are of this user and of processes that have ended.

    What cannot be removed stays; what other users, other machines or other programs wrote is not touched.
    """
    with suppress(OSError):
        for name in os.listdir(folder):  # noqa: PTH208 - names, not paths: most are of no interest
            owner = Owner.of(name)
            if owner is not None and owner.is_gone():
                with suppress(OSError):
                    _remove(folder / name)


@cache
def _remove_stale_once(folder: Path) -> None:
    remove_stale(folder)


def _remove(path: Path) -> None:
    status = path.lstat()
    if status.st_uid != os.getuid():
        return
    if stat.S_ISDIR(status.st_mode):
        import shutil  # noqa: PLC0415 - see above

        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink()
