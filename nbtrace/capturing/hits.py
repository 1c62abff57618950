"""What a back end delivers: each time that a probe was reached, with the values that stood there."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

Arrivals: TypeAlias = Mapping[int, tuple[tuple[tuple[int, ...], int], ...]]
"""Of each probe, by its number: what the expressions of its `when` were where the selected turn came to its place, in
their order, and how often; an empty tuple for further ones than are told apart."""


@dataclass(frozen=True)
class CapturedValue:
    """The numbers of one quantity at one hit.

    Attributes
    ----------
    quantity : str
    numbers : tuple of str
        As they are printed: all digits that the type of the variable holds (17 of a double, 9 of a float).
    unit : str
        Empty for none.
    """

    quantity: str
    numbers: tuple[str, ...]
    unit: str = ""


@dataclass(frozen=True)
class Hit:
    """One time that a probe was reached.

    Attributes
    ----------
    probe : int
        Number of the probe in its file.
    values : tuple of CapturedValue
        In the order of the probe.
    index : mapping of str to int
        Turns of loops, as the trace lines state them.
    at : mapping of str to int
        What the variables of the selected loops were.
    thread : int
        Number of the thread, from 1.
    """

    probe: int
    values: tuple[CapturedValue, ...]
    index: Mapping[str, int] = field(default_factory=dict)
    at: Mapping[str, int] = field(default_factory=dict)
    thread: int = 1
