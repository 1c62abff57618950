"""A cause that the reference contradicts is withdrawn where it can be seen, and leads no longer."""

from dataclasses import replace
from typing import Any

from nbtrace.explanation.explain import Explanation
from nbtrace.explanation.proof import InjectedSide, NotTried, NumberMatch, Proof, ProofOutcome, not_tried
from nbtrace.explanation.proven import proven
from nbtrace.report import markdown
from nbtrace.report.documents.explain_document import explain_document
from nbtrace.report.views.explain_view import explain_view, headline
from nbtrace.report.views.hypotheses import hypotheses_block
from nbtrace.vocabulary.sides import Side
from tests.proving.meter import explained, log

REFUTED = Proof(
    ProofOutcome.REFUTED,
    side=InjectedSide.CANDIDATE,
    quantity="reading",
    before=87.5,
    after=88.5,
    target=504.0,
    expected=0.8,
    done=0.1,
)


def two_roots() -> tuple[Explanation, int, int]:
    """Return an explanation with the numbers of the root that leads, and of the other one."""
    result = explained(log(gain=6.0))
    first, second = (root for root, _ in result.ranked)
    return result, result.roots.index(first), result.roots.index(second)


def test_a_refuted_root_has_no_cause_and_comes_last() -> None:
    result, first, second = two_roots()
    causes = result.roots[first].search.causes
    after = proven(result, {first: REFUTED})
    assert [root.quantity for root, _ in after.ranked] == ["gain", "gain"]
    assert after.ranked[0][0] == result.roots[second]
    last = after.ranked[1][0]
    assert (last.cause, last.withdrawn, last.is_refuted) == (None, causes, True)
    assert after.proof is REFUTED
    said = headline(after)
    assert said.startswith("C: gain: offset taken halved")
    assert "withdrawn (multiplied by 2): with PORT's value in it C itself gives 88.5, not 504" in said


def test_the_next_proof_leads_where_the_first_is_refuted() -> None:
    result, first, second = two_roots()
    confirmed = Proof(ProofOutcome.CONFIRMED, match=NumberMatch.BITS, before=1.0, after=2.0, target=2.0)
    after = proven(result, {first: REFUTED, second: confirmed})
    assert after.proof is confirmed
    assert "proven: with that changed C itself gives PORT's number to the last bit" in headline(after)


def test_every_form_of_the_report_has_the_proof_and_the_withdrawal() -> None:
    result, first, _ = two_roots()
    after = proven(result, {first: REFUTED})
    document: Any = explain_document(after)
    assert document["reference_proof"]["outcome"] == "refuted"
    assert document["reference_proof"]["share_done"] == 0.1
    (entry,) = (root for root in document["roots"] if root["reference_proof"])
    assert (entry["cause"], entry["causes"]) == (None, [])
    assert entry["withdrawn"][0]["text"] == "multiplied by 2"
    assert "by the logs alone it explains" in entry["text"]
    for text in (markdown.render(explain_view(after)), hypotheses_block(after)):
        assert "withdrawn (multiplied by 2)" in text


def test_an_explanation_without_a_proof_says_nothing_of_one() -> None:
    result, _, _ = two_roots()
    document: Any = explain_document(result)
    assert document["reference_proof"] is None
    assert "roof in the reference" not in markdown.render(explain_view(result))
    untried = proven(result, {}, not_tried(NotTried.NO_PIXEL, "neither log says which pixel"))
    unproven: Any = explain_document(untried)
    assert unproven["reference_proof"]["reason"] == NotTried.NO_PIXEL.value
    assert "Proof: not tried: neither log says which pixel" in markdown.render(explain_view(untried))
    assert headline(untried) == headline(result)


def test_a_headline_names_the_roots_that_gave_the_number_together() -> None:
    """What is said of several roots is said of the program in which these were changed, and not where one is enough."""
    result, first, _ = two_roots()
    nodes = [root.node for root, _ in result.ranked]
    joint = Proof(ProofOutcome.CONFIRMED, match=NumberMatch.BITS, before=1.0, after=2.0, target=2.0, roots=(*nodes,))
    partly = replace(joint, outcome=ProofOutcome.PARTLY, done=0.5, roots=())
    in_reference = proven(result, {first: partly}, None, joint)
    assert "changed together C itself gives PORT's number to the last bit" in headline(in_reference)
    other = replace(joint, host=Side.PY, roots=(nodes[0],))
    both = proven(in_reference, {first: partly}, None, other, Side.PY)
    assert "together C itself gives" in headline(both)
    assert "PORT itself" not in headline(both)
    alone = proven(in_reference, {first: replace(joint, host=Side.PY, roots=())}, host=Side.PY)
    assert "proven: with that changed PORT itself gives C's number to the last bit" in headline(alone)
