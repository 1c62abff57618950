"""Scaling chains and explanations of long logs: from the comparison by columns the same as from that by records."""

from pathlib import Path

import pytest

import nbtrace
from nbtrace.documents import dump
from nbtrace.longlogs import long_files
from nbtrace.longlogs.long_result import LongDiffResult
from nbtrace.report.documents.explain_document import explain_document
from nbtrace.report.documents.trace_documents import scaling_document
from nbtrace.report.views.answer_view import answer_view
from nbtrace.report.views.scaling_view import scaling_view
from tests.longlogs.test_stream import FAULTS, write_blocks


@pytest.mark.parametrize(
    ("example", "faults"),
    [
        ("oversample_2_omega__22_14", "all"),
        pytest.param("custom_vectors_mat_hkl_phi__24_51", "none", marks=pytest.mark.slow),
        pytest.param("custom_vectors_mat_hkl_phi__24_51", "all", marks=pytest.mark.slow),
    ],
)
def test_the_answers_are_those_of_the_records(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, example: str, faults: str
) -> None:
    logs = str(tmp_path / "c.log"), str(tmp_path / "py.log")
    for seed, log in enumerate(logs):
        write_blocks(Path(log), example, 3, FAULTS[faults if seed else "none"], seed)
    pair = nbtrace.read_trace(logs[0]), nbtrace.read_trace(logs[1])
    monkeypatch.setattr(long_files, "LONG", 0)
    scaled, explained = nbtrace.scaling_chain(*logs), nbtrace.explain(*logs)
    assert isinstance(scaled.diff, LongDiffResult)
    assert isinstance(explained.diff, LongDiffResult)
    of_records = nbtrace.scaling_chain(*pair), nbtrace.explain(*pair)
    assert dump(scaling_document(scaled)) == dump(scaling_document(of_records[0]))
    assert scaling_view(scaled) == scaling_view(of_records[0])
    assert dump(explain_document(explained, with_diff=True)) == dump(explain_document(of_records[1], with_diff=True))
    assert answer_view(explained) == answer_view(of_records[1])
    assert explained.diff.num_blocks == of_records[1].diff.num_blocks == (3, 3)
