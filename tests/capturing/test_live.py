"""Traces captured from a program that prints none, against recorded ones of the fork that prints them, line for line.

Set NB_RUN_PARALLEL=1, and NB_C_BIN to a build of nanoBragg with debug information (-O0 -g) whose sources lie where it
was built; for an optimised one NB_C_BUILD is what `nbtrace capture --build` takes. NB_LIVE_MODE says what a build does,
as for the other live tests: `c-parity,+misset_seed_as_misset,-running_products` is upstream with one defect mended.
"""

import gzip
import json
import os
import shutil
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from simulator.defects import Defect
from tests.cli.conftest import nb  # noqa: F401 - a fixture
from tests.live import reference
from tests.places import GOLDEN_SUITE
from tests.proving.meter import needs_gdb

if TYPE_CHECKING:
    from tests.cli.conftest import Ended, Run

pytestmark = [
    pytest.mark.live,
    needs_gdb,
    pytest.mark.skipif(
        not reference.is_asked_for(), reason="needs a reference binary: set NB_RUN_PARALLEL=1 and NB_C_BIN"
    ),
]

FOLDERS = {path.parent.name: path.parent for path in sorted(GOLDEN_SUITE.glob("*/case.json"))}

Line = tuple[str, int | None, int]
"""A key, its φ step where the line states one, and how many lines of both stood before."""

FALLS = {"I_before_scaling", "I_pixel_final", "floatimage_accumulated"}
"""What follows from any other line."""

CELL = {f"rot_{axis}{unit}" for axis in "abc" for unit in ("_angstroms", "_star_A_inv")}
LATTICE = {"hkl_frac", "hkl_rounded", "F_latt_a", "F_latt_b", "F_latt_c", "F_latt", "k_frac"}

UNMENDED: dict[tuple[Defect, str], tuple[set[str], str]] = {
    (Defect.MISSET_SEED_AS_MISSET, "misset_random"): (
        CELL | LATTICE | FALLS,
        "the fork compares whole words; upstream takes -misset_seed 42 -oversample 1 for -misset 42 0 1",
    ),
}
"""What differs where a program has a defect that the recorded one has not: keys of lines, and why."""

_STALE = "no step of φ = 0 keeps the rotation of the last step of the pixel before"
_PRODUCTS = "each term of the sum is multiplied by its own factor, not the sum by the factor of the last one"
MENDED: dict[tuple[Defect, str], tuple[set[str], str]] = {
    (Defect.STALE_PHI_ROTATION, "phi_through_zero"): ({"k_frac", "F_latt_b", "F_latt"} | FALLS, _STALE),
    (Defect.STALE_PHI_ROTATION, "phi_zero_mosaic"): (
        {"rot_a_angstroms", "rot_b_angstroms", "hkl_frac", "F_latt_a", "k_frac", "F_latt_b", "F_latt"} | FALLS,
        _STALE + "; the spindle is the z axis, along which c and l lie",
    ),
    (Defect.RUNNING_PRODUCTS, "oversample_2_omega"): (FALLS, _PRODUCTS),
    (Defect.RUNNING_PRODUCTS, "oversample_2_polar"): (FALLS, _PRODUCTS),
    (Defect.RUNNING_PRODUCTS, "thick_sensor_oversample_thick"): (FALLS, _PRODUCTS),
}
"""What differs where a program lacks a defect that the recorded one has: keys of lines, and why."""


def recorded(folder: Path, pixel: list[int]) -> str:
    """Return the recorded trace of a pixel; a warning without an end of line stands before one of its lines."""
    return gzip.decompress((folder / f"trace_c_{pixel[0]}_{pixel[1]}.log.gz").read_bytes()).decode("latin-1")


def traced_lines(text: str) -> dict[Line, tuple[str, ...]]:
    """Return the words of each trace line of the pixel; `TRACE_C_PHI` lines as the lines of their pairs."""
    counted: dict[tuple[str, int | None], int] = defaultdict(int)
    found = {}
    for key, step, words in _split_lines(text):
        found[key, step, counted[key, step]] = words
        counted[key, step] += 1
    return found


def _split_lines(text: str) -> Iterator[tuple[str, int | None, tuple[str, ...]]]:
    step: int | None
    for line in text.splitlines():
        _, mark, said = line.rpartition("TRACE_C: ")
        if line.startswith("TRACE_C_PHI "):
            pairs = dict(word.split("=") for word in line.split()[1:])
            step = int(pairs.pop("phi_tic"))
            for key, word in pairs.items():
                yield key, step, (word,)
        elif mark:
            words = said.split()
            step = int(words.pop(0).removeprefix("phi_tic=")) if words[0].startswith("phi_tic=") else None
            yield words[0], step, tuple(words[1:])


def is_said(key: str, printed: tuple[str, ...], captured: tuple[str, ...]) -> bool:
    """Tell whether captured numbers, which have all their digits, are the printed ones, which have fifteen."""
    if len(printed) != len(captured):
        return False
    if key == "floatimage_accumulated":
        return [np.float32(word) for word in printed] == [np.float32(word) for word in captured]
    return [f"{float(word):.15g}" for word in printed] == [f"{float(word):.15g}" for word in captured]


def captured_from(nb: "Run", name: str, words: list[str]) -> "Ended":  # noqa: F811
    """Capture the first recorded pixel of a case into c.log; a program that cannot be captured from is skipped."""
    for path in (GOLDEN_SUITE / "inputs").iterdir():
        if path.name in words:
            shutil.copy(path, path.name)
    pixel = map(str, _first_pixel(name))
    build = ["--build", os.environ["NB_C_BUILD"]] if "NB_C_BUILD" in os.environ else []
    program = str(Path(os.environ[reference.BINARY]).resolve())
    ended = nb("capture", "--pixel", *pixel, *build, "-o", "c.log", "--force", "--", program, *words)
    if ended.code == 7 and ("no debug information" in ended.err or "optimi" in ended.err):
        pytest.skip(f"NB_C_BIN cannot be captured from: {ended.err}")
    assert ended.code == 0, ended
    return ended


def _first_pixel(name: str) -> list[int]:
    pixels: list[list[int]] = json.loads((FOLDERS[name] / "case.json").read_text())["trace_pixels_slow_fast"]
    return pixels[0]


@pytest.fixture(scope="module")
def defects(tmp_path_factory: pytest.TempPathFactory) -> frozenset[Defect]:
    return reference.defects(tmp_path_factory.mktemp("asked"))


@pytest.mark.parametrize("name", FOLDERS)
def test_a_captured_trace_is_the_printed_one_line_for_line(
    nb: "Run",  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    defects: frozenset[Defect],
    name: str,
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")  # as it was recorded
    words: list[str] = json.loads((FOLDERS[name] / "case.json").read_text())["args"]
    captured_from(nb, name, words)
    printed = traced_lines(recorded(FOLDERS[name], _first_pixel(name)))
    captured = traced_lines(Path("c.log").read_text())
    assert len(printed) > 30
    assert not printed.keys() - captured.keys()
    otherwise = {line[0] for line, said in printed.items() if not is_said(line[0], said, captured[line])}
    assert otherwise == _known(defects, name)


def _known(defects: frozenset[Defect], name: str) -> set[str]:
    """Return the keys of the lines of a case in which a program with these defects differs from the recorded one."""
    found: set[str] = set()
    for table, has_defect in ((UNMENDED, True), (MENDED, False)):
        for (defect, case), (keys, _) in table.items():
            if case == name and (defect in defects) is has_defect:
                found |= keys
    return found


def test_words_that_both_programs_read_alike_give_the_recorded_orientation(
    nb: "Run",  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    name = "misset_random"
    words: list[str] = json.loads((FOLDERS[name] / "case.json").read_text())["args"]
    at = words.index("-misset_seed")
    captured_from(nb, name, [*words[:at], *words[at + 2 :], *words[at : at + 2]])  # in last place it is no -misset
    captured = traced_lines(Path("c.log").read_text())
    printed = traced_lines(recorded(FOLDERS[name], _first_pixel(name)))
    assert [line for line, said in printed.items() if not is_said(line[0], said, captured[line])] == []
    log = FOLDERS[name] / "trace_c_{}_{}.log.gz".format(*_first_pixel(name))
    assert nb("diff", log, "c.log").code == 0
