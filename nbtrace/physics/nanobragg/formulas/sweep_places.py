"""Places of the φ sweep: steps are numbered by their tic, from 0."""

from nbtrace.compare.node_view import NodeView
from nbtrace.compare.scene import Node
from nbtrace.physics.nanobragg.quantities import PHI_TIC


def tic_of(node: Node) -> int:
    """Return the step of a node, −1 for a value of no step."""
    return node.ordinal(PHI_TIC)


def at_step(at: NodeView, sample: int, tic: int) -> NodeView:
    """Return a view at a step of a sampled point; what it reads counts as read here."""
    return at.of(sample, ((PHI_TIC, tic),))


def tics(at: NodeView, name: str) -> tuple[int, ...]:
    """Return the steps of this sample at which a quantity is logged."""
    return at.ordinals_of(name, PHI_TIC)
