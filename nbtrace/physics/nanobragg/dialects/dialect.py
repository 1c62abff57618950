"""How the logs of nanoBragg and its ports are read."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from nbtrace.parsers.dialect import Dialect, Placement, Tagged
from nbtrace.parsers.keyed import key_values, one_field
from nbtrace.parsers.outcome import Fields, Outcome, Structure, UnreadableLine
from nbtrace.parsers.placed_rows import CellRow, PlacedRow
from nbtrace.parsers.source import LogLines
from nbtrace.physics.nanobragg.dialects import tagged
from nbtrace.physics.nanobragg.dialects.banner import banner
from nbtrace.physics.nanobragg.dialects.image_statistics import statistics
from nbtrace.physics.nanobragg.dialects.placement import PixelPlacement
from nbtrace.physics.nanobragg.dialects.prose import assignments
from nbtrace.physics.nanobragg.reflection_files import reflections_told_by
from nbtrace.physics.nanobragg.vocabulary import VOCABULARY
from nbtrace.records import Side, Trace

if TYPE_CHECKING:
    from nbtrace.parsers.untagged import UntaggedReader


class NanoBraggDialect(Dialect):
    """The lines of nanoBragg, its ports and their tools."""

    json_parts: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "hkl_frac": ("h_frac", "k_frac", "l_frac"),
        "hkl_rounded": ("h", "k", "l"),
    }

    def tagged(self, line: str, context: str) -> Tagged | None:
        """Read a line with a prefix; None if it has none. `context` is the last heading."""
        return tagged.tagged(line, context)

    def side_of(self, family: str) -> Side:
        """Return the program that prints lines of a family."""
        return tagged.side_of(family)

    def side_of_line(self, line: str) -> Side:
        """Return the program whose prefix a line carries."""
        return tagged.side_of_line(line)

    def may_be_traced(self, text: str) -> bool:
        """Return whether a trace line may begin anywhere in a text, as far as that is seen at once."""
        return "TRACE" in text or "PIX0_PY" in text or "DETECTOR_" in text

    def placement(self) -> Placement:
        """Return what places the values of one log."""
        return PixelPlacement()

    def named_quantities(self, line: str, context: str) -> tuple[str, ...]:
        """Return what an unreadable line would have given, as far as it tells."""
        return tagged.named_quantities(line, context)

    def banner(self, line: str) -> Outcome | None:
        """Return what a line without a prefix states, None if it states nothing that is known."""
        return banner(line)

    def statistics(self, line: str) -> Fields | None:
        """Return what a line says of the whole image, None if it says nothing of it."""
        return statistics(line)

    def continuation(self, line: str, family: str, context: str) -> Outcome | None:
        """Read an indented line without a prefix after one of a family; None where such lines do not belong to it."""
        return _continuation(line, context) if family in tagged.CONTINUED else None

    def unprefixed(self, lines: LogLines) -> "UntaggedReader | None":
        """Return what reads a log of values without a prefix; None if it is no such log."""
        from nbtrace.physics.nanobragg.dialects.labels import LabelReader, reads_as_labels  # noqa: PLC0415 - rare

        return LabelReader() if reads_as_labels(lines) else None

    def is_prefixed(self, family: str) -> bool:
        """Whether a family is one of lines with a prefix."""
        return family.startswith("TRACE")

    def no_trace(self, head: bytes) -> str | None:
        """Return what a file is that another command reads, by its first bytes, and which; None for any other."""
        told = reflections_told_by(head)
        compares = "nbtrace diff, or nbtrace.compare_reflections of the library, compares it with another one"
        return None if told is None else f"{told}: {compares}"

    def placed_row(self, row: CellRow) -> PlacedRow:
        """Return a row of a structured file with its place, and what its keys stand for."""
        from nbtrace.physics.nanobragg.dialects.structured_rows import placed_row  # noqa: PLC0415 - of tables

        return placed_row(row)

    def document(self, source: str, data: Mapping[str, Any], lines: int, repeated: Sequence[str]) -> Trace | None:
        """Return the trace of a per-φ document; None for any other."""
        from nbtrace.physics.nanobragg.dialects.per_phi import is_per_phi, per_phi_trace  # noqa: PLC0415 - of JSON

        if not is_per_phi(data):
            return None
        return replace(per_phi_trace(source, data, lines, repeated), vocabulary=self.vocabulary)


def _continuation(line: str, context: str) -> Outcome:
    text = line.strip()
    if len(pairs := key_values(text)) > 1:
        records = [one_field(key, value, VOCABULARY) for key, value in pairs]
        fields = tuple(item for outcome in records if isinstance(outcome, Fields) for item in outcome.fields)
        return Fields(fields) if fields else Structure()
    outcome = assignments(text, context)
    return Structure() if isinstance(outcome, UnreadableLine) or text.startswith("=") else outcome
