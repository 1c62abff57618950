"""What formulas and runs say together: the side that departs from the flags, and by what.

The oracle is the flag that was changed for one of two traces of the simulator.
"""

import pytest

from nbtrace.embedded.pixel_runs import pixel_runs
from nbtrace.embedded.recorder import Emit
from nbtrace.embedded.traces import trace_pixel
from nbtrace.explanation.audit.roots import Grounds
from nbtrace.explanation.explain import Explanation, explain
from nbtrace.parsers import parse_trace
from nbtrace.records import Side, Trace
from nbtrace.report.views.explain_view import headline
from nbtrace.writers import trace_text
from simulator.arguments import parse
from simulator.config import Config
from simulator.defects import Defect

FLAGS = (
    "-cell 60 70 80 80 95 105 -default_F 100 -lambda 1.1 -Na 6 -Nb 7 -Nc 8 -distance 90 -detpixels 80 -pixel 0.8 "
    "-oversample 1 -osc 1 -phisteps 3 -misset 10 20 30"
)
PIXEL = (43, 45)


def configured(more: str = "") -> Config:
    return parse(f"{FLAGS} {more}".split()).config


def log(config: Config, tag: str, without: frozenset[str] = frozenset()) -> Trace:
    """Return a trace of the pixel with a program's prefixes, without some quantities."""
    traced = trace_pixel(config, PIXEL, Emit())
    text = trace_text(traced.records, traced.header).replace("TRACE_PY", tag)
    kept = [line for line in text.splitlines() if not without & set(line.replace(":", " ").split()[:2])]
    return parse_trace("\n".join(kept), f"{tag}.log")[0]


def explained(c: Config, py: Config, given: Config) -> Explanation:
    return explain(log(c, "TRACE_C"), log(py, "TRACE_PY"), given, simulate=pixel_runs())


CHANGED = [
    ("-distance 91.5", "the distance 91.5 mm in place of 90 mm"),
    ("-Xbeam 30 -Ybeam 33.5", "the beam centre X 30 mm, Y 33.5 mm in place of X 32.4 mm, Y 32.4 mm"),
    ("-lambda 1.13", "the wavelength 1.13 Å in place of 1.1 Å"),
    ("-Na 9 -Nb 9 -Nc 9", "9 x 9 x 9 cells in place of 6 x 7 x 8"),
    ("-misset 10 20 31", "the misset z 31° in place of z 30°"),
    ("-osc 2", "the oscillation 2° in place of 1°"),
    ("-phi 2", "φ 2° in place of 0°"),
    ("-phisteps 5", "φ steps 5 in place of 3"),
    ("-cell 60.5 70 80 80 95 105", "the cell a 60.5 Å in place of a 60 Å"),
    ("-detector_rotx 2", "the detector rotations x 2° in place of x 0°"),
    ("-default_F 90", "the default structure factor 90 e⁻ in place of 100 e⁻"),
    ("-fluence 1e24", "the fluence 1e+24 photons/m² in place of 1.25932015e+29 photons/m²"),
]


@pytest.mark.parametrize(
    ("flag", "words"),
    [pytest.param(*case, marks=[] if i < 2 else [pytest.mark.slow]) for i, case in enumerate(CHANGED)],
)
def test_a_number_that_departs_from_the_flags_is_solved_for(flag: str, words: str) -> None:
    result = explained(configured(), configured(flag), configured())
    assert headline(result).startswith("Py: ")
    assert words in headline(result)
    root, share = result.ranked[0]
    assert (root.side, root.basis) == (Side.PY, Grounds.BOTH_RUNS)
    assert share.of_log_ratio == pytest.approx(1.0, abs=1e-6)


def test_the_reference_departs_as_well() -> None:
    result = explained(configured("-distance 91.5"), configured(), configured())
    assert headline(result).startswith("C: pix0_vector_meters: the distance 91.5 mm in place of 90 mm")


def test_two_numbers_are_two_roots_that_share_the_whole() -> None:
    result = explained(configured(), configured("-distance 91.5 -Na 9 -Nb 9 -Nc 9"), configured())
    assert [root.cause.text for root, _ in result.ranked if root.cause is not None] == [
        "the distance 91.5 mm in place of 90 mm",
        "9 x 9 x 9 cells in place of 6 x 7 x 8",
    ]
    assert sum(share.of_log_ratio or 0.0 for _, share in result.ranked) == pytest.approx(1.0, abs=1e-6)


def test_a_known_defect_is_blamed_on_the_side_that_has_it() -> None:
    flags = configured("-oversample 2 -oversample_omega")
    execution = flags.execution.model_copy(update={"defects": flags.execution.defects - {Defect.RUNNING_PRODUCTS}})
    mended = flags.model_copy(update={"execution": execution})
    result = explained(flags, mended, flags)
    root, share = result.ranked[0]
    assert (root.side, root.basis) == (Side.C, Grounds.BOTH_RUNS)
    assert "running products of per-sample factors, the known defect running_products" in headline(result)
    assert share.of_log_ratio == pytest.approx(1.0, abs=1e-6)


@pytest.mark.slow
def test_a_side_that_no_run_reproduces_departs_from_the_one_that_is_configured() -> None:
    c, py = log(configured(), "TRACE_C"), log(configured("-distance 91.5"), "TRACE_PY")
    moved = trace_text(trace_pixel(configured("-distance 91.5"), PIXEL, Emit()).records)
    corner = next(line for line in moved.splitlines() if "pix0_vector_meters" in line)
    x, y, z = corner.split()[-3:]
    odd = parse_trace(moved.replace(corner, f"TRACE_PY: pix0_vector_meters {x} {float(y) + 1e-4} {z}"), "py.log")[0]
    result = explain(c, odd, configured(), simulate=pixel_runs())
    root = next(root for root in result.roots if root.quantity == "pix0_vector_meters")
    assert root.side is Side.PY
    assert explain(c, py, configured(), simulate=pixel_runs()).ranked[0][0].side is Side.PY


def test_what_no_run_has_stays_a_root() -> None:
    """Runs hold what they have; a value beyond them is not theirs to settle."""
    c, py = (log(configured(flag), tag) for flag, tag in (("", "TRACE_C"), ("-distance 91.5", "TRACE_PY")))
    texts = [trace_text(trace.records) for trace in (c, py)]
    extra = ("TRACE_C: V_cell 1000", "TRACE_PY: V_cell 2000")
    mine, theirs = (
        parse_trace(f"{text.replace('TRACE_PY', tag)}{line}\n", f"{tag}.log")[0]
        for text, tag, line in zip(texts, ("TRACE_C", "TRACE_PY"), extra, strict=True)
    )
    result = explain(mine, theirs, configured(), simulate=pixel_runs())
    assert {root.quantity for root in result.roots} == {"pix0_vector_meters", "V_cell"}


def test_every_value_is_told_as_its_root_is() -> None:
    result = explained(configured(), configured("-distance 91.5"), configured())
    (root,) = result.roots
    told = {finding.node: (finding.status, finding.side) for finding in result.findings}
    assert {told[finding.node] for finding in root.findings} == {(root.status, Side.PY)}
