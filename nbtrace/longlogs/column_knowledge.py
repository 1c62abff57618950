"""What must be known of the logs of a computation, beyond their lines, to read and compare them by columns.

A vocabulary names its own under the subject `columns`; the logs of one that names none are read line by line.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from functools import cache
from typing import TypeAlias

import numpy as np

from nbtrace.longlogs.chunks import NotColumnarError
from nbtrace.longlogs.decimals import Floats
from nbtrace.longlogs.placing import Roles
from nbtrace.parsers.outcome import Field
from nbtrace.vocabulary import registry
from nbtrace.vocabulary.vocabulary import Vocabulary

SUBJECT = "columns"

ORDINAL = "ordinal"
"""Asks for the ordinal of each sample in its block."""

Get: TypeAlias = Callable[[str], Floats]
"""Returns the values of a quantity at each sample, shape (cells, components); nan where it is not logged."""


class ColumnKnowledge(ABC):
    """What is known of the columns of a computation's long logs.

    Attributes
    ----------
    placeholders : mapping of str to float
        Values that no computation gives.
    """

    placeholders: Mapping[str, float] = {}

    @abstractmethod
    def roles(self, items: list[Field], sweep_keys: dict[str, int]) -> Roles:
        """Return what values mean for the blocks and samples of a log.

        `sweep_keys` numbers the keys of the values of a sweep, and grows as needed.
        """

    def positions(self, get: Get) -> Floats:
        """Return (slow, fast) of the sampled points in pixels, shape (cells, 2), nan where the log does not tell."""
        return np.full((get(ORDINAL).shape[0], 2), np.nan)


@cache
def columns_of(vocabulary: Vocabulary) -> ColumnKnowledge:
    """Return what is known of the columns of a vocabulary's logs.

    Raises
    ------
    NotColumnarError
        If nothing is.
    """
    name = vocabulary.knowledge.get(SUBJECT)
    if name is None:
        raise NotColumnarError(f"logs of the vocabulary {vocabulary.name} are read line by line")
    kind: type[ColumnKnowledge] = registry.loaded(name)
    return kind()
