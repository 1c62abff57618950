"""How many runs `nbtrace reduce` takes, and whether what it leaves is the smallest.

Each switch of the simulator's defects is turned around on long command lines, and on those of recorded cases
(--recorded, a folder of folders with a `case.json`): a line on which it tells is reduced. With --check another search,
which shares nothing with the first, then tries each change of one step on what is left: an option away, a number
simpler, a line of a file away. None may fail in the same way.

    python benchmarks/reduction.py [--recorded DIR] [--defect NAME]… [--line NAME]… [--check] [--jobs N]
"""

import argparse
import contextlib
import json
import re
import shlex
import statistics
import struct
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np

from nbtrace.cli.reduce_sides import SidesUnderTest
from nbtrace.cli.trace_capture_options import TraceCaptureOptions
from nbtrace.embedded.choice import Choice
from nbtrace.errors import NbtraceError
from nbtrace.physics.nanobragg.flag_moves import FlagMoves
from nbtrace.programs.command import flag_line
from nbtrace.programs.worker_pool import worker_pool
from nbtrace.reduction.answers import Answers
from nbtrace.reduction.case import FlagCase
from nbtrace.reduction.failure import CaseFailure
from nbtrace.reduction.reduce import RunSides, reduce_case
from simulator.defects import Defect, Mode
from simulator.hkl import ReflectionTable, write_cache
from simulator.work import least_samples

_CRYSTAL = "-cell 61.3 72.4 83.5 81.2 96.3 104.4 -default_F 120"
_BEAM = "-flux 1.3e12 -exposure 0.7 -beamsize 0.05 -polar 0.93 -nonoise -nopgm -seed 11"

LINES = {
    "spindle": (
        f"{_CRYSTAL} -Na 7 -Nb 8 -Nc 6 -lambda 1.137 -distance 91.5 -detpixels_x 40 -detpixels_y 36 -pixel 1.1 "
        "-Xbeam 22.3 -Ybeam 19.7 -phi 0 -osc 0.8 -phisteps 4 -misset 12.3 -21.4 33.5 -mosaic_spread 0.3 "
        f"-mosaic_domains 3 -mosaic_seed 17 {_BEAM} -oversample 1"
    ),
    "two theta": (
        f"-mosflm {_CRYSTAL} -N 6 -lambda 1.21 -distance 84.2 -detpixels 40 -pixel 1.2 -Xbeam 24.5 -Ybeam "
        "23.25 -twotheta 6.5 -twotheta_axis 0.1 0.99 0.05 -detector_rotx 1.5 -detector_roty -2.5 "
        f"-detector_rotz 0.75 -misset 5.5 15.5 25.5 {_BEAM} -oversample 1 -round_xtal"
    ),
    "curved": (
        f"{_CRYSTAL} -Na 5 -Nb 6 -Nc 7 -lambda 1.31 -close_distance 44.5 -detpixels_x 36 -detpixels_y 40 "
        "-pixel 1.6 -Xbeam 29.3 -Ybeam 31.1 -detector_rotx 2.2 -phi 10.5 -osc 0.4 -phisteps 2 -fudge 1.1 "
        f"-gauss_xtal {_BEAM} -point_pixel -oversample 1 -curved_det"
    ),
    "seeds": (
        f"{_CRYSTAL} -lambda 1.13 -distance 61.5 -detpixels 40 -pixel 1.5 -misset random -misset_seed 42 -N 6 "
        "-detector_roty 3.5 -mosaic_spread 0.4 -mosaic_dom 3 -mosaic_seed 5 -dmin 1.9 -hdivrange 3 -hdivsteps "
        f"2 {_BEAM} -oversample 1 -tophat_spots -phi 0 -osc 1.5 -phisteps 2"
    ),
    "cache": (
        "-mat A.mat -dump plain.bin -default_F 20.5 -N 8 -lambda 1.1 -distance 82.5 -detpixels_x 40 "
        "-detpixels_y 36 -pixel 1.3 -ORGX 21.5 -ORGY 17.25 -xds -nointerpolate -phi 0 -osc 0.6 -phisteps 2 "
        f"-detector_rotz 1.25 {_BEAM} -oversample 1"
    ),
    "blank cache": (
        "-mat A.mat -dump blank.bin -default_F 20.5 -Na 6 -Nb 7 -Nc 8 -lambda 1.12 -distance 80.5 -detpixels "
        "40 -pixel 1.25 -Xbeam 25.5 -Ybeam 26.5 -nointerpolate -dispersion 2.5 -dispsteps 2 -twotheta 2.5 "
        f"-pivot sample {_BEAM} -oversample 1 -water 3.5"
    ),
    "sources": (
        f"{_CRYSTAL} -N 6 -lambda 1.05 -distance 91.25 -detpixels 36 -pixel 1.25 -Xbeam 21.5 -Ybeam 23.5 "
        "-sourcefile sources.txt -detector_abs 310 -detector_thick 420 -detector_thicksteps 3 -oversample 1 "
        f"-misset 11.5 22.5 33.5 -detector_rotx 1.75 -phi 1.5 -osc 0.5 -phisteps 2 {_BEAM} -spindle_axis 0 1 0"
    ),
    "interpolated": (
        "-mat A.mat -hkl list.hkl -interpolate -default_F 5.5 -N 2 -lambda 1.1 -distance 70.5 -detpixels_x 32 "
        "-detpixels_y 36 -pixel 1.6 -Xbeam 26.5 -Ybeam 27.75 -detector_rotz 2.5 -phi 3.5 -osc 0.5 -phisteps 2 "
        f"-mosaic_spread 0.2 -mosaic_dom 2 -mosaic_seed 9 {_BEAM} -oversample 1"
    ),
    "background": (
        f"{_CRYSTAL} -Na 4 -Nb 5 -Nc 6 -lambda 1.15 -distance 60.5 -detpixels 48 -pixel 1.5 -water 9.5 -roi 4 "
        "40 6 44 -Xbeam 33.5 -Ybeam 34.5 -detector_abs 250 -detector_thick 300 -detector_thicksteps 2 "
        f"-oversample_thick -twotheta 3.5 -phi 0 -osc 0.3 -phisteps 3 -misset 3.5 4.5 5.5 {_BEAM} -oversample "
        "1"
    ),
    "divergent": (
        f"{_CRYSTAL} -N 5 -lambda 1.19 -distance 40.5 -detpixels_x 32 -detpixels_y 36 -pixel 1.7 -hdivrange "
        "4.5 -vdivrange 3.5 -hdivsteps 2 -vdivsteps 2 -dispersion 3.5 -dispsteps 2 -oversample 2 "
        f"-oversample_omega -oversample_polar -detector_roty 2.75 -twotheta_axis 0 0.7 0.7 -square_div {_BEAM} "
        "-Xbeam 24.5 -Ybeam 28.5"
    ),
}
"""Ten lines of 20 to 30 options; the files that they name are made here."""

_MATRIX = "0.00218747 0.03015197 -0.00558113\n-0.03300496 -0.00468815 0.0094393\n0.01706052 0.00642134 0.0233541\n"
_SOURCES = "-10 0 0 1 1e-10\n-10 0.02 0 0.7 1.01e-10\n-10 0 -0.03 0.4 9.9e-11\n-10 0.01 0.02 1.3 1.02e-10\n"
_RANGE = 5
_OPTION = re.compile(r"-[A-Za-z4]\w*")
_COUNT = re.compile(r"-(N[abc]?|\w*steps|\w*dom\w*|oversample|detpixels\w*)")
_SIZES = re.compile(r"-(detsize\w*|N[abc]?|detpixels\w*)")


@dataclass(frozen=True)
class Trial:
    """A line with a switch turned around."""

    line: str
    words: tuple[str, ...]
    mode: str
    folder: Path
    check: bool
    traced: bool = True


@dataclass(frozen=True)
class Found:
    """What became of a trial; `runs` is 0 where the switch does not tell."""

    trial: Trial
    runs: int = 0
    left: tuple[str, ...] = ()
    failure: CaseFailure | None = None
    minimal: bool = False
    passing: str = ""
    smaller: tuple[str, ...] = ()
    trouble: str = ""
    seconds: float = 0.0


def write_files(folder: Path) -> None:
    """Write the files that the lines name."""
    (folder / "A.mat").write_text(_MATRIX)
    (folder / "sources.txt").write_text(_SOURCES)
    indices = range(-_RANGE, _RANGE + 1)
    rows = [f"{h} {k} {m} {50 + (7 * h + 11 * k + 13 * m) % 90}\n" for h, k, m in product(indices, repeat=3)]
    (folder / "list.hkl").write_text("".join(rows))
    edge = len(indices)
    values = np.array([50 + (3 * place * place) % 97 for place in range(edge**3)], float).reshape(edge, edge, edge)
    for name, first in (("plain.bin", 77.0), ("blank.bin", struct.unpack("<d", b" " * 8)[0])):
        values[0, 0, 0] = first
        write_cache(folder / name, ReflectionTable(values, *(-_RANGE, _RANGE) * 3, 0.0, edge**3))


def trials(
    lines: Sequence[str], defects: Sequence[Defect], recorded: Path | None, folder: Path, *, check: bool
) -> list[Trial]:
    """Return each line with each switch."""
    found = [(name, tuple(LINES[name].split())) for name in lines]
    if recorded is not None:
        cases = sorted(recorded.glob("*/case.json"))
        found += [(path.parent.name, tuple(json.loads(path.read_text())["args"])) for path in cases]
        for path in recorded.glob("inputs/*"):
            (folder / path.name).unlink(missing_ok=True)
            (folder / path.name).symlink_to(path.absolute())
    shared = Mode.C_PARITY.defects
    modes = [(defect, f"{Mode.C_PARITY},{'-' if defect in shared else '+'}{defect.value}") for defect in defects]
    return [Trial(name, words, mode, folder, check) for name, words in found for _, mode in modes]


def tried(trial: Trial) -> Found:
    """Reduce a line; runs in a process of its own folder."""
    work = Path(tempfile.mkdtemp(dir=trial.folder))
    clock = time.process_time()
    with contextlib.chdir(trial.folder):
        sides = SidesUnderTest(
            None,
            None,
            threads=1,
            seconds=300.0,
            embedded=Choice(trial.mode),
            lenient=False,
            traced=trial.traced,
            capturing=TraceCaptureOptions(),
            limits=(),
            tolerances=(),
            policy_file=None,
            work=work,
        )
        try:
            answers, moves = Answers(sides, 2000), FlagMoves(work)
            result = reduce_case(FlagCase(trial.words), answers, moves, RunSides("", ""))
        except NbtraceError as error:
            return Found(trial, trouble=str(error))
        seconds = time.process_time() - clock
        if result.failure is None:
            return Found(trial)
        smaller = tuple(still_failing(answers, result.smallest, result.failure, work)) if trial.check else ()
    passing = "" if result.passing is None else result.passing.text
    left = result.smallest.words
    return Found(trial, result.runs, left, result.failure, result.is_minimal, passing, smaller, seconds=seconds)


def still_failing(answers: Answers, case: FlagCase, failure: CaseFailure, work: Path) -> Iterator[str]:
    """Yield the neighbours of a case that compute no more and fail in the same way."""
    most = _samples(case.words)
    for words in dict.fromkeys(_neighbours(case.words, work)):
        samples = _samples(words)
        if (
            samples is not None
            and (most is None or samples <= most)
            and answers.outcome(FlagCase(words)).failure == failure
        ):
            yield shlex.join(words)


def _samples(words: tuple[str, ...]) -> int | None:
    try:
        return least_samples(flag_line(words, lenient=True).config)
    except NbtraceError:
        return None


def _neighbours(words: tuple[str, ...], work: Path) -> Iterator[tuple[str, ...]]:
    starts = [place for place, word in enumerate(words) if _OPTION.fullmatch(word)]
    for start, end in zip(starts, [*starts[1:], len(words)], strict=True):
        yield words[:start] + words[end:]
        for place in range(start + 1, end):
            for simpler in _simpler(words[start], place - start, words[place]):
                yield (*words[:place], simpler, *words[place + 1 :])
        if words[start] in {"-hkl", "-sourcefile"}:
            yield from _shorter(words, start + 1, work)


def _simpler(option: str, place: int, text: str) -> Iterator[str]:
    try:
        value = float(text)
    except ValueError:
        return
    if _COUNT.fullmatch(option):
        yield from (str(count) for count in {1, 2, int(value) // 2, int(value) - 1} if 0 < count < value)
        return
    if option == "-roi":
        yield str(int(value) + (1 if place % 2 else -1))
        return
    plain: tuple[str, ...] = (("100",) if place <= 3 else ("90",)) if option == "-cell" else ("0", "1")
    plain = ("1", "2", "5", "10") if _SIZES.fullmatch(option) else plain
    for word in plain:
        if float(word) == value:
            return
        yield word
    for digits in range(1, 6):
        shorter = f"{value:.{digits}g}"
        if float(shorter) != value and not (_SIZES.fullmatch(option) and float(shorter) > value):
            yield shorter


def _shorter(words: tuple[str, ...], place: int, work: Path) -> Iterator[tuple[str, ...]]:
    lines = [line for line in Path(words[place]).read_text().splitlines(keepends=True) if line.strip()]
    for gone in range(len(lines) if 1 < len(lines) <= 32 else 0):
        path = work / f"checked_{place}_{gone}"
        path.write_text("".join(lines[:gone] + lines[gone + 1 :]))
        yield (*words[:place], str(path), *words[place + 1 :])


def _told(found: Found) -> str:
    trial, failure = found.trial, found.failure
    if found.trouble:
        return f"{trial.line}, {trial.mode}: not run: {found.trouble}"
    if failure is None:
        return ""
    way = failure.gate or f"{failure.side.value} {failure.quantity} {failure.cause}"
    end = "" if found.minimal else "  NOT AT ITS END"
    smaller = "".join(f"\n    SMALLER: {words}" for words in found.smaller)
    words = f"{len(trial.words)} to {len(found.left)} words"
    return (
        f"{trial.line}, {trial.mode}: {found.runs} runs, {found.seconds:.0f} s, {words}; {way}{end}"
        f"\n    {shlex.join(found.left)}\n    passes {found.passing or 'never'}{smaller}"
    )


def main() -> int:
    """Reduce them all; the status is 1 if a smaller case was found."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--recorded", type=Path)
    parser.add_argument("--defect", action="append", choices=[defect.value for defect in Defect])
    parser.add_argument("--line", action="append", choices=[*LINES, "none"])
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--jobs", type=int, default=1)
    given = parser.parse_args()
    defects = [defect for defect in Defect if given.defect is None or defect.value in given.defect]
    lines = [name for name in LINES if given.line is None or name in given.line]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_files(folder)
        asked = trials(lines, defects, given.recorded, folder, check=given.check)
        with worker_pool(given.jobs, given.jobs) as pool:
            all_found = []
            for found in pool.map(tried, asked):
                all_found.append(found)
                if text := _told(found):
                    print(text, flush=True)
    reduced = [found for found in all_found if found.failure is not None]
    smaller = [found for found in reduced if found.smaller or not found.minimal]
    untold = set(defects) - {defect for defect in defects for found in reduced if defect.value in found.trial.mode}
    print(f"{len(reduced)} of {len(asked)} reduced; {len(smaller)} of them not to the smallest")
    print(f"switches that never tell: {', '.join(sorted(defect.value for defect in untold)) or 'none'}")
    if reduced:
        runs = sorted(found.runs for found in reduced)
        print(f"runs: median {statistics.median(runs):g}, from {runs[0]} to {runs[-1]}")
    return int(bool(smaller))


if __name__ == "__main__":
    sys.exit(main())
