"""A reference binary as the live tests run it, and what it is seen to be."""

import os
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from simulator.defects import Defect, Mode, Reference, defects_of

SWITCH, BINARY = "NB_RUN_PARALLEL", "NB_C_BIN"

BUILD = "NB_C_BUILD"
"""A command that builds a twin of the binary where values cannot be read of it, with `{program}` and `{flags}`."""

MODE = "NB_LIVE_MODE"
"""A mode in place of the one of the program, for a build that mends a defect: ``c-parity,-stale_phi_rotation``."""

LIMIT_S = 120
PLAIN = (
    *("-cell", "40", "50", "60", "80", "90", "95", "-misset", "10", "20", "30", "-N", "4", "-default_F", "100"),
    *("-lambda", "1", "-distance", "60", "-detpixels", "8", "-pixel", "4"),
)


def is_asked_for() -> bool:
    """Tell whether a reference binary is to be run."""
    return os.environ.get(SWITCH) == "1" and BINARY in os.environ


@dataclass(frozen=True)
class Run:
    """What a run left."""

    status: int
    lines: tuple[str, ...]
    files: dict[str, bytes]
    """Files that were not there before, by their names."""


def run(words: list[str], folder: Path) -> Run:
    """Run the reference in a folder, with one thread."""
    before = {path.name for path in folder.iterdir()}
    binary = str(Path(os.environ[BINARY]).resolve())
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [binary, *words], cwd=folder, env=environment, capture_output=True, timeout=LIMIT_S, check=False
    )
    files = {path.name: path.read_bytes() for path in folder.iterdir() if path.name not in before}
    return Run(done.returncode, tuple(done.stdout.decode("latin-1").splitlines()), files)


@cache
def defects(folder: Path) -> frozenset[Defect]:
    """Return the defects that the binary has: a fork prints a trace where one is asked for."""
    if MODE in os.environ:
        return defects_of(os.environ[MODE])
    traced = run([*PLAIN, "-oversample", "1", "-trace_pixel", "2", "3"], folder)
    program = Reference.FORK if any("TRACE" in line for line in traced.lines) else Reference.UPSTREAM
    return Mode.C_PARITY.defects | {defect for defect in Defect if defect.program is program}
