"""What views of several comparisons with one reference say of all of them together: names, notices, divergences."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from nbtrace.compare.several_logs import SharedDivergence
from nbtrace.report.view import listed
from nbtrace.report.views.diff_view import shown_value
from nbtrace.verdicts.notices import Notice
from nbtrace.verdicts.status import Verdict

VERDICT_CELLS = {Verdict.AGREE: "agree", Verdict.DIFFER: "differ", Verdict.NOT_COMPARABLE: "not comparable"}
"""What a cell says of a verdict."""
IN_FULL = 3
"""Comparisons that differ of which a short report tells each one's answer."""
NAMED = 4
"""Names, or divergences, that a sentence holds."""


def names_together(names: Sequence[str]) -> str:
    """Return names as a sentence has them."""
    if len(names) > NAMED:
        return listed(names, NAMED - 1)
    return " and ".join((", ".join(names[:-1]), names[-1])) if len(names) > 1 else names[0]


def notices_of_each(told: Sequence[tuple[str, Sequence[Notice]]]) -> Iterator[Notice]:
    """Yield the notices of named comparisons: what is said of every one once, the rest with its name."""
    each = [{notice.text for notice in notices} for _, notices in told]
    everywhere = set.intersection(*each) if len(each) > 1 else set()  # a single one's have its name
    seen: set[str] = set()
    for name, notices in told:
        for notice in notices:
            if notice.text not in everywhere:
                yield replace(notice, text=f"{name}: {notice.text}")
            elif notice.text not in seen:
                seen.add(notice.text)
                yield notice


def divergence_together(names: Sequence[str], item: SharedDivergence, *, line: str = "") -> str:
    """Return where some leave the reference together, after the line of the reference if it is told."""
    row, how = item.row, "diverge first" if item.is_first else "have their first divergence above 1e-4"
    where = f"{names_together(names)} {how} in the same place, {row.label}{line}"
    if not item.same_value:
        return f"{where}, and not all with the same value"
    component = f"{row.component} " if row.component else ""
    return f"{where}, with the same value: {component}{shown_value(row, row.py)} in place of {shown_value(row, row.c)}"
