"""The document of `nbtrace compare`: that of `nbtrace images`, with what was run."""

from typing import Literal

from pydantic import Field

from nbtrace.report.documents.models.capture import CapturedTraceEntry
from nbtrace.report.documents.models.explain import ExplainDocument
from nbtrace.report.documents.models.images import ImagesBody
from nbtrace.report.documents.models.judged import JUDGED_KEY, JudgedEntry
from nbtrace.report.documents.models.parts import LATER, PixelPlace, Provenance, VerdictWord
from nbtrace.schema import Array, DocumentPart, Number


class RunEntry(DocumentPart):
    """The runs of one side."""

    name: str = Field(description="What made the image.")
    command: Array[str] = Field(description="The words of the command; empty where none ran.")
    milliseconds: Array[Number] = Field(description="Wall time of every run, in ms; empty for recorded output.")
    median_ms: Number = Field(description="Their median, in ms; null where there is none.")
    bit_identical: bool | None = Field(
        description="Whether all runs gave the same pixels, to the bit; null for a single one."
    )
    pixels_sha256: Array[str] = Field(description="SHA-256 of the pixels of every run.")
    engine: str | None = Field(
        default=None,
        description="Since 0.2: what computed the samples where the embedded simulator ran: eager, native, "
        "torch.compile or triton; null for programs and recorded output.",
    )


class RunPair(DocumentPart):
    """The runs of both sides."""

    c: RunEntry = Field(description="The reference.")
    py: RunEntry = Field(description="The candidate.")


class ProbeEntry(PixelPlace):
    """A pixel whose traces were compared, or were to be."""

    why: str = Field(description="What singles it out.")
    verdict: VerdictWord | None = Field(description="What the traces say; null where they were not compared.")
    compared: int = Field(description="Values that were compared.")
    first_divergence: str | None = Field(description="First traced quantity that diverges.")
    reason: str | None = Field(description="Why there is no result, or no explanation of one.")
    noise: str | None = Field(description="What the noise of the reference does to the tolerances.")
    explanation: ExplainDocument | None = Field(description="The document of nbtrace explain; null where none.")
    c_captured: CapturedTraceEntry | None = Field(
        default=None, description=f"{LATER}How the trace of c was captured; null where it has printed one, or has none."
    )
    py_captured: CapturedTraceEntry | None = Field(default=None, description=f"{LATER}The same of py.")


class CompareDocument(ImagesBody):
    """What `nbtrace compare` says of two programs on the same flags: their images, and the traces of some pixels."""

    format: Literal["nbtrace compare"]
    runtime_c_ms: Number = Field(description="Median wall time of the reference, in ms; null where it did not run.")
    runtime_py_ms: Number = Field(description="Median wall time of the candidate, in ms; null where it did not run.")
    speedup: Number = Field(description="The first over the second.")
    args: Array[str] = Field(description="The flags.")
    c_binary: str = Field(description="The reference program, or what stands for it.")
    c_binary_sha256: str | None = Field(description="SHA-256 of it; null where it is no program.")
    py_binary: str = Field(description="The candidate program, or what stands for it.")
    py_binary_sha256: str | None = Field(description="SHA-256 of it; null where it is no program.")
    resample: bool = Field(description="Whether images of different shapes were to be resampled.")
    png_scale_method: str | None = Field(description="How the pictures were scaled; null where none were drawn.")
    png_scale_percentile: Number = Field(description="Percentile of the pixels that is drawn darkest.")
    runs: RunPair = Field(description="What ran.")
    first_divergence: str | None = Field(description="First traced quantity that diverges, in the first such pixel.")
    traces: Array[ProbeEntry] = Field(description="The traced pixels.")
    quantities: Array[JudgedEntry] = Field(default=(), description=JUDGED_KEY)
    provenance: Provenance = None
