"""Tolerances given as options, held against what was compared."""

from collections.abc import Collection, Iterable

from nbtrace.errors import UsageError
from nbtrace.verdicts.notices import Notice, Subject
from nbtrace.verdicts.tolerance import Policy


def refuse_misspelt(policy: Policy, *comparisons: Iterable[Notice]) -> None:
    """Refuse an option for a quantity that neither the vocabulary nor the logs of any comparison know.

    A policy file may serve many logs, so there such a name is a notice of the report.

    Parameters
    ----------
    policy : Policy
    *comparisons : iterable of Notice
        What is said of each comparison that was made.

    Raises
    ------
    UsageError
        If there is one; the message names the nearest quantity.
    """
    by_option = {name for name, limit in policy.overrides.items() if limit.by_option}
    first, *others = [_unknown(by_option, notices) for notices in comparisons] or [{}]
    for name, text in first.items():
        if all(name in other for other in others):
            raise UsageError(text)


def _unknown(names: Collection[str], notices: Iterable[Notice]) -> dict[str, str]:
    """Return the names that a comparison does not know, and what it says of each."""
    found: dict[str, str] = {}
    for notice in notices:
        if notice.subject is Subject.TOLERANCE and notice.quantity is not None and notice.quantity in names:
            found[notice.quantity] = notice.text
    return found
