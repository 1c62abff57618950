"""The document of `nbtrace capture`."""

from typing import Literal

from pydantic import Field

from nbtrace.capturing.back_end import BackEnd
from nbtrace.capturing.certificate import OutputState
from nbtrace.report.documents.models.parts import Answer, FormatVersion, PixelPlace, Provenance, words_of
from nbtrace.schema import Array, DocumentPart, Number


class OutputEntry(DocumentPart):
    """One thing that the program writes, without capture and with it."""

    name: str = Field(description="A file by its name in the folder of the run, stdout or stderr.")
    plain: str | None = Field(description="SHA-256 in the plain run; null where it was not written.")
    captured: str | None = Field(description="SHA-256 in the captured run; null where it was not written.")
    state: str = Field(
        description="same; unstable: it differs between two plain runs, and shows nothing; changed is refused.",
        json_schema_extra=words_of(*OutputState),
    )


class ProbeHitsEntry(DocumentPart):
    """How often a probe was reached."""

    probe: str = Field(description="The probe in words.")
    hits: int = Field(description="Times that it was reached in the selected turn.")
    optional: bool = Field(description="Whether the program may pass it by.")


class ImageCheckEntry(PixelPlace):
    """The captured pixel in the image that the program wrote."""

    file: str = Field(description="Name of the image.")
    quantity: str = Field(description="The captured quantity that the image holds.")
    captured: Number = Field(description="The captured value, as the image can hold it.")
    in_image: Number = Field(description="The value in the image; the same.")


class CertificateEntry(DocumentPart):
    """What makes the captured values those of the program as it is."""

    outputs: Array[OutputEntry] = Field(description="Everything that the program wrote.")
    probes: Array[ProbeHitsEntry] = Field(description="Every probe, and its hits.")
    image: ImageCheckEntry | None = Field(description="The pixel of the image; null where the probes name no image.")
    program_sha256: str = Field(description="SHA-256 of the program that was given.")
    captured_sha256: str = Field(description="SHA-256 of the program that was captured from.")
    plain_runs: int = Field(description="Runs without capture that the output was held against.")


class CapturedEntry(DocumentPart):
    """One captured value."""

    quantity: str = Field(description="Its name in the trace.")
    index: dict[str, int] = Field(description="Turns of loops that its line states.")
    numbers: Array[str] = Field(description="Its numbers with all their digits, as the trace has them.")
    unit: str = Field(description="The unit that its line states; empty for none.")


class WrittenEntry(DocumentPart):
    """A value that was written into the running program."""

    injection: str = Field(description="The injection as it is typed.")
    quantity: str = Field(description="Its quantity.")
    index: dict[str, int] = Field(description="Turns of loops in which it was to be written.")
    before: Array[Number] = Field(description="What the program had there.")
    after: Array[Number] = Field(description="What it had then.")


class MovedEntry(PixelPlace):
    """A pixel of the image that an injection moved, or did not."""

    before: Number = Field(description="Its value in the plain run.")
    after: Number = Field(description="Its value with the values injected.")


class InjectionEntry(DocumentPart):
    """A run with values written into the program, against the plain run."""

    values: Array[WrittenEntry] = Field(description="What was written, in its order.")
    changed: Array[str] = Field(description="What the program wrote otherwise: files, stdout, stderr.")
    image: str | None = Field(description="Name of the image; null where the probes name none.")
    selected: MovedEntry | None = Field(description="The selected pixel; null where none is selected.")
    moved: int | None = Field(description="Pixels whose bits differ; null without an image.")
    pixels: Array[MovedEntry] = Field(description="The first 100 of them.")


class CapturedTraceEntry(DocumentPart):
    """How the values of a program that prints no trace were captured; without a certificate there are none."""

    back_end: str = Field(description="What read the values.", json_schema_extra=words_of(*BackEnd))
    back_end_version: str = Field(description="Its version.")
    captured_sha256: str = Field(description="SHA-256 of the program that was captured from.")
    twin: bool = Field(description="Whether that is a twin, built for it, which writes what the given program does.")
    same: Array[str] = Field(description="What the program wrote, the same bytes with capture and without.")
    unstable: Array[str] = Field(description="What differs between two plain runs, and shows nothing.")
    hits: int = Field(description="How often probes were reached.")


class CaptureDocument(DocumentPart):
    """What `nbtrace capture` says of values read out of a running program."""

    format: Literal["nbtrace capture"]
    format_version: FormatVersion
    verdict: Literal["captured"] = Field(description="A capture without a certificate that holds has no document.")
    program: str = Field(description="The program.")
    arguments: Array[str] = Field(description="Its arguments.")
    back_end: str = Field(description="What read the values.", json_schema_extra=words_of(*BackEnd))
    back_end_version: str = Field(description="Its version.")
    declined: str = Field(
        description="Why breakpoints read the values though tracepoints were tried; empty where none were, or they did."
    )
    producer: str = Field(description="The compiler, as the debug information names it; empty where it does not.")
    twin: bool = Field(description="Whether the values are those of a twin that was built for it.")
    probe_file: str | None = Field(description="The probes; null for those that come with nbtrace.")
    selected: dict[str, int] = Field(description="The selected turn of each loop.")
    pixel: PixelPlace | None = Field(description="The selected pixel; null where none is selected.")
    quantities: Array[str] = Field(description="Names of the captured quantities, in the order of the trace.")
    hits: int = Field(description="How often probes were reached.")
    values: Array[CapturedEntry] = Field(description="The captured values, at most 1000 of them; the log has all.")
    certificate: CertificateEntry
    plain_seconds: Number = Field(description="Time of the plain run, in seconds.")
    captured_seconds: Number = Field(description="Time of the captured run, in seconds.")
    output: str | None = Field(description="Folder with what the captured run wrote; null where it was not kept.")
    in_place: Array[str] = Field(description="Files that the runs wrote outside of their private folder.")
    program_file: str | None = Field(
        default=None,
        description="The file that an interpreter runs, whose digests these are; null for another program.",
    )
    compiled_otherwise: Array[str] | None = Field(
        default=None,
        description="What a Python program writes otherwise where its functions are compiled; null where they were not "
        "kept from it.",
    )
    injection: InjectionEntry | None = Field(description="The run with values injected; null where none was made.")
    answer: Answer = Field(default="")
    provenance: Provenance = None
