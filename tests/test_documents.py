"""Documents as they are read: bounded in size and depth, and strict about what a number is, wherever they come from."""

import json
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbtrace.compare.noise import read_noise
from nbtrace.documents import DEEPEST, LateEntries, dump, is_too_deep, load, pieces, plain, read_toml
from nbtrace.errors import InputError, NbtraceError, UsageError
from nbtrace.parsers import parse_trace
from nbtrace.programs.archived import ArchivedSource
from nbtrace.programs.suite_file import read_suite
from nbtrace.report.documents.filed import read_as
from nbtrace.report.documents.models.parts import PixelPlace
from nbtrace.verdicts.tolerance import Limit, parse_option, read_policy, resolve_policy
from nbtrace.vocabulary.quantity import Basis
from simulator.config_file import load_config
from simulator.errors import ConfigurationError, InputFileError

SUITE = 'format_version = 1\nname = "s"\n[[case]]\nname = "a"\nflags = "-N 5"\n'
CONFIG = 'flags = ["-cell", "1", "1", "1", "90", "90", "90", "-default_F", "1", "-N", "5"]\n'

TOML: dict[str, tuple[Callable[[Path], object], type[Exception]]] = {
    "policy.toml": (read_policy, UsageError),
    "pyproject.toml": (read_policy, UsageError),
    "suite.toml": (read_suite, UsageError),
    "config.toml": (load_config, ConfigurationError),
}
"""Every reader of TOML, and what it raises for a file that is none."""

USELESS = {
    "deep lists": b"a = " + b"[" * 50_000 + b"]" * 50_000,
    "deep tables": b"a = " + b"{a=" * 20_000 + b"1" + b"}" * 20_000,
    "many digits": b"a = " + b"1" * 5000,
    "no UTF-8": b"a = '\xff'",
    "no TOML": b"a",
    "half a table": b"[tool",
    "a NUL": b"\0",
    "a date that is none": b"a = 2025-99-99",
}


@pytest.mark.parametrize("name", TOML)
@pytest.mark.parametrize("content", USELESS.values(), ids=USELESS)
def test_toml_that_cannot_be_used_is_one_line(tmp_path: Path, name: str, content: bytes) -> None:
    read, kind = TOML[name]
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(kind, match=r"TOML") as raised:
        read(path)
    assert len(str(raised.value)) < 300 + len(str(path))


@pytest.mark.parametrize("name", TOML)
def test_toml_that_is_not_there(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    with pytest.raises((InputError, InputFileError), match="cannot be read"):
        TOML[name][0](tmp_path / name)


def test_tables_by_dotted_names_are_bounded_too(tmp_path: Path) -> None:
    path = tmp_path / "deep.toml"
    path.write_text(".".join("a" * 3000) + " = 1\n")
    with pytest.raises(UsageError, match="nested too deeply"):
        read_toml(path)


def nested(levels: int) -> Any:
    value: Any = []
    for _ in range(levels - 1):
        value = [value, 1]
    return value


def test_the_deepest_document_is_read_and_one_deeper_is_not(tmp_path: Path) -> None:
    assert not is_too_deep(nested(DEEPEST))
    assert is_too_deep(nested(DEEPEST + 1))
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"a": nested(DEEPEST - 1)}))
    assert load(path) == {"a": nested(DEEPEST - 1)}
    for levels in (DEEPEST, 900, 100_000):
        path.write_text('{"a": ' + "[" * levels + "]" * levels + "}")
        with pytest.raises(InputError, match="nested too deeply"):
            load(path)


@pytest.mark.parametrize("levels", [DEEPEST + 1, 300, 900, 100_000])
def test_a_log_in_deep_json_is_unreadable(levels: int) -> None:
    text = '{"F_latt": ' + "[" * levels + "1" + ",1,1]" * levels + "}"
    (trace,) = parse_trace(text)
    assert [problem.reason for problem in trace.account.unreadable] == ["JSON nested too deeply"]
    assert not trace.records


@pytest.mark.parametrize("word", ["true", "false", '"1"', "inf", "nan", "-1.0", "[1.0]", "{}", "2025-01-01", '""'])
@pytest.mark.parametrize(
    "text",
    [
        "[tolerance]\nrelative = {}\n",
        "[tolerance.quantities]\nF_cell = {{ relative = {} }}\n",
        "[tolerance.quantities]\nF_cell = {{ absolute = {} }}\n",
    ],
)
def test_a_tolerance_is_a_number(tmp_path: Path, text: str, word: str) -> None:
    path = tmp_path / "p.toml"
    path.write_text(text.format(word))
    with pytest.raises(UsageError, match=r"p\.toml: tolerance\..*(relative|absolute): Input should be"):
        read_policy(path)


def test_a_whole_number_is_a_tolerance_too(tmp_path: Path) -> None:
    path = tmp_path / "p.toml"
    path.write_text("[tolerance]\nrelative = 1\nquantities.F_cell.absolute = 2\n")
    found = read_policy(path)
    assert (found.relative, found.quantities["F_cell"]) == (1.0, Limit(2.0, Basis.ABSOLUTE))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("tool = 1", "tool.nbtrace is no table"),
        ("tool = []", "tool.nbtrace is no table"),
        ("[tool]\nnbtrace = 1", "tool.nbtrace is no table"),
        ("[[tool.nbtrace]]", "tool.nbtrace is no table"),
        ("[tool.nbtrace]\ntolerance = []", "tolerance is no table"),
        ("[tool.nbtrace]\ntolerance = 1e-3", "tolerance is no table"),
        ("[tool.nbtrace.tolerance]\nquantities = 1", "tolerance.quantities: Input should be a valid dictionary"),
        ("[tool.nbtrace.tolerance.quantities]\nF_cell = 1", "tolerance.quantities.F_cell: Input should be"),
    ],
)
def test_a_project_file_that_is_not_as_expected(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    with pytest.raises(UsageError, match=r"pyproject\.toml: ") as raised:
        resolve_policy([], None, tmp_path)
    assert said in str(raised.value)


@pytest.mark.parametrize(
    "text", ["", "[project]\nname = 'x'\n", "[tool]\n", "[tool.other]\nnbtrace = 1\n", "[tool.nbtrace]\n"]
)
def test_a_project_file_of_something_else_says_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    assert resolve_policy([], None, tmp_path) == resolve_policy([], None, tmp_path / "nowhere")
    (tmp_path / "pyproject.toml").unlink()
    (tmp_path / "pyproject.toml").mkdir()
    assert resolve_policy([], None, tmp_path) == resolve_policy([], None, tmp_path / "nowhere")


@pytest.mark.parametrize("option", ["١e-6", "1_0", "F_cell=1_0", "hkl_frac=abs:٠.1", "1e-1_0", "−1"])
def test_a_tolerance_is_typed_in_plain_digits(option: str) -> None:
    with pytest.raises(UsageError, match="is not a number"):
        parse_option(option)


@pytest.mark.parametrize(
    "line",
    [
        "relative = true",
        'relative = "1"',
        "threads = true",
        "threads = 1.0",
        "repeat = true",
        "pixels = [[true, 1]]",
        "roi = [0, 1, 0, true]",
        "sum_ratio = [true, 2]",
        "outliers = false",
        "traces = 1",
        'traces = "yes"',
        "threshold = false",
        "about = 1",
        "outliers = nan",
    ],
)
def test_a_suite_is_strict(tmp_path: Path, line: str) -> None:
    path = tmp_path / "s.toml"
    path.write_text(SUITE)
    read_suite(path)
    path.write_text(f"{SUITE}{line}\n")
    with pytest.raises(UsageError, match=f"case.0.{line.split(maxsplit=1)[0]}"):
        read_suite(path)


@pytest.mark.parametrize("version", ["true", "1.0", '"1"', "2"])
def test_a_version_is_a_whole_number(tmp_path: Path, version: str) -> None:
    path = tmp_path / "s.toml"
    path.write_text(SUITE.replace("= 1", f"= {version}", 1))
    with pytest.raises(UsageError, match="format_version"):
        read_suite(path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (CONFIG.replace('"5"', "true"), r"flags\[10\] is neither text nor a number"),
        (CONFIG.replace('"5"', "[5]"), r"flags\[10\] is neither text nor a number"),
        (CONFIG.replace('"5"', "2025-01-01"), r"flags\[10\] is neither text nor a number"),
        ("flags = '-N 5'\n", "has no flags"),
        (CONFIG + "about = 1\n", "about is no text"),
        *((f"{CONFIG}trace_pixel_slow_fast = {pixel}\n", "trace_pixel_slow_fast is no pixel")
          for pixel in ("[true, 1]", "[1]", "[1.5, 2]", "5", '["1", "2"]', "[-1, 2]", "[1, 2, 3]")),
    ],
)  # fmt: skip
def test_a_configuration_is_strict(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "c.toml"
    path.write_text(text)
    with pytest.raises(ConfigurationError, match=said):
        load_config(path)


def test_numbers_among_flags_need_no_quotes(tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    path.write_text(CONFIG)
    quoted = load_config(path).command.config
    path.write_text(CONFIG.replace('"5"', "5").replace('"90"', "90.0") + "trace_pixel_slow_fast = [1, 2]\n")
    assert load_config(path).command.config == quoted
    assert load_config(path).trace_pixel_slow_fast == (1, 2)


NOISE: dict[str, Any] = {
    "format": "nbtrace trust",
    "format_version": 1,
    "noise": {
        "probe_slow": 0,
        "probe_fast": 0,
        "shape_slow_fast": [4, 5],
        "pixels": [{"slow": 0, "fast": 1, "absolute": 1}],
        "traced": [],
    },
}


@pytest.mark.parametrize("wrong", [True, "1"])
@pytest.mark.parametrize(
    "place",
    [
        ("format_version",),
        ("noise", "probe_slow"),
        ("noise", "shape_slow_fast", 1),
        ("noise", "pixels", 0, "slow"),
        ("noise", "pixels", 0, "absolute"),
    ],
)
def test_noise_is_strict(tmp_path: Path, place: tuple[str | int, ...], wrong: object) -> None:
    path = tmp_path / "n.json"
    document: Any = json.loads(json.dumps(NOISE))
    path.write_text(json.dumps(document))
    read_noise(path)
    inner = document
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = wrong
    path.write_text(json.dumps(document))
    with pytest.raises(InputError, match=".".join(map(str, place))):
        read_noise(path)


@pytest.mark.parametrize("change", [{"threads": True}, {"shape_slow_fast": [True, 4]}, {"shape_slow_fast": ["4", 4]}])
def test_a_recorded_case_is_strict(tmp_path: Path, change: dict[str, object]) -> None:
    case = {"name": "a", "args": ["-N", "5"], "shape_slow_fast": [4, 4], "reference_sha256": "0" * 64}
    (tmp_path / "case.json").write_text(json.dumps(case))
    assert ArchivedSource(tmp_path).case.shape_slow_fast == (4, 4)
    (tmp_path / "case.json").write_text(json.dumps(case | change))
    with pytest.raises(NbtraceError, match=next(iter(change))):
        _ = ArchivedSource(tmp_path).case


def test_filed_documents_are_strict() -> None:
    assert read_as(PixelPlace, {"slow": 1, "fast": 2, "more": True}) == PixelPlace(slow=1, fast=2)
    for wrong in (True, "1", 1.5):
        with pytest.raises(InputError, match="slow"):
            read_as(PixelPlace, {"slow": wrong, "fast": 2})


@pytest.mark.parametrize("wrong", [True, "0.25"])
@pytest.mark.parametrize("key", ["phi_tic", "k_frac", "F_latt", "S_x"])
def test_per_phi_entries_hold_numbers(key: str, wrong: object) -> None:
    entry = {"phi_tic": 0, "phi_deg": 0.0, "k_frac": 0.5, "F_latt_b": 1.5, "F_latt": 2.5, "S_x": 1}
    (whole,) = parse_trace(json.dumps({"per_phi_entries": [entry]}))
    assert whole.records
    (trace,) = parse_trace(json.dumps({"per_phi_entries": [entry | {key: wrong}]}))
    assert not trace.records
    complaint = "is no whole number" if key == "phi_tic" else "Input should be a valid number"
    assert f"{key}: {complaint}" in trace.account.unreadable[0].reason


_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.just(Path("a/\udcff"))),
    lambda inner: st.one_of(st.lists(inner), st.tuples(inner, inner), st.dictionaries(st.text(), inner)),
    max_leaves=12,
)


@settings(max_examples=40)
@given(st.dictionaries(st.one_of(st.text(), st.integers(), st.just("not_finite")), _values))
def test_a_document_is_written_as_the_json_library_writes_it(document: dict[Any, object]) -> None:
    whole = json.dumps(plain(document), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    assert dump(document) == "".join(
        letter if letter.isprintable() or letter == "\n" else json.dumps(letter)[1:-1] for letter in whole
    )


def test_a_long_list_is_written_entry_by_entry() -> None:
    steps = [{"k": number / 7, "words": "no"} for number in range(1000)]
    assert max(map(len, pieces({"steps": steps}))) < 100


_columns = st.sampled_from(
    [
        st.integers(),
        st.floats(allow_nan=False, allow_infinity=False),
        st.sampled_from(["%s", "100 %", 'a "b"', "\0", "ä", "", "%%"]),
        st.sampled_from([None, 1, "1"]),
        st.sampled_from([None, 0.0, -0.0, 2.5]),
        st.sampled_from([True, 1, 0, False]),
        st.just(()),
        st.sampled_from([(), ("a", "b")]),
        _values,
    ]
)


@settings(max_examples=60, deadline=None)
@given(data=st.data(), count=st.integers(0, 5), size=st.integers(1, 4))
def test_late_entries_are_written_as_the_objects_that_they_are(data: st.DataObject, count: int, size: int) -> None:
    keys = [f"{number} %s" for number in range(size)]
    kinds = [data.draw(_columns) for _ in keys]
    rows = [tuple(data.draw(kind) for kind in kinds) for _ in range(count)]
    late = LateEntries(keys, count, lambda first: iter(rows[first:]))
    objects = [dict(zip(keys, row, strict=True)) for row in rows]
    assert dump({"steps": late, "n": 1}) == dump({"steps": objects, "n": 1})
    assert (len(late), repr(list(late)), repr(late[1:])) == (count, repr(objects), repr(objects[1:]))
    assert repr(plain(late)) == repr(plain(objects))


def test_late_entries_are_made_when_they_are_written() -> None:
    made: list[int] = []

    def entries(first: int) -> Iterator[tuple[int]]:
        for number in range(first, 10_000):
            made.append(number)
            yield (number,)

    text = pieces({"steps": LateEntries(["n"], 10_000, entries)})
    begun = "".join(islice(text, 4))
    assert 0 < begun.count('"n"') <= len(made) < 5000
    assert json.loads(begun + "".join(text)) == {"steps": [{"n": number} for number in range(10_000)]}
