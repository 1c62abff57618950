"""What the judgement may ask of a computation beyond its formulas; this base answers for one of which no more is known.

A vocabulary names its own under the subject `explanation`.
"""

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import TYPE_CHECKING, Any

from nbtrace.compare.scene import Facts, Node, Place, Values, Vector, constants_of
from nbtrace.records import Pixel, Side, Trace
from nbtrace.vocabulary import registry
from nbtrace.vocabulary.vocabulary import Vocabulary

if TYPE_CHECKING:
    from nbtrace.explanation.audit.findings import Audit, Finding
    from nbtrace.explanation.causes.search import Signature
    from nbtrace.explanation.proof import FlagChange
    from nbtrace.explanation.simulations.run import Change, Experiments

SUBJECT = "explanation"


class Wanted(Enum):
    """What would settle a difference that the logs leave open."""

    CONFIGURATION = "the configuration that both programs were run with"
    VALUES = "values that neither log prints"


class Physics:
    """What is known of a computation.

    Attributes
    ----------
    signatures : tuple of Signature
        Causes that belong to its quantities.
    constants : mapping of str to mapping of float to str
        Values in use for a quantity, and what they are.
    whole : frozenset of str
        Quantities that are whole numbers.
    counts : mapping of str to str
        Configuration values that are whole numbers, in words.
    settings : mapping of str to str
        Those that are not, in words.
    has_terms : bool
        Whether causes are tried that take a formula apart: a term left out, an input of a neighbouring turn of a loop.
        A physics whose own causes say such things has none.
    never_leaves : frozenset of str
        Quantities that everything is computed from, although logs seldom print what takes them.
    ends : frozenset of str
        Quantities that a run is made for.
    collectors : frozenset of str
        Quantities that collect everything further up, and that logs do not suffice to compute anew.
    steep : tuple of str
        Quantities on which the final one depends steeply: their rounding is what a final value can show of it.
    aside : mapping of str to str
        Quantities from which the final one is not computed, and what it is computed from.
    carriers : frozenset of str or None
        Quantities that carry a mistake on to the final one; None for all.
    looked_up : frozenset of str
        Those of them that are looked up, not computed: without the list they stay as they are.
    experiments : Experiments or None
        What may be varied in a run; None where nothing can be run.
    configured_by : str
        How a user tells the configuration that both programs were run with; empty where none is asked for.
    """

    signatures: "tuple[Signature, ...]" = ()
    constants: Mapping[str, Mapping[float, str]] = {}
    whole: frozenset[str] = frozenset()
    counts: Mapping[str, str] = {}
    settings: Mapping[str, str] = {}
    has_terms: bool = True
    never_leaves: frozenset[str] = frozenset()
    collectors: frozenset[str] = frozenset()
    steep: tuple[str, ...] = ()
    aside: Mapping[str, str] = {}
    carriers: frozenset[str] | None = None
    looked_up: frozenset[str] = frozenset()
    experiments: "Experiments | None" = None
    configured_by: str = ""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary

    @property
    def ends(self) -> frozenset[str]:
        """Quantities that a run is made for."""
        taken = {name for quantity in self.vocabulary.quantities.values() for name in quantity.causes}
        return frozenset(self.vocabulary.finals) or frozenset(self.vocabulary.quantities) - taken

    @property
    def factors(self) -> tuple[str, ...]:
        """Quantities that a value may have been multiplied or divided by."""
        chain = self.vocabulary.chain
        return tuple(factor.quantity for factor in chain.factors) if chain else ()

    def facts(self, trace: Trace, other: Trace, configuration: object | None) -> Facts:
        """Return the configuration of a side: as given, else as its own log tells it, else as the other's does."""
        del trace, other, configuration
        return constants_of(self.vocabulary)

    def tables(self, configuration: object | None) -> Mapping[str, Any]:
        """Return what a configuration names that is no number."""
        del configuration
        return {}

    def family(self, name: str) -> str:
        """Return the name that quantities share which one mistake makes wrong together."""
        return name

    def root_family(self, result: "Audit", finding: "Finding") -> str:
        """Return the name that findings share which are one root."""
        del result
        return self.family(finding.node.name)

    def without_effect(self, result: "Audit", node: Node, *, named: bool) -> str:
        """Return why nothing follows from a wrong value, with a cause or without one; empty if something may."""
        del result
        return self.aside.get(node.name, "") if named else ""

    def setting_family(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """Return the configuration values that are set together with some."""
        return names

    def setting_words(self, names: tuple[str, ...]) -> str:
        """Return what reports call configuration values that are set together."""
        return ", ".join(self.counts.get(name) or self.settings.get(name) or name for name in names)

    def place(self, node: Node) -> Place:
        """Return the turns of the loops in which a value is computed."""
        return node.place

    def followed(self, values: Values, before: Values, theirs: Values) -> Values:
        """Return values after a change, with what no formula computes anew taken from the other side."""
        del before, theirs
        return values

    def habit(self, result: "Audit", side: Side, node: Node, theirs: Vector) -> str:
        """Return the habit of logging by which a side prints another value than it computes with; empty if none."""
        del result, side, node, theirs
        return ""

    def setting_values(self, names: tuple[str, ...], values: Sequence[str]) -> str:
        """Return the values of configuration values that are set together, as reports print them."""
        del names
        return ", ".join(values)

    def changed_flags(
        self, arguments: Sequence[str], needed: Mapping[str, Vector], told: Mapping[str, Vector]
    ) -> "FlagChange | None":
        """Return arguments of the reference that set other values; None where no flag of it does.

        Parameters
        ----------
        arguments : sequence of str
            Those that it was run with.
        needed : mapping of str to tuple of float
            Configuration values, or quantities that are configured, and what they are to be.
        told : mapping of str to tuple of float
            Further quantities, which may tell the same with more digits.
        """
        del arguments, needed, told
        return None

    def flags_of_change(self, arguments: Sequence[str], change: "Change") -> "FlagChange | None":
        """Return arguments of the reference with a change that a run has; None where no flag makes it."""
        del arguments, change
        return None

    def probe(self, wanted: Wanted, pixel: Pixel | None, logs: tuple[str, str]) -> str:
        """Return the command that gets what is wanted; empty where none does."""
        del wanted, pixel, logs
        return ""

    def sharper(self, result: "Audit", side: Side, node: Node, right: Vector) -> Vector:
        """Return the right value of a quantity that only the log has wrong, as well as the rest of the log tells it."""
        del result, side, node
        return right


def physics_of(vocabulary: Vocabulary) -> Physics:
    """Return what is known of the computation of a vocabulary."""
    kind: type[Physics] = registry.knowledge(vocabulary, SUBJECT, Physics)
    return kind(vocabulary)
