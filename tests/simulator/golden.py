"""The recorded runs of the reference, as the tests use them."""

import gzip
import json
import re
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

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "golden"
INPUTS = ("A.mat", "small.hkl", "sources.txt", "sparse.hkl")

Line = tuple[str, tuple[float, ...] | str]


@dataclass(frozen=True)
class Case:
    """A recorded run."""

    name: str
    arguments: tuple[str, ...]
    shape: tuple[int, int]
    total: float
    row_sums: Any
    crop_corner: tuple[int, int]
    threads: int

    def model(self, folder: Path, *more: str) -> Model:
        """Return the model of the case, with its input files unpacked in `folder`."""
        return build_model(self.config(folder, *more))

    def config(self, folder: Path, *more: str) -> Config:
        """Return the configuration of the case, with its input files unpacked in `folder`."""
        for name in INPUTS:
            if name in self.arguments:
                (folder / name).write_bytes(gzip.decompress((GOLDEN / "inputs" / f"{name}.gz").read_bytes()))
        found = [str(folder / word) if word in INPUTS else word for word in self.arguments]
        return parse([*found, "-dump", str(folder / "Fdump.bin"), *more]).config


@cache
def cases() -> dict[str, Case]:
    """Return the recorded runs by name."""
    documents = json.loads((GOLDEN / "cases.json").read_text())
    return {
        d["name"]: Case(
            d["name"],
            tuple(d["args"]),
            (d["shape_slow_fast"][0], d["shape_slow_fast"][1]),
            d["sum"],
            np.array(d["row_sums"]),
            (d["crop_corner"][0], d["crop_corner"][1]),
            d["threads"],
        )
        for d in documents
    }


@cache
def crops() -> dict[str, Any]:
    """Return the crops of the reference's images by case."""
    with np.load(GOLDEN / "crops.npz") as archive:
        return dict(archive)


def traces() -> list[tuple[str, tuple[int, int]]]:
    """Return case and pixel (slow, fast) of every recorded trace."""
    found = (re.fullmatch(r"(\w+?)__(\d+)_(\d+)\.log\.gz", path.name) for path in sorted((GOLDEN / "traces").iterdir()))
    return [(m[1], (int(m[2]), int(m[3]))) for m in found if m and not m[1].startswith("supervisor")]


def trace_text(name: str, pixel: tuple[int, int]) -> str:
    """Return the TRACE_C lines of a recorded trace."""
    return gzip.decompress((GOLDEN / "traces" / f"{name}__{pixel[0]}_{pixel[1]}.log.gz").read_bytes()).decode()


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
