"""What the files of a result are called in a bundle: after the command that made it, reruns with a number."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from nbtrace.evidence.locate import is_file_name
from nbtrace.evidence.provenance import FileRecord

LARGEST_COPY = 10_000_000
"""Bytes up to which an input is copied into a bundle."""

_LONGEST_NAME = 200
_RESERVED = frozenset({"metrics", "view", "summary", "run_metadata", "env", "commands", "git_sha", "sha256", "report"})
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,60}", re.ASCII)


@dataclass(frozen=True)
class ResultNames:
    """The names of a result's own files.

    Attributes
    ----------
    start : str
        What all of them begin with: `diff`, and `diff_2` for the second of them.
    """

    start: str

    @classmethod
    def first_free(cls, command: str, is_taken: Callable[[str], bool]) -> "ResultNames":
        """Return the names for a result of a command of which no file has one."""
        start = command if _PLAIN.fullmatch(command) and command not in _RESERVED else "result"
        names, number = cls(start), 1
        while any(map(is_taken, names.all)):
            number += 1
            names = cls(f"{start}_{number}")
        return names

    @property
    def document(self) -> str:
        """The JSON document."""
        return f"{self.start}.json"

    @property
    def report(self) -> str:
        """The report in Markdown."""
        return f"{self.start}.md"

    @property
    def view(self) -> str:
        """What the report says, in a form that is read back."""
        return f"{self.start}_view.json"

    @property
    def all(self) -> tuple[str, ...]:
        """Every name."""
        return self.document, self.report, self.view


def copy_name(source: Path, sha256: str) -> str:
    """Return what a copy of an input is called: a name that no other file of a bundle has a meaning by.

    What is called `.json` is no document of the bundle, whose mistakes would be the bundle's. A letter that cannot be
    printed becomes `_`.
    """
    plain = "".join(letter if letter.isprintable() else "_" for letter in source.name)
    name = f"input_{plain}{'.copy' * (source.suffix.lower() == '.json')}"
    if len(name.encode()) <= _LONGEST_NAME and is_file_name(name):
        return name
    return f"input_{sha256[:16]}"


def copyable(inputs: Mapping[str, FileRecord]) -> tuple[list[Path], list[str]]:
    """Return the inputs that are copied into a bundle, and of every other one why it is not.

    Parameters
    ----------
    inputs : mapping
        Name as given → what is known of the file.
    """
    copied, left = [], []
    for name, record in inputs.items():
        if name == "-":
            left.append("standard input is no file; it is not copied")
        elif record.sha256 is None or record.size is None:
            left.append(f"{name} is not copied: {record.reason or 'it cannot be read'}")
        elif record.size > LARGEST_COPY:
            left.append(
                f"{name} has {record.size / 1e6:.0f} MB, more than {LARGEST_COPY // 1_000_000} MB; "
                "its digest is kept, and no copy"
            )
        else:
            copied.append(Path(name))
    return copied, left
