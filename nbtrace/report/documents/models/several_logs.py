"""The document of `nbtrace diff` on more than two logs."""

from typing import Literal

from pydantic import Field

from nbtrace.report.documents.models.diff import DiffDocument
from nbtrace.report.documents.models.parts import (
    Answer,
    FormatVersion,
    PixelPlace,
    PrintedValue,
    Provenance,
    SideNames,
    StatusWord,
    TraceSource,
    VerdictWord,
)
from nbtrace.report.documents.models.waivers import WAIVERS_KEY, WaiversEntry
from nbtrace.schema import Array, DocumentPart, Number


class LeftAt(DocumentPart):
    """The value in which a log leaves the reference."""

    quantity: str = Field(description="Its name.")
    index: str = Field(description="Where in the computation it stands, as the ordinals of the loops.")
    status: StatusWord
    c_value: PrintedValue
    py_value: PrintedValue
    c_text: str = Field(description="The reference's value as its log prints it.")
    py_text: str = Field(description="The log's value as it prints it.")
    rel_delta: Number = Field(description="(py − c)/|c| of the worst component; null where undefined.")
    c_line: int | None = Field(description="Line of the reference, from 1.")
    py_line: int | None = Field(description="Line of the log, from 1.")


class LogEntry(DocumentPart):
    """A log, and where it leaves the reference."""

    case: str = Field(description="What waivers and histories call its comparison.")
    verdict: VerdictWord
    reason: str = Field(description="Why it could not be compared; empty where it was.")
    exit_code: int | None = Field(description="Exit status of what prevented a comparison; null where nothing did.")
    first_divergence: str | None = Field(
        description="First quantity in which it leaves the reference; artefacts of the logs count only if nothing else "
        "diverges."
    )
    left_at: LeftAt | None = Field(description="The value itself; null where none diverges.")
    pixel: PixelPlace | None = Field(description="The traced pixel; null where the log does not tell.")
    compared: int = Field(description="Values that were compared.")
    agreeing: int = Field(description="Values of these that agree.")
    side: str = Field(description="Who is wrong there: c, py, both, unknown; empty where no explanation tells.")
    cause: str = Field(description="Name of the cause; empty where no explanation tells.")
    comparison: DiffDocument | None = Field(
        description="The document of nbtrace diff on the reference and this log; null where nothing was compared."
    )


class SharedEntry(DocumentPart):
    """Logs that leave the reference at one value."""

    logs: Array[str] = Field(description="Their names, as they were given.")
    quantity: str = Field(description="The quantity.")
    index: str = Field(description="Where in the computation it stands.")
    c_line: int | None = Field(description="Line of the reference, from 1.")
    same_value: bool = Field(description="Whether all of them have one value there.")
    is_first: bool = Field(
        description="Whether it is the first divergence of each; else it is the first above 1e-4 of some."
    )
    agree_with_each_other: bool = Field(
        description="Whether they agree in every value that they and the reference have: a common origin, or the "
        "reference stands alone."
    )
    common: int = Field(description="Values that all of them and the reference have; 0 where that was not counted.")
    apart: int = Field(description="Values of these in which any two of them differ.")


class SeveralCoverage(DocumentPart):
    """How many logs were compared."""

    logs: int = Field(description="Logs besides the reference.")
    num_agree: int = Field(description="Logs that agree with it.")
    num_differ: int = Field(description="Logs that differ.")
    not_comparable: int = Field(description="Logs that could not be compared.")


class SeveralLogsDocument(DocumentPart):
    """What `nbtrace diff` says of more than two logs: where each one leaves the first."""

    format: Literal["nbtrace diff_several"]
    format_version: FormatVersion
    verdict: VerdictWord
    tolerance_rel: Number = Field(description="Relative tolerance of quantities without one of their own.")
    names: SideNames
    reference: TraceSource = Field(description="The first log, which stands for the reference.")
    coverage: SeveralCoverage = Field(description="How many logs were compared.")
    logs: dict[str, LogEntry] = Field(description="Name of the log, as it was given → where it leaves the reference.")
    shared: Array[SharedEntry] = Field(description="Which logs leave the reference together.")
    waivers: WaiversEntry | None = Field(default=None, description=WAIVERS_KEY)
    answer: Answer = ""
    provenance: Provenance = None
