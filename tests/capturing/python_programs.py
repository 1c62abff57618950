"""Small Python programs that are captured from in tests, by each Python of this machine."""

import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from nbtrace.capturing.back_end import BackEnd
from nbtrace.capturing.back_end_run import BackEndRun
from nbtrace.capturing.injection import Injection, parse_injection, placed_write
from nbtrace.capturing.launch import Launch, Streams
from nbtrace.capturing.probe import ProbeFile
from nbtrace.capturing.probe_file import read_probe_file
from nbtrace.capturing.python_command import python_command
from nbtrace.capturing.python_run import run_captured_python

VERSIONS = ("3.8", "3.11", "3.12", "3.13")
"""Pythons that programs run with: the oldest, the last one before sys.monitoring, and two that have it."""


@cache
def interpreter(version: str) -> Path:
    """Return a Python of a version; a test that asks for one that is not there is skipped."""
    if sys.version_info[:2] == tuple(map(int, version.split("."))):
        return Path(sys.executable)
    installed = sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python"))
    for candidate in (shutil.which(f"python{version}"), *map(str, installed)):
        if candidate is None:
            continue
        said = subprocess.run([candidate, "--version"], capture_output=True, text=True, check=False)
        if said.returncode == 0 and said.stdout.startswith(f"Python {version}."):
            return Path(candidate)
    pytest.skip(f"there is no Python {version} here")


@dataclass(frozen=True)
class Captured:
    """What a program's probes read."""

    run: BackEndRun
    stdout: str
    stderr: str

    @property
    def values(self) -> list[tuple[str, ...]]:
        """The numbers of each hit, quantity after quantity."""
        return [tuple(text for value in hit.values for text in value.numbers) for hit in self.run.hits]

    @property
    def numbers(self) -> list[float]:
        """All numbers, in order."""
        return [float(text) for numbers in self.values for text in numbers]


class Program:
    """A program, and the folder in which it runs."""

    def __init__(self, folder: Path, python: Path) -> None:
        self.folder = folder
        self.python = python
        self.arguments: tuple[str, ...] = ("program.py",)

    def write(self, text: str, name: str = "program.py") -> None:
        """Write a file of it."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text), encoding="utf-8")

    def probes(self, text: str) -> ProbeFile:
        """Return the probes of a text."""
        path = self.folder / "probes.toml"
        path.write_text(dedent(text), encoding="utf-8")
        return read_probe_file(path)

    def captured(
        self,
        probes: str,
        at: Mapping[str, int] | None = None,
        settings: tuple[str, ...] = (),
        back_end: BackEnd | None = None,
        injections: tuple[Injection, ...] = (),
        **more: Any,
    ) -> Captured:
        """Run it, and return what its probes read."""
        file = self.probes(probes)
        command = python_command(self.python, self.arguments)
        assert command is not None
        work = self.folder / "work"
        work.mkdir(exist_ok=True)
        streams = Streams(Path("/dev/null"), work / "stdout", work / "stderr")
        streams.stdout.touch()
        streams.stderr.touch()
        launch = Launch(self.python, self.arguments, self.folder, work, 60.0)
        writes = [placed_write(item, file) for item in (*map(parse_injection, settings), *injections)]
        run = run_captured_python(launch, command, file, at or {}, streams, writes, back_end=back_end, **more)
        return Captured(run, streams.stdout.read_text(), streams.stderr.read_text())
