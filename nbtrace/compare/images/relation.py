"""How one image is made from the other: the steps of a relation, and what it leaves."""

from collections.abc import Iterable, Mapping
from dataclasses import field
from enum import StrEnum

from nbtrace.frozen import frozen
from nbtrace.records import Side
from nbtrace.vocabulary.sides import Names


class RelationKind(StrEnum):
    """One step from an image to the other."""

    BYTE_ORDER = "byte order"
    EITHER_ORDER = "byte order of either"
    PLACED = "placed otherwise"
    SQUARE_ROOT = "square root"
    SQUARE = "square"
    SCALED = "scale"
    OFFSET = "offset"
    ROUNDED = "rounded"
    CUT = "cut"
    RAISED = "raised"
    NARROWED = "half precision"
    WRAPPED = "wrapped"
    CLIPPED = "clipped"
    NOISE = "counting noise"
    SPREAD = "spread over neighbours"
    MOVED = "moved"
    MASKED = "mask values"
    LEFT_OUT = "left at 0"
    FEW = "few pixels"
    MANY = "many pixels"


@frozen
class RelationStep:
    """One step from an image to the other.

    Attributes
    ----------
    kind : RelationKind
    words : str
        What is done, as it follows the name of the image: `plus 40 (an offset, -adc)`.
    parameters : mapping of str to float
        Numbers that were fitted or found, in the unit of the pixels, in pixels, or without a unit.
    """

    kind: RelationKind
    words: str
    parameters: Mapping[str, float] = field(default_factory=dict)


@frozen
class ImageRelation:
    """How one image is made from the other.

    Attributes
    ----------
    made : Side
        The image that is made from the other one.
    steps : tuple of RelationStep
        In the order in which they are done.
    exact : bool
        Whether no more is left than the number format, or whole numbers, must leave.
    left : float
        The largest difference that is left, in the unit of the pixels.
    left_relative : float
        The same as a share of the larger of the two values, largest over the pixels.
    explained : float or None
        Share of the sum of squared differences that is gone; None if there was none.
    pixels : int
        Pixels for which it holds.
    free : int
        Numbers that were fitted.
    """

    made: Side
    steps: tuple[RelationStep, ...]
    exact: bool
    left: float
    left_relative: float
    explained: float | None
    pixels: int
    free: int

    def has(self, *kinds: RelationKind) -> bool:
        """Tell whether one of these steps is among its steps."""
        return any(step.kind in kinds for step in self.steps)

    def text(self, names: Names) -> str:
        """Return it in words: `Py is C rounded to whole numbers plus 40 (an offset, -adc)`."""
        made, source = (names.of(side) for side in (self.made, self.made.other))
        kinds = [step.kind for step in self.steps]
        if kinds == [RelationKind.BYTE_ORDER]:
            return f"{made} holds the same numbers in the other byte order"
        if kinds == [RelationKind.EITHER_ORDER]:
            return f"one of {names.both} holds the other's numbers in the other byte order"
        if kinds[-1] is RelationKind.MANY:
            return f"apart from {' and '.join(step.words for step in self.steps[:-1])}, {self.steps[-1].words}"
        start = f"{made} is" if self.exact else f"{made} looks like"
        phrase, before = source, ""
        after: list[str] = []
        for step in self.steps:
            match step.kind:
                case RelationKind.BYTE_ORDER:
                    before = "read in the other byte order, "
                case RelationKind.SQUARE_ROOT | RelationKind.SQUARE:
                    phrase = f"{step.words} {phrase}"
                case RelationKind.MASKED | RelationKind.LEFT_OUT | RelationKind.FEW:
                    further = "and of the rest" if step.kind is RelationKind.FEW else "and for"
                    after.append(f"{further if after else 'but for'} {step.words}")
                case _:
                    phrase = f"{phrase} {step.words}"
        return ", ".join((f"{before}{start} {phrase}", *after))

    def leaves(self) -> str:
        """Return what is left in words."""
        if self.has(RelationKind.NOISE):
            return "nothing but that noise is left"
        if self.has(RelationKind.MANY):
            return ""
        if self.has(RelationKind.FEW):
            return f"the others are {f'within {self.left:.3g}' if self.left else 'the same'}"
        share = (
            "" if self.exact or self.explained is None else f", {100 * self.explained:.4g} % of the squares explained"
        )
        if self.left == 0:
            return f"nothing is left{share}"
        return f"at most {self.left:.3g} is left{share}"


def offset_step(offset: float) -> RelationStep:
    """Return the step that adds a number to each pixel."""
    words = f"plus {offset:.10g} (an offset, -adc)" if offset > 0 else f"minus {-offset:.10g} (an offset)"
    return RelationStep(RelationKind.OFFSET, words, {"offset": offset})


def free_numbers(steps: Iterable[RelationStep]) -> int:
    """Return how many numbers the steps fit."""
    return sum(len(step.parameters) for step in steps)
