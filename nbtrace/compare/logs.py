"""What may be known of the logs of a computation beyond its vocabulary; this base answers where no more is known.

A vocabulary names its own under the subject `logs`.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import TypeAlias

from nbtrace.compare.relations import Relation, Values
from nbtrace.compare.scene import Facts, Node, Scene, Vector, constants_of
from nbtrace.records import Trace
from nbtrace.vocabulary import registry
from nbtrace.vocabulary.vocabulary import Vocabulary

SUBJECT = "logs"

Numbers: TypeAlias = tuple[float, ...]

LABEL, KEY, FACTOR, PRODUCT = "label", "key", "factor", "product"
"""What a value is of a step of a sweep: the angle as labelled, what the step is known by, a factor along the axis of
that, and the product of all factors."""


_LENGTHS = {3: "m and mm", 6: "m and µm", 9: "m and nm", 10: "m and Å"}


class Logs:
    """What is known of the logs of a computation.

    Attributes
    ----------
    relations : tuple of Relation or None
        What the values of one log must obey; None for the formulas of the vocabulary.
    habits : mapping of str to str
        Quantities that logs are known to print otherwise than their names say, although the computation is right.
    configured : tuple of str
        Logged quantities that follow from the configuration alone.
    settings : mapping of str to str
        Settings that both programs may state, in words.
    same_words : mapping of str to str
        Words of settings that mean the same as others.
    elsewhere : mapping of str to str
        Quantities that, where they differ, say that the two logs are of different things, in words.
    stated_words : mapping of str to str
        What a log states beside its quantities, in words.
    stated_quantities : mapping of str to str
        Settings that are quantities of the vocabulary: the setting, and the quantity.
    looked_up : frozenset of str
        Quantities that are looked up in a table: small changes further up leave them as they are, so that they follow
        only from a direct input that is seen to diverge.
    followed_by_turn : frozenset of str
        Quantities of which a comparison step by step tells more, if both logs have steps.
    parts_of_a_step : mapping of str to str
        Quantities of a step of a sweep that are compared step by step, and what they are in it.
    """

    relations: tuple[Relation, ...] | None = None
    habits: Mapping[str, str] = {}
    configured: tuple[str, ...] = ()
    settings: Mapping[str, str] = {}
    same_words: Mapping[str, str] = {}
    elsewhere: Mapping[str, str] = {}
    stated_words: Mapping[str, str] = {}
    stated_quantities: Mapping[str, str] = {}
    looked_up: frozenset[str] = frozenset()
    followed_by_turn: frozenset[str] = frozenset()
    parts_of_a_step: Mapping[str, str] = {}

    def undone(self, quantity: str, c: Numbers, py: Numbers) -> tuple[Numbers, Numbers] | None:
        """Return what both programs compute with, where a habit makes a log print another value; None if none does."""
        del quantity, c, py
        return None

    def of_a_step(self, part: str) -> str:
        """Return the quantity that is a part of a step; empty where there is no sweep."""
        return next((name for name, own in self.parts_of_a_step.items() if own == part), "")

    def position(self, trace: Trace, block: int) -> tuple[tuple[float, float] | None, float | None]:
        """Return the sampled point of a block, (slow, fast) in pixels, and pixel size in metres; None if unknown."""
        del trace, block
        return None, None

    def stated(self, trace: Trace) -> Values:
        """Return what a log states beside its quantities and relations need."""
        del trace
        return {}

    def facts(self, trace: Trace) -> Facts:
        """Return the configuration as one log tells it, for formulas that take it."""
        return constants_of(trace.vocabulary)

    def doubt(self, own: Scene, node: Node) -> str:
        """Return why a value of a lone log cannot be held against its formula, in words; empty if it can."""
        del own, node
        return ""

    def supposed(self, own: Scene, node: Node) -> Facts:
        """Return configuration values that no log states, and with which a value may be its formula's; often none."""
        del own, node
        return {}

    def supposed_words(self, facts: Facts) -> str:
        """Return what was supposed, in words."""
        del facts
        return ""

    def looks_like(self, own: Scene, node: Node, computed: Vector) -> str:
        """Return what a value looks like that is not its formula's; empty if it looks like nothing known."""
        del own, node, computed
        return ""

    def remarks(self, samples: Iterable[Values]) -> Iterator[str]:
        """Yield faults of a log that single values show, whatever the relations say."""
        del samples
        return iter(())

    def units_apart(self, power: int, units: frozenset[str]) -> str:
        """Return which two units a power of ten between values of these units usually is; empty if none is usual."""
        return _LENGTHS.get(power, "") if units == {"m"} else ""

    def traced_turns(self, trace: Trace) -> frozenset[int]:
        """Return the turns of the innermost loop whose values stand in the lines without one."""
        del trace
        return frozenset()

    def traced_key(self, trace: Trace) -> tuple[float, float] | None:
        """Return between which numbers the KEY of such a turn lies; None where there can be none."""
        del trace
        return None


@cache
def _made(kind: type[Logs]) -> Logs:
    return kind()


def logs_of(vocabulary: Vocabulary) -> Logs:
    """Return what is known of the logs of a vocabulary."""
    return _made(registry.knowledge(vocabulary, SUBJECT, Logs))
