"""How long logs must be to be compared by columns; apart from the comparison, so that short logs need no numpy."""

from pathlib import Path

_LONG = 4_000_000
"""Bytes of both logs from which on columns pay."""


def are_long(*sources: str) -> bool:
    """Return whether files are together long enough that :func:`diff_long` pays."""
    paths = [Path(source) for source in sources]
    return all(path.is_file() for path in paths) and sum(path.stat().st_size for path in paths) > _LONG
