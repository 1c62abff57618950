"""Lines without what a logger put in front of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbtrace.parsers.bare_lines import BareLines, Prefixes
from nbtrace.parsers.log_prefixes import message, prefix_of
from nbtrace.vocabulary import registry

FORMS = [
    "2026-01-02 03:04:{n:02d},123 - port.core - INFO - E = {n}.5",
    "Jan {n} 03:04:05 host port[12]: E = 1.5",
    "rank {n}: E = 1.5",
    "[{n}] E = 1.5",
    "{n}: E = 1.5",
    "{n} 1.5 E",
    "INFO: E = {n}",
    "info {n}: E = 1.5",
    "PIX{n}_PY: E = 1.5",
    "E = {n}",
    "mpi rank {n}: a 5",
    "I{n} 5 7 f:3] a",
    "{n}.5 E",
    "{n}\tE",
]
NUMBERS = ["0", "1", "10", "123", "1767323045", "1767323045123", "12345678901", "0001", "999"]


@pytest.mark.parametrize("form", FORMS)
def test_what_is_found_in_front_of_lines_is_what_stands_there_whatever_came_before(form: str) -> None:
    found, lines = Prefixes(), BareLines(registry.default())
    told = [form.format(n=int(number)) for number in (*NUMBERS, *NUMBERS[::-1])]
    told += [form.replace("{n}", number).replace("{n:02d}", number) for number in NUMBERS]
    for line in told:
        assert found.of(line) == prefix_of(line)
        assert (lines.parted(line).text, lines.parted(line).prefix) == (message(line), prefix_of(line))


@given(texts=st.lists(st.text(st.sampled_from("12 0:[]-|.,\tIabTRACEPIX_Y"), max_size=25), min_size=1, max_size=6))
def test_no_text_has_another_prefix_for_what_came_before_it(texts: list[str]) -> None:
    lines = BareLines(registry.default())
    for line in [text.replace("1", digit) for text in texts for digit in "1237"]:
        assert lines.parted(line).prefix == prefix_of(line)
