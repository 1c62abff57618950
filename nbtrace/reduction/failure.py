"""In which way a case fails: its first quantity, the side, the cause; where no trace tells, the gate of its images."""

from dataclasses import dataclass, field

from nbtrace.errors import MismatchError
from nbtrace.explanation.audit.roots import Root
from nbtrace.explanation.explain import Explanation
from nbtrace.programs.comparison import ComparedPixel, Comparison
from nbtrace.records import Pixel, Side
from nbtrace.reduction.images_outcome import ImagesOutcome
from nbtrace.verdicts.status import Verdict

_VARIATION = "variation"


@dataclass(frozen=True)
class CaseFailure:
    """In which way a case fails; two that are equal are the same way.

    Attributes
    ----------
    images : ImagesOutcome
    gate : str
        The first gate that fails, where no trace tells more; else empty.
    band : str
        How far off it is, as a status; empty without a gate. A difference that gets much smaller is another failure.
    quantity : str
        The first quantity that `explain` blames; empty where no trace was compared.
    side : Side
        Who is wrong in it.
    cause : str
        The name of the cause; empty where there is none.
    words : str
        The cause as a report says it.
    pixel : (slow, fast) or None
        Where it was traced.
    untraced : str
        Why no trace was compared; empty where one was.
    """

    images: ImagesOutcome
    gate: str = ""
    band: str = ""
    quantity: str = ""
    side: Side = Side.UNKNOWN
    cause: str = ""
    words: str = field(default="", compare=False)
    pixel: Pixel | None = field(default=None, compare=False)
    untraced: str = field(default="", compare=False)

    @property
    def text(self) -> str:
        """The way, in words; which program a side is, a report says."""
        if self.gate:
            return f"its images differ ({self.words or self.gate})"
        cause = self.words or self.cause
        return f"it differs first in {self.quantity or 'its traces'}" + (f", {cause}" if cause else "")


def failure_of(result: Comparison) -> CaseFailure | None:
    """Return in which way two sides differ; None if their images and the traced pixel agree.

    Raises
    ------
    MismatchError
        If the traces cannot be compared fairly.
    """
    images = _images(result)
    probe = next((probe for probe in result.probes if probe.diff is not None), None)
    if probe is not None and probe.diff is not None and probe.diff.verdict is not Verdict.AGREE:
        if probe.diff.verdict is Verdict.NOT_COMPARABLE:
            raise MismatchError("the traces of the two sides are not comparable")
        return _traced(images, probe)
    if images is ImagesOutcome.AGREE:
        return None
    gate = next(gate for gate in result.images.gates if gate.status.diverges)
    untraced = "" if probe is not None else "; ".join(result.untraced)
    return CaseFailure(images, gate.name, gate.status.value, words=gate.reason, untraced=untraced)


def _images(result: Comparison) -> ImagesOutcome:
    if result.verdict is Verdict.AGREE:
        return ImagesOutcome.AGREE
    variation = result.images.gate(_VARIATION)
    return ImagesOutcome.CONSTANT if variation is not None and variation.status.diverges else ImagesOutcome.DIFFER


def _traced(images: ImagesOutcome, probe: ComparedPixel) -> CaseFailure:
    root = _first_root(probe.explanation)
    if root is not None:
        name, words = _cause(root)
        return CaseFailure(images, "", "", root.quantity, root.side, name, words, probe.pixel)
    first = None if probe.diff is None else probe.diff.first_divergence
    return CaseFailure(images, quantity=first.quantity if first is not None else "", pixel=probe.pixel)


def _first_root(explanation: Explanation | None) -> Root | None:
    return explanation.ranked[0][0] if explanation is not None and explanation.ranked else None


def _cause(root: Root) -> tuple[str, str]:
    """Return the name of a cause and its words: a change of a run comes before a mistake, a mistake before settings."""
    if root.run is not None:
        return root.run.change.name, root.run.change.mends or root.run.change.text
    if root.cause is not None:
        return root.cause.signature.name, root.cause.text
    return ", ".join(item.name for item in root.settings), ""
