"""Logs to compare: the recorded pairs of `examples/`, and edits of them."""

from collections.abc import Callable

import pytest

from tests.places import PAIRS

Edit = Callable[[str, str, str], str]


@pytest.fixture(scope="session")
def c_text() -> str:
    """Log of the reference for the supervisor configuration, pixel slow 685, fast 1039, ten φ steps."""
    return (PAIRS / "supervisor__685_1039" / "c.log").read_text()


@pytest.fixture(scope="session")
def edit() -> Edit:
    """Replaces what a log prints after `TRACE_C: key `."""

    def replaced(text: str, key: str, value: str) -> str:
        lines = text.splitlines()
        places = [i for i, line in enumerate(lines) if line.startswith(f"TRACE_C: {key} ")]
        assert len(places) == 1, key
        lines[places[0]] = f"TRACE_C: {key} {value}"
        return "\n".join(lines) + "\n"

    return replaced


@pytest.fixture(scope="session")
def printed() -> Callable[[str, str], str]:
    """Returns what a log prints after `TRACE_C: key `."""

    def value(text: str, key: str) -> str:
        return next(
            line.removeprefix(f"TRACE_C: {key} ") for line in text.splitlines() if line.startswith(f"TRACE_C: {key} ")
        )

    return value
