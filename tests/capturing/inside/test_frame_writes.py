"""What is written into a running frame: names, attributes and elements, also of what cannot be changed in place."""

import dataclasses
import sys
from typing import Any, NamedTuple

import numpy as np
import pytest

from nbtrace.capturing.inside.frame_writes import FrameWrite, WriteError


class Events:
    """Takes down what is written to a log."""

    def __init__(self) -> None:
        self.written: list[tuple[list[str], list[str]]] = []

    def write(self, event: str, **said: Any) -> None:
        assert event == "written"
        self.written.append((said["before"], said["after"]))


class Vectors(NamedTuple):
    a: float
    b: float


@dataclasses.dataclass(frozen=True)
class Beam:
    lambda_m: float
    axes: tuple[float, float] = (1.0, 2.0)


def write(text: str, *numbers: float, low: str = "", high: str = "", **more: Any) -> FrameWrite:
    """Return what writes numbers over a target."""
    return FrameWrite(
        {
            "number": 0,
            "quantity": {"name": "q"},
            "every": False,
            "after": 0,
            "over": None,
            "free": [],
            "index": [],
            "numbers": [f"{number:.17g}" for number in numbers],
            "targets": [{"text": text, "low": low, "high": high}],
            **more,
        }
    )


def make(change: FrameWrite) -> Events:
    """Write into the function that calls."""
    events, frame = Events(), sys._getframe(1)
    change.make(frame, dict(frame.f_locals), events)  # type: ignore[arg-type]
    return events


def test_what_cannot_be_changed_is_replaced_where_it_stands() -> None:
    pair, named, beam = (1.0, 2.0), Vectors(1.0, 2.0), Beam(1e-10)
    nested: list[Any] = [(1.0, 2.0), 3.0]
    kept = pair, named
    assert make(write("pair[1]", 5.0)).written == [(["2"], ["5"])]
    make(write("named.b", 6.0))
    make(write("beam.lambda_m", 2e-10))
    make(write("beam.axes[0]", 7.0))
    make(write("nested[0][1]", 8.0))
    assert (pair, named, beam, nested) == ((1.0, 5.0), Vectors(1.0, 6.0), Beam(2e-10, (7.0, 2.0)), [(1.0, 8.0), 3.0])
    assert kept == ((1.0, 2.0), Vectors(1.0, 2.0))


def test_an_array_is_written_in_place_and_one_whose_elements_are_one_is_copied_first() -> None:
    plain = np.zeros((2, 3), dtype=np.float32)
    view = plain[1]
    same = np.broadcast_to(np.float64(4.0), (2, 3))
    make(write("plain[1, 2]", 0.1))
    make(write("same[0, 1]", 5.0))
    assert view[2] == np.float32(0.1)
    assert same.tolist() == [[4.0, 5.0, 4.0], [4.0, 4.0, 4.0]]
    fixed = np.array([1.0, 2.0])
    fixed.flags.writeable = False
    make(write("fixed", 3.0, 4.0))
    assert fixed.tolist() == [3.0, 4.0]


def test_a_tensor_of_which_derivatives_are_taken_stays_one() -> None:
    torch = pytest.importorskip("torch")
    leaf = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)
    squared = leaf * leaf
    spread = torch.tensor(3.0).expand(2, 2)
    make(write("leaf[0]", 5.0))
    make(write("spread[0, 1]", 9.0))
    squared.sum().backward()
    assert leaf.is_leaf
    assert leaf.tolist() == [5.0, 2.0]
    assert leaf.grad is not None
    assert spread.tolist() == [[3.0, 9.0], [3.0, 3.0]]


def test_a_range_is_written_element_by_element_and_a_slice_is_not() -> None:
    axis = [0.0, 1.0, 2.0, 3.0]
    make(write("axis[{}]", 7.0, 8.0, low="1", high="2"))
    assert axis == [0.0, 7.0, 8.0, 3.0]
    with pytest.raises(WriteError, match="a slice is not overwritten"):
        write("axis[1:3]", 7.0, 8.0)
    with pytest.raises(WriteError, match="it has 1 numbers, and 2 are given"):
        make(write("axis[1]", 7.0, 8.0))
    with pytest.raises(WriteError, match="is no variable"):
        write("abs(axis[1])", 1.0)


def test_hits_are_passed_by_and_values_are_told_by_what_they_are() -> None:
    frame = sys._getframe()
    late = write("x", 1.0, after=2)
    assert [late.is_due(frame, {}) for _ in range(3)] == [False, False, True]
    anywhere = write("x", 1.0, over=[2.5], free=["source"])
    turns = [("source", 7, 0), ("step", 1, 1)]
    assert anywhere.is_elsewhere
    assert anywhere.is_due_elsewhere(frame, {}, turns, ["2.5"])
    assert not anywhere.is_due_elsewhere(frame, {}, turns, ["2.6"])
    assert not anywhere.is_due_elsewhere(frame, {}, [("source", 7, 0), ("step", 2, 1)], ["2.5"])
