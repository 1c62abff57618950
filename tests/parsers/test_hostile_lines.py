"""Lines that no program prints: values of a wrong size, digits of other scripts, numbers beyond any place."""

import re
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from nbtrace import Trace, check, compare_phi, diff, parse_trace, scaling_chain
from nbtrace.errors import InputError, NbtraceError
from nbtrace.explanation.explain import explain
from nbtrace.parsers.dialect import LONGEST_LINE
from nbtrace.parsers.keyed import key_values
from nbtrace.parsers.keyed import keyed as keyed_in
from nbtrace.parsers.values import ordinal, read_value
from nbtrace.physics.nanobragg.dialects.banner import banner
from nbtrace.physics.nanobragg.dialects.labels import LabelReader
from nbtrace.physics.nanobragg.dialects.lines import tap
from nbtrace.physics.nanobragg.dialects.prose import assignments, prose
from nbtrace.physics.nanobragg.dialects.tagged import tagged
from nbtrace.physics.nanobragg.quantities import QUANTITIES
from nbtrace.physics.nanobragg.vocabulary import VOCABULARY
from nbtrace.vocabulary.quantity import Kind

ARITY = {Kind.SCALAR: 1, Kind.VECTOR: 3, Kind.MATRIX: 9}
NUMERIC = [name for name, quantity in QUANTITIES.items() if quantity.kind in ARITY]
FORMS: dict[str, Callable[[str, list[str]], str]] = {
    "C keyed": lambda name, numbers: f"TRACE_C: {name} {' '.join(numbers)}",
    "C tight": lambda name, numbers: f"TRACE_C:{name}={' '.join(numbers)}",
    "C brackets": lambda name, numbers: f"TRACE_C:{name}=[{' '.join(numbers)}]",
    "Py keyed": lambda name, numbers: f"TRACE_PY: {name} = [{', '.join(numbers)}]",
    "source": lambda name, numbers: f"TRACE_C_SOURCE2: {name.removeprefix('source_')} {' '.join(numbers)}",
    "prose": lambda name, numbers: f"TRACE: {name} {' '.join(numbers)}",
    "prose list": lambda name, numbers: f"TRACE:   {name} = [{', '.join(numbers)}] |{name}| = 1",
    "base": lambda name, numbers: f"TRACE_PY_BASE:   {name} = [{', '.join(numbers)}]",
    "rotate": lambda name, numbers: f"TRACE_ROTATE:{name}=[{' '.join(numbers)}]",
    "beam centre": lambda name, numbers: f"TRACE_BEAM_CENTER:{name}={' '.join(numbers)}",
    "tap": lambda name, numbers: f"TRACE_C_TAP5: {name} {' '.join(numbers)}",
    "pix0": lambda name, numbers: f"PIX0_PY:{name}=[{' '.join(numbers)}]",
    "unknown prefix": lambda name, numbers: f"TRACE_C_NEW: {name}={' '.join(numbers)}",
}


def every_command(trace: Trace, other: Trace, *, explained: bool = True) -> None:
    """Whatever a command makes of two logs, it is a result or one of nbtrace's own errors."""
    commands: list[Callable[[Trace, Trace], object]] = [diff, compare_phi, scaling_chain]
    for command in [*commands, explain] if explained else commands:
        try:
            command(trace, other)
        except NbtraceError:
            continue
    check(trace)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("size", [1, 2, 3, 4, 9, 10])
def test_no_value_has_another_size_than_its_quantity(form: str, size: int) -> None:
    lines = [FORMS[form](name, [f"{0.1 * (at + 1):.15g}" for at in range(size)]) for name in NUMERIC]
    text = "".join(f"{line}\n" for line in lines)
    (trace,) = parse_trace(text)
    for record in trace.records:
        known = QUANTITIES.get(record.quantity)
        if known is not None and known.kind in ARITY:
            assert len(record.numbers) == ARITY[known.kind], record
    account = trace.account
    assert account.total == account.used + account.structure + account.ignored + len(account.unreadable)
    reference = "".join(f"TRACE_C: {name} {' '.join(['1'] * ARITY[QUANTITIES[name].kind])}\n" for name in NUMERIC)
    every_command(trace, parse_trace(reference)[0], explained=form in {"C keyed", "prose"} and size in {2, 4})


@pytest.mark.parametrize("name", ["hkl_frac", "F_latt", "pix0_vector_meters"])
@pytest.mark.parametrize("form", ["C keyed", "C tight", "prose", "prose list", "pix0"])
def test_a_wrong_size_is_an_unreadable_line_with_its_reason(name: str, form: str) -> None:
    size = 2 if form == "prose list" and name == "F_latt" else 4
    line = FORMS[form](name, ["1"] * size)
    (trace,) = parse_trace(f"TRACE_C: polar 1\n{line}\n")
    (bad,) = trace.account.unreadable
    wanted = ARITY[QUANTITIES[name].kind]
    assert bad.reason.endswith(f"{name} needs {wanted} number{'s' * (wanted > 1)}, found {size} numbers")
    assert name in bad.quantities
    (good,) = parse_trace(f"TRACE_C: polar 1\nTRACE_C: {name} {' '.join(['1'] * wanted)}\n")
    result = diff(good, trace)
    assert result.gaps[1].lost == {name: 1}


OTHER_DIGITS = ["٥", "५", "５", "1٥", "1_0", "1_000.5", "²", "½", "１e3"]


@pytest.mark.parametrize("digits", OTHER_DIGITS)
def test_only_ascii_digits_are_numbers(digits: str) -> None:
    assert read_value(digits).numbers == ()
    assert ordinal(digits) is None
    lines = [
        f"TRACE_C: polar {digits}",
        f"TRACE_C: hkl_frac 1 {digits} 3",
        f"TRACE_C_PHI phi_tic={digits} phi_deg=0 k_frac=1 F_latt_b=1 F_latt=1",
        f"TRACE_C_PHI phi_tic=0 phi_deg=0 k_frac={digits} F_latt_b=1 F_latt=1",
        f"TRACE_PY_TRICUBIC: [0,0,{digits}]=1",
        f"TRACE_CONFIG: tracing pixel (spixel={digits}, fpixel=1)",
        f"TRACE:   a_star = [1, 2, {digits}] |a_star| = 1",
        f"  {digits} sources",
        f"  10 phi steps from 0 to {digits} degrees",
        f"# Tracing pixel: ({digits}, 1)",
    ]
    for line in lines:
        (trace,) = parse_trace(f"{line}\n")
        assert not trace.records, line
        assert not trace.settings, line
        assert not trace.pixels, line


def test_json_holds_numbers_and_not_what_looks_like_them() -> None:
    entry = '{{"phi_tic": {}, "phi_deg": 0, "k_frac": {}, "F_latt_b": 1, "F_latt": 1}}'
    for tic, k in (('"0"', "1"), ("true", "1"), ("0", '"1_0"'), ("0", '"٥"'), ("0", "true"), ("0.5", "1"), ("-1", "1")):
        (trace,) = parse_trace('{"per_phi_entries": [' + entry.format(tic, k) + "]}")
        assert not trace.records
        assert len(trace.account.unreadable) == 1
    (trace,) = parse_trace('{"polar": [1, 2, 3], "steps": 1, "F_latt": 2}')
    assert [record.quantity for record in trace.records] == ["steps", "F_latt"]
    assert [bad.reason for bad in trace.account.unreadable] == ["polar needs 1 number, found 3 numbers"]


HUGE = ["9" * 400, "9" * 4000, str(2**31), "9" * 12]


@pytest.mark.parametrize("digits", HUGE, ids=lambda digits: f"{len(digits)} digits")
@pytest.mark.parametrize(
    "line",
    [
        "TRACE_CONFIG: tracing pixel (spixel={}, fpixel=1)",
        "TRACE_CONFIG: tracing pixel (spixel=1, fpixel={})",
        "# Tracing pixel: ({}, 1)",
        "Target pixel: (1, {})",
        "TRACE_PY: === PIXEL (1, {}) TRACE START ===",
        "TRACE_C_PHI phi_tic={} phi_deg=0 k_frac=1 F_latt_b=1 F_latt=1",
        "TRACE_PY_ROTSTAR phi_tic={} ap_y=1 bp_y=1 cp_y=1",
        "TRACE_C_SOURCE{}: F_cell 1",
        "TRACE_PY_SOURCE {}: F_cell 1",
        "TRACE_PY_TRICUBIC: [0,{},1]=1",
        "TRACE_C_TAP5: pixel {} 0 F_cell 1",
        "TRACE_C_TAP4: pixel 0 0 subpixel 0 {} source 0 mos 0 phi 0 h 1",
        "TRACE_C_TAP4: pixel 0 0 source {} h 1",
        "TRACE_C_TAP4: pixel 0 0 mos {} h 1",
        "TRACE_C_TAP4: pixel 0 0 phi {} h 1",
        "  {} sources",
        "  {} phi steps from 0 to 1 degrees",
        "  {} mosaic domains over mosaic spread of 1 degrees",
        "  {}x2 pixel oversample steps",
        '{{"pixel_s": {}, "pixel_f": 1, "F_latt": 1, "steps": 1}}',
        '{{"pixel": {{"slow": {}, "fast": 1}}, "per_phi_entries": []}}',
        '{{"per_phi_entries": [{{"phi_tic": {}, "phi_deg": 0, "k_frac": 1, "F_latt_b": 1, "F_latt": 1}}]}}',
    ],
)
def test_places_beyond_any_are_unreadable(line: str, digits: str) -> None:
    text = line.format(digits) + "\n"
    (trace,) = parse_trace(text)
    assert not trace.pixels
    assert not trace.settings
    assert not any(record.index.loops for record in trace.records)
    assert len(trace.account.unreadable) == 1
    (both,) = parse_trace(text + "TRACE_C: F_cell 1\n")
    every_command(both, both)


@pytest.mark.parametrize(
    "number", ["9" * 400, "1e999", "1e-99999999999999999999", "0." + "0" * 400 + "1", "1" + "0" * 300]
)
@pytest.mark.parametrize(
    "line",
    [
        "TRACE_C: polar {}",
        "TRACE_C: hkl_frac {} 1 {}",
        "  wave={} meters",
        "  parallelpiped xtal: {}x2x3 cells",
        "  distance={} detsize=1x1  pixel={} meters (10x10 pixels)",
        "Kahn polarization factor: {}",
        "Final intensity: {}",
    ],
)
def test_numbers_of_any_size_end_no_command(line: str, number: str) -> None:
    (trace,) = parse_trace(line.replace("{}", number) + "\nTRACE_C: F_latt 1\nTRACE_C: hkl_frac 0.1 0.2 0.3\n")
    every_command(trace, trace)
    assert trace.number("F_latt") == 1.0


BLANKS = " " * 2000


def keyed(body: str) -> object:
    return keyed_in(body, VOCABULARY)


WORST: dict[str, tuple[Callable[[int], str], Callable[[str], object]]] = {
    "keyed": (lambda n: "a" + " " * n + "b", keyed),
    "rule": (lambda n: "===x" + "=" * n + "y", keyed),
    "words": (lambda n: "a" * n, key_values),
    "pairs": (lambda n: "a=1" + " " * n + "b" * n, key_values),
    "pairs of pairs": (lambda n: "a=" + "b c " * n, key_values),
    "tap": (lambda n: "pixel=1" + " " * n + "x", tap),
    "tap words": (lambda n: "pixel " + "1 " * n + "x", tap),
    "long digits": (lambda n: "polar [1] |a| = " + "1" * n + " x y", lambda text: keyed(f" {text}")),
    "tensor": (lambda n: "tensor(" + ", dtype=" * n, read_value),
    "commas": (lambda n: "1" + " , " * n, read_value),
    "list": (lambda n: "1 " * n + "x", read_value),
    "named": (lambda n: "a:1 " * n + "x", read_value),
    "equals": (lambda n: "=" * n + "1", read_value),
    "formula": (lambda n: "x = " * n + "y", keyed),
    "prose": (lambda n: "a" + " (" * n, lambda text: prose(text, "", cell_block=True)),
    "prose commas": (lambda n: "a = 1" + ",  b" * n, lambda text: prose(text, "", cell_block=True)),
    "prose blanks": (lambda n: "a" + " " * n + "= 1", lambda text: prose(text, "", cell_block=False)),
    "assignments": (lambda n: "a b=1 " + "c" * n + " " * n + "d", lambda text: assignments(text, "")),
    "banner": (lambda n: "=== " + "Trace for (1, " * n + "===", banner),
    "banner digits": (lambda n: "1" * n + " sources steps hkls", banner),
    "label": (lambda n: "a: " + ":" * n + " b c", lambda text: LabelReader().read(text)),
    "label blanks": (lambda n: "a:" + " " * n, lambda text: LabelReader().read(text)),
    "tag": (lambda n: "TRACE_" * n + "!", lambda text: tagged(text, "")),
    "torn": (lambda n: "x TRACE_C: polar " + "TRACE_C: " * n, lambda text: tagged(text, "")),
}


def best(function: Callable[[str], object], text: str) -> float:
    times = []
    for _ in range(5):
        start = time.process_time()
        function(text)
        times.append(time.process_time() - start)
    return min(times)


@pytest.mark.parametrize("name", WORST)
def test_no_pattern_searches_a_line_again_from_each_of_its_characters(name: str) -> None:
    """A line 8 times as long takes 8 times as long, or 64 times where the search begins anew; 24 lies between."""
    make, function = WORST[name]
    short, long = make(500), make(4000)
    few, many = best(function, short), best(function, long)
    assert many < 24 * few + 0.02, (few, many)


def test_many_lines_of_blanks_are_read_in_one_pass() -> None:
    line = "TRACE_C:a" + " " * (LONGEST_LINE - 100) + "b\n"
    start = time.process_time()
    (trace,) = parse_trace(line * 500)
    assert time.process_time() - start < 5
    assert trace.account.total == 500


def test_the_patterns_use_no_class_of_digits() -> None:
    r"""`\d` is every script's digit in a text pattern."""
    for path in sorted((Path(sys.modules["nbtrace"].__file__ or "").parent / "parsers").glob("*.py")):
        for line in path.read_text().splitlines():
            assert not re.search(r"\\d", line) or 'rb"' in line, (path.name, line)


def test_an_empty_log_says_so() -> None:
    with pytest.raises(InputError, match="holds no trace values"):
        diff(parse_trace("\n\n", "a")[0], parse_trace("\n\n", "b")[0])
