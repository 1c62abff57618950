"""The recorded runs of the reference, as the tests use them."""

import gzip
import json
import re
import shutil
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from simulator.arguments import parse
from simulator.build import build_model
from simulator.config import Config
from simulator.model import Model
from simulator.observe import Observable, Value, resolve
from simulator.run import trace_values, visited_pixels
from simulator.session import PHI_FIELDS
from simulator.vectors import Matrix, Vector
from tests.places import GOLDEN_SUITE, SUPERVISOR_PAIR

INPUTS = ("A.mat", "small.hkl", "sources.txt", "sparse.hkl")
SUPERVISOR = {
    "supervisor_c": SUPERVISOR_PAIR / "c.log",
    "supervisor_c_roi_fresh": SUPERVISOR_PAIR / "c_roi_fresh.log",
}
"""Recorded traces of pixel slow 685 fast 1039, of which there is no image."""

Line = tuple[str, tuple[float, ...] | str]


@dataclass(frozen=True)
class Case:
    """A recorded run."""

    name: str
    arguments: tuple[str, ...]
    shape: tuple[int, int]
    total: float
    reference_sha256: str
    threads: int

    @property
    def image(self) -> Any:
        """The recorded image, float32 of shape (slow, fast)."""
        with np.load(GOLDEN_SUITE / self.name / "image.npz") as archive:
            return archive[archive.files[0]]

    def model(self, folder: Path, *more: str) -> Model:
        """Return the model of the case, with its input files in `folder`."""
        return build_model(self.config(folder, *more))

    def config(self, folder: Path, *more: str) -> Config:
        """Return the configuration of the case, with its input files in `folder`."""
        for name in INPUTS:
            if name in self.arguments:
                shutil.copyfile(GOLDEN_SUITE / "inputs" / name, folder / name)
        found = [str(folder / word) if word in INPUTS else word for word in self.arguments]
        return parse([*found, "-dump", str(folder / "Fdump.bin"), *more]).config


@cache
def cases() -> dict[str, Case]:
    """Return the recorded runs by name."""
    documents = (json.loads(path.read_text()) for path in sorted(GOLDEN_SUITE.glob("*/case.json")))
    return {
        d["name"]: Case(
            d["name"],
            tuple(d["args"]),
            (d["shape_slow_fast"][0], d["shape_slow_fast"][1]),
            d["sum"],
            d["reference_sha256"],
            d["threads"],
        )
        for d in documents
    }


def traces() -> list[tuple[str, tuple[int, int]]]:
    """Return case and pixel (slow, fast) of every recorded trace."""
    paths = sorted(GOLDEN_SUITE.glob("*/trace_c_*.log.gz"))
    found = ((path.parent.name, re.fullmatch(r"trace_c_(\d+)_(\d+)\.log\.gz", path.name)) for path in paths)
    return [(name, (int(match[1]), int(match[2]))) for name, match in found if match]


def trace_file(name: str, pixel: tuple[int, int]) -> Path:
    """Return the file of a recorded trace."""
    return SUPERVISOR.get(name) or GOLDEN_SUITE / name / f"trace_c_{pixel[0]}_{pixel[1]}.log.gz"


def trace_text(name: str, pixel: tuple[int, int]) -> str:
    """Return the TRACE_C lines of a recorded trace."""
    content = trace_file(name, pixel).read_bytes()
    text = (gzip.decompress(content) if name not in SUPERVISOR else content).decode()
    return "".join(f"{line}\n" for line in text.splitlines() if line.startswith("TRACE_C"))


def recorded_lines(text: str) -> list[Line]:
    """Return what the reference printed, under the names that the kernel gives it."""
    lines: list[Line] = []
    for line in text.splitlines():
        tag, _, rest = line.partition(" ")
        if tag == "TRACE_CONFIG:":
            continue
        if line.startswith("TRACE_C:") and tag != "TRACE_C:":
            name, _, value = line.removeprefix("TRACE_C:").partition("=")
            lines.append((f"geometry.{name}", numbers(value)))
        elif tag == "TRACE_C_PHI":
            pairs = (field.split("=") for field in rest.split())
            lines.extend((f"phi.{name}", numbers(value)) for name, value in pairs)
        else:
            name, _, value = rest.partition(" ")
            lines.append(("source2." * (tag == "TRACE_C_SOURCE2:") + name, numbers(value)))
    return lines


def numbers(text: str) -> tuple[float, ...] | str:
    """Return the numbers of a value that is nothing but numbers, punctuation and labels; else the text."""
    if "←" in text:
        return text
    found = re.findall(r"(?<![A-Za-z_\d])[-+]?(?:\d+\.?\d*(?:e[-+]?\d+)?|inf|nan)(?![A-Za-z])", text)
    return tuple(float(word) for word in found) or text


def flat(value: Value) -> tuple[float, ...] | str:
    """Return the numbers of an observed value of one pixel."""
    match value:
        case Vector():
            return tuple(float(component) for component in value)
        case Matrix():
            return tuple(float(component) for row in value for component in row)
        case Tensor():
            return (float(value),)
        case str():
            return numbers(value)
    return (float(value),)


class Recorder:
    """Keeps what the reference would print, in the order in which it came."""

    def __init__(self, families: frozenset[str] = frozenset({"", "geometry", "phi", "source2"})) -> None:
        self.lines: list[Line] = []
        self._families = families

    def __call__(self, name: str, value: Observable) -> None:
        """Keep a value."""
        family, _, key = name.rpartition(".")
        if family in self._families and (family != "phi" or key in PHI_FIELDS):
            self.lines.append((name, flat(resolve(value))))

    def values(self, name: str) -> list[tuple[float, ...] | str]:
        """Return all values of a name."""
        return [value for key, value in self.lines if key == name]


def trace(config: Config, pixel: tuple[int, int]) -> Recorder:
    """Return what a run shows of one pixel, geometry included."""
    recorder = Recorder()
    model = build_model(config, observe=recorder)
    with torch.no_grad():
        trace_values(model, visited_pixels(config, None), pixel, recorder)
    return recorder
