"""The document of `nbtrace compare --suite`."""

from typing import Literal

from pydantic import Field

from nbtrace.report.documents.models.images import ImageFigures
from nbtrace.report.documents.models.judged import JUDGED_KEY, JudgedEntry
from nbtrace.report.documents.models.parts import (
    LATER,
    Answer,
    FormatVersion,
    Provenance,
    SideNames,
    VerdictWord,
    words_of,
)
from nbtrace.report.documents.models.waivers import WAIVERS_KEY, WaiversEntry
from nbtrace.schema import Array, DocumentPart, Number


class SuiteCoverage(DocumentPart):
    """How many cases ran."""

    cases: int = Field(description="Cases of the file.")
    run: int = Field(description="Cases that ran.")
    left_out: int = Field(description="Cases that were not asked for.")
    not_comparable: int = Field(description="Cases that could not be compared.")
    kept: int = Field(default=0, description=f"{LATER}Cases that had been done before, and were not run again.")
    elsewhere: int = Field(default=0, description=f"{LATER}Cases that are of other shards.")


class _CaseHead(DocumentPart):
    outcome: str = Field(
        description="How the case ended.", json_schema_extra=words_of("agree", "differ", "not comparable")
    )
    about: str = Field(description="What the file says of it.")
    reason: str | None = Field(description="The gates that failed, or why nothing was compared.")
    exit_code: int | None = Field(description="Exit status of what prevented a comparison; null where nothing did.")
    reference: str | None = Field(description="What stood for the reference.")
    c_binary_sha256: str | None = Field(description="SHA-256 of the reference program; null where it is unknown.")


class _CaseTail(DocumentPart):
    worst_relative: Number = Field(description="Largest |py − c|/max(|c|, |py|); 0 where no pixel differs.")
    runtime_c_ms: Number = Field(description="Median wall time of the reference, in ms.")
    runtime_py_ms: Number = Field(description="Median wall time of the candidate, in ms.")
    traced_pixels: int = Field(description="Pixels whose traces were compared.")
    first_divergence: str | None = Field(description="First traced quantity that diverges.")
    notices: Array[str] = Field(description="What must be known of it.")
    captured_pixels: int = Field(
        default=0, description=f"{LATER}Pixels of these of which a side prints no trace, and its values were captured."
    )
    untraced: Array[str] = Field(default=(), description=f"{LATER}Why pixels were not traced on both sides.")
    quantities: Array[JudgedEntry] = Field(default=(), description=JUDGED_KEY)
    parameters: dict[str, str] = Field(
        default={}, description=f"{LATER}Flag → value, where the case is one of a matrix; yes or no for a flag alone."
    )


class ComparedCase(_CaseTail, ImageFigures, _CaseHead):
    """A case that was compared; in a document, the fields of the last base come first."""


class LackingCase(_CaseTail, _CaseHead):
    """A case that could not be compared: without the figures."""


class SuiteDocument(DocumentPart):
    """What `nbtrace compare --suite` says: how every case ended."""

    format: Literal["nbtrace compare suite"]
    format_version: FormatVersion
    verdict: VerdictWord
    suite: str = Field(description="Name of the suite.")
    source: str = Field(description="Its file.")
    candidate: str = Field(description="The candidate of all cases.")
    names: SideNames | None = Field(default=None, description=f"{LATER}What reports call the two sides.")
    coverage: SuiteCoverage = Field(description="How many cases ran.")
    num_agree: int = Field(description="Cases that agree.")
    num_differ: int = Field(description="Cases that differ.")
    digest: str | None = Field(
        default=None,
        description=f"{LATER}SHA-256 of all results without times and places: the same for a suite in one run, in "
        "shards, or interrupted.",
    )
    notices: Array[str] = Field(default=(), description=f"{LATER}What must be known of the results as a whole.")
    cases: dict[str, ComparedCase | LackingCase] = Field(description="Name of the case → how it ended.")
    answer: Answer = ""
    waivers: WaiversEntry | None = Field(default=None, description=WAIVERS_KEY)
    provenance: Provenance = None
