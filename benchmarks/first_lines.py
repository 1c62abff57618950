"""How often the first line of an explanation is right: random experiments with a flag that one program did not get.

Each experiment and each change is drawn at random; both traces come from the simulator (or C's from a reference that
prints TRACE_C, with --reference). With the flags given, the first root must be on the changed side and name a run that
has the changed values; without them its quantity must be one that the change moves before any other.

    python benchmarks/first_lines.py --cases 100 [--seed 1] [--reference PROGRAM] [--changes 2]
"""

import argparse
import random
import statistics
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from nbtrace.compare.scene import Node, Values, scene
from nbtrace.embedded.pixel_runs import pixel_runs
from nbtrace.embedded.recorder import Emit
from nbtrace.embedded.traces import trace_pixel
from nbtrace.errors import NbtraceError
from nbtrace.explanation.explain import Explanation, explain
from nbtrace.parsers import parse_trace
from nbtrace.physics.nanobragg.experiments import Simulator
from nbtrace.records import Pixel, Side, Trace
from nbtrace.report.views.explain_view import headline
from nbtrace.writers import trace_text
from simulator.arguments import parse
from simulator.config import Config
from simulator.errors import SimulatorError

Flags = dict[str, str]
_PIXELS = 64
_MOST_SAMPLES = 100


def drawn(random_: random.Random) -> Flags:
    """Return the flags of a random experiment."""
    number = random_.uniform
    a, b, c = (number(40, 120) for _ in range(3))
    flags = {
        "-cell": f"{a:.2f} {b:.2f} {c:.2f} {number(75, 105):.1f} {number(75, 105):.1f} {number(75, 105):.1f}",
        "-default_F": f"{number(10, 300):.1f}",
        "-lambda": f"{number(0.7, 1.6):.3f}",
        "-distance": f"{number(50, 200):.1f}",
        "-detpixels": str(_PIXELS),
        "-pixel": f"{number(0.2, 1.5):.2f}",
        "-Na": str(random_.randint(2, 15)),
        "-Nb": str(random_.randint(2, 15)),
        "-Nc": str(random_.randint(2, 15)),
        "-misset": f"{number(0, 90):.1f} {number(0, 90):.1f} {number(0, 90):.1f}",
        "-oversample": random_.choice(("1", "1", "2")),
    }
    if random_.random() < 0.6:
        flags |= {"-phi": f"{number(0, 20):.1f}", "-osc": f"{number(0.1, 2):.2f}"}
        flags |= {"-phisteps": str(random_.randint(2, 8))}
    if random_.random() < 0.5:
        flags |= {"-polar": f"{number(0, 1):.2f}"}
    if random_.random() < 0.3:
        flags |= {"-detector_abs": f"{number(100, 400):.0f}", "-detector_thick": f"{number(100, 500):.0f}"}
        flags |= {"-detector_thicksteps": str(random_.randint(1, 3))}
    if random_.random() < 0.3:
        flags |= {"-twotheta": f"{number(1, 20):.1f}"}
    if random_.random() < 0.3:
        flags |= {f"-detector_rot{random_.choice('xyz')}": f"{number(1, 10):.1f}"}
    if random_.random() < 0.3:
        flags |= {random_.choice(("-round_xtal", "-gauss_xtal", "-tophat_xtal")): ""}
    if random_.random() < 0.4:
        flags |= {random_.choice(("-xds", "-dials", "-adxv", "-denzo")): ""}
    return flags


Change = Callable[[Flags, random.Random], Flags]


def _scaled(flag: str, low: float, high: float, digits: int = 2) -> Change:
    return lambda flags, r: {flag: f"{float(flags[flag]) * r.uniform(low, high):.{digits}f}"} if flag in flags else {}


def _set(flag: str, low: float, high: float, digits: int = 1) -> Change:
    return lambda _, r: {flag: f"{r.uniform(low, high):.{digits}f}"}


def _one_of(flag: str, place: int, change: float) -> Change:
    def made(flags: Flags, _: random.Random) -> Flags:
        numbers = flags[flag].split()
        numbers[place] = f"{float(numbers[place]) + change:g}"
        return {flag: " ".join(numbers)}

    return made


def _cells(_: Flags, r: random.Random) -> Flags:
    return dict.fromkeys(("-Na", "-Nb", "-Nc"), str(r.randint(2, 15)))


def _centre(flags: Flags, r: random.Random) -> Flags:
    size = _PIXELS * float(flags["-pixel"])
    if {"-xds", "-dials"} & flags.keys():
        return {"-ORGX": f"{r.uniform(20, 44):.1f}", "-ORGY": f"{r.uniform(20, 44):.1f}"}
    return {"-Xbeam": f"{size * r.uniform(0.4, 0.6):.2f}", "-Ybeam": f"{size * r.uniform(0.4, 0.6):.2f}"}


def _word(*flags: str) -> Change:
    return lambda own, r: {} if (flag := r.choice(flags)) in own else {flag: ""}


CHANGES: dict[str, Change] = {
    "distance": _scaled("-distance", 0.97, 1.03),
    "wavelength": _scaled("-lambda", 0.97, 1.03, 4),
    "pixel size": _scaled("-pixel", 0.95, 1.05, 3),
    "cells": _cells,
    "cells of an axis": lambda _, r: {r.choice(("-Na", "-Nb", "-Nc")): str(r.randint(2, 15))},
    "beam centre": _centre,
    "misset of an axis": _one_of("-misset", 2, 1.5),
    "edge of the cell": _one_of("-cell", 0, 0.7),
    "angle of the cell": _one_of("-cell", 4, 1.0),
    "φ": _set("-phi", 0, 30),
    "oscillation": lambda flags, r: {"-osc": f"{r.uniform(0.1, 3):.2f}"} if "-osc" in flags else {},
    "φ steps": lambda flags, r: {"-phisteps": str(r.randint(2, 9))} if "-osc" in flags else {},
    "oversampling": lambda _, r: {"-oversample": str(r.randint(1, 3))},
    "polarisation": _set("-polar", -1, 1, 2),
    "no polarisation": _word("-nopolar"),
    "two-theta": _set("-twotheta", 1, 20),
    "tilt": lambda _, r: {f"-detector_rot{r.choice('xyz')}": f"{r.uniform(1, 10):.1f}"},
    "fluence": lambda _, r: {"-fluence": f"{10 ** r.uniform(20, 28):.3e}"},
    "structure factor": _scaled("-default_F", 0.5, 2, 1),
    "shape": _word("-round_xtal", "-gauss_xtal", "-tophat_xtal"),
    "convention": _word("-xds", "-dials", "-adxv", "-denzo"),
    "thickness": lambda flags, r: (
        {"-detector_thick": f"{r.uniform(100, 500):.0f}"} if "-detector_thick" in flags else {}
    ),
    "per sample": _word("-oversample_omega", "-oversample_polar"),
    "curved": _word("-curved_det"),
}


def configured(flags: Flags) -> Config:
    """Return the configuration of flags."""
    return parse(words(flags)).config


def words(flags: Flags) -> list[str]:
    """Return flags as a command line."""
    return " ".join(f"{flag} {value}" for flag, value in flags.items()).split()


def trace(config: Config, pixel: Pixel, tag: str) -> Trace:
    """Return the simulator's log of a pixel with a program's prefixes."""
    traced = trace_pixel(config, pixel, Emit())
    return parse_trace(trace_text(traced.records, traced.header).replace("TRACE_PY", tag), f"{tag}.log")[0]


def reference_trace(program: Path, flags: Flags, pixel: Pixel) -> Trace:
    """Return the log of a reference that prints TRACE_C."""
    with tempfile.TemporaryDirectory() as folder:
        command = [str(program.resolve()), *words(flags), "-trace_pixel", *map(str, pixel)]
        text = subprocess.run(command, cwd=folder, capture_output=True, text=True, errors="replace", check=False).stdout
    return parse_trace(text, "c.log")[0]


def values(log: Trace) -> Values:
    """Return the values of a log by what they are."""
    return scene(log, log.side, {}).values


def moved_first(c: Trace, py: Trace) -> frozenset[str]:
    """Return the quantities that differ although nothing that they are computed from does."""
    of_c, of_py = values(c), values(py)
    apart = {node.name for node in of_c.keys() & of_py.keys() if _apart(of_c[node], of_py[node])}
    return frozenset(name for name in apart if not c.vocabulary.ancestors(name) & apart)


def _apart(c: tuple[float, ...], py: tuple[float, ...]) -> bool:
    return any(abs(x - y) > 1e-9 * max(abs(x), abs(y), 1e-30) for x, y in zip(c, py, strict=False))


def cases(
    seed: int, count: int, many: int, reference: Path | None
) -> Iterator[tuple[str, Trace, Trace, Config, Config]]:
    """Yield pairs of logs with what was changed, and both configurations."""
    random_ = random.Random(seed)  # noqa: S311 - experiments, no secrets
    made = 0
    while made < count:
        flags, pixel = drawn(random_), (random_.randint(5, _PIXELS - 6), random_.randint(5, _PIXELS - 6))
        names = random_.sample(sorted(CHANGES), many)
        other = dict(flags)
        for name in names:
            other |= CHANGES[name](other, random_)
        try:
            config, changed = configured(flags), configured(other)
            if pixel_runs()(config, pixel).samples > _MOST_SAMPLES or config == changed:
                continue
            c = reference_trace(reference, flags, pixel) if reference is not None else trace(config, pixel, "TRACE_C")
            py = trace(changed, pixel, "TRACE_PY")
        except (NbtraceError, SimulatorError):
            continue
        if not moved_first(c, py) or not _shows(values(c), values(py)):
            continue
        made += 1
        yield " and ".join(names), c, py, config, changed


def _shows(c: Values, py: Values) -> bool:
    """Whether the change shows in the final value."""
    final = Node("I_pixel_final")
    return final in c and final in py and abs(c[final][0]) > 0 and abs(py[final][0] / c[final][0] - 1) > 1e-5


def named(result: Explanation, config: Config, changed: Config) -> bool:
    """Whether the runs that the roots name have the changed values, all of them in the traced pixel."""
    found = [root.run.change for root in result.roots if root.run is not None]
    if not found or result.simulated is None or result.simulated.pixel is None:
        return False
    made = Simulator().applied(config, tuple(found))
    mine, wanted = (pixel_runs()(own, result.simulated.pixel).values for own in (cast("Config", made), changed))
    return all(not _apart(mine.get(node, ()), value) for node, value in wanted.items())


@dataclass
class Score:
    """What became of the cases, with the flags or without them."""

    way: str
    counts: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)

    def take(self, name: str, c: Trace, py: Trace, config: Config, changed: Config) -> None:
        """Explain a pair and count what its first line says."""
        given = self.way == "with flags"
        started = time.perf_counter()
        result = explain(c, py, config if given else None, simulate=pixel_runs() if given else None)
        self.seconds.append(time.perf_counter() - started)
        root = result.ranked[0][0] if result.ranked else None
        side = root.side if root is not None else Side.UNKNOWN
        right = {
            "side right": side is Side.PY,
            "side wrong": side is Side.C,
            "quantity right": root is not None and bool(moved_first(c, py) & set(root.quantities)),
        }
        if given:
            right["change named"] = named(result, config, changed)
        self.counts.update(what for what, holds in right.items() if holds)
        if right["side wrong"] or not right["quantity right"] or not right.get("change named", True):
            print(f"{self.way}, {name}: {headline(result)}", flush=True)


def main() -> None:
    """Draw the cases and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--changes", type=int, default=1)
    parser.add_argument("--reference", type=Path)
    options = parser.parse_args()
    scores = [Score("with flags"), Score("without flags")]
    for case in cases(options.seed, options.cases, options.changes, options.reference):
        for score in scores:
            score.take(*case)
    for score in scores:
        print(
            f"{score.way}, of {options.cases}: {', '.join(f'{what} {n}' for what, n in sorted(score.counts.items()))}"
        )
        print(f"  median {statistics.median(score.seconds):.2f} s, longest {max(score.seconds):.2f} s")


if __name__ == "__main__":
    main()
