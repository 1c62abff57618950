"""Which steps of a long sweep columns can hold, as a log is read."""

from dataclasses import replace

import numpy as np

from nbtrace.longlogs.chunks import NotColumnarError
from nbtrace.longlogs.decimals import Flags, Ints
from nbtrace.longlogs.step_queue import StepPart
from nbtrace.longlogs.windows import SideStream, Slots, arity_of, irregular_blocks


class RegularSteps:
    """Tells regular steps from those that columns cannot hold."""

    def __init__(self, stream: SideStream, slots: Slots) -> None:
        self._stream = stream
        self._slots = slots
        self._kinds = 0

    def irregular(self, part: StepPart, every: Ints) -> Flags:
        """Return the steps that columns cannot hold; `every` are those of the part.

        Raises
        ------
        NotColumnarError
            If steps are of a source or another place of their own.
        """
        aside: Flags = np.zeros(every.size, dtype=np.bool_)
        slot = self._slot_of(part)
        at = np.searchsorted(every, part.numbers)
        aside[irregular_blocks(replace(part.part, block=at), slot, arity_of(self._slots), ())] = True
        aside[np.searchsorted(every, [number for number, _ in part.odd])] = True
        order = np.lexsort((part.numbers, slot))
        again = (np.diff(part.numbers[order]) == 0) & (np.diff(slot[order]) == 0)
        aside[at[order[1:][again]]] = True
        return aside

    def rows(self, part: StepPart, every: Ints, aside: Flags) -> dict[int, Ints]:
        """Return the rows of each slot whose steps columns hold."""
        slot = self._slot_of(part)
        kept = np.flatnonzero(~aside[np.searchsorted(every, part.numbers)])
        slots = slot[kept]
        return {number: kept[slots == number] for number in np.flatnonzero(np.bincount(slots)).tolist()}

    def _slot_of(self, part: StepPart) -> Ints:
        kinds = part.part.pieces[-1][0].kinds if part.part.pieces else []
        for kind in kinds[self._kinds :]:
            index = kind.item.index
            if kind.sweep is not None and (index.without(kind.sweep).loops or index.grids):
                raise NotColumnarError("a step of a source or another place of its own")
        self._kinds = max(self._kinds, len(kinds))
        return self._stream.slot_of(part.part)
