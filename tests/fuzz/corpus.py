"""What mutations start from: logs of every dialect, pairs of logs that agree, settings, documents."""

import json
import os
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from random import Random

from tests.places import GOLDEN_SUITE, PAIRS, ROOT, SUPERVISOR_CONFIGURATION

DIALECTS = tuple(
    text.encode() for text in (ROOT / "tests" / "fuzz" / "dialects.txt").read_text(encoding="utf-8").split("%%%\n")
)
"""A few lines of the dialects that the recorded examples do not show."""

_PHI = {"phi_deg": 0.0, "k_frac": -0.596337551708306, "F_latt_b": 0.0915914157955099, "F_latt": 0.25}
DOCUMENTS = tuple(
    json.dumps(document, indent=1).encode()
    for document in (
        {"timestamp": "2025-10-08T21:25:00Z", "pixel": {"slow": 685, "fast": 1039}, "dtype": "torch.float64"}
        | {"per_phi_entries": [{"phi_tic": tic, **_PHI} for tic in range(3)]},
        {"metadata": {"pixel_s": 133, "pixel_f": 134, "dtype": "float32"}, "traces": [{"phi_tic": 0, **_PHI, "h": 1}]},
        {"pixel_s": 5, "pixel_f": 6, "F_cell": 190.27, "h_frac": 1.5, "k_frac": 2.5, "l_frac": -3.5, "polar": 0.9146,
         "rot_a_angstroms": [1.0, 2.0, 3.0], "I_pixel_final": 2.88e-07, "h": 1, "k": 2, "l": -3},
        {"first_divergence": "F_latt", "factors": {"F_latt": {"c_value": -2.38, "py_value": -2.0}}},
        [{"name": "F_latt", "c": [-2.38], "py": [-2.0]}, {"name": "F_latt_a", "c": [2.0], "py": [2.0]}],
        {"pixel": {"slow": 1, "fast": 2}, "trace": {"F_latt": -2.38, "steps": [{"phi_tic": 0, "k_frac": 0.5}]}},
        {"pixel_coords": [7, 9], "values": {"subpixels": [{"subpixel_index": [0, 1], "hkl_rounded": [0, 0, 0]}]}},
    )
)  # fmt: skip
TABLES = (
    b"quantity,c,py\nF_latt_a,2.0,2.0\nF_latt,-2.38,-2.0\n",
    b"phi_tic\tk_frac\tF_latt\n0\t0.5\t1\n1\t0.25\t2\n",
    b"| quantity | C | Py |\n|---|---|---|\n| F_latt_a | 2.0 | 2.0 |\n| F_latt | -2.38 | -2.0 |\n",
    b'{"phi_tic": 0, "k_frac": 0.5}\n{"phi_tic": 1, "k_frac": 0.25}\n',
)
"""Tables, and JSON lines."""
NOISE = json.dumps(
    {
        "format": "nbtrace trust",
        "format_version": 1,
        "experiment": ["-cell", "100"],
        "noise": {
            "probe_slow": 1,
            "probe_fast": 2,
            "shape_slow_fast": [4, 4],
            "pixels": [{"slow": 0, "fast": 3, "absolute": 1e-9}],
            "traced": [
                {
                    "slow": 1,
                    "fast": 2,
                    "quantity": name,
                    "relative": 1e-5,
                    "absolute": 1e-3,
                    "knob": "roi",
                    "regional": False,
                }
                for name in ("hkl_frac", "F_cell", "I_pixel_final")
            ],
        },
    },
    indent=1,
).encode()

POLICY = b"""[tolerance]
relative = 1e-5

[tolerance.quantities]
F_cell = { relative = 1e-4 }
hkl_frac = { absolute = 1e-3 }
"distance_mm" = { absolute = 0.5 }
"""
PYPROJECT = b"""[project]
name = "port"

[tool.ruff]
line-length = 120

[tool.nbtrace.tolerance]
relative = 1e-7
quantities.polar.absolute = 1e-9
"""
SUITE = b"""format_version = 1
name = "port"
about = "all of it"

[defaults]
threshold = 0.999
sum_ratio = [0.9, 1.1]
repeat = 2

[[case]]
name = "cubic"
flags = "-cell 100 100 100 90 90 90 -default_F 100 -detpixels 64"
pixels = [[1, 2], [3, 4]]

[[case]]
name = "tilted"
flags = ["-cell", "50", "-lambda", "1"]
relative = 1e-4
outliers = 0.01
roi = [0, 10, 0, 10]
traces = false
"""
FLAGS = (
    "-cell 100 100 100 90 90 90 -default_F 100 -distance 100 -detpixels 1024 -lambda 6.2 -N 5 -oversample 1",
    "-mat A.mat -hkl near.hkl -distance 231.27 -detpixels_x 2463 -pixel 0.172 -phi 0 -osc 0.1 -phisteps 10 -xds",
    "-misset random -misset_seed 5 -mosaic 1 -mosaic_domains 5 -dispersion 1 -dispsteps 3 -hdivrange 1 -hdivsteps 2",
    "-detector_rotx 5 -detector_twotheta 20 -twotheta_axis 0 1 0 -Xbeam 61.2 -Ybeam 61.2 -pivot sample -curved_det",
    "-fluence 1e24 -exposure 1 -beamsize 0.1 -water 100 -xtal_size 0.1 -round_xtal -tophat_spots -polar 0.9 -nonoise",
    "-roi 0 10 0 10 -floatfile f.bin -intfile i.img -seed 1 -detector_thick 450 -detector_abs 300 -thicksteps 4",
)
"""Command lines of the reference, which cover its kinds of flags."""


@cache
def logs() -> tuple[bytes, ...]:
    """Return whole logs of every dialect: recorded ones, and where `NBTRACE_CORPUS` is set those of that folder."""
    found = [path.read_bytes() for path in sorted(PAIRS.glob("*/*.log"))]
    found += [*DIALECTS, *DOCUMENTS, *TABLES]
    if folder := os.environ.get("NBTRACE_CORPUS"):
        paths = sorted(path for path in Path(folder).rglob("*") if path.is_file() and path.stat().st_size < 1 << 17)
        found += [content for path in paths if b"\0" not in (content := path.read_bytes())]
    return tuple(found)


def slice_of_log(chance: Random, most: int = 40) -> bytes:
    """Return some consecutive lines of a log, one as likely as another; a short one is whole."""
    lines = chance.choice(logs()).splitlines(keepends=True)
    size = chance.randint(1, most)
    start = chance.randint(0, max(0, len(lines) - size))
    return b"".join(lines[start : start + size])


_OF_A_BLOCK = re.compile(r"TRACE_C(?:_PHI)?:? ")
_DIFFERENT = re.compile(
    r"(?P<key>\b(?:F_cell|F_latt(?:_[abc])?|I_before_scaling|I_pixel_final|floatimage_accumulated|polar|k_frac))"
    r"(?P<gap>[ =])(?P<number>\S+)"
)
_FAST_STEP = 1.5e-3


@cache
def _log_of(example: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the geometry of an example's C log, and its block of a pixel."""
    lines = (PAIRS / example / "c.log").read_text().splitlines()
    block = tuple(line for line in lines if _OF_A_BLOCK.match(line))
    geometry = tuple(line for line in lines if line.startswith("TRACE_C:") and line not in block)
    return geometry, block


def agreeing_pair(chance: Random) -> tuple[str, str]:
    """Return two plain keyed logs that agree: one to three pixels, the same values or others within the tolerance.

    The logs are a recorded one of the reference, the values of later blocks changed so that no block can stand for
    another; for Py with its prefixes, sometimes with numbers in another form.
    """
    geometry, block = _log_of(chance.choice(["polar_09__35_24", "custom_vectors_mat_hkl_phi__24_51"]))
    geometry = tuple(line for line in geometry if chance.random() < 0.1)
    steps = chance.choice([0, 1, 2, 3])
    block = tuple(line for line in block if _is_kept(line, steps, chance))
    lines = list(geometry)
    for number in range(chance.choice([1, 1, 1, 2, 3])):
        lines += [_in_block(line, number) for line in block]
    reformed = chance.random() < 0.3
    py = [line.replace("TRACE_C", "TRACE_PY", 1) for line in lines]
    if reformed:
        py = [_DIFFERENT.sub(lambda match: _nudged(match, chance), line) for line in py]
    return "\n".join(lines) + "\n", "\n".join(py) + "\n"


_KEPT = re.compile(r"pixel_pos|F_latt |F_cell|I_|floatimage")
_STEP = re.compile(r"phi_tic=(\d+)")


def _is_kept(line: str, steps: int, chance: Random) -> bool:
    """Whether a line of a block goes into a pair: what ends a block and what is its own, the first steps, some more."""
    if step := _STEP.search(line):
        return int(step[1]) < steps
    return _KEPT.search(line) is not None or chance.random() < 0.2


def _in_block(line: str, number: int) -> str:
    if "pixel_pos_meters" in line:
        *words, last = line.split(" ")
        return " ".join([*words, f"{float(last) + number * _FAST_STEP:.15g}"])
    if not number:
        return line
    return _DIFFERENT.sub(
        lambda match: f"{match['key']}{match['gap']}{float(match['number']) * (1 + number / 7):.15g}", line
    )


def _nudged(match: re.Match[str], chance: Random) -> str:
    return f"{match['key']}{match['gap']}{float(match['number']) * (1 + chance.choice([0, 1e-9, -4e-7])):.17g}"


@cache
def settings() -> Mapping[str, tuple[bytes, ...]]:
    """Return TOML files that nbtrace reads by the name of their kind, those of the repository among them."""
    return {
        "policy.toml": (POLICY,),
        "pyproject.toml": (PYPROJECT, (ROOT / "pyproject.toml").read_bytes()),
        "suite.toml": (SUITE, (GOLDEN_SUITE / "suite.toml").read_bytes()[:4000]),
        "any.toml": (configuration(),),
    }


def configuration() -> bytes:
    """Return a configuration of the simulator."""
    return SUPERVISOR_CONFIGURATION.read_bytes()
