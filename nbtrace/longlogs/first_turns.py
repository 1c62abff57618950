"""Which blocks of a log are the first to name a sampled point, or a turn of a loop: what says how many there are."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from nbtrace.longlogs.decimals import Ints
from nbtrace.longlogs.windows import WindowPart


@dataclass
class FirstTurns:
    """The sampled points and turns that a log has named so far."""

    _samples: set[int] = field(default_factory=set)
    _turns: set[int] = field(default_factory=set)

    def blocks(self, part: WindowPart) -> list[int]:
        """Return the blocks of the next values that name one which none before them did."""
        new = []
        for seen, numbers in ((self._samples, part.sample), (self._turns, part.step + 1)):
            for number, row in firsts(numbers):
                if number not in seen:
                    seen.add(number)
                    new.append(int(part.block[row]))
        return new


def firsts(numbers: Ints) -> Iterator[tuple[int, int]]:
    """Yield each of some small numbers, none below 0, with the place at which it comes first."""
    place = np.full(int(numbers.max(initial=-1)) + 1, -1)
    place[numbers[::-1]] = np.arange(numbers.size)[::-1]
    found = np.flatnonzero(place >= 0)
    return zip(found.tolist(), place[found].tolist(), strict=True)
