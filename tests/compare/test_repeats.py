"""Steps that repeat others are told once for all samples that they do so in."""

import pytest

from nbtrace import check, compare_phi, diff, parse_trace
from nbtrace.compare.repeats import phi_steps, repeat_words, repeats, sweeps_of
from nbtrace.records import Side
from nbtrace.report import terminal
from nbtrace.report.views.phi_view import phi_view
from nbtrace.vocabulary.sides import Names

NAMES = Names("C", "Py")
SAMPLES = 25


def log(prefix: str, stale: int) -> str:
    """Return the log of 25 samples of 3 steps, the first of which repeats the last in some of them."""
    lines = []
    for sample in range(SAMPLES):
        for tic in range(3):
            k = 0.5 + 0.01 * sample + (0.2 if tic == 0 and sample < stale else 0.1 * tic)
            values = f"k_frac={k:.6f} F_latt_b=2 F_latt={1 + k:.6f}"
            lines.append(f"TRACE_{prefix}_PHI sample={sample} phi_tic={tic} phi_deg={0.1 * tic:.1f} {values}")
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("stale", [1, 24, 25])
def test_a_note_for_many_samples_is_one_line(stale: int) -> None:
    (c,) = parse_trace(log("C", stale), "c.log")
    (py,) = parse_trace(log("PY", 0), "py.log")
    steps = phi_steps(c)
    assert sweeps_of(steps) == SAMPLES
    words = f"C phi_tic 0 repeats phi_tic 2 in {stale} of 25 samples"
    assert repeat_words(repeats(steps, Side.C), {Side.C: SAMPLES}, NAMES) == [words]
    found = compare_phi(py, c)
    for notices in (diff(c, py).notices, found.notices):
        assert [item.text for item in notices if "repeats" in item.text] == [
            f"{words}: the same values at another angle"
        ]
    assert len(found.repeats) == stale
    assert terminal.render(phi_view(found), 100).count(words) == 2  # the note, and the finding
    assert any(words in text for text in check(c).observations)


def test_of_one_sample_it_is_not_said_in_how_many() -> None:
    (c,) = parse_trace("".join(log("C", 1).splitlines(keepends=True)[:3]), "c.log")
    steps = phi_steps(c)
    words = repeat_words(repeats(steps, Side.C), {Side.C: sweeps_of(steps)}, NAMES)
    assert words == ["C phi_tic 0 repeats phi_tic 2"]
