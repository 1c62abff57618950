"""Holding the values of many turns of a loop against a formula at once, as columns.

A formula that takes columns does the operations of single values in the same order, so that what comes of each value is
what :mod:`nbtrace.compare.evaluate` finds of it alone.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from nbtrace.compare.column_math import SingleValuesError
from nbtrace.compare.evaluate import SINGLE_RESULT, Computed
from nbtrace.compare.scene import Node, Place, Scene, Vector
from nbtrace.compare.turn_columns import Flags, Floats
from nbtrace.compare.turns_view import Source, Turns, TurnsView, found_at
from nbtrace.vocabulary.formula import UnloggedError


@dataclass(frozen=True)
class HeldColumn:
    """What became of a formula at many turns.

    Attributes
    ----------
    formed, broken : array of bool
        Where it has a value, and where the logged one is another.
    excess : array of float
        How far the logged value is off, as a multiple of what is allowed.
    """

    formed: Flags
    broken: Flags
    excess: Floats


@dataclass(frozen=True)
class ComputedColumn:
    """What a formula gives at many turns.

    Attributes
    ----------
    turns : Turns
    value, allowed, condition : array of float
        As those of a :class:`nbtrace.compare.evaluate.Computed`; a value that is not finite is none.
    sources : tuple
        Where its inputs were found.
    facts : tuple of str
    """

    turns: Turns
    value: Floats
    allowed: Floats
    condition: Floats
    sources: tuple[Source, ...]
    facts: tuple[str, ...]

    def reads(self, name: str) -> bool:
        """Whether a quantity is among the inputs."""
        return any(source.name == name for source in self.sources)

    def at(self, place: Place) -> Computed | None:
        """Return what it gives at one turn; None where it gives nothing."""
        ordinals, ordinal = self.turns.ordinals, place[0][1]
        at = int(ordinals.searchsorted(ordinal))
        if at == ordinals.size or ordinals[at] != ordinal or not math.isfinite(self.value[at]):
            return None
        inputs = tuple(Node(name, sample, place if at_turns else ()) for name, sample, at_turns in self.sources)
        value, allowed, condition = (float(column[at]) for column in (self.value, self.allowed, self.condition))
        return Computed((value,), (allowed,), condition, inputs, self.facts)


def held(scene: Scene, turns: Turns) -> HeldColumn | None:
    """Hold values of one quantity and sample against its formula; None where it takes them one by one alone.

    Parameters
    ----------
    scene : Scene
    turns : Turns
        Turn 0 is none of them.
    """
    try:
        with np.errstate(all="ignore"):
            parts = [_held(scene, portion) for portion in turns.portions()]
    except (SingleValuesError, ArithmeticError, ValueError, UnloggedError):
        return None
    formed, broken, excess = zip(*((part.formed, part.broken, part.excess) for part in parts), strict=True)
    return HeldColumn(np.concatenate(formed), np.concatenate(broken), np.concatenate(excess))


def reads_its_turn_alone(scene: Scene, node: Node) -> bool:
    """Whether a formula that takes columns is known to read, at every turn but 0, only what is of that turn or of none.

    Parameters
    ----------
    scene : Scene
    node : Node
        Of a turn of one loop, and not of turn 0.
    """
    (loop, ordinal) = node.place[0]
    turns = Turns(node.name, node.sample, loop, np.array([ordinal], dtype=np.int64))
    try:
        with np.errstate(all="ignore"):
            TurnsView(scene, turns).computed()
    except (SingleValuesError, ArithmeticError, ValueError, UnloggedError):
        return False
    return True


def _held(scene: Scene, turns: Turns) -> HeldColumn:
    column = scene.columns.columns[turns.key]
    logged = column.numbers[found_at(column, turns)]
    value, allowed = _own(TurnsView(scene, turns))
    formed = np.isfinite(value) & np.isfinite(allowed)
    beyond = np.flatnonzero(formed & (np.abs(logged - value) > allowed))
    if beyond.size:
        allowed[beyond] = _measured(TurnsView(scene, turns._replace(ordinals=turns.ordinals[beyond]))).allowed
    apart = np.abs(logged - value)
    excess = np.where(allowed > 0, apart / allowed, apart)
    return HeldColumn(formed, formed & (apart > allowed), excess)


def computed(
    scene: Scene, turns: Turns, values: Mapping[Node, Vector], *, errors: bool = True
) -> tuple[ComputedColumn, ...] | None:
    """Return what :func:`nbtrace.compare.evaluate.evaluate` gives of values of one quantity and sample, in portions.

    None where they are computed one by one alone.

    Parameters
    ----------
    scene : Scene
    turns : Turns
        Turn 0 is none of them.
    values : mapping of Node to tuple of float
    errors : bool
        Whether all of the error that the log allows is found out, which takes far longer than the values.
    """
    try:
        with np.errstate(all="ignore"):
            views = (TurnsView(scene, portion, values) for portion in turns.portions())
            return tuple(_measured(view, errors=errors) for view in views)
    except (SingleValuesError, ArithmeticError, ValueError, UnloggedError):
        return None


def _own(view: TurnsView) -> tuple[Floats, Floats]:
    """Return the values of a formula, and the errors that their own digits and precision allow."""
    scene, own = view.scene, Source(view.turns.name, view.turns.sample, at_turns=True)
    formula = scene.vocabulary.formulas[own.name]
    value = view.computed()
    size, rounding = np.abs(value), view.rounding(own)
    allowed = rounding * size + view.digits(own)
    if formula.single:
        allowed = SINGLE_RESULT * size + allowed
    if formula.rough is not None:
        allowed = allowed + rounding * np.asarray(formula.rough(view))
    return value, np.array(allowed)


def _measured(view: TurnsView, *, errors: bool = True) -> ComputedColumn:
    """Return the values of a formula with the errors that the log allows them."""
    value, allowed = _own(view)
    size, condition = np.abs(value), np.zeros_like(value)
    for moved, relative in view.perturbed() if errors else ():
        try:
            other = moved.computed()
        except UnloggedError:
            continue
        changes = np.where(np.isfinite(other), np.abs(other - value), 0.0)
        allowed = allowed + changes
        told = (size != 0) & (relative != 0)
        condition[told] += changes[told] / size[told] / np.broadcast_to(relative, told.shape)[told]
    return ComputedColumn(view.turns, value, allowed, condition, tuple(view.sources), tuple(view.told))


def worst_of(column: HeldColumn) -> int:
    """Return which value is furthest off: of those that are broken, else of all; the first of equals."""
    among = column.broken if column.broken.any() else column.formed
    return int(np.argmax(np.where(among, np.nan_to_num(column.excess, nan=math.inf), -math.inf)))
