"""Programs that do not outlive this process, however it ends: killed by force, it can end nothing itself.

A shell, in a session of its own, reads from a pipe which programs run; when the pipe ends it ends those that are left.
"""

import atexit
import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_WATCH = """
groups=
while read -r word group; do
  kept=
  for one in $groups; do [ "$one" = "$group" ] || kept="$kept $one"; done
  groups=$kept
  [ "$word" = + ] && groups="$groups $group"
done
for one in $groups; do kill -s KILL -- "-$one"; done
"""


class _Watcher:
    """The shell; it is started with the first program."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def tell(self, word: str, group: int) -> None:
        """Tell it that a program runs (`+`), or no more (`-`)."""
        # Without a shell, or once somebody has killed it, programs run unwatched.
        with self._lock, suppress(OSError):
            pipe = (self._process or self._started()).stdin
            if pipe is not None:
                pipe.write(f"{word} {group}\n".encode())

    def _started(self) -> "subprocess.Popen[bytes]":
        self._process = subprocess.Popen(
            ["/bin/sh", "-c", _WATCH],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            start_new_session=True,
        )
        return self._process

    def end(self) -> None:
        """Let it end the programs that are left, and itself."""
        process, self._process = self._process, None
        if process is not None:
            process.communicate()

    def before_fork(self) -> None:
        """Wait until no thread is starting the shell, whose pipe the other process would have without knowing it."""
        self._lock.acquire()

    def after_fork(self) -> None:
        """Go on in the process that forked."""
        self._lock.release()

    def forget(self) -> None:
        """Have none in a process that was forked: it gets one of its own, and the other's waits for no two ends."""
        process, self._process, self._lock = self._process, None, threading.Lock()
        if process is not None and process.stdin is not None:
            process.stdin.close()


_WATCHER = _Watcher()
atexit.register(_WATCHER.end)  # before whoever watches registers the end of its program, and so after that
os.register_at_fork(before=_WATCHER.before_fork, after_in_parent=_WATCHER.after_fork, after_in_child=_WATCHER.forget)


def watch(group: int) -> None:
    """Let a group of processes end with this process, whatever ends it."""
    _WATCHER.tell("+", group)


def unwatch(group: int) -> None:
    """Say that the group has ended; its number may soon be another one's."""
    _WATCHER.tell("-", group)


@contextmanager
def watched(group: int) -> Iterator[None]:
    """Watch a group of processes as long as it runs."""
    watch(group)
    try:
        yield
    finally:
        unwatch(group)
