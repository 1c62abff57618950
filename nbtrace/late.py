"""Sequences whose values are made when they are asked for: of a long table few lines are shown."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar, overload

_Value = TypeVar("_Value")


class Late(Sequence[_Value]):
    """So many values, each made of its number whenever it is asked for.

    Parameters
    ----------
    count : int
    made : callable
        A value of its number, from 0.
    """

    def __init__(self, count: int, made: Callable[[int], _Value]) -> None:
        self._count = count
        self._made = made

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, at: int) -> _Value: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[_Value, ...]: ...
    def __getitem__(self, at: int | slice) -> _Value | tuple[_Value, ...]:
        places = range(self._count)[at]
        return self._made(places) if isinstance(places, int) else tuple(map(self._made, places))

    def __iter__(self) -> Iterator[_Value]:
        return map(self._made, range(self._count))

    def __eq__(self, other: object) -> bool:
        """Whether another sequence has equal values in the same order."""
        if not isinstance(other, Late | tuple):
            return NotImplemented
        return len(self) == len(other) and all(mine == own for mine, own in zip(self, other, strict=True))

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return f"<{self._count} values>"

    def __reduce__(self) -> tuple[type[tuple[_Value, ...]], tuple[tuple[_Value, ...]]]:
        """Travel to another process as the values themselves."""
        return tuple, (tuple(self),)
