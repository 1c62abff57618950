from types import SimpleNamespace
from typing import cast

import pytest

from nbtrace.errors import MismatchError
from nbtrace.programs.comparison import Comparison
from nbtrace.records import Side
from nbtrace.reduction.failure import CaseFailure, failure_of
from nbtrace.reduction.images_outcome import ImagesOutcome
from nbtrace.verdicts.status import Status, Verdict

MISTAKE = SimpleNamespace(text="multiplied by 2", signature=SimpleNamespace(name="factor"))
MENDED = SimpleNamespace(name="weights", mends="the weights ignored", text="with the weights")
CHANGED = SimpleNamespace(name="axis", mends="", text="with another axis")
SETTING = SimpleNamespace(name="phi_start_deg")


def compared(
    traces: Verdict | None, images: Verdict = Verdict.DIFFER, root: dict[str, object] | None = None
) -> Comparison:
    """Two sides whose traces say that, with a first root."""
    plain = {"run": None, "cause": None, "settings": (), "quantity": "F_cell", "side": Side.C}
    found = SimpleNamespace(**plain | (root or {}))
    probe = SimpleNamespace(
        diff=SimpleNamespace(verdict=traces), explanation=SimpleNamespace(ranked=[(found, None)]), pixel=(1, 2)
    )
    scale = SimpleNamespace(name="scale", status=Status.CRITICAL, reason="k is 2")
    shown = SimpleNamespace(gate=lambda _: None, gates=[scale])
    probes = [probe] if traces is not None else []
    fake = SimpleNamespace(verdict=images, images=shown, probes=probes, untraced=("no debug information",))
    return cast("Comparison", fake)


@pytest.mark.parametrize(
    ("root", "name", "words"),
    [
        ({"cause": MISTAKE}, "factor", "multiplied by 2"),
        ({"cause": MISTAKE, "run": SimpleNamespace(change=MENDED)}, "weights", "the weights ignored"),
        ({"run": SimpleNamespace(change=CHANGED)}, "axis", "with another axis"),
        ({"settings": (SETTING, SETTING)}, "phi_start_deg, phi_start_deg", ""),
        ({}, "", ""),
    ],
)
def test_a_cause_is_named_and_said_by_the_same_of_what_is_known(root: dict[str, object], name: str, words: str) -> None:
    failure = failure_of(compared(Verdict.DIFFER, root=root))
    assert failure is not None
    assert failure == CaseFailure(ImagesOutcome.DIFFER, "", "", "F_cell", Side.C, name)
    assert (failure.words, failure.pixel) == (words, (1, 2))
    assert failure.text == "it differs first in F_cell" + (f", {words or name}" if words or name else "")


def test_where_no_trace_tells_the_images_do() -> None:
    for traces in (None, Verdict.AGREE):
        failure = failure_of(compared(traces))
        assert failure == CaseFailure(ImagesOutcome.DIFFER, "scale", "CRITICAL")
        assert failure.untraced == ("no debug information" if traces is None else "")
    assert failure_of(compared(None, Verdict.AGREE)) is None
    assert failure_of(compared(Verdict.AGREE, Verdict.AGREE)) is None


def test_traces_that_cannot_be_compared_are_no_answer() -> None:
    with pytest.raises(MismatchError):
        failure_of(compared(Verdict.NOT_COMPARABLE))
