"""Programs of physics that nbtrace does not know, with known mistakes: right quantity, right side, right cause."""

import inspect
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import nbtrace
from nbtrace.explanation.explain import Explanation
from nbtrace.records import Side
from nbtrace.report.views.explain_view import headline
from nbtrace.verdicts.status import Verdict
from tests.examples.strangers import CANDIDATE, MISTAKES, REFERENCE, VOCABULARY, Mistake, logs
from tests.places import EXAMPLES

if "vocabulary" not in inspect.signature(nbtrace.read_trace).parameters:
    pytest.skip("nbtrace.read_trace takes no vocabulary yet", allow_module_level=True)

SIDES = {REFERENCE: Side.C, CANDIDATE: Side.PY}
ONE_IN = 10
"""Of so many mistakes, one may have a wrong answer."""


def vocabulary_of(path: Path) -> Any:
    return import_module("nbtrace.vocabulary.registry").load(str(path))


def explained(vocabulary: Any, first: Path, second: Path) -> Explanation:
    read: Any = nbtrace.read_trace
    return nbtrace.explain(*(read(str(path), vocabulary=vocabulary) for path in (first, second)))


@pytest.fixture(scope="module")
def vocabulary(tmp_path_factory: pytest.TempPathFactory) -> Any:
    path = tmp_path_factory.mktemp("vocabulary") / "sunlight.toml"
    path.write_text(VOCABULARY, encoding="utf-8")
    return vocabulary_of(path)


def explanation_of(mistake: Mistake | None, side: str, vocabulary: Any, folder: Path) -> Explanation:
    paths = {name: folder / f"{name}.log" for name in SIDES}
    for name, text in logs(mistake, side).items():
        paths[name].write_text(text, encoding="utf-8")
    return explained(vocabulary, paths[REFERENCE], paths[CANDIDATE])


def answers(result: Explanation, mistake: Mistake, side: str) -> Mapping[str, tuple[bool, str]]:
    """Whether each part of the first root is right, and what it is."""
    if not result.ranked:
        return dict.fromkeys(("quantity", "side", "cause"), (False, "no root"))
    root, _ = result.ranked[0]
    cause = root.cause.signature.name if root.cause else "none"
    return {
        "quantity": (root.quantity == mistake.quantity, root.quantity),
        "side": (root.side is SIDES[side], root.side.value),
        "cause": (root.quantity == mistake.quantity and cause in mistake.causes, cause),
    }


@pytest.mark.slow
def test_quantity_side_and_cause_are_right_in_nine_of_ten(vocabulary: Any, tmp_path: Path) -> None:
    wrong: dict[str, list[str]] = {"quantity": [], "side": [], "cause": []}
    for mistake in MISTAKES:
        for side in SIDES:
            result = explanation_of(mistake, side, vocabulary, tmp_path)
            for part, (right, answer) in answers(result, mistake, side).items():
                wrong[part] += [] if right else [f"{mistake.name} ({mistake.kind}) on {side}: {answer}"]
    allowed = len(MISTAKES) * len(SIDES) // ONE_IN
    assert {part: found for part, found in wrong.items() if len(found) > allowed} == {}


def test_no_side_is_blamed_for_nothing(vocabulary: Any, tmp_path: Path) -> None:
    result = explanation_of(None, REFERENCE, vocabulary, tmp_path)
    assert result.verdict is Verdict.AGREE
    assert result.roots == ()


@pytest.mark.parametrize("side", SIDES)
def test_the_report_calls_the_sides_by_their_own_names(side: str, vocabulary: Any, tmp_path: Path) -> None:
    (mistake,) = (mistake for mistake in MISTAKES if mistake.name == "half the efficiency")
    assert headline(explanation_of(mistake, side, vocabulary, tmp_path)).startswith(f"{side}: efficiency")


@pytest.mark.parametrize(
    ("file", "first", "second", "quantity", "causes"),
    [
        ("heat/rod.toml", "loops", "arrays", "flux_W_m2", {"stale"}),
        ("population/fishery.toml", "ledger", "matrix", "stock", {"input_altered"}),
    ],
)
def test_the_mistakes_of_the_examples_are_explained(
    file: str, first: str, second: str, quantity: str, causes: set[str]
) -> None:
    path = EXAMPLES / file
    vocabulary = vocabulary_of(path)
    clean = explained(vocabulary, path.with_name(f"{first}.log"), path.with_name(f"{second}.log"))
    assert clean.verdict is Verdict.AGREE
    assert clean.roots == ()
    result = explained(vocabulary, path.with_name(f"{first}.log"), path.with_name(f"{second}_mistake.log"))
    root, _ = result.ranked[0]
    assert (root.quantity, root.side) == (quantity, Side.PY)
    assert root.cause is not None
    assert root.cause.signature.name in causes


def test_without_a_formula_of_the_final_value_the_first_that_diverges_leads(tmp_path: Path) -> None:
    """The final value does not explain itself, and what comes before it is not without effect."""
    (tmp_path / "own.toml").write_text(
        'format_version = 1\nname = "own"\nsides = { ONE = ["ONE:"], TWO = ["TWO:"] }\nfinal = "rho"\n'
        '[quantities]\nT_K = { unit = "K" }\nrho = { unit = "1" }\n'
    )
    (tmp_path / "one.log").write_text("ONE: T_K 300\nONE: rho 1.2\n")
    (tmp_path / "two.log").write_text("TWO: T_K 301\nTWO: rho 1.3\n")
    result = nbtrace.explain(
        tmp_path / "one.log", tmp_path / "two.log", vocabulary=nbtrace.load_vocabulary(tmp_path / "own.toml")
    )
    assert [(root.quantity, share.of_log_ratio, share.reason) for root, share in result.ranked] == [
        ("T_K", None, "no formula leads to rho"),
        ("rho", None, "no formula leads to rho"),
    ]
