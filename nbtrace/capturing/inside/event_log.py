"""What a capture saw, as JSON lines in a file for each process; each line is written whole and at once.

The first line is `start`, the last one `end`; `parent` is the process that started this one, through whatever shells,
and may have ended since. A file without `end` is of a process that was killed, or left by
`os._exit`, as the children of multiprocessing do.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

MOST_HITS = 200_000
"""Hits of one process; what follows is counted and not written."""

STARTED_BY = "NBTRACE_CAPTURE_PARENT"
"""The variable that names the last process with such a file among those that a process descends from."""

_open = os.open
_write = os.write


class EventLog:
    """The file of this process; a process that is forked begins one of its own."""

    def __init__(self, folder: str, first: dict[str, Any]) -> None:
        self._folder = folder
        self._first = first
        self._lock = threading.RLock()
        self._process = 0
        self._file = -1
        self._said: set[str] = set()
        self.hits = 0
        self.left_out = 0
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._forked)
        self._begin()

    def _begin(self) -> None:
        self._process = os.getpid()
        name = os.path.join(self._folder, f"events-{self._process}.jsonl")
        self._file = _open(name, os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_CLOEXEC", 0), 0o600)
        parent = int(os.environ.get(STARTED_BY, "0"))
        if parent in {0, self._process}:
            parent = os.getppid()
        os.environ[STARTED_BY] = str(self._process)
        self.write("start", pid=self._process, parent=parent, python=sys.version.split()[0], **self._first)

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)
        self._file = -1

    def _forked(self) -> None:
        if self._file < 0:
            return
        self._lock = threading.RLock()
        self._said = set()
        self.hits = self.left_out = 0
        os.close(self._file)
        self._begin()

    def write(self, event: str, **details: Any) -> None:
        """Write a line."""
        text = json.dumps({"event": event, **details}, ensure_ascii=True) + "\n"
        rest = text.encode("ascii")
        with self._lock:
            while rest:
                rest = rest[_write(self._file, rest) :]

    def once(self, event: str, **details: Any) -> None:
        """Write a line unless the process has written the same one."""
        text = json.dumps([event, details], sort_keys=True)
        with self._lock:
            if text not in self._said and len(self._said) < 1000:
                self._said.add(text)
                self.write(event, **details)

    def hit(self, **details: Any) -> None:
        """Write the values of a probe, as long as there is room."""
        with self._lock:
            if self.hits >= MOST_HITS:
                self.left_out += 1
                return
            self.hits += 1
            self.write("hit", thread=threading.get_ident(), **details)
