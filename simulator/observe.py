"""How the kernel shows what it computes.

The kernel calls ``observe(name, value)`` at every named step. The names are those of the reference's trace; a dot
separates the family where the reference has one:

========================  ==============================================================================
``geometry.<name>``       the detector block, once per run
``base.<name>``           the cell before rotation, from input to regenerated vectors, once per run
``run.<name>``            ``interpolation_ends_at``: the pixel (flat index) at which the lookup changes
``at.<index>``            where the following values are from: pixels (flat indices), layer, subpixel_slow,
                          subpixel_fast, source, phi_tic, mosaic_domain (0-based integers)
``<name>``                the pixel block, in the reference's order
``phi.<name>``            one φ step at source 0 and mosaic domain 0; ``phi.phi_tic`` opens the step
``source2.<name>``        the third source at φ step 0 and mosaic domain 0
``sample.<name>``         one innermost evaluation: source × φ step × mosaic domain
========================  ==============================================================================

A value is a number, a text, a tensor with one element per pixel or a :class:`~simulator.vectors.Vector` or
:class:`~simulator.vectors.Matrix` of such tensors, or a function without arguments that returns one of these. A
function stands for a quantity that the image does not need; an observer that wants the value calls it at once.
"""

from collections.abc import Callable
from typing import Protocol, TypeAlias

from torch import Tensor

from simulator.vectors import Matrix, Vector

Value: TypeAlias = float | int | str | Tensor | Vector | Matrix
Observable: TypeAlias = Value | Callable[[], Value]


class Observer(Protocol):
    """What the kernel calls at every named step."""

    def __call__(self, name: str, value: Observable) -> None:
        """Take note of a value, or ignore it; never change it."""


def silent(name: str, value: Observable) -> None:
    """Ignore everything."""


def resolve(value: Observable) -> Value:
    """Return the value itself where a function stands for it."""
    return value() if callable(value) else value
