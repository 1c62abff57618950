"""The document of `nbtrace check --format`."""

from typing import Literal

from pydantic import Field

from nbtrace.report.documents.models.parts import Answer, FormatVersion, Provenance, VerdictWord
from nbtrace.schema import Array, DocumentPart


class FormatFaultEntry(DocumentPart):
    """A line that is not in the trace format."""

    line: int = Field(description="Number of the line, from 1.")
    text: str = Field(description="Its beginning.")
    reason: str = Field(description="What is wrong with it, in words.")
    mend: Array[str] = Field(description="The lines that should stand in its place; empty where that cannot be told.")


class FormatLineAccount(DocumentPart):
    """What the lines of a log are: total = version + valid + comments + other + not_valid, but for what is lacking."""

    total: int = Field(description="Lines of the file.")
    version: int = Field(description="Version lines.")
    valid: int = Field(description="Trace lines in the format.")
    comments: int = Field(description="Comments.")
    other: int = Field(description="Blank lines, and lines without a prefix: what else the program prints.")
    not_valid: int = Field(
        description="Faults: trace lines that are not in the format, no version line, no last line end."
    )


class FormatDocument(DocumentPart):
    """What `nbtrace check --format` says of a log: whether its lines are in the trace format."""

    format: Literal["nbtrace check --format"]
    format_version: FormatVersion
    verdict: VerdictWord
    trace_format: int = Field(description="The version of the trace format that it was held against.")
    log: str = Field(description="The name of the log, as it was given.")
    valid: bool = Field(description="Whether all of it is in the format.")
    lines: FormatLineAccount
    faults: Array[FormatFaultEntry] = Field(description="The first 1000 faults, in the order of their lines.")
    notes: Array[str] = Field(description="What is in the format, and yet worth a look, in words.")
    answer: Answer = ""
    provenance: Provenance = None
