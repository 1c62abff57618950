"""The judged quantities of a case, as documents have them."""

from collections.abc import Iterable

from nbtrace.report.documents.models.judged import JudgedEntry
from nbtrace.verdicts.waivers import JudgedQuantity


def judged_entries(quantities: Iterable[JudgedQuantity]) -> tuple[JudgedEntry, ...]:
    """Return what a document says of the quantities of a case."""
    return tuple(
        JudgedEntry(
            quantity=item.quantity,
            status=item.status.value,
            relative=item.relative,
            absolute=item.absolute,
            digits_in_agreement=item.digits,
            tolerance=item.tolerance,
            tolerance_basis=item.basis.value,
            side=item.side,
            cause=item.cause,
        )
        for item in quantities
    )
