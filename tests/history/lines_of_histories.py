"""Lines of histories for tests."""

from nbtrace.history.history_line import HistoryLine, ToolVersions, headroom_of


def line(
    run: int,
    quantity: str = "F",
    *,
    case: str = "one",
    status: str = "PASS",
    digits: float | None = 9.0,
    commit: str | None = None,
    tolerance: float | None = 1e-6,
    result: str = "diff",
) -> HistoryLine:
    """Return a line of a day that `run` counts."""
    relative = None if digits is None else 10.0**-digits
    return HistoryLine(
        format="nbtrace history",
        format_version=1,
        case=case,
        quantity=quantity,
        result=result,
        time=f"2026-01-{run + 1:02}T00:00:00.000Z",
        commit=commit or f"{run:040x}",
        dirty=False,
        status=status,
        digits=digits,
        headroom=headroom_of(relative, tolerance),
        relative=relative,
        absolute=relative,
        tolerance=tolerance,
        basis="relative",
        first_divergence=None,
        side="",
        cause="",
        versions=ToolVersions(),
        machine=None,
    )
