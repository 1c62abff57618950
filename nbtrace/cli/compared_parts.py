"""What of two programs a command compares: a waiver of anything else is for another command, and not unused."""

from collections.abc import Callable, Collection, Iterable
from enum import Enum

from nbtrace.nearness import nearest
from nbtrace.verdicts.gate_names import GATES


class ComparedPart(Enum):
    """Traces, images, both, or some quantities of traces."""

    ALL = "all"
    TRACES = "traces"
    IMAGES = "images"
    SOME = "some"

    def elsewhere(self, compared: Iterable[str], known: Collection[str]) -> Callable[[str], bool]:
        """Return what tells whether a quantity that was not compared is one that other commands compare.

        Parameters
        ----------
        compared : iterable of str
            Quantities that the command compared, one of which may be meant by a name that is nearly the same.
        known : collection of str
            Quantities that the vocabulary has.
        """
        if self is ComparedPart.ALL:
            return lambda _: False
        if self is ComparedPart.TRACES:
            return lambda name: name in GATES
        near = GATES if self is ComparedPart.IMAGES else tuple(compared)
        return lambda name: name in known or name in GATES - set(near) or nearest(name, near) is None
