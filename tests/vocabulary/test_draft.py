import io
import re
from collections.abc import Mapping
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbtrace import diff, read_trace
from nbtrace.errors import InputError, UsageError
from nbtrace.vocabulary.draft import draft, guessed_unit
from nbtrace.vocabulary.drafted_relations import Form, Table, printed, relations
from nbtrace.vocabulary.file import vocabulary_of
from nbtrace.vocabulary.quantity import Kind
from nbtrace.vocabulary.vocabulary import REPEAT, ChainFactor, Vocabulary
from tests.places import SUPERVISOR_PAIR

KAPPA, AREA = 401.25, 2.4375e-4


def log(prefix: str, digits: str, *, pairs: bool, keys: Mapping[str, str] = {}) -> str:
    """Return a log of a heat flux: a line per value, or a line per cell."""
    random_numbers = np.random.default_rng(1)
    lines = [
        f"{prefix.rstrip(':>')} starts, of no interest",
        *_printed(prefix, {}, {"solver": "explicit"}, pairs=pairs),
    ]
    lines += _printed(prefix, {}, {"dx_mm": "12.5", "kappa_W_m_K": str(KAPPA), "area_m2": str(AREA)}, pairs=pairs)
    lines.append(f"{prefix} normal_vec = [0.0, 0.6, 0.8]")
    for step in range(3):
        for cell in range(5):
            gradient = random_numbers.uniform(-100, 100)
            flux = -KAPPA * gradient
            values = {"T_K": random_numbers.uniform(300, 400), "grad_K_m": gradient, "flux_W_m2": flux}
            values |= {"power_W": flux * AREA}
            texts = {keys.get(key, key): format(value, digits) for key, value in values.items()}
            lines += _printed(prefix, {"step": step, "cell": cell}, texts, pairs=pairs)
    return "\n".join(lines) + "\n"


def _printed(prefix: str, place: Mapping[str, int], values: Mapping[str, str], *, pairs: bool) -> list[str]:
    where = "".join(f" {name}={ordinal}" for name, ordinal in place.items())
    if pairs:
        return [prefix + where + "".join(f" {key}={value}" for key, value in values.items())]
    return [f"{prefix}{where} {key} {value}" for key, value in values.items()]


def drafted(one: str, other: str) -> tuple[str, Vocabulary]:
    text = draft(one, other, ("a.log", "b.log"))
    return text, vocabulary_of(text.encode(), "draft.toml")


@pytest.fixture(scope="module")
def rod() -> tuple[str, Vocabulary]:
    keys = {"power_W": "P_W"}
    return drafted(log("TRACE_F90:", ".9g", pairs=False), log("jax>", ".12g", pairs=True, keys=keys))


def test_names_order_and_sides(rod: tuple[str, Vocabulary]) -> None:
    _, vocabulary = rod
    assert [(side.label, side.prefixes) for side in vocabulary.sides] == [("F90", ("TRACE_F90:",)), ("jax", ("jax>",))]
    assert vocabulary.indices == (REPEAT, "step", "cell")
    assert list(vocabulary.quantities) == [
        *("solver", "dx_mm", "kappa_W_m_K", "area_m2", "normal_vec", "T_K", "grad_K_m", "flux_W_m2", "power_W")
    ]
    assert vocabulary.quantities["solver"].kind is Kind.TEXT
    assert vocabulary.quantities["normal_vec"].size == 3
    assert vocabulary.final == "power_W"


def test_units_and_aliases(rod: tuple[str, Vocabulary]) -> None:
    _, vocabulary = rod
    units = {name: quantity.unit for name, quantity in vocabulary.quantities.items()}
    assert units["kappa_W_m_K"] == "W/(m K)"
    assert units["dx_mm"] == "mm"
    assert units["flux_W_m2"] == "W/m2"
    assert vocabulary.quantities["power_W"].aliases == (("P_W", "W"),)


def test_relations_that_hold_in_both_logs(rod: tuple[str, Vocabulary]) -> None:
    text, vocabulary = rod
    assert {name: formula.text for name, formula in vocabulary.formulas.items()} == {
        "flux_W_m2": "-grad_K_m * kappa_W_m_K",
        "power_W": "area_m2 * flux_W_m2",
    }
    assert "# power_W: the formula held in 30 of 30 rows" in text
    assert vocabulary.chain is not None
    assert vocabulary.chain.factors == (ChainFactor("area_m2"), ChainFactor("flux_W_m2"))


def test_a_relation_that_one_log_breaks_is_none() -> None:
    broken = re.sub(
        r"(power_W=)(\S+)", lambda found: f"{found[1]}{float(found[2]) * 1.001:.12g}", log("jax>", ".12g", pairs=True)
    )
    _, vocabulary = drafted(log("TRACE_F90:", ".9g", pairs=False), broken)
    assert list(vocabulary.formulas) == ["flux_W_m2"]
    assert vocabulary.chain is None


@given(st.integers(0, 10**6))
def test_values_of_chance_have_no_relations(seed: int) -> None:
    numbers = np.random.default_rng(seed)
    table: Table = {
        f"q{name}": {(("", row),): format(numbers.uniform(1, 10), ".6g") for row in range(6)} for name in range(12)
    }
    assert not relations((table, table))


@given(
    st.integers(0, 10**6),
    st.sampled_from(["*", "-*", "/", "-/", "+", "-"]),
    st.sampled_from([".6g", ".9g", ".3e", ".17g"]),
)
def test_a_relation_is_found_whatever_its_sign(seed: int, sign: str, digits: str) -> None:
    numbers = np.random.default_rng(seed)
    columns = {name: [numbers.uniform(1, 10) for _ in range(12)] for name in ("a", "b", "noise")}
    operations = {"*": lambda a, b: a * b, "/": lambda a, b: a / b, "+": lambda a, b: a + b, "-": lambda a, b: a - b}
    minus = -1.0 if len(sign) > 1 else 1.0
    made = [minus * operations[sign[-1]](a, b) for a, b in zip(columns["a"], columns["b"], strict=True)]
    columns["result"] = made
    table: Table = {
        name: {(("", row),): format(value, digits) for row, value in enumerate(values)}
        for name, values in columns.items()
    }
    found = relations((table, table))
    assert found["result"].form.text({name: name for name in columns}) == f"{'-' * (minus < 0)}a {sign[-1]} b"
    assert found["result"].rows == 24


@given(st.integers(0, 10**6), st.sampled_from(["* *", "* /", "/ /"]))
def test_products_of_three_are_found(seed: int, signs: str) -> None:
    numbers = np.random.default_rng(seed)
    columns = {name: [numbers.uniform(1, 10) for _ in range(12)] for name in ("a", "b", "c", "noise")}
    first, second = (1 if sign == "*" else -1 for sign in signs.split())
    columns["result"] = [
        a * b**first * c**second for a, b, c, _ in zip(*(columns[name] for name in columns), strict=True)
    ]
    table: Table = {
        name: {(("", row),): format(value, ".9g") for row, value in enumerate(values)}
        for name, values in columns.items()
    }
    found = relations((table, table))
    assert found["result"].form.text({name: name for name in columns}) == "a {} b {} c".format(*signs.split())


def test_few_forms_are_tried_among_many_quantities_of_like_values(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[Form] = []

    def hold(_: str, form: Form, __: object) -> list[tuple[str, ...]]:
        tried.append(form)
        return []

    monkeypatch.setattr("nbtrace.vocabulary.drafted_relations._rows_that_hold", hold)
    numbers = np.random.default_rng(1)
    table: Table = {f"q{name}": {(): f"{numbers.uniform(300, 310):.4f}"} for name in range(60)}
    assert not relations((table, table))
    assert 0 < len(tried) < 60 * 60


def test_a_term_below_the_last_digit_makes_no_sum() -> None:
    table: Table = {
        "tiny": {(("", row),): f"{row + 1.234567}e-30" for row in range(8)},
        "one": {(("", row),): f"{row + 1.7654321}" for row in range(8)},
        "same": {(("", row),): f"{row + 1.7654321}" for row in range(8)},
    }
    assert "same" not in relations((table, table))


@pytest.mark.parametrize(
    ("token", "half", "digits"),
    [("1.50", 0.005, 3), ("-2e-3", 0.0005, 1), ("0.0012", 0.00005, 2), ("1.0D+02", 5.0, 2), ("401", 0.5, 3)],
)
def test_what_a_printed_number_says(token: str, half: float, digits: int) -> None:
    assert printed(token)[1] == pytest.approx(half)
    assert printed(token)[2] == digits


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("dx_m", "m"),
        ("T_K", "K"),
        ("flux_W_m2", "W/m2"),
        ("kappa_W_m_K", "W/(m K)"),
        ("rho_kg_per_m3", "kg/m3"),
        ("q_per_m", "1/m"),
        ("pixel_pos_meters", "meters"),
        ("two_theta_deg", "deg"),
        ("m", "1"),
        ("rot_a", "1"),
        ("F_cell", "1"),
        ("omega_pixel", "1"),
        ("phi_degrees", "degrees"),
        ("n_iter", "1"),
        ("", "1"),
        ("_", "1"),
    ],
)
def test_units_are_guessed_from_names(name: str, unit: str) -> None:
    assert guessed_unit(name) == unit


def test_units_that_are_printed_win() -> None:
    lines = "{0} T_K 306.5 mK\n{0} length 3.5 m\n"
    _, vocabulary = drafted(lines.format("a>"), lines.format("b>"))
    assert vocabulary.quantities["T_K"].unit == "mK"
    assert vocabulary.quantities["length"].unit == "m"


def test_names_that_formulas_use_get_another() -> None:
    lines = "{0} norm 3.5\n{0} e 4.5\n{0} λ 1.5\n"
    _, vocabulary = drafted(lines.format("a>"), lines.format("b>"))
    assert list(vocabulary.quantities) == ["norm_", "e_", "λ"]
    assert vocabulary.meaning("norm").quantity == "norm_"


def test_a_relation_that_the_units_contradict_is_a_remark() -> None:
    rows = [(1.234567 * k, 2.345678 + k) for k in range(1, 9)]
    text = "".join(f"{{0}} a_m={a:.9g} b_s={b:.9g} c_K={a * b:.12g}\n" for a, b in rows)
    written, vocabulary = drafted(text.format(*["a>"] * 9), text.format(*["b>"] * 9))
    assert not vocabulary.formulas
    assert "# c_K = a_m * b_s held in 16 of 16 rows, but the units do not fit it" in written


@pytest.mark.parametrize("text", ["", "\n\n", "no trace at all\n", "key value\n", "> = = =\n"])
def test_a_log_without_prefixes(text: str) -> None:
    with pytest.raises(InputError, match=r"b\.log: no line is `key = value`, none begins with a prefix"):
        draft("a> x 1\n", text, ("a.log", "b.log"))


OSCILLATOR = "spring constant and mass:\nk_N_m = 50.25\nmass_kg: 2.5\nforce_N = {}\nx = 1\nx = 2\ndone\n"


@pytest.mark.parametrize("prefix", ["", "sim> "])
def test_a_log_without_prefixes_is_drafted_from(prefix: str) -> None:
    first = "".join(f"{prefix}{line}\n" for line in OSCILLATOR.format(125.625).splitlines())
    second = OSCILLATOR.format(150.75)
    written, vocabulary = drafted(first, second)
    assert list(vocabulary.quantities) == ["k_N_m", "mass_kg", "force_N", "x"]
    assert [len(side.prefixes) for side in vocabulary.sides] == [1, 1]
    assert "told by its place" in written
    one, other = (read_trace(io.StringIO(text), vocabulary=vocabulary) for text in (first, second))
    result = diff(one, other)
    assert result.first_divergence is not None
    assert result.first_divergence.quantity == "force_N"


def test_logs_of_one_prefix() -> None:
    with pytest.raises(UsageError, match="a prefix of its own"):
        draft("a> x 1\n", "a> x 1\n", ("a.log", "b.log"))


def test_recorded_logs_give_indices_prefixes_and_sizes() -> None:
    c, py = ((SUPERVISOR_PAIR / name).read_text() for name in ("c.log", "py.log"))
    _, vocabulary = drafted(c, py)
    assert vocabulary.indices == (REPEAT, "phi_tic")
    assert vocabulary.sides[0].prefixes == ("TRACE_C:", "TRACE_C_PHI")
    assert vocabulary.quantities["hkl_frac"].size == 3
    assert {"F_latt", "I_pixel_final", "steps"} <= vocabulary.quantities.keys()


_words = st.sampled_from(
    ["a>", "b>", "x", "y=", "=", "1", "2.5e3", "[", "1,2]", "m", "norm", "λ", "step=1", "\x07", "nan"]
)


@given(st.lists(st.lists(_words, max_size=7), max_size=8))
def test_any_log_gives_a_vocabulary_that_is_right_or_is_refused(lines: list[list[str]]) -> None:
    one = "a> x 1\n" + "\n".join("a> " + " ".join(words) for words in lines)
    other = "b> x 1\n" + "\n".join("b> " + " ".join(reversed(words)) for words in lines)
    with suppress(InputError):
        drafted(one, other)


def test_a_prefix_may_be_a_word_without_a_mark() -> None:
    first = "".join(f"RUN step={n} x {n + 0.5}\nRUN step={n} y {2 * n}.25\n" for n in range(4))
    second = "a title\n" + first.replace("RUN", "port>")
    _, vocabulary = drafted(first, second)
    assert [side.prefixes for side in vocabulary.sides] == [("RUN",), ("port>",)]
    assert list(vocabulary.quantities) == ["x", "y"]
    for text in ("x 1.5\ny 2.5\n", "solver name\n", "once upon a time\nthere was no log\n"):
        with pytest.raises(InputError):
            drafted(text, second)
