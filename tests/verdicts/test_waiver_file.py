"""The file of waivers, right and wrong."""

from datetime import date
from pathlib import Path

import pytest

from nbtrace.errors import InputError, UsageError
from nbtrace.verdicts.tolerance import Limit
from nbtrace.verdicts.waiver_file import read_waivers
from nbtrace.vocabulary import registry
from nbtrace.vocabulary.quantity import Basis

GOOD = """
[[waiver]]
quantity = "F_cell"
bound = 1e-3
reason = "known"
owner = "jan"
expiry = 2027-01-31
"""


def read(folder: Path, text: str) -> tuple[object, ...]:
    path = folder / "waivers.toml"
    path.write_text(text)
    return read_waivers(path, registry.default())


def test_a_waiver_is_read_as_it_stands(tmp_path: Path) -> None:
    path = tmp_path / "waivers.toml"
    path.write_text(GOOD + 'case = "cubic*"\nside = "py"\ncause = "squared"\nlink = "https://example.org/1"\n')
    (found,) = read_waivers(path)
    assert (found.quantity, found.case, found.side, found.cause) == ("F_cell", "cubic*", "py", "squared")
    assert found.bound == Limit(1e-3, Basis.RELATIVE)
    assert found.expiry == date(2027, 1, 31)


def test_a_bound_is_in_the_unit_of_the_key_that_names_the_quantity(tmp_path: Path) -> None:
    vocabulary = registry.default()
    key = next(name for name, known in vocabulary._meanings.items() if known.scale not in {1.0, 0.0})
    path = tmp_path / "waivers.toml"
    path.write_text(GOOD.replace("F_cell", key).replace("1e-3", "{ absolute = 2.0 }"))
    (found,) = read_waivers(path, vocabulary)
    assert found.bound.value == pytest.approx(2.0 * vocabulary.meaning(key).scale)
    assert found.quantity == vocabulary.meaning(key).quantity


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (GOOD.replace("expiry", "expires"), "nearest is called expiry"),
        (GOOD.replace("[[waiver]]", "[[waivers]]"), "nearest is called waiver"),
        (GOOD.replace("bound = 1e-3", 'bound = "1e-3"'), "waiver 1: bound"),
        (GOOD.replace("bound = 1e-3", "bound = -1"), "waiver 1: bound"),
        (GOOD.replace("bound = 1e-3", "bound = nan"), "waiver 1: bound"),
        (GOOD.replace("bound = 1e-3\n", ""), "waiver 1: bound is missing"),
        (GOOD.replace("2027-01-31", '"soon"'), "waiver 1: expiry"),
        (GOOD.replace('owner = "jan"', "owner = 1"), "waiver 1: owner"),
        (GOOD + 'side = "left"\n', "waiver 1: side"),
        (GOOD + "line = 12\n", "there is no key 'line'"),
        (GOOD + GOOD, "two waivers"),
        ("waiver = 1\n", "waiver"),
        ("format_version = 2\n", "format_version"),
        ("[[waiver]", "no valid TOML"),
    ],
)
def test_what_is_no_waiver_is_one_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UsageError) as raised:
        read(tmp_path, text)
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_file_that_is_missing_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        read_waivers(tmp_path / "none.toml")
