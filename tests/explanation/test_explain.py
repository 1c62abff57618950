"""Of logs of several pixels, the first pixel that differs is explained."""

from nbtrace import Trace, explain, parse_trace
from nbtrace.explanation.audit.findings import AuditStatus
from nbtrace.records import Side
from nbtrace.report.views.explain_view import explain_view
from nbtrace.verdicts.notices import Subject
from tests.places import PAIRS

SIDES = ("TRACE_C", "TRACE_PY")
PIXELS = ("polar_09__35_24", "round_xtal__45_18")
QUANTITIES = ("r_e_sqr", "I_pixel_final")


def trace_of(*blocks: str) -> Trace:
    (trace,) = parse_trace("".join(blocks))
    return trace


def recorded(pixel: str) -> str:
    """Return the pixel block of a recorded log, without the geometry that a run prints once."""
    lines = (PAIRS / pixel / "c.log").read_text().splitlines(keepends=True)
    first = next(number for number, line in enumerate(lines) if "pix0_vector_meters" in line)
    return "".join(line for line in lines[first:] if line.startswith("TRACE_C:"))


def halved(block: str) -> str:
    """Return a port's block with half the Thomson cross section, and the intensity that follows."""
    changed = []
    for line in block.replace("TRACE_C", "TRACE_PY").splitlines():
        prefix, key, *values = line.split()
        if key in QUANTITIES:
            values = [repr(float(values[0]) / 2)]
        changed.append(" ".join((prefix, key, *values)))
    return "\n".join((*changed, ""))


FIRST, SECOND = map(recorded, PIXELS)
PORT = FIRST.replace("TRACE_C", "TRACE_PY")


def test_the_second_pixel_is_explained_where_the_first_agrees() -> None:
    alone = explain(trace_of(SECOND), trace_of(halved(SECOND)))
    both = explain(trace_of(FIRST, SECOND), trace_of(PORT, halved(SECOND)))
    assert len(both.diff.c.blocks) == 2
    ((root, share),) = both.ranked
    assert (root.quantity, root.side) == ("r_e_sqr", Side.PY)
    assert share == alone.ranked[0][1]
    assert share.of_log_ratio is not None
    assert both.attribution == alone.attribution


def test_pixels_in_another_order_are_explained_with_their_own() -> None:
    result = explain(trace_of(FIRST, SECOND), trace_of(halved(SECOND), PORT))
    assert [root.quantity for root in result.roots] == ["r_e_sqr"]


def test_the_explained_pixel_is_named() -> None:
    result = explain(trace_of(FIRST, SECOND), trace_of(PORT, halved(SECOND)))
    (notice,) = (notice for notice in result.diff.notices if notice.subject is Subject.PIXEL)
    assert notice.text == "one of 2 pixels is explained, the first that differs: slow 45 fast 18"
    assert explain_view(result).headline.startswith("Py: r_e_sqr: multiplied by ½")


def test_a_single_pixel_needs_no_name() -> None:
    result = explain(trace_of(SECOND), trace_of(halved(SECOND)))
    assert not [notice for notice in result.diff.notices if notice.subject is Subject.PIXEL]


def test_logs_without_a_common_step_are_explained_by_what_they_share() -> None:
    text = "TRACE_{0}: polar {1}\nTRACE_{0}_PHI phi_tic={2} phi_deg={2} k_frac=1.5 F_latt_b=1 F_latt=2\n"
    (c,), (py,) = parse_trace(text.format("C", 0.5, 0)), parse_trace(text.format("PY", 0.625, 1))
    assert [root.quantity for root in explain(c, py).roots] == ["polar"]


def test_a_value_printed_twice_is_explained_as_well_among_several_pixels() -> None:
    names, lines = ("fdet_vec", "Fdet"), "pix0_vector_meters 0.1 0.2 0.3\nhkl_frac 1 2 3\n"
    own = "".join(f"{name} 0.5 0 1\n" for name in names)
    other = f"{names[1]} 0.625 0 1\n{names[0]} 0.5 0 1\n"
    for rest in ("", f"{lines}fdet_vec 0.5 0 1\nI_pixel_final 3.5\n"):
        texts = (f"{lines}{some}I_pixel_final 3.5\n{rest}" for some in (own, other))
        told = (
            "".join(f"{side}: {line}\n" for line in text.splitlines()) for side, text in zip(SIDES, texts, strict=True)
        )
        result = explain(*map(trace_of, told))
        assert len(result.diff.c.blocks) == 1 + bool(rest)
        ((root, _),) = result.ranked
        assert (root.quantity, root.status, root.side) == ("fdet_vec", AuditStatus.LOG_ONLY, Side.PY)
