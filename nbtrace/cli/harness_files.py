"""The files that `nbtrace harness` writes for one pixel."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from nbtrace.cli.destinations import must_be_folder
from nbtrace.cli.printing import shown
from nbtrace.errors import UsageError
from nbtrace.evidence.provenance import FileRecord
from nbtrace.files import write_new

PER_PHI_LOG = "_per_phi.log"
PER_PHI_JSON = "_per_phi.json"
ENVIRONMENT = "_env.json"
CONFIGURATION = "_config.json"
FLAGS = "_flags.txt"
STDOUT = "_stdout.txt"
STDERR = "_stderr.txt"

_COMPANIONS = (PER_PHI_LOG, PER_PHI_JSON, CONFIGURATION, FLAGS, ENVIRONMENT, STDOUT, STDERR)


def main_file(out: str | None, default_name: str) -> Path:
    """Return the file that `--output` means: the name itself if it has a suffix, else `default_name` in that folder.

    A folder that exists, or a name that ends in a slash, is a folder whatever its suffix.
    """
    if out is None:
        return Path(default_name)
    path = Path(out)
    if out.endswith("/") or path.is_dir() or not path.suffix:
        return path / default_name
    return path


@dataclass
class HarnessFiles:
    """A main file and its companions beside it, each named after it: `trace.log`, `trace_per_phi.log`, ….

    Attributes
    ----------
    main : Path
        The trace.
    force : bool
        Replace files that exist.
    contents : dict
        What has been written, by file name.
    """

    main: Path
    force: bool
    contents: dict[str, str] = field(default_factory=dict)

    def check(self) -> None:
        """Refuse to start where the end would be refused.

        Raises
        ------
        UsageError
            If one of the files exists, and not `force`, or their folder is none.
        """
        for path in (self.main, *(self.path(companion) for companion in _COMPANIONS)):
            if path.exists() and not self.force:
                raise UsageError(f"{path} exists; give --force to replace it, or another --output")
        must_be_folder(self.main.absolute().parent, self.main)

    def path(self, companion: str) -> Path:
        """Return the name of a companion."""
        return self.main.with_name(self.main.stem + companion)

    def write(self, content: str, companion: str | None = None) -> Path:
        """Write the main file, or a companion."""
        path = self.main if companion is None else self.path(companion)
        write_new(path, content, force=self.force)
        self.contents[path.name] = content
        return path

    def records(self) -> list[FileRecord]:
        """Return name, size and digest of what has been written."""
        return [FileRecord.of(path) for path in self.paths()]

    def paths(self) -> list[Path]:
        """Return the files that have been written."""
        return [self.main.with_name(name) for name in self.contents]


def say(line: str) -> None:
    """Print a line; file names in it may hold any character."""
    sys.stdout.write(f"{shown(line)}\n")


def summary(title: str, facts: Mapping[str, object], values: Mapping[str, str]) -> str:
    """Return Markdown: facts as a list, values as a table."""
    listed = "\n".join(f"- {name}: {value}" for name, value in facts.items())
    rows = "\n".join(f"| {name} | {value} |" for name, value in values.items())
    return f"# {title}\n\n{listed}\n\n| quantity | value |\n|---|---|\n{rows}\n"
