"""The table of all kinds of notice. Adding one: a function beside those of its subject, its line here, and a test."""

from nbtrace.compare.notices.compared import ComparedLogs, EachSide, NoticeKind
from nbtrace.compare.notices.configuration_notices import different_settings, different_things
from nbtrace.compare.notices.gap_notices import (
    ambiguous_values,
    fewer_turns,
    lost_values,
    missing_steps,
    traced_by_choice,
    unfinished_log,
    unread_quantities,
)
from nbtrace.compare.notices.line_notices import LINE_KINDS, duplicates, printed_again, readings
from nbtrace.compare.notices.log_notices import contradictions, habits, single_precision
from nbtrace.compare.notices.pixel_notices import different_pixels, different_points, unpaired_pixels
from nbtrace.compare.notices.side_notices import copies, which_is_which
from nbtrace.compare.notices.statistics_notices import different_statistics, no_trace
from nbtrace.compare.notices.step_notices import different_turns, repeated_steps
from nbtrace.compare.notices.tolerance_notices import idle_tolerances
from nbtrace.compare.notices.unit_notices import different_units
from nbtrace.verdicts.notices import Notice

NOTICE_KINDS: tuple[NoticeKind, ...] = (
    which_is_which,
    readings,
    unpaired_pixels,
    different_pixels,
    different_points,
    repeated_steps,
    different_turns,
    different_units,
    habits,
    EachSide(
        (
            no_trace,
            unfinished_log,
            missing_steps,
            fewer_turns,
            unread_quantities,
            lost_values,
            ambiguous_values,
            traced_by_choice,
        )
    ),
    copies,
    different_things,
    different_settings,
    single_precision,
    EachSide((contradictions,)),
    EachSide(LINE_KINDS),
    duplicates,
    printed_again,
    idle_tolerances,
    different_statistics,
)
"""In the order of the report, where notices weigh the same."""


def all_notices(logs: ComparedLogs) -> tuple[Notice, ...]:
    """Return everything that stands between two logs and a fair comparison, the gravest first."""
    every = (notice for kind in NOTICE_KINDS for notice in kind(logs))
    return tuple(sorted(every, key=lambda notice: -notice.weight))
