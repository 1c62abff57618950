"""The document of `nbtrace check`."""

from typing import Literal

from pydantic import Field

from nbtrace.compare.self_check import RelationState
from nbtrace.report.documents.models.parts import (
    Answer,
    FormatVersion,
    Provenance,
    TraceSource,
    VerdictWord,
    words_of,
)
from nbtrace.report.documents.models.waivers import WAIVERS_KEY, WaiversEntry
from nbtrace.schema import Array, DocumentPart, Number


class RelationEntry(DocumentPart):
    """A relation of one log's own values."""

    quantity: str = Field(description="What it is a relation of.")
    formula: str = Field(description="The relation, in words.")
    finding: str = Field(description="What became of it.", json_schema_extra=words_of(*RelationState))
    residual: Number = Field(description="Largest difference of its sides over the size of its terms.")
    allowed: Number = Field(description="What printed digits and precision make of that.")
    instances: int = Field(description="How often it was checked.")
    broken: int = Field(description="How often it does not hold.")
    reason: str = Field(description="Why it was not checked, or what a broken one means.")


class CheckEntry(DocumentPart):
    """A log held against itself."""

    single_precision: bool = Field(description="Whether its numbers are float32 values.")
    remarks: Array[str] = Field(description="Faults of the log, in words.")
    relations: Array[RelationEntry] = Field(description="The relations of its own values.")


class _CheckHead(DocumentPart):
    format: Literal["nbtrace check"]
    format_version: FormatVersion
    verdict: VerdictWord
    log: TraceSource = Field(description="The log.")


class CheckDocument(CheckEntry, _CheckHead):
    """What `nbtrace check` says of a log: which relations among its own values it breaks."""

    # In a document, the fields of the last base come first.
    waivers: WaiversEntry | None = Field(default=None, description=WAIVERS_KEY)
    answer: Answer = ""
    provenance: Provenance = None
