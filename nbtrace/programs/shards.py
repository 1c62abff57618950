"""Which cases of a suite are this process's share of the work."""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from nbtrace.errors import UsageError

AUTO = "auto"

_WORD = re.compile(r"(\d{1,7})/(\d{1,7})", re.ASCII)
_ARRAY = ("SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_MIN", "SLURM_ARRAY_TASK_STEP", "SLURM_ARRAY_TASK_COUNT")
_TASKS = ("SLURM_PROCID", "SLURM_NTASKS")

_Item = TypeVar("_Item")


@dataclass(frozen=True)
class Shard:
    """Share `number` (from 1) of `count`.

    Attributes
    ----------
    number, count : int
    """

    number: int
    count: int

    @classmethod
    def read(cls, word: str, variables: Mapping[str, str] = os.environ) -> "Shard":
        """Return the shard that `K/N` names; `auto` is that of this task of a Slurm array or of a Slurm job step.

        Raises
        ------
        UsageError
            If the word is none, or `auto` stands outside of Slurm.
        """
        if word == AUTO:
            return cls._of_slurm(variables)
        match = _WORD.fullmatch(word)
        if match is None or not 1 <= int(match[1]) <= int(match[2]):
            raise UsageError(f"--shard {word}: give K/N, as in 2/8 for the second of eight, or auto under Slurm")
        return cls(int(match[1]), int(match[2]))

    @classmethod
    def _of_slurm(cls, variables: Mapping[str, str]) -> "Shard":
        try:
            if _ARRAY[0] in variables:
                task, first, step, count = (int(variables.get(name) or 1) for name in _ARRAY)
                number = (task - first) // step + 1
            elif _TASKS[0] in variables:
                number, count = int(variables[_TASKS[0]]) + 1, int(variables.get(_TASKS[1]) or 1)
            else:
                raise UsageError(
                    f"--shard {AUTO}: neither {_ARRAY[0]} nor {_TASKS[0]} is set, so this is no task of Slurm; give K/N"
                )
        except (ValueError, ZeroDivisionError):
            raise UsageError(f"--shard {AUTO}: the variables SLURM_… hold no numbers of tasks") from None
        if not 1 <= number <= count:
            raise UsageError(f"--shard {AUTO}: Slurm's variables make this task {number} of {count}; give K/N")
        return cls(number, count)

    def of(self, items: Sequence[_Item]) -> list[_Item]:
        """Return this share: every `count`-th item, so that costly neighbours spread."""
        return list(items[self.number - 1 :: self.count])

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"
