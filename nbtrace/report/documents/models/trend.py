"""The document of `nbtrace trend`."""

from typing import Literal

from pydantic import Field

from nbtrace.report.documents.models.parts import Answer, FormatVersion, Provenance, VerdictWord
from nbtrace.report.documents.models.waivers import WaiversEntry
from nbtrace.schema import Array, DocumentPart, Number


class TrendPlace(DocumentPart):
    """A quantity of a case."""

    case: str = Field(description="The case.")
    quantity: str = Field(description="The quantity, or the gate of images.")


class LossEntry(TrendPlace):
    """A quantity that lost half a digit or more, and has not got it back."""

    digits_before: Number = Field(description="Digits of agreement before: the median of the runs of the best level.")
    digits_now: Number = Field(description="Digits of agreement now: the median of the runs since they last changed.")
    commit: str | None = Field(description="Commit of the first run behind the loss; null where unknown.")
    previous_commit: str | None = Field(description="Commit of the run before it; null where unknown.")
    time: str = Field(description="Time of the first run behind the loss, in UTC.")
    status: str = Field(description="How far the newest run differs.")


class GoneEntry(TrendPlace):
    """A quantity that the newest run of its case compares no more."""

    commit: str | None = Field(description="Commit of the newest run; null where unknown.")
    time: str = Field(description="Its time, in UTC.")


class WideEntry(TrendPlace):
    """A tolerance that could be ten times tighter."""

    tolerance: Number = Field(description="The tolerance.")
    basis: str = Field(description="What it is held against: relative or absolute.")
    headroom: Number = Field(description="Digits between the largest difference of these runs and the tolerance.")
    runs: int = Field(description="Runs that have it.")


class FlickerEntry(TrendPlace):
    """A quantity, or a verdict, that goes to and fro."""

    changes: int = Field(description="Changes between agreement and divergence.")
    runs: int = Field(description="Runs that were looked at.")
    commit: str | None = Field(description="A commit at which it does both; null where there is none.")


class SeriesPoint(DocumentPart):
    """A run of a quantity."""

    time: str = Field(description="When, in UTC.")
    commit: str | None = Field(description="The commit; null where unknown.")
    digits: Number = Field(description="Digits of agreement.")
    status: str = Field(description="How far it differs.")


class SeriesEntry(TrendPlace):
    """A quantity over its runs."""

    tolerance_digits: Number = Field(description="Digits that its tolerance asks for; null without a relative one.")
    points: Array[SeriesPoint] = Field(description="Its runs, the oldest first.")


class TrendDocument(DocumentPart):
    """What `nbtrace trend` says of a history: where digits were lost, which tolerances are wide, what flickers."""

    format: Literal["nbtrace trend"]
    format_version: FormatVersion
    verdict: VerdictWord
    source: str = Field(description="The file of the history.")
    runs: int = Field(description="Results that it holds.")
    losses: Array[LossEntry] = Field(description="Quantities that lost half a digit or more.")
    gone: Array[GoneEntry] = Field(description="Quantities that are compared no more.")
    could_be_tighter: Array[WideEntry] = Field(description="Tolerances that could be ten times tighter.")
    flickers: Array[FlickerEntry] = Field(description="What goes to and fro.")
    series: Array[SeriesEntry] = Field(description="Every quantity over its runs.")
    waivers: WaiversEntry | None = Field(default=None, description="Waivers held against losses; null without any.")
    answer: Answer = ""
    provenance: Provenance = None
