"""Two causes on one value: those that come nowhere near it are counted without being made."""

from pathlib import Path

import pytest

import nbtrace
from nbtrace.documents import dump
from nbtrace.explanation.causes import compounds
from nbtrace.report.documents.explain_document import explain_document
from tests.places import PAIRS


@pytest.mark.parametrize("factor", [1.013, 2.006, -57.3])
def test_what_is_found_and_how_many_were_tried_is_the_same_where_all_are_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, factor: float
) -> None:
    folder = PAIRS / "custom_vectors_mat_hkl_phi__24_51"
    lines = (folder / "c.log").read_text().replace("TRACE_C", "TRACE_PY").splitlines()
    at = next(at for at, line in enumerate(lines) if line.startswith("TRACE_PY: capture_fraction "))
    key, _, value = lines[at].rpartition(" ")
    lines[at] = f"{key} {float(value) * factor:.15g}"
    (tmp_path / "py.log").write_text("\n".join(lines) + "\n")
    names = str(folder / "c.log"), str(tmp_path / "py.log")
    made = nbtrace.explain(*names)
    far = []
    is_far = compounds._OnTop.is_far

    def noted(self: compounds._OnTop, value: tuple[float, ...]) -> bool:
        far.append(is_far(self, value))
        return False

    monkeypatch.setattr(compounds._OnTop, "is_far", noted)
    ordinary = nbtrace.explain(*names)
    assert any(far)
    assert dump(explain_document(made, with_diff=True)) == dump(explain_document(ordinary, with_diff=True))
    assert [root.search.tried for root in made.roots] == [root.search.tried for root in ordinary.roots]
