"""Values over several lines; the texts are those of numpy."""

import numpy as np

from nbtrace.parsers import parse_trace
from nbtrace.parsers.source import LogLines
from nbtrace.parsers.unfolded import is_folded, unfolded

MATRIX = np.array([[1.0, 0.0, 0.0], [0.0, 0.996, -0.087], [0.0, 0.087, 0.996]])


def test_a_matrix_of_numpy_is_read_from_its_three_lines() -> None:
    for text in (str(MATRIX), repr(MATRIX), repr(MATRIX.tolist())):
        (trace,) = parse_trace(f"TRACE_PY: Rx {text}\nTRACE_PY: polar 1\n")
        rotation, polar = trace.records
        assert rotation.numbers == tuple(MATRIX.ravel().tolist())
        assert polar.line == 2 + text.count("\n")


def test_a_long_vector_is_read() -> None:
    vector = np.linspace(0, 1, 40)
    (trace,) = parse_trace(f"TRACE_PY: weights {vector}\n")
    assert len(trace.records[0].numbers) == 40


def test_a_line_that_is_cut_takes_nothing_of_the_next() -> None:
    for text in (
        "TRACE_C:Rx=[1 0 0; 0 1\nTRACE_C: polar 1\n",
        "TRACE_C:Rx=[1 0 0\nprogress [1]\n",
        "[\n[\n1\n",
        "a = [1,\n",
    ):
        assert list(unfolded(LogLines.of([text.encode()]))) == text.splitlines()


def test_lines_keep_their_numbers() -> None:
    text = "x = [[1 2]\n [3 4]]\ny = 1\n"
    assert is_folded(text.encode())
    assert list(unfolded(LogLines.of([text.encode()]))) == ["x = [[1 2] [3 4]]", "", "y = 1"]
    assert not is_folded(b"x = [1 2]\ny = [3 4]\n")
