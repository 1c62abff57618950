"""The per-φ JSON documents, in both their forms."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from nbtrace.parsers.json_traces import json_record, useless
from nbtrace.parsers.trace_builder import fitted
from nbtrace.physics.nanobragg.dialects.lines import phi_meaning
from nbtrace.physics.nanobragg.quantities import PHI_TIC
from nbtrace.physics.nanobragg.vocabulary import VOCABULARY
from nbtrace.records import Account, Index, Setting, Trace, Unreadable
from nbtrace.writers import PER_PHI_LISTS

if TYPE_CHECKING:
    from nbtrace.physics.nanobragg.dialects.per_phi_schema import PerPhiEntry

_OF_STEP = frozenset({PHI_TIC, *PER_PHI_LISTS})
_STEP = ("phi_k_frac", "phi_F_latt_b", "phi_F_latt")


def is_per_phi(data: Mapping[str, Any]) -> bool:
    """Whether a JSON object is a per-φ document."""
    return any(name in data for name in PER_PHI_LISTS)


def per_phi_trace(source: str, data: Mapping[str, Any], lines: int, repeated: Iterable[str]) -> Trace:
    """Return the trace of a per-φ document; without records where it is not as it should be."""
    # pydantic, which only such a document needs.
    from pydantic import ValidationError  # noqa: PLC0415

    from nbtrace.physics.nanobragg.dialects.per_phi_schema import PerPhiDocument  # noqa: PLC0415
    from nbtrace.schema import reason  # noqa: PLC0415

    try:
        document = PerPhiDocument.model_validate(data)
    except ValidationError as error:
        return useless(source, lines, Unreadable(1, "", reason(error)), "per-φ JSON", VOCABULARY)
    records = tuple(
        json_record(key, phi_meaning(key).quantity, value, index, VOCABULARY)
        for index, entry in _placed(document.per_phi_entries)
        for key, value in entry.model_dump().items()
        if key != PHI_TIC
    )
    settings = {
        name: Setting(value.removeprefix("torch."), 1)
        for name in ("config", "device", "dtype", "timestamp")
        if (value := getattr(document, name)) is not None
    }
    pixels = {0: document.pixel.pixel} if document.pixel else {}
    odd = fitted(_repeated_in_steps(repeated), lines)
    account = Account(lines, lines - len(odd), 0, 0, odd)
    return Trace(source, records, settings, account, ("per-φ JSON",), pixels, VOCABULARY)


def _repeated_in_steps(repeated: Iterable[str]) -> tuple[Unreadable, ...]:
    """Return the keys that stand more than once in an object of a per-φ document, where the last one counts."""
    return tuple(
        Unreadable(
            1,
            key,
            f"{key} stands in the document more than once",
            _STEP if key in _OF_STEP else (phi_meaning(key).quantity,),
        )
        for key in dict.fromkeys(repeated)
    )


def _placed(entries: "Iterable[PerPhiEntry]") -> "Iterator[tuple[Index, PerPhiEntry]]":
    """Yield each entry with where it belongs; a step that does not come after the last one is of the next point."""
    sample, last = 0, -1
    for entry in entries:
        sample += entry.phi_tic <= last
        last = entry.phi_tic
        yield Index(sample=sample, loops=((PHI_TIC, entry.phi_tic),)), entry
