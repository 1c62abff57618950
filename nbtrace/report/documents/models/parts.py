"""What the models of several documents share.

`Since` in a description tells from when on documents have a key: of documents of version 0.1 the early ones lack it.
Words that a program may decide by are listed in the schema, but any text is read: a later version may know more.
"""

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field

from nbtrace.schema import Array, DocumentPart, FormatOne, Number
from nbtrace.verdicts.notices import Subject
from nbtrace.verdicts.status import Status, Verdict

FORMAT_VERSION: Literal[1] = 1
"""1: first."""

LATER = "Since 0.1; documents of its first builds lack it. "

FormatVersion: TypeAlias = Annotated[FormatOne, Field(description="Counts the changes of what a key means.")]


def words_of(*words: str) -> dict[str, Any]:
    """Return what the schema adds to a text that is one of some words."""
    return {"enum": list(words)}


VerdictWord: TypeAlias = Annotated[
    str, Field(description="What the comparison says as a whole.", json_schema_extra=words_of(*Verdict))
]
StatusWord: TypeAlias = Annotated[str, Field(description="How far it differs.", json_schema_extra=words_of(*Status))]
SideWord: TypeAlias = Annotated[
    Literal["c", "py", "unknown"], Field(description="c is the reference, py the candidate.")
]
BlamedSide: TypeAlias = Annotated[
    Literal["c", "py", "both", "unknown"], Field(description="Who is wrong: the reference c, the candidate py.")
]
WeightWord: TypeAlias = Annotated[
    Literal["blocking", "warning", "info"], Field(description="A blocking one forbids a verdict on the physics.")
]
Answer: TypeAlias = Annotated[str, Field(description="The result in one line.")]
Component: TypeAlias = Annotated[str | None, Field(description="Name of the worst component of a vector or matrix.")]
Vector: TypeAlias = Array[Number]
PrintedValue: TypeAlias = Annotated[
    Number | str | Vector,
    Field(description="The value in its quantity's unit, a vector as a list; null where there is none."),
]


class SideNames(DocumentPart):
    """What reports call the two sides."""

    c: str = Field(description="The reference.")
    py: str = Field(description="The candidate.")


class PixelPlace(DocumentPart):
    """A pixel, from 0."""

    slow: int = Field(description="Index along the slow axis, from 0.")
    fast: int = Field(description="Index along the fast axis, from 0.")


class PixelRegion(DocumentPart):
    """A rectangle of pixels, ends included; a pixel is a region of one."""

    slow_first: int = Field(description="First slow pixel, from 0.")
    slow_last: int = Field(description="Last slow pixel.")
    fast_first: int = Field(description="First fast pixel, from 0.")
    fast_last: int = Field(description="Last fast pixel.")


class NoticeEntry(DocumentPart):
    """What must be known before any table."""

    subject: str = Field(default="", description="What it is about.", json_schema_extra=words_of(*Subject))
    weight: WeightWord
    text: str = Field(description="The notice, in words.")


class UnreadLine(DocumentPart):
    """A line of a log that looks like trace and cannot be read."""

    line: int = Field(description="Number of the line, from 1.")
    text: str = Field(description="Its beginning.")
    reason: str = Field(description="Why it cannot be read.")


class LineAccount(DocumentPart):
    """What became of the lines of a log: total = used + structure + ignored + unreadable."""

    total: int = Field(description="Lines of the file.")
    used: int = Field(description="Lines that gave values or settings.")
    structure: int = Field(description="Headings, rules and markers of the trace.")
    ignored: int = Field(description="Lines that are no trace.")
    unreadable: Array[UnreadLine] = Field(description="Lines that look like trace and cannot be read.")


class TraceSource(DocumentPart):
    """A log, as it was read."""

    source: str = Field(description="Its name, as it was given.")
    side: SideWord
    pixel: PixelPlace | None = Field(description="The traced pixel; null where the log does not tell.")
    dialects: Array[str] = Field(description="The forms of trace lines that it holds.")
    lines: LineAccount = Field(description="What became of its lines.")


class StepCoverage(DocumentPart):
    """How many steps were compared, and which only one side has."""

    expected: int = Field(description="Steps that at least one side has.")
    compared: int = Field(description="Steps that both sides have.")
    missing_c: Array[int] = Field(description="Ordinals of the steps that the reference lacks.")
    missing_py: Array[int] = Field(description="Ordinals of the steps that the candidate lacks.")


class FileEntry(DocumentPart):
    """A file that was read or written."""

    path: str = Field(description="Its name, as it was given.")
    sha256: str | None = Field(default=None, description="SHA-256 of its bytes; null where they are not known.")
    size: int | None = Field(default=None, description="Bytes; null where they are not known.")
    reason: str = Field(default="", description="Why its bytes are not known; in place only where they are not.")


class ProvenanceEntry(DocumentPart):
    """Where a result comes from."""

    format_version: FormatVersion
    timestamp: str = Field(description="When it was made, ISO 8601 in UTC.")
    command: str = Field(description="The command line.")
    folder: str = Field(description="The folder in which the command ran.")
    git_sha: str | None = Field(description="The commit of that folder; null where git cannot tell.")
    git_dirty: bool | None = Field(description="Whether tracked files had changes that are in no commit.")
    git_reason: str = Field(default="", description="Why git cannot tell; in place only where it cannot.")
    python_version: str = Field(description="Version of Python.")
    torch_version: str | None = Field(description="Version of torch; null where it is not installed.")
    nbtrace_version: str | None = Field(description="Version of nbtrace; null where it is not installed.")
    platform: str = Field(description="The system and the machine.")
    device: str | None = Field(description="What the simulator ran on; null where none ran.")
    dtype: str | None = Field(description="What the simulator computed in; null where none ran.")
    variables: dict[str, str] = Field(description="Environment variables that may change a result.")
    inputs: Array[FileEntry] = Field(description="The files that were read.")
    reference_binary: FileEntry | None = Field(description="The reference program; null where none took part.")
    outputs: Array[FileEntry] = Field(description="The files that were written before this document.")


Provenance: TypeAlias = Annotated[
    ProvenanceEntry | None, Field(description="Where the result comes from; commands add it, the library does not.")
]
