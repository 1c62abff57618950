"""What counts as agreement of an element, of all arrays and of single ones by their names."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from nbtrace.errors import UsageError
from nbtrace.nearness import nearest
from nbtrace.verdicts.tolerance import DEFAULT_RELATIVE, Limit, parse_option
from nbtrace.vocabulary.quantity import Basis

GivenTolerance: TypeAlias = float | str | Sequence[str] | Mapping[str, float | str]
"""A number; `1e-5` or `F_latt=abs:1e-3` as `--tolerance` takes it, or several; or a mapping from names to such."""


@dataclass(frozen=True)
class ArrayTolerance:
    """An element agrees if |Py − C| ≤ max(relative · max(|C|, |Py|), absolute)."""

    relative: float = DEFAULT_RELATIVE
    absolute: float = 0.0

    def __post_init__(self) -> None:
        for value in (self.relative, self.absolute):
            if not 0 <= value < math.inf:
                raise UsageError(f"tolerance {value:g}: a tolerance is a finite number of 0 or more")

    @property
    def is_exact(self) -> bool:
        """Whether only equal elements agree."""
        return self.relative == 0 and self.absolute == 0

    def __str__(self) -> str:
        parts = [f"{self.relative:g} relative"] if self.relative or not self.absolute else []
        parts += [f"{self.absolute:g} absolute"] if self.absolute else []
        return "exact" if self.is_exact else " or ".join(parts)


@dataclass(frozen=True)
class ArrayTolerances:
    """The tolerance of all arrays, and those of single ones.

    Attributes
    ----------
    general : ArrayTolerance
    given : bool
        Whether somebody has set `general`; where nobody has, integers are compared exactly.
    by_name : mapping of str to ArrayTolerance
    """

    general: ArrayTolerance = ArrayTolerance()
    given: bool = False
    by_name: Mapping[str, ArrayTolerance] = field(default_factory=dict)

    @classmethod
    def of_words(
        cls, tolerance: GivenTolerance = (), *, relative: float | None = None, absolute: float | None = None
    ) -> "ArrayTolerances":
        """Return tolerances as a caller writes them.

        Parameters
        ----------
        tolerance : float, str, sequence of str, or mapping
            A relative tolerance; what `--tolerance` takes; or tolerances by name.
        relative, absolute : float, optional
            Of all elements.

        Raises
        ------
        UsageError
            If one of them is no tolerance.
        """
        made = cls()
        if relative is not None or absolute is not None:
            made = cls(ArrayTolerance(DEFAULT_RELATIVE if relative is None else relative, absolute or 0.0), given=True)
        for option in option_words(tolerance):
            settings = parse_option(option)
            if settings.relative is not None:
                made = replace(made, general=replace(made.general, relative=settings.relative), given=True)
            limits = {name: _limit(limit) for name, limit in settings.quantities.items()}
            made = replace(made, by_name={**made.by_name, **limits})
        return made

    def of(self, name: str, *, exact: bool = False) -> ArrayTolerance:
        """Return the tolerance of an array; `exact` says that it must be equal where nobody has set one."""
        if name in self.by_name:
            return self.by_name[name]
        return ArrayTolerance(0.0) if exact and not self.given else self.general

    def refuse_unknown(self, names: Iterable[str]) -> None:
        """Refuse a tolerance of an array that is not there.

        Raises
        ------
        UsageError
            Naming the nearest one.
        """
        there = list(names)
        for name in self.by_name:
            if name not in there:
                near = nearest(name, there)
                hint = "" if near is None else f"; did you mean {near}?"
                raise UsageError(f"a tolerance is given for {name}, and no array is called so{hint}")


def option_words(tolerance: GivenTolerance) -> list[str]:
    """Return tolerances as `--tolerance` takes them, one a text."""
    if isinstance(tolerance, str):
        return [tolerance]
    if isinstance(tolerance, Mapping):
        words = {name: limit if isinstance(limit, str) else repr(float(limit)) for name, limit in tolerance.items()}
        return [f"{name}={limit}" for name, limit in words.items()]
    if isinstance(tolerance, Sequence):
        return list(tolerance)
    return [repr(float(tolerance))]


def _limit(limit: Limit) -> ArrayTolerance:
    return ArrayTolerance(limit.value) if limit.basis is Basis.RELATIVE else ArrayTolerance(0.0, limit.value)
