"""A small view of values by place, for tests of formulas."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from nbtrace.vocabulary.formula import Components, FormulaView, UnloggedError


@dataclass(frozen=True)
class Table(FormulaView):
    """Values by name: components, or components by place; a place is the ordinals of the indices of the quantity."""

    held: Mapping[str, Any]
    place: Mapping[str, int] = field(default_factory=dict)
    size: Mapping[str, int] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Components:
        value = self.held.get(name)
        if value is None:
            raise UnloggedError(name)
        if isinstance(value, dict):
            key = tuple(self.place[index] for index in self.size if index in self.place)
            if key not in value:
                raise UnloggedError(f"{name} at {key}")
            value = value[key]
        return value if isinstance(value, tuple) else (value,)

    def __iter__(self) -> Iterator[str]:
        return iter(self.held)

    def __len__(self) -> int:
        return len(self.held)

    def at(self, **index: int) -> "Table":
        if any(not 0 <= ordinal < self.size[name] for name, ordinal in index.items()):
            raise UnloggedError(f"no {index}")
        return Table(self.held, {**self.place, **index}, self.size)

    def ordinal(self, index: str) -> int:
        if index not in self.place:
            raise UnloggedError(index)
        return self.place[index]

    def ordinals(self, index: str) -> tuple[int, ...]:
        return tuple(range(self.size.get(index, 0)))
