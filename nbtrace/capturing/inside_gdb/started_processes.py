"""Processes that the program starts: whether its own code runs in one of them, where no probe is followed.

gdb lets a new process go. A copy of the program (`fork`) counts as one that runs its code unless it has been seen to
run another file. That the program's file was opened, as it is to be started, the kernel tells (inotify), but not by
whom: it counts where the program has started a process at all.
"""

import os
import struct
import time
from typing import Any

_LIBC: Any
try:
    import ctypes

    _LIBC = ctypes.CDLL(None)
except (ImportError, OSError):  # a Python that cannot ask the kernel
    _LIBC = None

_PAUSE = 0.0003
_OPENED = 0x20
"""`IN_OPEN` of inotify."""


class StartedAnew:
    """Counts how often files are opened while the program runs, as a program is that is started.

    gdb opens the program's file, too, where it looks a symbol up: while it does, nothing is counted (`with`).
    """

    def __init__(self, paths):
        self._queue = _LIBC.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC) if _LIBC is not None else -1
        for path in paths:
            if self._queue >= 0 and _LIBC.inotify_add_watch(self._queue, os.fsencode(path), _OPENED) < 0:
                self._queue = -1
        self.counted = 0
        self._read()

    def __enter__(self):
        self.counted += self._read()

    def __exit__(self, *error):
        self._read()

    def _read(self):
        seen = 0
        while self._queue >= 0:
            try:
                told = os.read(self._queue, 65536)
            except BlockingIOError:
                break
            at = 0
            while at < len(told):
                seen += 1
                at += 16 + struct.unpack_from("I", told, at + 12)[0]
        return seen


class ForkedProcesses:
    """Watches, from a process of its own, what the copies of the program become.

    `path` is a file in which the watcher leaves word when the program has ended.
    """

    def __init__(self, path):
        self._path, self._born, self._watches = path, set(), False

    def noted(self, pid):
        """Note that the program `pid`, which stands still, has made a copy of itself."""
        self._born.update(children_of(pid))
        with open(self._path + ".born", "w") as out:
            out.write(" ".join(map(str, sorted(self._born))))
        if not self._watches:
            self._watches = True
            self._watch(pid)

    def found(self):
        """Return how many were never seen to run another file; call it when the program has ended."""
        if not self._watches:
            return 0
        for _ in range(2000):
            try:
                with open(self._path) as source:
                    return int(source.read())
            except OSError:
                time.sleep(0.005)
        return max(len(self._born), 1)

    def _watch(self, pid):
        child = os.fork()
        if child:
            os.waitpid(child, 0)
            return
        if os.fork():  # gdb is told of the end of its own children; this one is nobody's
            os._exit(0)
        count = 1
        try:
            count = _never_left(pid, file_of(pid), self._path + ".born")
        finally:
            with open(self._path + ".part", "w") as out:
                out.write(str(count))
            os.rename(self._path + ".part", self._path)
            os._exit(0)


def _never_left(pid, own, born_path):
    left, born = set(), []
    while not state_of(pid)[0]:
        with open(born_path) as source:
            born = source.read().split()
        left.update(one for one in born if one not in left and file_of(one) not in (own, None))
        time.sleep(_PAUSE)
    return len(set(born) - left) or int(not born)


def state_of(pid):
    """Return whether a process has ended, and whether it has waited for processes of its own."""
    try:
        with open(f"/proc/{pid}/stat") as source:
            told = source.read().rpartition(")")[2].split()
    except OSError:
        return True, False
    # The third and the eleventh number of proc(5): the state, and the page faults of those that it has waited for.
    return told[0] in {"Z", "X"}, int(told[8]) > 0


def file_of(pid):
    """Return the file that a process runs, by its device and number; None where it has ended."""
    try:
        told = os.stat(f"/proc/{pid}/exe")
    except OSError:
        return None
    return told.st_dev, told.st_ino


def children_of(pid):
    """Return the processes that a process has started and that have not ended."""
    found = []
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/children") as source:
                found += map(int, source.read().split())
    except OSError:
        pass
    return found
