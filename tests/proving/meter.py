"""A program in C with a stale value in one column, its vocabulary, its probes, and logs of ports, right and wrong.

In column 2 `gain` is that of the column before. `damping` is copied before its probe, so that changing it there changes
nothing. In every column the program adds up `step`s, of which the probe visits the first.
"""

import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import pytest

from nbtrace.capturing.capture_request import CaptureRequest
from nbtrace.capturing.probe_file import read_probe_file
from nbtrace.explanation.explain import Explanation, explain
from nbtrace.parsers import parse_trace
from nbtrace.vocabulary import registry
from nbtrace.vocabulary.vocabulary import Vocabulary

needs_gdb = pytest.mark.skipif(
    shutil.which("gdb") is None or shutil.which("gcc") is None, reason="gdb and gcc are not both installed"
)

SOURCE = """\
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    double base = 2.0, loss = 0.25, scale = argc > 1 ? atof(argv[1]) : 1.0;
    double offset, gain = 0.0, depth, damping, applied, dose, power, reading;
    float image[20];
    int row, col, step;
    FILE *out;

    for (row = 0; row < 4; row++) {
        for (col = 0; col < 5; col++) {
            offset = 0.5 * col;
            if (offset != 1.0)
                gain = base + offset;
            depth = 3.0 + row;
            damping = loss * depth;
            applied = damping;
            power = 0.0;
            for (step = 0; step < 4; step++) {
                dose = 1.5;
                power += gain * gain * applied * dose;
            }
            reading = power * scale / 3.0;
            image[5 * row + col] = reading;
        }
    }
    out = fopen("image.bin", "wb");
    fwrite(image, sizeof image[0], 20, out);
    fclose(out);
    return 0;
}
"""

VOCABULARY = """\
format_version = 1
name = "meter"
sides = { C = ["TRACE_C:"], PORT = ["TRACE_PORT:"] }
final = "reading"

[quantities]
base = { unit = "1" }
offset = { unit = "1" }
gain = { unit = "1", formula = "base + offset" }
loss = { unit = "1" }
depth = { unit = "1" }
damping = { unit = "1", formula = "loss * depth" }
dose = { unit = "1" }
power = { unit = "1", formula = "4 * gain * gain * damping * dose" }
scale = { unit = "1" }
reading = { unit = "1", formula = "power * scale / 3" }
"""

PROBES = """\
[select]
function = "main"
loops = ["row", "col"]
pixel = ["row", "col"]

[image]
quantity = "reading"
default = "image.bin"
width = "5"

[[probe]]
after = "gain"
loop = "col"
quantities = { base = "base", offset = "offset", gain = "gain" }

[[probe]]
after = "applied"
loop = "col"
quantities = { loss = "loss", depth = "depth", damping = "damping" }

[[probe]]
after = "dose"
loop = "step"
when = { step = 0 }
quantities = { dose = "dose" }

[[probe]]
after = "reading"
loop = "col"
quantities = { power = "power", scale = "scale", reading = "reading" }
"""

PIXEL = (1, 2)


def log(prefix: str = "TRACE_PORT", **values: float) -> str:
    """Return the log of pixel 1 2 by the formulas, with values that are given in place of what they give."""
    value = {"base": 2.0, "offset": 1.0, "loss": 0.25, "depth": 4.0, "dose": 1.5, "scale": 7.0, **values}
    value.setdefault("gain", value["base"] + value["offset"])
    value.setdefault("damping", value["loss"] * value["depth"])
    value.setdefault("power", 4 * value["gain"] ** 2 * value["damping"] * value["dose"])
    value.setdefault("reading", value["power"] * value["scale"] / 3)
    order = ("base", "offset", "gain", "loss", "depth", "damping", "dose", "power", "scale", "reading")
    return "".join(f"{prefix}: {name} {value[name]!r}\n" for name in order)


STALE = log("TRACE_C", gain=2.5)
"""What the program has in pixel 1 2, with 7 as its argument."""


@cache
def folder() -> Path:
    """Return a folder with the program, compiled, and its files."""
    place = Path(mkdtemp(prefix="meter"))
    (place / "meter.c").write_text(SOURCE)
    (place / "meter.toml").write_text(VOCABULARY)
    (place / "probes.toml").write_text(PROBES)
    command = ["gcc", "-O0", "-g", "-no-pie", "-o", "meter", "meter.c"]
    subprocess.run(command, cwd=place, check=True, capture_output=True)
    return place


@cache
def vocabulary() -> Vocabulary:
    """Return the vocabulary."""
    place = Path(mkdtemp(prefix="meter"))
    (place / "meter.toml").write_text(VOCABULARY)
    return registry.load(place / "meter.toml")


def explained(port: str, c: str = STALE) -> Explanation:
    """Return the explanation of a pair of logs."""
    traces = (parse_trace(text, name, vocabulary=vocabulary())[0] for text, name in ((c, "c.log"), (port, "port.log")))
    return explain(*traces)


def request(where: Path, *arguments: str, pixel: tuple[int, int] = PIXEL, probes: str = PROBES) -> CaptureRequest:
    """Return what is to be captured in a folder of a test."""
    (where / "probes.toml").write_text(probes)
    file = read_probe_file(where / "probes.toml")
    at = {"row": pixel[0], "col": pixel[1]}
    return CaptureRequest(folder() / "meter", arguments or ("7",), file, at, None, 60.0, None, where)


PORT = """\
import struct
import sys

ROWS, COLUMNS = 4, 5


def table(value):
    return [[value(row, col) for col in range(COLUMNS)] for row in range(ROWS)]


def readings(scale):
    base, loss = 2.0, 0.25
    offset = table(lambda row, col: 0.5 * col)
    gain = table(lambda row, col: (base + offset[row][col]) * (2 if col == 2 else 1))
    depth = table(lambda row, col: 3.0 + row)
    damping = table(lambda row, col: loss * depth[row][col])
    applied = [list(line) for line in damping]
    power = table(lambda row, col: 0.0)
    for step in range(4):
        dose = 1.5
        share = gain
        for row in range(ROWS):
            for col in range(COLUMNS):
                power[row][col] += share[row][col] ** 2 * applied[row][col] * dose
    reading = table(lambda row, col: power[row][col] * scale / 3.0)
    return reading


values = [number for line in readings(float(sys.argv[1])) for number in line]
with open("image.bin", "wb") as file:
    file.write(struct.pack("20f", *values))
"""
"""A port of it in Python that computes all pixels at once, with a gain in column 2 that is twice the right one."""

PORT_PROBES = """\
prefix = "TRACE_PORT"

[select]
pixel = ["s", "f"]

[image]
quantity = "reading"
default = "image.bin"
width = "len(reading[0])"

[[probe]]
function = "readings"
after = "gain"
quantities = { base = "base", offset = "offset[s][f]", gain = "gain[s][f]" }

[[probe]]
function = "readings"
after = "applied"
quantities = { loss = "loss", depth = "depth[s][f]", damping = "damping[s][f]" }

[[probe]]
function = "readings"
after = "dose"
loop = "step"
when = { step = 0 }
quantities = { dose = "dose" }

[[probe]]
function = "readings"
after = "reading"
quantities = { power = "power[s][f]", scale = "scale", reading = "reading[s][f]" }
"""


def port_request(where: Path, *, probes: str = PORT_PROBES) -> CaptureRequest:
    """Return what is to be captured of the port, in a folder of a test."""
    (where / "port.py").write_text(PORT)
    (where / "port.toml").write_text(probes)
    at = {"s": PIXEL[0], "f": PIXEL[1]}
    arguments = ("port.py", "7")
    return CaptureRequest(
        Path(sys.executable), arguments, read_probe_file(where / "port.toml"), at, None, 60.0, None, where
    )


RIGHT = log("TRACE_C")
"""What a program without the mistake has in pixel 1 2, with 7 as its argument."""
DOUBLED = log(gain=6.0)
"""What the port has there."""
