import time
import tomllib
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbtrace.errors import InputError, UsageError
from nbtrace.vocabulary.file import LARGEST, read_vocabulary, vocabulary_of
from nbtrace.vocabulary.quantity import Basis, Kind
from nbtrace.vocabulary.vocabulary import REPEAT, ChainFactor, Constant, SideName, Vocabulary
from tests.vocabulary.places import ROD


def read(text: str) -> Vocabulary:
    return vocabulary_of(text.encode(), "rod.toml")


@pytest.fixture(scope="module")
def rod() -> Vocabulary:
    return read(ROD)


def test_what_a_file_says(rod: Vocabulary) -> None:
    assert rod.name == "rod"
    assert rod.sides == (SideName("F90", ("TRACE_F90:",)), SideName("JAX", ("jax>", "TRACE_JAX:")))
    assert rod.indices == (REPEAT, "step", "cell")
    assert rod.final == "power_W"
    assert rod.constants["kappa"] == Constant("kappa", (401.0,), "W/(m K)", ("conductivity",))
    assert rod.constants["axis"].numbers == (0.0, 0.0, 1.0)
    assert list(rod.quantities) == [
        *("kappa", "dt_s", "rho_c", "axis"),  # a log may print constants, too
        *("dx_m", "area_m2", "dilution", "u", "v", "solver", "T_K", "flux_W_m2", "normal", "power_W"),
    ]
    assert rod.chain is not None
    assert rod.chain.factors == (ChainFactor("flux_W_m2"), ChainFactor("area_m2"), ChainFactor("dilution", -1))


def test_what_a_file_says_of_a_quantity(rod: Vocabulary) -> None:
    temperature, flux, area = (rod.quantities[name] for name in ("T_K", "flux_W_m2", "area_m2"))
    assert temperature.never_zero
    assert temperature.description == "Temperature of a cell"
    assert flux.aliases == (("flux_W_cm2", "W/cm2"),)
    assert rod.meaning("flux_W_cm2").scale == 1e4
    assert (area.basis, area.tolerance) == (Basis.ABSOLUTE, 1e-9)
    assert (rod.quantities["power_W"].basis, rod.quantities["power_W"].tolerance) == (Basis.RELATIVE, 1e-9)
    assert rod.quantities["dilution"].has_default
    assert rod.quantities["solver"].kind is Kind.TEXT
    assert (rod.quantities["u"].kind, rod.quantities["u"].size) == (Kind.VECTOR, 3)
    assert rod.quantities["v"].section == "Geometry"


def test_inputs_are_what_the_formula_reads(rod: Vocabulary) -> None:
    for name, formula in rod.formulas.items():
        assert rod.quantities[name].inputs == formula.inputs
    assert rod.formulas["T_K"].inputs == ("T_K", "dx_m", "flux_W_m2")
    assert rod.formulas["T_K"].facts == ("dt_s", "rho_c")
    assert rod.quantities["power_W"].inputs == ("flux_W_m2", "area_m2", "dilution")


def test_spellings_of_units() -> None:
    text = ROD.replace('u = { unit = "m"', 'u = { unit = "meters"').replace(
        "dilution = {", 'current = { unit = "A" }\ndilution = {'
    )
    assert read(text).quantities["u"].unit == "m"
    assert read(text).quantities["current"].unit == "A"  # the ampere, although traces print Å so


def test_windows_line_ends_and_a_mark_at_the_start() -> None:
    content = b"\xef\xbb\xbf" + ROD.replace("\n", "\r\n").encode()
    assert list(vocabulary_of(content, "rod.toml").quantities) == list(read(ROD).quantities)
    with pytest.raises(UsageError, match=r"^rod.toml:3: "):
        vocabulary_of(content.replace(b'"rod"', b"3"), "rod.toml")


DX = 'dx_m = { unit = "m" }'
SIDES = 'sides = { F90 = ["TRACE_F90:"], JAX = ["jax>", "TRACE_JAX:"] }'
NORMAL = 'formula = "cross(u, v) / norm(cross(u, v))"'
CHAIN = 'power_W = ["flux_W_m2", "area_m2", "1/dilution"]'

MALFORMED: dict[str, tuple[str, str, int, str]] = {
    "no version": ("format_version = 1", "", 1, "format_version is missing"),
    "unknown version": ("format_version = 1", "format_version = 2", 2, "this nbtrace reads 1"),
    "version as text": ("format_version = 1", 'format_version = "1"', 2, "this nbtrace reads 1"),
    "no name": ('name = "rod"', "", 1, "name is missing"),
    "name of a wrong type": ('name = "rod"', "name = 3", 3, "must be a text"),
    "empty name": ('name = "rod"', 'name = ""', 3, "a name is empty"),
    "unknown key": ("[chain]", "[chains]", 44, "the nearest is chain"),
    "unknown key of a quantity": (DX, 'dx_m = { unti = "m" }', 16, "the nearest is unit"),
    "description over two lines": (DX, 'dx_m = { description = "a\\nb" }', 16, "one line"),
    "one side": (SIDES, 'sides = { F90 = ["TRACE_F90:"] }', 5, "there are two sides, the reference first; here are 1"),
    "three sides": (SIDES, 'sides = { A = "a>", B = "b>", C = "c>" }', 5, "here are 3"),
    "sides as a list": (SIDES, 'sides = ["a", "b"]', 5, "must be a table"),
    "side without prefix": ('["TRACE_F90:"]', "[]", 5, "F90 has no prefix"),
    "prefix of a wrong type": ('["TRACE_F90:"]', "[3]", 5, "must be a text"),
    "empty prefix": ('["TRACE_F90:"]', '[""]', 5, "is no prefix"),
    "prefix with a blank": ('["TRACE_F90:"]', '["TRACE_F90: "]', 5, "is no prefix"),
    "one prefix for both": ('"jax>"', '"TRACE_F90:"', 5, "stands twice"),
    "prefix of a prefix": ('"jax>"', '"TRACE_"', 5, "one begins with the other"),
    "index twice": ('["step", "cell"]', '["step", "step"]', 6, "one key has one meaning"),
    "index that is no word": ('["step", "cell"]', '["step", "a b"]', 6, "no name of an index"),
    "index that is reserved": ('["step", "cell"]', '["step", "cell", "pi"]', 6, "a word of formulas"),
    "index that is a quantity": ('["step", "cell"]', '["step", "cell", "dx_m"]', 16, "one key has one meaning"),
    "unknown final": ('final = "power_W"', 'final = "power"', 7, "the nearest is power_W"),
    "final constant": ('final = "power_W"', 'final = "kappa"', 7, "a quantity is expected"),
    "constant that is nan": ("value = 401.0", "value = nan", 10, "finite"),
    "constant as text": ("value = 401.0", 'value = "401"', 10, "must be a number"),
    "empty constant": ("value = 401.0", "value = []", 10, "at least 1"),
    "constant without a value": ("value = 401.0, ", "", 10, "value is missing"),
    "constant with an ambiguous unit": ("W/(m K)", "W/m K", 10, "ambiguous"),
    "constant with a wrong unit": ("W/(m K)", "W/m", 31, "measure different things"),
    "constant that is a quantity": (DX, f"{DX}\nkappa = {{}}", 17, "one key has one meaning"),
    "alias that is a quantity": ('["conductivity"]', '["dx_m"]', 10, "one key has one meaning"),
    "alias that is an index": ('alias = ["dilution_factor"]', 'alias = ["step"]', 18, "one key has one meaning"),
    "alias of two": ('alias = ["dilution_factor"]', 'alias = ["flux_W_cm2"]', 32, "one key has one meaning"),
    "alias twice": ('["dilution_factor"]', '["d", "d"]', 18, "stands twice"),
    "alias of a wrong type": ('["dilution_factor"]', "[1]", 18, "keys are texts"),
    "alias in another unit": ('"W/cm2"', '"W/cm3"', 32, "measure different things"),
    "key twice": (DX, f"{DX}\n{DX}", 17, "no TOML"),
    "quantity as text": (DX, 'dx_m = "m"', 16, "must be a table"),
    "quantity in another unit": (DX, 'dx_m = { unit = "mm" }', 26, "differ by the factor 0.001"),
    "quantity in degrees Celsius": ('unit = "K"', 'unit = "degC"', 24, "use K"),
    "quantity called as a function": (DX, f"norm = {{}}\n{DX}", 16, "a word of formulas"),
    "control character in a name": (DX, f'"d\\u0007" = {{}}\n{DX}', 16, "cannot be printed"),
    "empty name of a quantity": (DX, f'"" = {{}}\n{DX}', 16, "a name is empty"),
    "name with an equals sign": (DX, f'"a=b" = {{}}\n{DX}', 16, "equals sign"),
    "long name": (DX, f"{'q' * 201} = {{}}\n{DX}", 16, "at most 200"),
    "one name in formulas": (DX, f'{DX}\n"µ" = {{}}\n"μ" = {{}}', 18, "one name in formulas"),
    "a bare key that is no ASCII": (DX, "λ = {}", 16, "stands in quotes"),
    "tolerance nan": ("absolute = 1e-9", "absolute = nan", 17, "finite"),
    "tolerance inf": ("tolerance = 1e-9", "tolerance = inf", 41, "finite"),
    "negative tolerance": ("absolute = 1e-9", "absolute = -1", 17, "greater than or equal to 0"),
    "tolerance of nothing": ("absolute = 1e-9", "", 17, "a relative or an absolute"),
    "two tolerances": ("absolute = 1e-9", "absolute = 1, relative = 1", 17, "a relative or an absolute"),
    "tolerance of an unknown basis": ("absolute = 1e-9", "absolut = 1", 17, "the nearest is absolute"),
    "tolerance that is true": ("tolerance = 1e-9", "tolerance = true", 41, "power_W.tolerance"),
    "default as text": ("default = true", 'default = "yes"', 18, "true or false"),
    "shape 0": ("u = { unit = \"m\", shape = 3 }", "u = { shape = 0 }", 19, "greater than or equal to 1"),
    "shape that is no whole number": ("u = { unit = \"m\", shape = 3 }", "u = { shape = 3.5 }", 19, "whole number"),
    "huge shape": ("u = { unit = \"m\", shape = 3 }", "u = { shape = 1001 }", 19, "less than or equal to 1000"),
    "unknown kind": ('kind = "text"', 'kind = "word"', 21, "'number' or 'text'"),
    "text with a shape": ('kind = "text"', 'kind = "text", shape = 3', 21, "is text, so it has no shape"),
    "text with a unit": ('kind = "text"', 'kind = "text", unit = "m"', 21, "is text, so it has no unit"),
    "formula of another shape": (NORMAL, 'formula = "dot(u, v)"', 37, "the quantity has 3"),
    "formula of another unit": (NORMAL, 'formula = "cross(u, v)"', 37, "measure different things"),
    "formula with an unknown name": ("T_K[cell+1]", "T_k[cell+1]", 31, "the nearest is T_K"),
    "formula with an alias": ("-kappa", "-conductivity", 31, "a formula names kappa"),
    "formula with a text": ("-kappa", "-solver", 31, "a formula takes numbers"),
    "formula of a wrong type": (NORMAL, "formula = 3", 37, "must be a text"),
    "empty formula": (NORMAL, 'formula = ""', 37, "the formula is empty"),
    "hostile formula": (NORMAL, 'formula = "u.__class__"', 37, "an attribute"),
    "formula with inputs": (NORMAL, f'{NORMAL}\ninputs = ["u"]', 37, "leave out inputs"),
    "cycle of one": ("previous(T_K) -", "T_K -", 23, "T_K → T_K"),
    "cycle of two": ("previous(flux_W_m2) -", "flux_W_m2 -", 23, "T_K → flux_W_m2 → T_K"),
    "cycle of inputs": ('inputs = ["flux_W_m2"', 'inputs = ["power_W"', 39, "power_W → power_W"),
    "wrong order": (DX, 'dx_m = { unit = "m", formula = "norm(u)" }', 16, "u first"),
    "wrong order of inputs": (DX, 'dx_m = { unit = "m", inputs = ["u"] }', 16, "u first"),
    "unknown input": ('inputs = ["flux_W_m2"', 'inputs = ["flux"', 42, "the nearest is flux_W_m2"),
    "input twice": ('"area_m2", "dilution"]\n\n', '"area_m2", "area_m2"]\n\n', 42, "stands twice"),
    "unknown index of a quantity": ('unit = "K"', 'unit = "K"\nindices = ["stp"]', 25, "the nearest is step"),
    "chain of an unknown": (CHAIN, 'power = ["area_m2"]', 45, "the nearest is power_W"),
    "chain with an unknown": ("1/dilution", "1/dilutoin", 45, "the nearest is dilution"),
    "chain that is a sum": ("1/dilution", "area_m2 + u", 45, "a chain is a product"),
    "chain with a factor twice": ("1/dilution", "area_m2", 45, r"write area_m2\*\*2"),
    "chain with a power of 0": ("1/dilution", "dilution**0", 45, "has no effect"),
    "chain with a vector": ("1/dilution", "u", 45, "no single number"),
    "chain of itself": ("1/dilution", "power_W", 45, "a factor of itself"),
    "empty chain": (CHAIN, "power_W = []", 45, "has no factors"),
    "chain of another unit": (CHAIN, 'power_W = ["area_m2"]', 45, "measure different things"),
    "two chains": (CHAIN, f'{CHAIN}\nT_K = ["dx_m"]', 44, "there is one chain"),
    "chain as text": (CHAIN, 'power_W = "area_m2 * flux_W_m2"', 45, "must be a list"),
    "no TOML": (DX, 'dx_m = { unit = "m" ', 16, "no TOML"),
    "no value": (DX, "dx_m =", 16, "no TOML"),
    "nested too deeply": (DX, f"dx_m = {'[' * 20_000}", 1, "nested too deeply"),
    "no quantity": (ROD[ROD.index("[quantities]") :], "[quantities]", 15, "no quantity is listed"),
    "no quantities at all": (ROD[ROD.index("[quantities]") :], "", 1, "quantities is missing"),
    "empty": (ROD, "", 1, "the file is empty"),
    "comments alone": (ROD, "# nothing\n\n", 1, "the file is empty"),
}  # fmt: skip


@pytest.mark.parametrize("kind", MALFORMED)
def test_a_malformed_vocabulary_is_one_line_with_its_place(kind: str) -> None:
    old, new, line, reason = MALFORMED[kind]
    assert ROD.count(old) >= 1
    with pytest.raises(UsageError, match=reason) as raised:
        read(ROD.replace(old, new, 1))
    message = str(raised.value)
    assert message.startswith(f"rod.toml:{line}: "), message
    assert "\n" not in message
    assert len(message) < 500


def test_kinds_of_malformed_vocabularies() -> None:
    assert len(MALFORMED) > 30
    assert len({new for _, new, _, _ in MALFORMED.values()}) > 80


def test_a_file_that_is_no_text() -> None:
    with pytest.raises(UsageError, match=r"^rod.toml:4: the file is no text in UTF-8"):
        vocabulary_of(ROD.encode().replace(b"A rod", b"A \xff rod"), "rod.toml")


def test_a_file_that_is_too_large(tmp_path: Path) -> None:
    path = tmp_path / "rod.toml"
    path.write_text("# " + "x" * LARGEST)
    with pytest.raises(InputError, match="more than 1 MB"):
        read_vocabulary(path)
    with pytest.raises(InputError, match="cannot be read"):
        read_vocabulary(tmp_path / "missing.toml")


def test_too_many_quantities() -> None:
    many = "".join(f"q{number}={{}}\n" for number in range(10_001))
    with pytest.raises(UsageError, match="10011 quantities; at most 10000 are read"):
        read(ROD.replace(DX, many + DX))


def test_time_grows_with_the_file() -> None:
    def seconds(count: int) -> float:
        rows = "".join(
            f'q{number} = {{ formula = "2 * q{number - 1} + q{number // 2}[cell-1]", alias = ["k{number}"] }}\n'
            for number in range(1, count)
        )
        began = time.process_time()
        read(ROD.replace(DX, f"{DX}\nq0 = {{}}\n{rows}"))
        return time.process_time() - began

    seconds(100)
    few, many = seconds(400), seconds(3200)
    assert many < 8 * few * 4, "not linear in the number of quantities"


@pytest.mark.parametrize(
    ("formula", "fits"),
    [
        ("previous(T_K)", True),
        ("T_K[cell-1] + 0", True),
        ("T_K[step-1, cell+1]", True),
        ("previous(T_K[cell+1])", True),
        ("T_K[cell+1]", True),
        ("sum(T_K, cell)", False),
        ("T_K[cell]", False),
    ],
)
def test_a_quantity_may_read_itself_at_another_place(formula: str, fits: bool) -> None:
    start = ROD.index('formula = "previous(T_K)')
    text = ROD[:start] + f'formula = "{formula}"' + ROD[ROD.index("\n", start) :]
    if fits:
        assert read(text).quantities["T_K"].inputs == ("T_K",)
    else:
        with pytest.raises(UsageError, match="T_K → T_K"):
            read(text)


def test_a_long_cycle_is_shown_by_its_ends() -> None:
    rows = "".join(f'q{number} = {{ inputs = ["q{(number + 1) % 500}"] }}\n' for number in range(500))
    with pytest.raises(UsageError, match=r"these need one another: q.* → …") as raised:
        read(ROD.replace(DX, f"{DX}\n{rows}"))
    assert len(str(raised.value)) < 300


def test_a_cycle_is_one() -> None:
    rows = 'a = { inputs = ["b"] }\nb = { inputs = ["c"] }\nc = { inputs = ["a"] }\n'
    with pytest.raises(UsageError) as raised:
        read(ROD.replace(DX, f"{DX}\n{rows}"))
    shown = str(raised.value).partition("another: ")[2].split(" → ")
    assert shown[0] == shown[-1]
    assert all({"a": "b", "b": "c", "c": "a"}[one] == other for one, other in pairwise(shown))


# Any edit of a good file

_pieces = st.sampled_from(
    ['"', "'", "[", "]", "{", "}", "=", "\n", "#", '"""', "nan", "-1", "true", '"x"', "[]", "{}", "1e999", "λ",
     "\u202e", "\x07", ".", "(", "cell", "step-1", "previous(", "**", "T_K", "9" * 30, "[quantities]", "\\u0000"]
)  # fmt: skip


@given(st.lists(st.tuples(st.integers(0, len(ROD)), st.integers(0, 30), _pieces), min_size=1, max_size=3))
def test_any_edit_leaves_a_vocabulary_or_one_line_with_its_place(edits: list[tuple[int, int, str]]) -> None:
    text = ROD
    for place, dropped, piece in edits:
        text = text[:place] + piece + text[place + dropped :]
    outcome(text)


_values = st.recursive(
    st.one_of(st.booleans(), st.integers(-5, 5), st.floats(), st.sampled_from(["", "m", "T_K", "step", "1/dx_m"])),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["unit", "a", "F90", "value"]), inner, max_size=3)
    ),
    max_leaves=4,
)


@given(st.data())
def test_any_other_value_leaves_a_vocabulary_or_one_line_with_its_place(data: st.DataObject) -> None:
    document = tomllib.loads(ROD)
    inner: Any = document
    while True:
        key = data.draw(st.sampled_from(sorted(inner)))
        if not isinstance(inner[key], dict) or not inner[key] or data.draw(st.booleans()):
            break
        inner = inner[key]
    inner[key] = data.draw(_values)
    outcome("\n".join(f"{key} = {as_toml(value)}" for key, value in document.items()))


def outcome(text: str) -> None:
    vocabulary, message = read_or_message(text.encode("utf-8", "replace"))
    if vocabulary is None:
        place, line, what = message.split(":", 2)
        assert place == "rod.toml"
        assert 1 <= int(line) <= text.count("\n") + 1
        assert what.strip()
        assert message.isprintable()
    else:
        assert vocabulary.quantities
        assert vocabulary.rank
        assert all(vocabulary.meaning(name).quantity == name for name in vocabulary.quantities)


def read_or_message(content: bytes) -> tuple[Vocabulary | None, str]:
    try:
        return vocabulary_of(content, "rod.toml"), ""
    except UsageError as error:
        return None, str(error)


def as_toml(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return '"' + value.replace("\\", "\\\\") + '"'
        case list():
            return f"[{', '.join(map(as_toml, value))}]"
        case dict():
            return "{" + ", ".join(f"{key} = {as_toml(inner)}" for key, inner in value.items()) + "}"
    return str(value)
