"""The document of `nbtrace diff` on two tables of structure factors."""

from typing import Literal

from pydantic import Field

from nbtrace.report.documents.models.parts import (
    Answer,
    FormatVersion,
    NoticeEntry,
    Provenance,
    StatusWord,
    VerdictWord,
)
from nbtrace.schema import Array, DocumentPart, Number


class ReflectionTableSource(DocumentPart):
    """A file of structure factors, as it was read."""

    source: str = Field(description="Its name, as it was given.")
    form: str = Field(description="A list of h k l F, or a binary cache.")
    reflections: int = Field(description="Reflections, without the entries that hold the default.")
    repeated: int = Field(description="Lines that give a reflection again; the last value counts.")
    default_F: Number = Field(description="What fills the gaps of a cache, e⁻; null for a list.")


class ReflectionCoverage(DocumentPart):
    """How many reflections were compared, and how many only one side has."""

    expected: int = Field(description="Reflections that at least one side has.")
    compared: int = Field(description="Reflections that both sides have.")
    missing_c: int = Field(description="Reflections that the reference lacks.")
    missing_py: int = Field(description="Reflections that the candidate lacks.")


class ReflectionEntry(DocumentPart):
    """One reflection."""

    h: int = Field(description="Miller index h.")
    k: int = Field(description="Miller index k.")
    l: int = Field(description="Miller index l.")  # noqa: E741 - the index is called so
    c_value: Number = Field(description="F of the reference, e⁻; null where it has none.")
    py_value: Number = Field(description="F of the candidate, e⁻; null where it has none.")
    rel_delta: Number = Field(description="(py − c)/|c|; null where undefined.")
    status: StatusWord


class ReflectionRelationEntry(DocumentPart):
    """How the candidate's table is made from the reference's."""

    text: str = Field(description="The relation in words.")
    indices: str = Field(description="Where the candidate has the reflection h k l of the reference.")
    order: Array[int] = Field(description="For each of the candidate's indices, which of h k l it is taken from.")
    signs: Array[int] = Field(description="The sign that each of them then gets.")
    shift: Array[int] = Field(description="What is then added to each of them.")
    power: Number = Field(description="2 where the candidate has squares, ½ where it has roots, else 1.")
    scale: Number = Field(description="Factor from the reference's F, after the power, to the candidate's.")
    accounted: int = Field(description="Reflections of the reference that it accounts for.")
    of: int = Field(description="Reflections of the reference.")


class ReflectionsDocument(DocumentPart):
    """What `nbtrace diff` says of two tables of structure factors."""

    format: Literal["nbtrace reflections"]
    format_version: FormatVersion
    verdict: VerdictWord
    answer: Answer
    tolerance: Number = Field(description="Difference of F that agrees, relative unless absolute is true.")
    absolute: bool = Field(description="Whether the tolerance is in e⁻.")
    first_divergence: str | None = Field(description="F where a reflection differs or is missing; null otherwise.")
    num_divergent: int = Field(description="Reflections whose F differs.")
    coverage: ReflectionCoverage
    filled_by_default: int = Field(description="Reflections of one side that equal the default in the other's gaps.")
    c: ReflectionTableSource = Field(description="The reference's file.")
    py: ReflectionTableSource = Field(description="The candidate's file.")
    notices: Array[NoticeEntry] = Field(description="What must be known of the files.")
    relation: ReflectionRelationEntry | None = Field(description="One relation for all; null where none is found.")
    worst: Array[ReflectionEntry] = Field(description="The reflections that differ most.")
    lacking: Array[ReflectionEntry] = Field(description="The strongest reflections that a side lacks.")
    provenance: Provenance = None
