"""What the reference itself says of a root: a line for the head of a report, and a section with what was changed."""

import shlex
from collections.abc import Iterator

from nbtrace.explanation.audit.roots import Root
from nbtrace.explanation.explain import Explanation
from nbtrace.explanation.proof import (
    ChangedValue,
    InjectedSide,
    NotTried,
    NumberMatch,
    Proof,
    ProofOutcome,
    ValueOrigin,
)
from nbtrace.report.view import Column, Line, Section, Table, listed, number, percent
from nbtrace.vocabulary.sides import Names

TITLE = "Proof in the reference itself"
_COLUMNS = (
    Column("value"),
    Column("place"),
    Column("before", numeric=True, rounds=True),
    Column("changed to", numeric=True, rounds=True),
    Column("from", rank=1),
)
_LINES = 30
_SHOWN_OUTPUTS = 12


def proof_words(proof: Proof, names: Names) -> str:
    """Return in one sentence what the reference gives with the values changed."""
    if not proof.tried:
        return f"not tried: {untried_words(proof)}"
    with_it = f"with {_value_words(proof, names)} {names.reference} itself"
    before, after, theirs = _numbers(proof)
    at = f" at pixel {proof.pixel[0]} {proof.pixel[1]}" if proof.pixel is not None else ""
    moved = _moved_words(proof)
    if proof.outcome is ProofOutcome.CONFIRMED:
        how = "to the last bit" if proof.match is NumberMatch.BITS else f"to rounding{_residual_words(proof)}"
        return f"{with_it} gives {names.candidate}'s number {how} ({before} → {after}{at}){moved}"
    if proof.outcome is ProofOutcome.REFUTED:
        return f"{with_it} gives {after}{at}, not {names.candidate}'s {theirs} (without: {before}){moved}"
    done = f", {percent(proof.done)} of the way to" if _on_the_way(proof) else "; not"
    whence = f"{with_it} goes from {before} to {after}{at}{done} {names.candidate}'s {theirs}"
    return f"{whence}{moved}{_untouched_words(proof)}"


def _on_the_way(proof: Proof) -> bool:
    """Whether the reference goes towards the other program's number, and not far beyond it."""
    return proof.done is not None and 0 < proof.done < _FAR


_FAR = 2.0
"""Share of the way from which on a percentage says nothing."""


def untried_words(proof: Proof) -> str:
    """Return why nothing was tried."""
    return proof.text or (proof.reason or NotTried.PROGRAM).value


def verdict_words(proof: Proof, names: Names) -> str:
    """Return what a headline says of a proof; empty for one that was not tried."""
    if proof.outcome is ProofOutcome.CONFIRMED:
        how = "to the last bit" if proof.match is NumberMatch.BITS else "to rounding"
        return f"proven: with that changed {names.reference} itself gives {names.candidate}'s number {how}"
    if proof.outcome is ProofOutcome.PARTLY and _on_the_way(proof):
        return f"with that changed {names.reference} itself goes {percent(proof.done)} of the way"
    return ""


def withdrawn_words(root: Root) -> str:
    """Return that the cause of a root is withdrawn, and what contradicts it; empty for any other root."""
    if root.proof is None or not root.is_refuted:
        return ""
    names = root.vocabulary.names
    _, after, theirs = _numbers(root.proof)
    was = f" ({root.withdrawn[0].text})" if root.withdrawn else ""
    whose = "the right value" if root.proof.side is InjectedSide.RIGHT else f"{names.candidate}'s value"
    return f"withdrawn{was}: with {whose} in it {names.reference} itself gives {after}, not {theirs}"


def proof_section(result: Explanation) -> Section:
    """Return the section of what the reference itself says; it is empty where it was not asked."""
    proof = result.proof
    others = [(root, root.proof) for root, _ in result.ranked if root.proof is not None and root.proof is not proof]
    sentences = tuple(f"{root.node.label}: {proof_words(other, result.names)}" for root, other in others)
    if proof is None or not proof.tried:
        return Section(TITLE, sentences=sentences)
    lines = tuple(_line(value, result.names) for value in proof.values[:_LINES])
    return Section(
        TITLE,
        sentences=sentences,
        items=tuple(_items(proof, result.names)),
        table=Table(_COLUMNS, lines) if lines else None,
    )


def _items(proof: Proof, names: Names) -> Iterator[str]:
    before, after, theirs = _doubles(proof)
    double = f"{before} → {after}, {names.candidate} {theirs}{_residual_words(proof)}"
    yield f"{proof.quantity} in double precision: {double}"
    image = proof.image
    if image is not None:
        own = (
            f", {names.candidate}'s number as it holds it {number(image.candidate)}"
            if image.candidate is not None
            else ""
        )
        yield f"in {image.file}: {number(image.before)} → {number(image.after)}{own}"
    if len(proof.values) > _LINES:
        yield f"the first {_LINES} of {len(proof.values)} changed values are shown"
    yield f"run: {shlex.join(proof.command)} (sha256 {proof.program_sha256})"
    changed = [item for item in proof.outputs if item.plain != item.injected]
    for item in changed[:_SHOWN_OUTPUTS]:
        plain, injected = (digest or "not written" for digest in (item.plain, item.injected))
        yield f"{item.name}: sha256 {plain} as it is, {injected} with the change"
    same = [item.name for item in proof.outputs if item.plain == item.injected]
    if same:
        yield f"the same bytes in both: {listed(same, 6)}"


def _line(value: ChangedValue, names: Names) -> Line:
    place = [f"{name} {turn}" for name, turn in value.index.items()]
    place += [f"time {value.passed + 1}"] if value.passed else []
    place += [f"{value.times} times"] if value.times > 1 else []
    before, after = (" ".join(map(number, numbers)) for numbers in (value.before, value.after))
    origin = f"{names.candidate}'s log" if value.origin is ValueOrigin.OTHER_LOG else "the formula"
    return Line((value.key, ", ".join(place) or "–", before, after, origin))


def _value_words(proof: Proof, names: Names) -> str:
    keys = tuple(dict.fromkeys(value.key for value in proof.values))
    whose = "the right" if proof.side is InjectedSide.RIGHT else f"{names.candidate}'s"
    count = sum(value.times for value in proof.values)
    many = "one value changed" if count == 1 else f"{count} values changed"
    return f"{whose} {listed(keys, 3)} ({many})"


def _numbers(proof: Proof) -> tuple[str, str, str]:
    """Return before, after and the other program's number, as the image holds them where it tells all three."""
    image = proof.image
    if image is not None and image.candidate is not None:
        shown = [number(image.before), number(image.after), number(image.candidate)]
        if proof.outcome is ProofOutcome.CONFIRMED or shown[1] != shown[2]:
            return shown[0], shown[1], shown[2]
    return _doubles(proof)


def _doubles(proof: Proof) -> tuple[str, str, str]:
    return number(proof.before, 15), number(proof.after, 15), number(proof.candidate, 15)


def _residual_words(proof: Proof) -> str:
    return f" (residual {proof.residual_rel:.1e})" if proof.residual_rel is not None else ""


def _moved_words(proof: Proof) -> str:
    if proof.others is None:
        return ""
    if not proof.others:
        return "; no other pixel moved"
    return f"; {proof.others} other pixel{'s' * (proof.others != 1)} moved"


def _untouched_words(proof: Proof) -> str:
    if not proof.untouched:
        return ""
    turns = f"{proof.untouched} other turn{'s' * (proof.untouched != 1)}"
    return f"; it is computed in {turns} of loops, too, which were left as they are"
