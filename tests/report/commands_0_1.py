"""The documents that the commands write, of recorded logs and images, and those of version 0.1 to hold them against.

`python -m tests.report.commands_0_1` writes the documents and a bundle anew; it is run with the version whose documents
they are to be.
"""

import gzip
import io
import json
import os
import sys
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest import mock

import numpy as np

from nbtrace.cli import main
from nbtrace.documents import dump
from tests.places import EXAMPLES, PAIR_FOLDERS, ROOT
from tests.programs.conftest import FLAGS, PROGRAM

GOLDEN = ROOT / "tests" / "golden" / "documents_0_1"
BUNDLE = GOLDEN / "bundle.tar.gz"

_SUPERVISOR = "examples/pairs/supervisor__685_1039"
_PAIR = (f"{_SUPERVISOR}/c.log", f"{_SUPERVISOR}/c_roi_fresh.log")
_PORT = (f"{_SUPERVISOR}/c.log", f"{_SUPERVISOR}/py.log")
_HEAT = ("examples/heat/loops.log", "examples/heat/arrays_mistake.log", "--vocabulary", "examples/heat/rod.toml")
_FISHERY = ("examples/population/matrix.log", "examples/population/matrix_mistake.log")
_FISHERY_WORDS = ("--vocabulary", "examples/population/fishery.toml")
_THICK = tuple(f"examples/pairs/thick_sensor__44_31/{side}.log" for side in ("c", "py"))
_LIMITS = ("-t", "1e-5")

COMMANDS: Mapping[str, tuple[str, ...]] = {
    **{
        f"diff-{folder.name}": ("diff", *(f"examples/pairs/{folder.name}/{side}.log" for side in ("c", "py")))
        for folder in PAIR_FOLDERS
    },
    "diff-limits": ("diff", *_PAIR, *_LIMITS),
    "diff-heat": ("diff", *_HEAT),
    "diff-not_finite": ("diff", "c_nan.log", "py_nan.log"),
    "phi-supervisor": ("phi", *_PAIR),
    "phi-port": ("phi", *_PORT),
    "steps-heat": ("steps", *_HEAT, "--index", "step"),
    "steps-population": ("steps", *_FISHERY, *_FISHERY_WORDS),
    "scaling-supervisor": ("scaling", *_PAIR),
    "scaling-port": ("scaling", *_PORT),
    "scaling-thick_sensor": ("scaling", *_THICK),
    "scaling-not_finite": ("scaling", "c_nan.log", "py_nan.log"),
    "scaling-heat": ("scaling", *_HEAT),
    "check-c": ("check", _PORT[0]),
    "check-py": ("check", _PORT[1]),
    "check-heat": ("check", "examples/heat/arrays_mistake.log", "--vocabulary", "examples/heat/rod.toml"),
    "explain-supervisor": ("explain", *_PAIR),
    "explain-thick_sensor": ("explain", *_THICK),
    "explain-heat": ("explain", *_HEAT),
    "explain-simulated": ("explain", *_PORT, "--config", "supervisor"),
    "explain-refused": ("explain", *_THICK, "--config", "supervisor"),
    "images-agree": ("images", "c.npy", "c.npy"),
    "images-differ": ("images", "c.npy", "py.npy", "--roi", "2", "40", "3", "50"),
    "images-flipped": ("images", "c.npy", "flipped.npy", "--geometry", "trace_c.log"),
    "images-nan": ("images", "c.npy", "nan.npy"),
    "sweep-traces": ("sweep", "--trace", f"float64={_PORT[1]}", "--trace", f"float32={_PAIR[1]}"),
    "sweep-reference": (
        "sweep",
        "--trace",
        f"float64={_PORT[1]}",
        "--trace",
        f"float32={_PAIR[1]}",
        "--reference",
        _PORT[0],
    ),
    "compare-pair": ("compare", "--archived", "examples/golden_suite/phi_zero_mosaic", "--mode", "spec"),
    "compare-suite": ("compare", "--suite", "suite.toml"),
    "trust-threads": ("trust", "--ref", "./nanoBragg", "--", *FLAGS.split()),
}
"""Name of a document → the command that writes it, in the folder of :func:`workplace`."""

_SUITE = """format_version = 1
name = "two"

[defaults]
relative = 1e-5

[[case]]
name = "roi"
archived = "examples/golden_suite/roi"
pixels = [[30, 25]]

[[case]]
name = "none"
archived = "examples/golden_suite/none"
"""


@contextmanager
def workplace() -> Iterator[Path]:
    """Make a folder with all that the commands read, and work there."""
    variables = {name: text for name, text in os.environ.items() if not name.startswith(("NB_", "PYTHONPATH"))}
    variables["MODE"] = "threads"
    with TemporaryDirectory() as name, chdir(name), mock.patch.dict(os.environ, variables, clear=True):
        folder = Path(name)
        (folder / "examples").symlink_to(EXAMPLES)
        (folder / "suite.toml").write_text(_SUITE)
        (folder / "nanoBragg").write_text(PROGRAM)
        (folder / "nanoBragg").chmod(0o755)
        (folder / "c_nan.log").write_text(
            "TRACE_C: polar nan\nTRACE_C: hkl_frac 1 -inf 2\nTRACE_C: steps 1\n"
            "TRACE_C: I_pixel_final 2\nTRACE_C: F 3 4\n"
        )
        (folder / "py_nan.log").write_text(
            "TRACE_PY: polar 1\nTRACE_PY: hkl_frac 1 1 2\nTRACE_PY: steps 0\nTRACE_PY: I_pixel_final NOT_EXTRACTED\n"
        )
        case = EXAMPLES / "golden_suite" / "phi_zero_mosaic"
        (folder / "trace_c.log").write_bytes(gzip.decompress((case / "trace_c_3_47.log.gz").read_bytes()))
        with np.load(case / "image.npz") as arrays:
            pixels = next(iter(arrays.values()))
        np.save("c.npy", pixels)
        np.save("py.npy", (pixels * 1.001).astype(pixels.dtype))
        np.save("flipped.npy", pixels[:, ::-1])
        hole = pixels.copy()
        hole[3, 4] = np.nan
        np.save("nan.npy", hole)
        yield folder


def output_of(*arguments: str) -> str:
    """Return what a command prints."""
    out = io.StringIO()
    argv = mock.patch.object(sys, "argv", ["nbtrace", *arguments])
    with redirect_stdout(out), redirect_stderr(io.StringIO()), argv, suppress(SystemExit):
        main()
    return out.getvalue()


def document_of(command: tuple[str, ...], folder: Path) -> str:
    """Return the document of a command as it is written, without what another moment, machine or folder changes."""
    at = command.index("--") if "--" in command else len(command)
    text = output_of(*command[:at], "--json", "-", *command[at:])
    return settled(json.loads(text.replace(str(folder), "FOLDER").replace(str(folder.resolve()), "FOLDER")))


_TIMES = ("speedup", "milliseconds", "size")
_TEXTS = ("c_binary_sha256", "sha256", "platform", "python_version", "torch_version", "nbtrace_version", "timestamp")


def settled(document: Mapping[str, Any]) -> str:
    """Return the text of a document in which times, digests and versions are all alike."""
    return dump({key: _settled(key, value) for key, value in document.items()})


def _settled(key: str, value: Any) -> Any:
    """Return a value of the same kind where another moment or machine would change it, else the value."""
    if value is None:
        return None
    if isinstance(value, list):
        return [_settled(key, item) for item in value]
    if isinstance(value, dict):
        return {} if key == "variables" else {name: _settled(name, item) for name, item in value.items()}
    if key in _TIMES or key.endswith("_ms"):
        return 1
    if key in _TEXTS:
        return "changes"
    return value


def recorded(name: str) -> str:
    """Return the text of a document of version 0.1."""
    return gzip.decompress((GOLDEN / f"{name}.json.gz").read_bytes()).decode()


def document_0_1(name: str) -> dict[str, Any]:
    """Return a document of version 0.1, read back."""
    document: dict[str, Any] = json.loads(recorded(name))
    return document


BUNDLED: tuple[tuple[str, ...], ...] = (
    ("diff", *_PAIR),
    ("phi", *_PAIR),
    ("scaling", *_PAIR),
    ("explain", *_PAIR),
    ("check", _PAIR[0]),
    ("steps", *_FISHERY, *_FISHERY_WORDS),
    COMMANDS["images-differ"],
    COMMANDS["sweep-reference"],
    COMMANDS["trust-threads"],
)
"""The commands whose results the bundle holds."""


def file_all(folder: Path) -> None:
    """File the results of :data:`BUNDLED` in a bundle."""
    for command in BUNDLED:
        at = command.index("--") if "--" in command else len(command)
        output_of(*command[:at], "--bundle", str(folder), *command[at:])


def _record() -> None:
    GOLDEN.mkdir(parents=True, exist_ok=True)
    with workplace() as folder:
        for name, command in COMMANDS.items():
            text = document_of(command, folder)
            (GOLDEN / f"{name}.json.gz").write_bytes(gzip.compress(text.encode(), 9, mtime=0))
        file_all(folder / "bundle")
        with tarfile.open(BUNDLE, "w:gz") as archive:
            archive.add("bundle")


if __name__ == "__main__":
    _record()
