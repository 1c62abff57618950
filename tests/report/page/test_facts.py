import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from nbtrace.evidence.contents import FiledResult
from nbtrace.images.image import Geometry
from nbtrace.images.resolution import miller_indices, resolution
from nbtrace.programs.suite import CaseOutcome, CaseResult, SuiteCandidate, SuiteResult
from nbtrace.report.documents.suite_document import suite_document
from nbtrace.report.page.facts import PageFact, image_facts
from nbtrace.report.page.results import result_section
from tests.report.page.conftest import images_told


def facts_of(document: dict[str, Any]) -> dict[str, PageFact]:
    filed = FiledResult("images", "2026-01-01T00:00:00Z", document, {}, "", ())
    return {fact.term: fact for fact in image_facts([result_section(filed, "result-1", "images")])}


def test_two_images_have_cards_of_their_figures_and_their_worst_pixel(tilted: Geometry) -> None:
    c = np.random.default_rng(2).exponential(10.0, (30, 40))
    py = 2 * c
    py[7, 9] = 5000.0
    facts = facts_of(images_told(c, py, tilted))
    assert list(facts) == ["Images", "Correlation", "Scale", "Sums Py/C", "Worst pixel"]
    assert (facts["Images"].text, facts["Images"].note) == ("DIFFER", "1200 of 1200 pixels are beyond the tolerance")
    assert float(facts["Correlation"].text) == pytest.approx(np.corrcoef(c.ravel(), py.ravel())[0, 1], rel=1e-8)
    assert float(facts["Scale"].text) == pytest.approx((c * py).sum() / (c * c).sum(), rel=1e-8)
    assert float(facts["Sums Py/C"].text) == pytest.approx(py.sum() / c.sum(), rel=1e-8)
    worst = facts["Worst pixel"]
    assert worst.text == "slow 7 fast 9"
    assert f"{resolution(tilted, 7.5, 9.5) * 1e10:.4g} Å" in worst.note
    told = re.search(r"h k l (.*)", worst.note)
    assert told is not None
    assert [float(index) for index in told[1].split()] == pytest.approx(miller_indices(tilted, 7.5, 9.5), abs=0.0051)


def test_images_that_agree_have_no_worst_pixel_and_undefined_figures_say_why() -> None:
    c = np.zeros((8, 8))
    c[1, 1], c[2, 2] = 1.0, 0.5
    facts = facts_of(images_told(c, c.copy()))
    assert facts["Images"].text == "AGREE"
    assert facts["Worst pixel"].text == "none differs"
    c[2, 2] = -1.0
    facts = facts_of(images_told(c, c.copy()))
    assert (facts["Sums Py/C"].text, facts["Sums Py/C"].note) == ("–", "an image sums to 0")


def test_a_document_that_cannot_be_read_has_no_cards() -> None:
    document = images_told(np.eye(4), np.eye(4) * 2) | {"worst_pixels": [{"slow": "x"}]}
    assert facts_of(document) == {}


def test_a_suite_of_several_candidates_counts_comparisons() -> None:
    cases = [
        CaseResult(f"{name} [{candidate}]", "", outcome, "")
        for name in ("a", "b", "c")
        for candidate, outcome in (("one", CaseOutcome.AGREE), ("two", CaseOutcome.DIFFER))
    ]
    result = SuiteResult("quick", "quick.toml", "two", tuple(cases), 0)
    alone = facts_of(dict(suite_document(result)))
    assert (alone["Cases that agree"].text, alone["Cases that differ"].text) == ("3 of 6", "3")
    several = replace(result, candidates=(SuiteCandidate("one", "./one"), SuiteCandidate("two", "./two")))
    facts = facts_of(dict(suite_document(several)))
    assert (facts["Comparisons that agree"].text, facts["Comparisons that differ"].text) == ("3 of 6", "3")
    assert not any("Cases" in term for term in facts)
