import gzip
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import nbtrace
from nbtrace.parsers import read_sides
from nbtrace.parsers.given_logs import Log, one_trace, trace_pair
from tests.places import EXAMPLES, SUPERVISOR_PAIR

C, PY = SUPERVISOR_PAIR / "c.log", SUPERVISOR_PAIR / "c_roi_fresh.log"
ROD = EXAMPLES / "heat"


@pytest.fixture
def both(tmp_path: Path) -> Path:
    """A file that holds the traces of both programs."""
    path = tmp_path / "both.log"
    path.write_text("TRACE_C: F_cell 1\nTRACE_C: polar 2\nTRACE_PY: F_cell 3\nTRACE_PY: polar 2\n")
    return path


WAYS: dict[str, Callable[[Path], Log]] = {
    "name": str,
    "path": lambda path: path,
    "text stream": lambda path: io.StringIO(path.read_text()),
    "byte stream": lambda path: io.BytesIO(path.read_bytes()),
    "trace": nbtrace.read_trace,
}


@pytest.mark.parametrize("way", WAYS)
def test_a_log_is_the_same_however_it_is_given(way: str) -> None:
    given = WAYS[way]
    wanted = nbtrace.diff(nbtrace.read_trace(C), nbtrace.read_trace(PY))
    found = nbtrace.diff(given(C), given(PY))
    assert [row.label for row in found.rows] == [row.label for row in wanted.rows]
    assert found.verdict is wanted.verdict
    assert found.first_divergence is not None
    assert found.first_divergence.quantity == "rot_a_angstroms"
    assert nbtrace.explain(given(C), given(PY)).roots[0].quantity == "rot_a_angstroms"
    assert nbtrace.compare_phi(given(C), given(PY)).max_delta_k == nbtrace.compare_phi(C, PY).max_delta_k
    assert nbtrace.scaling_chain(given(C), given(PY)).num_divergent == 2
    assert len(nbtrace.compare_steps(given(C), given(PY), "phi_tic").turns) == 10
    assert not nbtrace.check(given(C)).broken


def test_a_compressed_log_is_read_from_a_stream(tmp_path: Path) -> None:
    packed = io.BytesIO(gzip.compress(C.read_bytes()))
    assert len(one_trace(packed).records) == len(nbtrace.read_trace(C).records)


def test_both_sides_in_one_file_are_told_apart(both: Path) -> None:
    for given in (both, str(both)):
        assert nbtrace.diff(given, given).first_divergence is not None
    stream = io.StringIO(both.read_text())
    result = nbtrace.diff(stream, stream)
    assert [(row.c.numbers, row.py.numbers) for row in result.rows if row.quantity == "F_cell"] == [((1.0,), (3.0,))]
    # Beside a trace of C, the trace of Py is taken, whatever the order.
    c = nbtrace.parse_trace("TRACE_C: F_cell 5\n")[0]
    for first, second in ((c, both), (both, c)):
        pair = trace_pair(first, second)
        assert [trace.number("F_cell") for trace in pair] in ([5.0, 3.0], [3.0, 5.0])
        assert nbtrace.diff(first, second).c.number("F_cell") == 5.0


def test_one_side_of_a_file_is_checked(both: Path) -> None:
    with pytest.raises(nbtrace.InputError, match="holds the traces of both programs"):
        nbtrace.check(both)
    assert nbtrace.check(both, side="py").trace.number("F_cell") == 3.0
    assert nbtrace.check(both, side=nbtrace.Side.C).trace.number("F_cell") == 1.0
    with pytest.raises(nbtrace.InputError, match="is a log of C; it holds nothing of Py"):
        nbtrace.check(C, side="py")
    with pytest.raises(nbtrace.UsageError, match="a side is c or py"):
        nbtrace.check(both, side="left")


def test_a_vocabulary_is_given_by_its_file_or_with_a_trace() -> None:
    logs = ROD / "loops.log", ROD / "arrays.log"
    result = nbtrace.diff(*logs, vocabulary=ROD / "rod.toml")
    assert result.c.vocabulary.name == "rod"
    assert result.verdict is nbtrace.Verdict.AGREE
    rod = nbtrace.load_vocabulary(ROD / "rod.toml")
    trace = nbtrace.read_trace(logs[0], vocabulary=rod)
    assert nbtrace.diff(trace, logs[1]).py.vocabulary is rod
    assert nbtrace.compare_steps(trace, logs[1]).index == "step"
    assert nbtrace.compare_steps(*logs, policy=nbtrace.Policy(vocabulary=rod)).diff.c.vocabulary is rod
    with pytest.raises(nbtrace.UsageError, match="was read with the vocabulary rod"):
        nbtrace.diff(trace, logs[1], vocabulary="nanobragg")
    with pytest.raises(nbtrace.UsageError, match="there is no vocabulary 'nanobrag'; did you mean nanobragg"):
        nbtrace.diff(*logs, vocabulary="nanobrag")


@pytest.mark.parametrize(
    ("given", "kind", "said"),
    [
        (5, nbtrace.UsageError, "a log is a Trace, the name of a file or an open file, not int"),
        (None, nbtrace.UsageError, "not NoneType"),
        ("TRACE_C: F_cell 1\n", nbtrace.UsageError, "the text of a log, not a file name"),
        ("nowhere.log", nbtrace.InputError, "nowhere.log cannot be read"),
        (Path("/"), nbtrace.InputError, "cannot be read"),
        ("a\0b", nbtrace.InputError, "no name that a file can have"),
        (io.BytesIO(b"TRACE\0\0"), nbtrace.InputError, "<stream> is binary"),
        (io.StringIO(""), nbtrace.InputError, "<stream> holds no trace values"),
    ],
)
def test_what_is_no_log_is_one_line(given: object, kind: type[Exception], said: str) -> None:
    compares: tuple[Callable[[Any], object], ...] = (lambda log: nbtrace.diff(C, log), nbtrace.check)
    for compare in compares:
        if isinstance(given, io.IOBase):
            given.seek(0)
        with pytest.raises(kind, match=said) as raised:
            compare(given)
        assert "\n" not in str(raised.value)


def test_a_stream_that_is_closed_or_in_another_encoding_is_one_line(tmp_path: Path) -> None:
    closed = io.StringIO("TRACE_C: F_cell 1\n")
    closed.close()
    with pytest.raises(nbtrace.InputError, match="<stream> cannot be read: I/O operation on closed file"):
        nbtrace.check(closed)
    path = tmp_path / "latin.log"
    path.write_bytes(b"TRACE_C: F_cell 1 \xff\n")
    with path.open(encoding="utf-8") as stream, pytest.raises(nbtrace.InputError, match="open it as bytes"):
        nbtrace.check(stream)
    with path.open("rb") as stream:
        assert read_sides(stream)[0].source == str(path)
