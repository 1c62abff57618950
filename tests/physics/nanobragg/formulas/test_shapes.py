"""Spots of every shape, several sources, domains, points and layers: nothing that a whole trace determines is unknown.

A trace of the simulator with every innermost sample is held against a copy in which one value is another one.
"""

from functools import cache

import pytest

from nbtrace import explain
from nbtrace.embedded.recorder import Emit
from nbtrace.embedded.traces import trace_pixel
from nbtrace.explanation.audit.findings import AuditStatus
from nbtrace.parsers import parse_trace
from nbtrace.physics.nanobragg.selftest import edits
from nbtrace.records import Side
from nbtrace.writers import trace_text
from simulator.arguments import parse

PIXEL = (24, 31)
PLAIN = "-cell 60 70 80 85 95 100 -default_F 100 -N 5 -lambda 1 -distance 60 -detpixels 48 -pixel 1"
SWEPT = "-phi 10 -osc 1 -phisteps 3"
CONFIGURATIONS = {
    "square": "-oversample 1",
    "round": "-oversample 1 -round_xtal -fudge 1.3",
    "gauss": "-oversample 1 -gauss_xtal",
    "tophat": "-oversample 1 -tophat_spots",
    "swept": f"-oversample 1 {SWEPT}",
    "swept gauss": f"-oversample 1 -gauss_xtal {SWEPT}",
    "sources": "-oversample 1 -dispersion 1 -dispsteps 3 -hdivrange 2 -hdivsteps 2",
    "domains": "-oversample 1 -mosaic 0.5 -mosaic_dom 3",
    "points": "-oversample 2",
    "layers": "-oversample 1 -detector_abs 500 -detector_thick 450 -detector_thicksteps 3",
    "curved": "-oversample 1 -curved_det",
    "water": "-oversample 1 -water 100",
    "limit": "-oversample 1 -dmin 0.5",
    "everything": f"-oversample 1 -gauss_xtal -mosaic 0.5 -mosaic_dom 2 -dispersion 1 -dispsteps 2 {SWEPT}",
}
CONFIGURED = frozenset(
    {
        *("detector_convention", "angles_rad", "beam_center_m", "twotheta_axis", "Fbeam_m", "Sbeam_m", "distance_m"),
        *(f"{axis}_star_input" for axis in "abc"),
        *(f"vec_{axis}_star" for axis in "abc"),
        *("shape_fudge", "V_star"),
        *("initial_fdet", "initial_sdet", "initial_odet", "pix0_vector_calculated"),
    }
)
"""Quantities that a configuration gives, and no other line of a log."""


@cache
def text_of(name: str) -> str:
    traced = trace_pixel(parse([*PLAIN.split(), *CONFIGURATIONS[name].split()]).config, PIXEL, Emit(everything=True))
    return trace_text(traced.records, traced.header)


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_every_formula_holds_on_a_whole_trace(name: str) -> None:
    (trace, *_) = parse_trace(text_of(name), "ours.log")
    copy = parse_trace(text_of(name).replace("I_pixel_final ", "I_pixel_final 1"), "other.log")[0]
    config = parse([*PLAIN.split(), *CONFIGURATIONS[name].split()]).config
    for known in (None, config):
        result = explain(trace, copy, known)
        assert {root.quantity for root in result.roots} == {"I_pixel_final"}
        assert [item.node.label for item in result.audit.findings if item.c.broken] == []


@pytest.mark.parametrize("name", ["gauss", pytest.param("everything", marks=pytest.mark.slow)])
def test_a_changed_value_is_a_root_on_its_side(name: str) -> None:
    text = text_of(name)
    (original, *_) = parse_trace(text, "ours.log")
    tried, open_ones = set(), set()
    for edit in edits.edits("ours.log", text):
        if edit.kind != "×1.01" or edit.quantity in tried or edit.quantity in CONFIGURED:
            continue
        tried.add(edit.quantity)
        result = explain(original, parse_trace(edit.text, "edited.log")[0])
        assert edits.answer(result, edit, Side.PY) is not edits.EditAnswer.WRONG
        if any(root.status is AuditStatus.UNKNOWN for root in result.roots):
            open_ones.add(edit.quantity)
    assert len(tried) > 40
    assert open_ones == set()


LATTICE = {
    "hkl": "the lattice factor of the Gaussian spot: radius in hkl space for that in reciprocal space",
    "fudge": "shape factor 1.3 instead of 1",
}


@pytest.mark.parametrize("configured", [False, True])
def test_a_gaussian_spot_in_hkl_space_is_named(configured: bool) -> None:
    config = parse([*PLAIN.split(), *CONFIGURATIONS["gauss"].split()]).config
    trace = trace_pixel(config, PIXEL).trace
    (hkl,) = (record.numbers for record in trace.records if record.quantity == "hkl_frac")
    squared = sum((5 * (index - round(index))) ** 2 for index in hkl)
    other = _with_lattice_factor(
        trace_text(trace_pixel(config, PIXEL).records, ()), 125 * 2.718281828459045 ** (-squared / 0.63)
    )
    result = explain(trace, parse_trace(other, "other.log")[0], config if configured else None)
    (root, share), *_ = result.ranked
    assert (root.side, root.quantity) == (Side.PY, "I_before_scaling")
    assert root.cause is not None
    assert root.cause.text == LATTICE["hkl"]
    assert share.of_log_ratio == pytest.approx(1)


def _with_lattice_factor(text: str, factor: float) -> str:
    """Return a log of one sample with another lattice factor, and what follows from it."""
    (trace, *_) = parse_trace(text, "log")
    old = trace.number("I_before_scaling")
    assert old is not None
    new = (100 * factor) ** 2
    lines = []
    for line in text.splitlines():
        prefix, key, *rest = line.split()
        changed = key in {"I_before_scaling", "I_pixel_final", "floatimage_accumulated"}
        lines.append(f"{prefix} {key} {float(rest[0]) * new / old:.15g}" if changed else line)
    return "\n".join(lines) + "\n"


def test_another_shape_factor_is_solved_for() -> None:
    gauss = f"{PLAIN} {CONFIGURATIONS['gauss']}".split()
    right, wrong = (trace_pixel(parse([*gauss, *more]).config, PIXEL).trace for more in ((), ("-fudge", "1.3")))
    (root, *_) = explain(right, wrong, parse(gauss).config).roots
    assert root.cause is not None
    assert (root.quantity, root.side, root.cause.text) == ("I_before_scaling", Side.PY, LATTICE["fudge"])
