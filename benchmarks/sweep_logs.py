"""The commands of long logs of other forms than many pixels: a sweep of many φ steps in one, and runs in a row.

Usage: python -m benchmarks.sweep_logs [STEPS] [PIXEL_RUNS] [ROUNDS] [LINES]

With LINES, `steps` is also measured on a pair of so many lines of many pixels, with a φ step each. All pairs are
written from an example; of each command the processor time and the greatest memory are printed, and how many times
`nbtrace diff` of the same pair either is. In the pairs with a fault the port prints one step in a hundred, or the
intensity of one run in ten, a thousandth too large; in `far apart`, every step. Where the cells are others, a
hundredth of the steps is taken.
"""

import math
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.diff_peer import run
from benchmarks.long_logs import write_pair

EXAMPLES = Path(__file__).resolve().parent.parent / "examples" / "pairs"
SWEPT = EXAMPLES / "custom_vectors_mat_hkl_phi__24_51"
REPEATED = EXAMPLES / "polar_09__35_24"
COMMANDS = {
    "diff": ("diff",),
    "A B": (),
    "scaling": ("scaling",),
    "explain": ("explain",),
    "phi": ("phi",),
    "steps": ("steps", "--index", "phi_tic"),
    "diff -u": ("diff", "-u"),
}
EXPERIMENT = "-cell 60 70 80 80 95 105 -default_F 100 -lambda 1.1 -distance 90 -detpixels 80 -pixel 0.8 -oversample 1"
_SIDES = {"c.log": "TRACE_C", "py.log": "TRACE_PY"}
_CELLS = 17
_AGREE_DIFFER_OR_NEITHER = {0, 1, 4}


def write_sweep(folder: Path, steps: int, *, every: int = 100) -> tuple[str, str]:
    """Write c.log and py.log, of one pixel with so many φ steps, one in `every` of which differs; return their names.

    Each step has the k and the lattice factor of its own angle, and the intensity is the sum of the steps. The port's
    log is the reference's under its own prefix.
    """
    example = (SWEPT / "c.log").read_text()
    for name, side in _SIDES.items():
        own = example.replace("TRACE_C", side).splitlines()
        with (folder / name).open("w") as log:
            log.writelines(f"{line}\n" for line in _sweep(own, side, steps, every))
    return str(folder / "c.log"), str(folder / "py.log")


def _sweep(example: list[str], side: str, steps: int, every: int) -> Iterator[str]:
    marker = f"{side}_PHI "
    first = next(at for at, line in enumerate(example) if line.startswith(marker))
    printed = {words[1]: words[2:] for words in map(str.split, example) if words[:1] == [f"{side}:"]}
    others = float(printed["F_latt_a"][0]) * float(printed["F_latt_c"][0])
    total = 0.0
    yield from example[:first]
    for tic in range(steps):
        k = 1.9 + 0.19 * tic / steps
        factor = math.sin(math.pi * _CELLS * k) / math.sin(math.pi * k)
        product = others * factor
        total += product**2
        if side == "TRACE_PY" and tic % every == every // 2:
            factor, product = factor * 1.001, product * 1.001
        numbers = f"phi_deg={tic / 1000:.15g} k_frac={k:.15g} F_latt_b={factor:.15g} F_latt={product:.15g}"
        yield f"{marker}phi_tic={tic} {numbers}"
    changed = {"steps": f"{steps}", "I_before_scaling": f"{total * float(printed['F_cell'][0]) ** 2:.15g}"}
    for line in example[first:]:
        key = line.removeprefix(f"{side}: ").split(" ")[0]
        if not line.startswith(marker):
            yield f"{side}: {key} {changed[key]}" if line.startswith(f"{side}: ") and key in changed else line


def write_pixels(folder: Path, lines: int, *, every: int = 100) -> tuple[str, str]:
    """Write c.log and py.log, of so many lines of pixels, the φ step of one in `every` of which differs; return names.

    The port's log is the reference's under its own prefix.
    """
    c, py = write_pair(folder, lines)
    with c.open() as own, py.open("w") as other:
        steps = 0
        for line in own:
            printed = line.replace("TRACE_C", "TRACE_PY")
            if printed.startswith("TRACE_PY_PHI "):
                steps += 1
                printed = _with_another_factor(printed) if steps % every == 0 else printed
            other.write(printed)
    return str(c), str(py)


def _with_another_factor(step: str) -> str:
    before, name, rest = step.partition(" F_latt_b=")
    value, _, after = rest.partition(" ")
    return f"{before}{name}{float(value) * 1.001:.15g} {after}"


def write_runs(folder: Path, runs: int, *, every: int = 10) -> tuple[str, str]:
    """Write c.log and py.log, of so many whole runs one after the other, banners and all; return their names."""
    for name, side in _SIDES.items():
        run = (REPEATED / name).read_text()
        wrong = "".join(map(_a_thousandth_too_large, run.splitlines(keepends=True))) if side == "TRACE_PY" else run
        with (folder / name).open("w") as log:
            log.writelines(wrong if number % every == every // 2 else run for number in range(runs))
    return str(folder / "c.log"), str(folder / "py.log")


def write_other_cells(folder: Path, steps: int, *, told: bool) -> tuple[str, str]:
    """Write c.log and py.log, runs of the simulator with 8 and with 9 cells along each axis; return their names.

    Every φ step has other factors. `told` says whether the port's banner tells its number of cells.
    """
    for name, cells in (("c.log", "8"), ("py.log", "9")):
        given = [*EXPERIMENT.split(), "-phi", "10", "-osc", "1", "-phisteps", str(steps), "-N", cells]
        command = [sys.executable, "-m", "nbtrace", "harness", "--pixel", "50", "42", "--force", "--output"]
        run([*command, str(folder / name), "--", *given], {0})
    c, py = (folder / name for name in _SIDES)
    c.write_text(c.read_text().replace("TRACE_PY", "TRACE_C"))
    py.write_text(py.read_text().replace("9x9x9", "9x9x9" if told else "8x8x8"))
    return str(c), str(py)


def _a_thousandth_too_large(line: str) -> str:
    before, name, value = line.partition("I_before_scaling ")
    return f"{before}{name}{float(value) * 1.001!r}\n" if name and before in {"", "TRACE_PY: "} else line


def measure(title: str, commands: dict[str, tuple[str, ...]], logs: tuple[str, str], rounds: int) -> None:
    """Print the processor time and the memory of commands of a pair, the first of which is what others are held to."""
    taken: dict[str, list[tuple[float, int]]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, words in commands.items():
            given = logs[:1] if words[:1] == ("check",) else logs
            _, processor, peak = run([sys.executable, "-m", "nbtrace", *words, *given], _AGREE_DIFFER_OR_NEITHER)
            taken[name].append((processor, peak))
    middle = {name: [median(of_round) for of_round in zip(*found, strict=True)] for name, found in taken.items()}
    print(f"{title}, {sum(Path(log).stat().st_size for log in logs) / 1e6:.0f} MB")
    peer = middle[next(iter(commands))]
    for name, found in middle.items():
        ratios = ", ".join(f"{own / other:.2f}" for own, other in zip(found, peer, strict=True))
        print(f"  {name:10} {found[0]:6.2f} s, {found[1]:4.0f} MB; {ratios} times")


def main(steps: int, runs: int, rounds: int, lines: int) -> None:
    """Write the pairs, and measure the commands of each."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        every = COMMANDS | {"check": ("check",)}
        measure(f"one pixel of {steps} φ steps", every, write_sweep(folder, steps), rounds)
        printing = {name: COMMANDS[name] for name in ("diff", "diff -u")}
        measure("the same, every step another", printing, write_sweep(folder, steps, every=1), rounds)
        explained = {name: COMMANDS[name] for name in ("diff", "explain")}
        for told in (True, False):
            words = f"{steps // 100} φ steps of other cells, {'told' if told else 'not told'}"
            measure(words, explained, write_other_cells(folder, steps // 100, told=told), rounds)
        measure(
            f"{runs} runs",
            {name: COMMANDS[name] for name in ("diff", "A B", "diff -u")},
            write_runs(folder, runs),
            rounds,
        )
        if lines:
            of_pixels = {name: COMMANDS[name] for name in ("diff", "steps")}
            measure(f"{lines} lines of pixels", of_pixels, write_pixels(folder, lines), rounds)


if __name__ == "__main__":
    main(*(int(text) for text in (sys.argv[1:] + ["100000", "560", "3", "0"][len(sys.argv) - 1 :])))
