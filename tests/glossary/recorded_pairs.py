"""Recorded logs with one thing changed, for the examples of pages: what a report of the two then says."""

import re
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import nbtrace
from nbtrace import Trace
from nbtrace.parsers import parse_trace
from nbtrace.verdicts.tolerance import resolve_policy
from tests.places import PAIRS

WIDTH = 96
_MARKS = ("STOP", "NOTE", "INFO", "DIFFER", "AGREE", "WAIVED", "NOT COMPARABLE")


def log(pair: str = "supervisor__685_1039", name: str = "c.log") -> str:
    """Return a recorded log."""
    return (PAIRS / pair / name).read_text(encoding="utf-8")


def port(text: str) -> str:
    """Return a log of C as a port prints it that computes the same."""
    return re.sub(r"TRACE_C(?=[:_])", "TRACE_PY", text)


def without(text: str, *words: str) -> str:
    """Return a log without the lines that hold one of some words."""
    return "".join(line for line in text.splitlines(keepends=True) if not any(word in line for word in words))


def read(text: str, source: str) -> Trace:
    """Return the trace of a log that is called so."""
    return parse_trace(text, source)[0]


def report(c: str, py: str, names: tuple[str, str] = ("c.log", "py.log"), policy: str = "") -> str:
    """Return what `nbtrace diff --all` prints of two logs, with the tolerances of a file `policy.toml`."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "policy.toml"
        file.write_text(policy, encoding="utf-8")
        tolerances = resolve_policy([], file, Path(folder))
    return nbtrace.diff(read(c, names[0]), read(py, names[1]), tolerances).report(width=WIDTH)


def picked(printed: str, *patterns: str) -> list[str]:
    """Return the lines that match a pattern, with what a marked one goes on with; `…` stands for others."""
    lines, kept = printed.splitlines(), []
    goes_on = False
    for number, line in enumerate(lines):
        hit = any(re.search(pattern, line) for pattern in patterns)
        goes_on = (goes_on and line.startswith("      ")) or (hit and line.startswith(_MARKS))
        if hit or goes_on:
            kept.append(number)
    assert kept, (patterns, printed)
    found: list[str] = []
    for place, number in enumerate(kept):
        if place and number != kept[place - 1] + 1:
            found.append("…")
        found.append(lines[number].rstrip())
    return found


C = log()
_OTHER = without(C, "pixel_pos_meters").replace("(spixel=685, fpixel=1039)", "(spixel=1039, fpixel=685)")


_PORT = log("polar_09__35_24", "py.log")
_TWO = C + log("polar_09__35_24")
"""A log of two pixels."""


def _replaced(text: str, pattern: str, new: str) -> str:
    changed, many = re.subn(pattern, new, text, flags=re.MULTILINE)
    assert many, pattern
    return changed


def _last_step(text: str) -> str:
    """Return a log whose lines without a step are of step 3."""
    values = {"hkl_frac": "-6.8795206024501 -0.595197691574922 -13.766298525469"}
    for key, value in values.items():
        text = _replaced(text, rf"^(TRACE_PY: {key}) .*$", rf"\1 {value}")
    return text


def _with_fluence(text: str) -> str:
    """Return a log of a run with twice the fluence."""
    text = text.replace("fluence: 1e+24", "fluence: 2e+24").replace(
        "fluence_photons_per_m2 1e+24", "fluence_photons_per_m2 2e+24"
    )
    return text.replace("2.88139542684698e-07", "5.76279085369396e-07")


def _explained(c: str, py: str) -> str:
    return nbtrace.explain(read(c, "c.log"), read(py, "py.log")).report(width=WIDTH)


def _statistics(*lines: str) -> str:
    return "".join(f"{line}\n" for line in lines)


def _of_no_prefix(text: str) -> str:
    return "".join(
        f"{line.removeprefix('TRACE_C: ').replace(' ', ' = ', 1)}\n"
        for line in text.splitlines()
        if line.startswith(("TRACE_C: r_e", "TRACE_C: polar", "TRACE_C: steps", "TRACE_C: omega"))
    )


_STATISTICS = (
    "max_I = 446.254  at 0.117906 0.178794",
    "mean= 0.00104287 rms= 0.334386 rmsd= 0.334384",
)

NOTICES: Mapping[str, Callable[[], list[str]]] = {
    "which_is_which": lambda: picked(report(C, C, ("c.log", "fresh.log")), "^INFO  both"),
    "readings": lambda: picked(report(C, _of_no_prefix(C), ("c.log", "port.txt")), "^INFO  port.txt"),
    "unpaired_pixels": lambda: picked(report(_TWO, port(C)), "^NOTE  C traces 1"),
    "different_pixels": lambda: picked(report(C, port(_OTHER)), "^STOP"),
    "different_turns": lambda: picked(report(C, _last_step(port(C))), "^NOTE  the lattice"),
    "no_trace": lambda: picked(report(C, _statistics(*_STATISTICS)), "holds no trace"),
    "unfinished_log": lambda: picked(
        report(C, port(C.partition("TRACE_C: omega_pixel ")[0])), "^NOTE  the Py log has no"
    ),
    "missing_steps": lambda: picked(report(C, without(port(C), "phi_tic=8", "phi_tic=9")), "^NOTE  Py lacks"),
    "fewer_turns": lambda: picked(
        report("TRACE_A: x 1\nTRACE_A: x 2\nTRACE_A: x 3\n", "TRACE_A: x 1\nTRACE_A: x 2\n"), "fewer times"
    ),
    "unread_quantities": lambda: picked(
        report(C, _replaced(port(C), r"^(TRACE_PY: polar) .*$", r"\1 0,8 x")), "no readable value"
    ),
    "lost_values": lambda: picked(
        report(
            _TWO, port(_TWO.rpartition("TRACE_C: polar ")[0] + _TWO.rpartition("TRACE_C: polar ")[2].partition("\n")[2])
        ),
        "that it prints elsewhere",
    ),
    "ambiguous_values": lambda: picked(
        report(C, port(C).replace("TRACE_PY: polar", "TRACE_PY: polar 0,8 x\nTRACE_PY: polar")), "which value is meant"
    ),
    "printed_again": lambda: picked(
        report(_PORT, _replaced(_PORT, r"^(TRACE: Fluence) = .*$", r"\1 = 1e24"), ("old.log", "new.log")), "again"
    ),
    "copies": lambda: picked(report(C, port(C)), "digit for digit"),
    "unreadable_lines": lambda: picked(
        report(C, _replaced(port(C), r"^(TRACE_PY: F_latt_a) .*$", r"\1 -2.36 (was -2.35)")), "unreadable line"
    ),
    "cut_line": lambda: picked(report(C, port(C)[: port(C).index("I_pixel_final") + 22]), "line end|in the middle"),
    "idle_tolerances": lambda: picked(
        report(C, port(C), policy="[tolerance.quantities]\nF_lat_a = { relative = 1e-3 }\n"), "applies to nothing"
    ),
    "configured": lambda: picked(_explained(C, _with_fluence(port(C))).partition("\n\n")[0], "^DIFFER"),
    "missing": lambda: picked(
        report(C, _replaced(port(C), r"^(TRACE_PY: F_cell) .*$", r"\1 N/A")), "^quantity", "^F_cell .*MISSING"
    ),
    "shape": lambda: picked(
        report(C, _replaced(port(C), r"^(TRACE_PY:angles_rad=.*) twotheta:0$", r"\1")),
        "^quantity",
        "^angles_rad .*SHAPE",
    ),
    "not_finite": lambda: picked(
        report(C, _replaced(port(C), r"^(TRACE_PY: F_latt) .*$", r"\1 nan")), "^quantity", "^F_latt .*NOT_FINITE"
    ),
}
"""By the kind of notice, or the status, in lower case."""
