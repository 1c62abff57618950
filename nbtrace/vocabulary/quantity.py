"""One quantity of a computation, and what a printed key stands for."""

from dataclasses import dataclass
from enum import Enum, IntEnum, StrEnum

from nbtrace.frozen import frozen


class Kind(StrEnum):
    """What a value of the quantity looks like."""

    SCALAR = "scalar"
    VECTOR = "vector"
    MATRIX = "matrix"
    NAMED = "named"
    TEXT = "text"


class Basis(Enum):
    """What the default tolerance of a quantity is measured against."""

    RELATIVE = "relative"
    ABSOLUTE = "absolute"


class Scope(IntEnum):
    """How often a program computes a quantity; in the order of execution."""

    RUN = 0
    """Once in a run, before the blocks."""
    POINT = 1
    """Once at each sampled point of a block; a key that comes round again is of the next point."""
    BLOCK = 2
    """Once in each block, after its points."""


@frozen
class Quantity:
    """One named quantity of the computation.

    Attributes
    ----------
    name : str
        Its name in every report and document, and the key of the reference's log.
    unit : str
        The unit of the values in records of this name ("1": dimensionless).
    kind : Kind
        Scalar, vector, row-major matrix of 9, `name:value` pairs, or text.
    basis : Basis
        Whether its default tolerance is relative to the first side's value or absolute.
    scope : Scope
        How often it is computed.
    section : str
        The heading under which reports list it.
    inputs : tuple of str
        Names of the quantities that its formula takes directly, in one log or another.
    weak : tuple of str
        Those of them that it does not follow from: they are taken in place of what a program computes from and logs do
        not print, or in few configurations.
    aliases : tuple of (str, str)
        Other keys under which it is printed, each with the unit that is true there.
    description : str
        One line for people, the formula where it is short.
    indices : tuple of str
        Names of the loops of which its lines state the ordinal, from the outermost to the innermost.
    size : int
        Components of a vector.
    tolerance : float or None
        Its default tolerance, None for that of its basis.
    never_zero : bool
        Whether 0 is a placeholder and cannot be its value.
    has_default : bool
        Whether a program that is told nothing takes a value of its own, which may well be meant.
    shows_units : bool
        Whether it has no unit, but a power of ten in it shows a wrong unit of what it is made of.
    here : tuple of str or None
        Those of its inputs that are taken of the same turn of all loops; None for all.
    """

    name: str
    unit: str
    kind: Kind
    basis: Basis
    scope: Scope
    section: str
    inputs: tuple[str, ...]
    aliases: tuple[tuple[str, str], ...]
    description: str
    indices: tuple[str, ...] = ()
    size: int = 1
    tolerance: float | None = None
    never_zero: bool = False
    has_default: bool = False
    shows_units: bool = False
    here: tuple[str, ...] | None = None
    weak: tuple[str, ...] = ()

    @property
    def causes(self) -> tuple[str, ...]:
        """The inputs that it follows from."""
        return tuple(name for name in self.inputs if name not in self.weak)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a printed key stands for: a quantity, the true unit under that key, and the factor to the record unit."""

    quantity: str
    unit: str | None
    scale: float = 1.0
