"""Which pixel block of one log belongs to which of the other."""

from nbtrace import parse_trace
from nbtrace.compare.align import pair_blocks


def test_blocks_that_the_other_log_lacks_are_told_apart() -> None:
    stated = "TRACE_CONFIG: tracing pixel (spixel={1}, fpixel=5)\n"
    block = "{0}: F_cell 1.5\n{0}: I_pixel_final 2.5\n"
    c = parse_trace("".join((stated + block).format("TRACE_C", slow) for slow in range(4)))[0]
    known = "".join((stated + block).format("TRACE_PY", slow) for slow in (0, 1, 2, 11, 12, 13, 14, 15, 16))
    py = parse_trace(known + block.format("TRACE_PY"))[0]  # the last one does not say its pixel
    partners = pair_blocks(c, py)
    assert [partners[number] for number in range(3)] == [0, 1, 2]
    assert len(set(partners.values())) == len(partners) == 10
    assert not {partners[number] for number in range(3, 10)} & set(c.blocks)
