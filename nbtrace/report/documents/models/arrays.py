"""The document of arrays that a test or a library user compares."""

from typing import Literal

from pydantic import Field

from nbtrace.report.documents.models.parts import Answer, FormatVersion, Provenance, SideNames, StatusWord, VerdictWord
from nbtrace.schema import Array, DocumentPart, Number


class ArrayElementEntry(DocumentPart):
    """An element beyond the tolerance."""

    index: Array[int] = Field(description="Its place, from 0; empty for a single number.")
    label: str = Field(description="What a table calls its row; empty where it has no names.")
    c_text: str = Field(description="The reference's value.")
    py_text: str = Field(description="The candidate's value.")
    rel_delta: Number = Field(description="|py − c|/max(|c|, |py|); null where it cannot be taken.")


class ArrayEntry(DocumentPart):
    """An array on both sides."""

    name: str = Field(description="Its name; those of nested mappings are joined by dots.")
    status: StatusWord
    reason: str = Field(description="Why the status is what it is, where numbers do not tell.")
    relation: str = Field(description="How the candidate's is made from the reference's, where that is simple.")
    shape_c: Array[int] | None = Field(description="The reference's shape; null where it has no such array.")
    shape_py: Array[int] | None = Field(description="The candidate's shape; null where it has no such array.")
    type_c: str = Field(description="The reference's number type.")
    type_py: str = Field(description="The candidate's number type.")
    tolerance_rel: Number = Field(description="An element agrees within this part of the larger of both values, …")
    tolerance_abs: Number = Field(description="… or within this difference, whichever is larger.")
    compared: int = Field(description="Elements that were compared.")
    beyond: int = Field(description="Elements beyond the tolerance.")
    left_out: int = Field(description="Elements that are nan on both sides, where that was asked to agree.")
    worst: ArrayElementEntry | None = Field(description="The worst element; null where all agree.")
    first: ArrayElementEntry | None = Field(description="The first element beyond the tolerance.")


class ArraysDocument(DocumentPart):
    """What `nbtrace.compare_arrays` and the fixture `parity` say of arrays."""

    format: Literal["nbtrace arrays"]
    format_version: FormatVersion
    verdict: VerdictWord
    names: SideNames | None = Field(description="What reports call the two sides.")
    first_divergence: str | None = Field(description="Name of the first array that differs.")
    num_divergent: int = Field(description="Arrays that differ.")
    compared: int = Field(description="Elements that were compared.")
    arrays: Array[ArrayEntry] = Field(description="The arrays, in the order of the reference.")
    answer: Answer = ""
    provenance: Provenance = None
