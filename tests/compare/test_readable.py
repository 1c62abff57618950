"""The example of a line for who gives a log of which nothing can be read."""

import re
from pathlib import Path

import pytest

from nbtrace import diff, load_vocabulary, read_trace
from nbtrace.compare import readable
from nbtrace.compare.readable import INPUTS, PAGE, page, readable_line
from nbtrace.errors import InputError
from nbtrace.parsers import parse_trace
from nbtrace.vocabulary import registry
from nbtrace.vocabulary.vocabulary import Vocabulary
from tests.places import EXAMPLES

VOCABULARIES = (registry.default(), load_vocabulary(EXAMPLES / "heat" / "rod.toml"))


@pytest.mark.parametrize("vocabulary", VOCABULARIES, ids=lambda item: item.name)
def test_the_example_is_read(vocabulary: Vocabulary) -> None:
    line = re.search("`(.+?)`", readable_line(vocabulary))
    assert line is not None
    (trace,) = parse_trace(f"{line[1]}\n", vocabulary=vocabulary)
    assert [record.numbers[0] for record in trace.records] == [1.5]


def test_it_is_told_where_nothing_is_readable(tmp_path: Path) -> None:
    prose = tmp_path / "prose.log"
    prose.write_text("Dear reader,\nnothing here is a value.\n")
    with pytest.raises(InputError, match=r"none of its 2 lines is a trace line; one that is read is `TRACE_PY: "):
        diff(read_trace(prose), read_trace(prose))


@pytest.mark.parametrize("vocabulary", VOCABULARIES, ids=lambda item: item.name)
@pytest.mark.parametrize("name", ["a.json", "a.jsonl", "a.csv", "A.TSV"])
def test_the_example_of_a_structured_file_is_read(vocabulary: Vocabulary, name: str) -> None:
    lines = re.findall("`(.+?)`", readable_line(vocabulary, name))
    assert "docs/guide/inputs.md" in readable_line(vocabulary, name)
    (trace,) = parse_trace("".join(f"{line}\n" for line in lines), vocabulary=vocabulary)
    assert [record.numbers[0] for record in trace.records] == [1.5]


def test_the_page_is_named_where_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readable, "_INSTALLED", tmp_path)
    for name in (PAGE, INPUTS):
        assert (EXAMPLES.parent / page(name)).is_file()
        assert page(name) == name
        installed = tmp_path / name
        installed.parent.mkdir(parents=True, exist_ok=True)
        installed.touch()
        assert page(name) == str(installed)
