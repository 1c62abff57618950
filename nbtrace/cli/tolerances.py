"""Tolerances given as options, held against what was compared."""

from collections.abc import Iterable

from nbtrace.errors import UsageError
from nbtrace.verdicts.notices import Notice, Subject
from nbtrace.verdicts.tolerance import Policy


def refuse_misspelt(policy: Policy, notices: Iterable[Notice]) -> None:
    """Refuse an option for a quantity that neither the vocabulary nor the logs know.

    A policy file may serve many logs, so there such a name is a notice of the report.

    Raises
    ------
    UsageError
        If there is one; the message names the nearest quantity.
    """
    by_option = {name for name, limit in policy.overrides.items() if limit.by_option}
    for notice in notices:
        if notice.subject is Subject.TOLERANCE and notice.quantity in by_option:
            raise UsageError(notice.text)
