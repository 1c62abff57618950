"""Random command lines: the simulator's files and lines against a reference binary's, byte for byte.

Set NB_RUN_PARALLEL=1 and NB_C_BIN; NB_LIVE_LINES says how many lines are tried and NB_LIVE_SEED where they begin.
"""

import os
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest

from simulator.arguments import parse
from simulator.canonical import canonical_arguments, mode_argument
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

OWN_LINES = (
    "nbtrace simulator",
    "mode ",
    "flags: ",
    "DETECTOR_",
    "TRACE_PY",
    "WARNING: out of range",
    "WARNING: every pixel",
    "WARNING: -printout",
)
"""Beginnings of lines that the reference, or one of the two, does not print so."""


@pytest.fixture(scope="module")
def mode(tmp_path_factory: pytest.TempPathFactory) -> str:
    return mode_argument(reference.defects(tmp_path_factory.mktemp("probe")))


@pytest.mark.parametrize("seed", range(FIRST, FIRST + COUNT))
def test_a_random_line_gives_the_same_bytes(
    seed: int, mode: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
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
    differences = [*_differences(files, expected.files), *_unknown_lines(printed, expected.lines)]
    assert not differences, f"{differences}; {again}"


def _differences(files: Mapping[str, bytes], expected: Mapping[str, bytes]) -> Iterator[str]:
    """Yield what differs, the float image first: the others follow from it."""
    for name in sorted(files.keys() | expected.keys(), key=lambda name: (name != "floatimage.bin", name)):
        if name not in files or name not in expected:
            yield f"{name} is written by one of the two only"
        elif files[name] != expected[name]:
            yield f"{name}: {_how_far(files[name], expected[name]) if name == 'floatimage.bin' else 'other bytes'}"


def _how_far(content: bytes, expected: bytes) -> str:
    if len(content) != len(expected):
        return f"{len(content)} bytes, not {len(expected)}"
    ours, theirs = (np.frombuffer(part, dtype=np.float32) for part in (content, expected))
    with np.errstate(invalid="ignore"):
        return f"{int((ours != theirs).sum())} of {ours.size} pixels, by up to {np.nanmax(np.abs(ours - theirs)):g}"


def _unknown_lines(printed: list[str], expected: tuple[str, ...]) -> Iterator[str]:
    known = set(expected)
    yield from (text for text in printed if text and text not in known and not text.startswith(OWN_LINES))


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
