"""Random command lines: the simulator's files and lines against a reference binary's, byte for byte.

Set NB_RUN_PARALLEL=1 and NB_C_BIN; NB_LIVE_LINES says how many lines are tried and NB_LIVE_SEED where they begin.
"""

import os
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from simulator.arguments import parse
from simulator.canonical import canonical_arguments
from simulator.defects import mode_name
from simulator.flags import FLAGS, LastPlace
from simulator.session import simulate_command
from tests.live import reference
from tests.live.inputs import write_inputs
from tests.live.lines import line

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(
        not reference.is_asked_for(), reason="needs a reference binary: set NB_RUN_PARALLEL=1 and NB_C_BIN"
    ),
]

FIRST = int(os.environ.get("NB_LIVE_SEED", "0"))
COUNT = int(os.environ.get("NB_LIVE_LINES", "40")) if reference.is_asked_for() else 1

FLOAT = "floatimage.bin"

LAST_BITS = 2.5e-7
"""Relative difference of two neighbours of single precision, twice."""

OWN_LINES = (
    "nbtrace simulator",
    "mode ",
    "flags: ",
    "engine: ",
    "DETECTOR_",
    "TRACE_",
    "WARNING: out of range",
    "WARNING: every pixel",
    "WARNING: -printout",
)
"""Beginnings of lines that the reference, or one of the two, does not print so."""


@pytest.fixture(scope="module")
def mode(tmp_path_factory: pytest.TempPathFactory) -> str:
    return mode_name(reference.defects(tmp_path_factory.mktemp("probe")))


@dataclass
class Tally:
    """How lines agreed."""

    same_bits: int = 0
    rounded: list[int] = field(default_factory=list)


@pytest.fixture(scope="module")
def tally(request: pytest.FixtureRequest) -> Iterator[Tally]:
    """Count how the lines agree, and say so at the end."""
    found = Tally()
    yield found
    plugins = request.config.pluginmanager
    reporter, capture = plugins.get_plugin("terminalreporter"), plugins.get_plugin("capturemanager")
    if reporter is not None and capture is not None:
        with capture.global_and_fixture_disabled():
            reporter.write_line(f"\n{found.same_bits} lines to the bit; but for last bits of pixels: {found.rounded}")


@pytest.mark.parametrize("seed", range(FIRST, FIRST + COUNT))
def test_a_random_line_gives_the_same_bytes(
    seed: int, mode: str, tally: Tally, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = line(seed)
    again = f"NB_LIVE_SEED={seed} NB_LIVE_LINES=1 repeats it; -mode {mode} {shlex.join(words)}"
    for name in ("reference", "ours"):
        (tmp_path / name).mkdir()
        write_inputs(tmp_path / name)
    expected = reference.run(words, tmp_path / "reference")
    assert expected.status == 0, again
    monkeypatch.chdir(tmp_path / "ours")
    before = {path.name for path in Path().iterdir()}
    printed: list[str] = []
    config = parse(words, mode=mode).config
    simulate_command(config, canonical_arguments(config), printed.append)
    files = {path.name: path.read_bytes() for path in Path().iterdir() if path.name not in before}
    distance = _distance(files[FLOAT], expected.files[FLOAT])
    assert distance <= LAST_BITS, f"the images are {distance:.2g} apart; {again}"
    if distance > 0.0:
        tally.rounded.append(seed)
        return
    differences = [name for name in files.keys() | expected.files.keys() if files.get(name) != expected.files.get(name)]
    assert not differences, f"{differences} differ; {again}"
    known = {_without_signs_of_zeros(text) for text in expected.lines}
    said = [_without_signs_of_zeros(text) for text in printed if text and not text.startswith(OWN_LINES)]
    foreign = [text for text in said if text not in known]
    assert not foreign, f"{foreign} is not what the reference prints; {again}"
    tally.same_bits += 1


def _without_signs_of_zeros(text: str) -> str:
    """Return a printed line in which a number that is printed as 0 has no sign: that is the rounding of nothing."""
    return text.replace("-0.00000000", " 0.00000000")


def _distance(content: bytes, expected: bytes) -> float:
    """Return the largest relative difference of a pixel; 0 for the same bits, or where both are not numbers."""
    ours, theirs = (np.frombuffer(part, dtype=np.float32).astype(np.float64) for part in (content, expected))
    assert ours.shape == theirs.shape
    different = ~((ours == theirs) | (np.isnan(ours) & np.isnan(theirs)))
    if not different.any():
        return 0.0
    with np.errstate(invalid="ignore"):
        apart = np.abs(ours - theirs) / np.maximum(np.abs(ours), np.abs(theirs))
    return float(np.nan_to_num(apart[different], nan=np.inf).max())


TOKENS = sorted({flag.token for flag in FLAGS if not flag.sets or not flag.sets[0].startswith("execution.")})


@pytest.mark.parametrize("token", TOKENS)
def test_the_table_says_what_the_reference_makes_of_a_flag_in_last_place(token: str, tmp_path: Path) -> None:
    runs = []
    for index, more in enumerate(([], [token], [token, "-none"])):
        folder = tmp_path / str(index)
        folder.mkdir()
        runs.append(reference.run([*reference.PLAIN, "-oversample", "1", "-seed", "1", *more], folder))
    without, last, followed = runs
    flag = next(flag for flag in FLAGS if flag.token == token)
    assert (last.status < 0) is (flag.last_place is LastPlace.CRASHES)
    if flag.last_place is LastPlace.UNSEEN:
        assert last.files == without.files != followed.files
    elif flag.count == 0:
        assert last.files == followed.files
    elif flag.last_place is None:
        assert last.files == without.files
