"""The steps of two long sweeps side by side: tables of the same steps, each of which is a block of its own."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from nbtrace.compare.repeats import SWEEPS_OF_A_BLOCK
from nbtrace.longlogs.decimals import Flags, Ints
from nbtrace.longlogs.held_relations import Assumed
from nbtrace.longlogs.last_digits import LastDigits
from nbtrace.longlogs.step_queue import STEP_BITS, StepPart
from nbtrace.longlogs.tally import Window, WindowSide
from nbtrace.longlogs.windows import CellLoop, SideStream, Slots, TableShape, arity_of, irregular_blocks

STEP_VALUES = 20_000
"""Values of steps of a log that are looked at, at a time."""

TURN = (1 << STEP_BITS) - 1
"""The bits of the number of a step that tell the turn of its sweep."""


@dataclass(frozen=True)
class StepSide(WindowSide):
    """One side of a window of steps, all of which are of blocks that both logs have."""

    @property
    def present(self) -> Flags:
        """All steps: whether one is missing is seen in the table."""
        return np.ones(self.shape.blocks, dtype=np.bool_)


@dataclass(frozen=True)
class StepWindow(Window):
    """Some steps of both sides, each as a block of its own.

    Attributes
    ----------
    numbers : array of int64
        The steps.
    """

    numbers: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    def block_of(self, cell: int, cells_per_block: int) -> int:
        """Return the number of the step that a cell belongs to."""
        return int(self.numbers[cell // cells_per_block])

    def indices(self, number: int) -> tuple[Ints, Ints, Ints]:
        """Return the block, the sample and the step of each value of one side."""
        steps = self.numbers[self.sides[number].part.block]
        block, sample = np.divmod(steps >> STEP_BITS, SWEEPS_OF_A_BLOCK)
        return block, sample, steps & TURN


def step_window(
    streams: Sequence[SideStream],
    slots: Slots,
    parts: Sequence[StepPart],
    numbers: Ints,
    assumed: Sequence[Assumed],
) -> StepWindow:
    """Return some steps of both logs, `numbers`; those that hold what a table cannot are set aside."""
    shape = TableShape(0, numbers.size, 1, 2)
    aside = np.zeros(numbers.size, dtype=np.bool_)
    sides, digits = [], []
    own = []
    for stream, given in zip(streams, parts, strict=True):
        at = np.searchsorted(numbers, given.numbers)
        nothing = np.zeros_like(at)
        own.append(replace(given.part, block=at, sample=nothing, step=nothing))
        stream.slot_of(given.part)
    arity = arity_of(slots)
    for stream, given, part, known in zip(streams, parts, own, assumed, strict=True):
        tables = stream.tables(part, shape, aside, (CellLoop.STEP, CellLoop.BLOCK))
        aside[irregular_blocks(part, stream.slot_of(part), arity, ())] = True
        aside[np.searchsorted(numbers, [number for number, _ in given.odd])] = True
        sides.append(StepSide(part, tables, slots, shape, known.stated))
        digits.append(LastDigits(part, known.formats))
    return StepWindow(shape, (sides[0], sides[1]), slots, arity, aside, tuple(digits), numbers)
