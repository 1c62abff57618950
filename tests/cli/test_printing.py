"""What reaches a terminal is printable, whichever of the two packages says it."""

import pytest

from nbtrace.cli.printing import shown
from simulator.errors import shown as shown_by_simulator


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("plain φ 3.5 Å", "plain φ 3.5 Å"),
        ("a\nb\tc", r"a\nb\tc"),
        ("\x1b[31mred\x07", r"\x1b[31mred\x07"),
        ("\u202egnp.exe", r"\u202egnp.exe"),
        ("latin\udce9.log", r"latin\xe9.log"),
        ("half of a pair \ud800", r"half of a pair \ud800"),
    ],
)
def test_control_characters_and_stray_bytes_are_escaped(text: str, line: str) -> None:
    assert shown(text) == line
    assert shown_by_simulator(text) == line
