"""Vocabularies drafted from tables and JSON lines."""

import csv
import io
import json
from collections.abc import Callable

import pytest

from nbtrace import Verdict, diff, parse_trace
from nbtrace.vocabulary.draft import draft
from nbtrace.vocabulary.drafted_rows import rows_as_lines
from nbtrace.vocabulary.file import vocabulary_of

Row = dict[str, float]


def rows(factor: float = 1.0) -> list[Row]:
    found = [{"step": n, "T": 300.0 + n, "pot": -8970.25 - n / 8, "kin": 808.5 + n / 4} for n in range(6)]
    for row in found:
        row["pot"] *= factor if row["step"] > 3 else 1.0
        row["total"] = row["pot"] + row["kin"]
    return found


def as_table(separator: str) -> Callable[[list[Row]], str]:
    def text(found: list[Row]) -> str:
        stream = io.StringIO()
        writer = csv.DictWriter(stream, list(found[0]), delimiter=separator, lineterminator="\n")
        writer.writeheader()
        writer.writerows(found)
        return stream.getvalue()

    return text


def as_json_lines(found: list[Row]) -> str:
    return "".join(f"{json.dumps(row)}\n" for row in found)


@pytest.mark.parametrize("form", [as_table(","), as_table("\t"), as_json_lines], ids=["csv", "tsv", "jsonl"])
def test_a_table_of_another_physics_is_drafted_from_and_read(form: Callable[[list[Row]], str]) -> None:
    texts = form(rows()), form(rows(1.001))
    own = vocabulary_of(draft(*texts, ("a", "b")).encode(), "drafted.toml")
    assert list(own.quantities) == ["T", "pot", "kin", "total"]
    assert (own.indices[-1], own.formulas["total"].text) == ("step", "kin + pot")
    (c,), (py,) = (parse_trace(text, vocabulary=own) for text in texts)
    assert diff(c, c).coverage.compared == 24
    result = diff(c, py)
    assert result.verdict is Verdict.DIFFER
    assert result.first_divergence is not None
    assert result.first_divergence.label == "pot [step 4]"


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "A letter, as it is\nwith words, and more\n",
            "{not json}\n",
            "[1, 2]\n",
            "1,2\n3,4\n",
            '{"a": "x"}\n',
            "{\n",
        ),
        pytest.param(f"a,{'b' * 200_000}\n1,2\n", id="a cell beyond the limit of a table"),
    ],
)
def test_other_texts_have_no_rows(text: str) -> None:
    assert rows_as_lines(text.splitlines()) == []


def test_only_numbers_under_names_are_taken() -> None:
    table = ["# by hand", "step,my name,v,w", "1,2,x,4", "2,3,5", "3,4,5,-6e-3"]
    assert rows_as_lines(table) == ["step=1 w=4", "step=3 v=5 w=-6e-3"]
    assert rows_as_lines(['{"a": 1, "b": [1.5, 2], "c": true, "d": null, "e": {"f": 1}}']) == ["a=1 b=1.5 2"]
