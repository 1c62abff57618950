"""What gives a quantity: a formula, and the view of a log's values that it sees."""

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from typing import Any, TypeAlias

from nbtrace.frozen import frozen

Number: TypeAlias = Any
"""A float, or an array of them: a formula serves one value and a column of a million."""

Components: TypeAlias = tuple[Number, ...]
"""The components of a value: one of a scalar, three of a vector, nine of a matrix row by row."""


class Lack(Enum):
    """What a formula lacks, where it has no value."""

    FORMULA = "there is no formula"
    VALUE = "a quantity that the log may print"
    FACT = "a constant or a value of the configuration"
    TURN = "values of another turn of a loop, or of another sampled point"
    NUMBER = "inputs that make a finite number"


def why_not_computed(lacking: str, kind: Lack | None) -> str:
    """Return why a formula has no value, in one clause; `lacking` names what it lacks."""
    if kind is Lack.FORMULA:
        return "no formula gives this quantity"
    if kind is Lack.NUMBER:
        return f"the formula needs {lacking}"
    return f"inputs not logged: {lacking}"


class UnloggedError(KeyError):
    """A formula needs a value that the log does not hold.

    Attributes
    ----------
    kind : Lack
    """

    def __init__(self, what: str, kind: Lack = Lack.VALUE) -> None:
        super().__init__(what)
        self.kind = kind

    def __str__(self) -> str:
        """Return what is lacking, without the quotes of a key."""
        return str(self.args[0])


class FormulaView(Mapping[str, Components]):
    """What a formula sees at one place of the computation: the values that belong there, and the facts.

    Asking for a name that neither the log nor the facts hold raises :class:`UnloggedError`. A name is found at the
    place itself, else where the quantity has fewer indices.
    """

    @abstractmethod
    def at(self, **index: int) -> "FormulaView":
        """Return the view at other ordinals of the named indices; what it reads counts as read here.

        Raises
        ------
        UnloggedError
            If the log has no such place.
        """

    @abstractmethod
    def ordinal(self, index: str) -> int:
        """Return the ordinal of an index here; raise UnloggedError where the place has none."""

    @abstractmethod
    def ordinals(self, index: str) -> tuple[int, ...]:
        """Return the ordinals that the log has of an index, the other indices as here, in order."""

    def number(self, name: str) -> Number:
        """Return a scalar."""
        return self[name][0]

    def along(self, index: str) -> Iterator["FormulaView"]:
        """Yield the views at all ordinals of an index."""
        return (self.at(**{index: ordinal}) for ordinal in self.ordinals(index))


@frozen
class Formula:
    """What gives a quantity.

    Attributes
    ----------
    quantity : str
    text : str
        As reports print it.
    compute : callable
        The value from what a log holds, a :class:`FormulaView`; raises :class:`UnloggedError` where that does not
        suffice.
    inputs : tuple of str
        Quantities that it reads, in any log.
    facts : tuple of str
        Constants and configuration values that it reads.
    single : bool
        The result is rounded to float32 whatever the precision of the program.
    rough : callable, optional
        Rounding that the program's way of computing adds, as a multiple of the rounding of one operation.
    takes_columns : bool
        Computing it and its roughness takes columns: of many turns of a loop but turn 0, numbers are arrays, what has
        no value is nan, and each place has the bits that its value has alone.
    terms : callable, optional
        Of a sum over many turns of a loop that reads them as columns: what the turns of each column add to the value,
        as a column.
    """

    quantity: str
    text: str
    compute: Callable[[Any], Components]
    inputs: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    single: bool = False
    rough: Callable[[Any], Number] | None = None
    takes_columns: bool = False
    terms: Callable[[Any], Mapping[tuple[str, int, str], Number]] | None = None
