"""What the two programs themselves say of a root: a line for the head of a report, a section with what was changed."""

import shlex
from collections.abc import Callable, Iterator, Sequence

from nbtrace.explanation.audit.roots import Root
from nbtrace.explanation.explain import Explanation
from nbtrace.explanation.proof import (
    ChangedFlag,
    ChangedValue,
    InjectedSide,
    NotTried,
    NumberMatch,
    Proof,
    ProofOutcome,
    ValueOrigin,
)
from nbtrace.report.view import Column, Line, Section, Table, listed, number, percent
from nbtrace.vocabulary.sides import Names, Side

_TITLES = {Side.C: "Proof in the reference itself", Side.PY: "Proof in the port itself"}
_LABELS = {Side.C: "Proof", Side.PY: "Proof in the port"}
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
    """Return in one sentence what the program gives with something changed in it."""
    if not proof.tried:
        return f"not tried: {untried_words(proof)}"
    host, other = names.of(proof.host), names.of(proof.host.other)
    with_it = f"with {_change_words(proof, names)} {host} itself"
    before, after, theirs = _numbers(proof)
    at = f" at pixel {proof.pixel[0]} {proof.pixel[1]}" if proof.pixel is not None else ""
    moved = _moved_words(proof)
    if proof.outcome is ProofOutcome.CONFIRMED:
        how = "to the last bit" if proof.match is NumberMatch.BITS else f"to rounding{_residual_words(proof)}"
        return f"{with_it} gives {other}'s number {how} ({before} → {after}{at}){moved}"
    if proof.outcome is ProofOutcome.REFUTED:
        return f"{with_it} gives {after}{at}, not {other}'s {theirs} (without: {before}){moved}"
    done = f", {percent(proof.done)} of the way to" if _on_the_way(proof) else "; not"
    whence = f"{with_it} goes from {before} to {after}{at}{done} {other}'s {theirs}"
    return f"{whence}{moved}{_untouched_words(proof)}"


def _on_the_way(proof: Proof) -> bool:
    """Whether the host goes towards the other program's number, and not far beyond it."""
    return proof.done is not None and 0 < proof.done < _FAR


_FAR = 2.0
"""Share of the way from which on a percentage says nothing."""


def untried_words(proof: Proof) -> str:
    """Return why nothing was tried."""
    return proof.text or (proof.reason or NotTried.PROGRAM).value


def proven_words(root: Root, result: Explanation) -> str:
    """Return what a headline says of the proofs: that a root gives the number, that several do, that it does partly."""
    alone = any(proof.outcome is ProofOutcome.CONFIRMED for proof in root.proofs.values())
    return ("" if alone else _together_words(result)) or _verdict_words(root, result.names)


def _verdict_words(root: Root, names: Names) -> str:
    """Return what the programs say of a root; empty where none of them shows it."""
    confirmed = [proof for proof in root.proofs.values() if proof.outcome is ProofOutcome.CONFIRMED]
    partly = [proof for proof in root.proofs.values() if proof.outcome is ProofOutcome.PARTLY and _on_the_way(proof)]
    if confirmed:
        return f"proven: with that changed {_and(confirmed, names, _gives)}"
    if partly:
        return f"with that changed {_and(partly, names, _goes)}"
    return ""


def _together_words(result: Explanation) -> str:
    """Return what a program says of several roots that were changed together; empty if they give no number."""
    joint = [proof for proof in result.together.values() if proof.outcome is ProofOutcome.CONFIRMED]
    if not joint:
        return ""
    same = [proof for proof in joint if proof.roots == joint[0].roots]
    what = listed([node.label for node in joint[0].roots], 3)
    return f"proven: with {what} changed together {_and(same, result.names, _gives)}"


def _and(proofs: Sequence[Proof], names: Names, words: Callable[[Proof, Names], str]) -> str:
    return ", and ".join(words(proof, names) for proof in proofs)


def _gives(proof: Proof, names: Names) -> str:
    how = "to the last bit" if proof.match is NumberMatch.BITS else "to rounding"
    return f"{names.of(proof.host)} itself gives {names.of(proof.host.other)}'s number {how}"


def _goes(proof: Proof, names: Names) -> str:
    return f"{names.of(proof.host)} itself goes {percent(proof.done)} of the way"


def withdrawn_words(root: Root) -> str:
    """Return that the cause of a root is withdrawn, and what contradicts it; empty for any other root."""
    refuting = [proof for proof in root.proofs.values() if proof.outcome is ProofOutcome.REFUTED]
    if not refuting or not root.is_refuted:
        return ""
    proof, names = refuting[0], root.vocabulary.names
    _, after, theirs = _numbers(proof)
    was = f" ({root.withdrawn[0].text})" if root.withdrawn else ""
    whose = "the right" if proof.side is InjectedSide.RIGHT else f"{names.of(proof.host.other)}'s"
    what = " ".join(item.after for item in proof.flags) or f"{whose} value in it"
    return f"withdrawn{was}: with {what} {names.of(proof.host)} itself gives {after}, not {theirs}"


def proof_lines(result: Explanation) -> Iterator[str]:
    """Yield what the programs that were asked say, each in a line for the head of a report."""
    for host, label in _LABELS.items():
        proof, joint = result.proof_in(host), result.together.get(host)
        if proof is not None:
            yield f"{label}: {proof_words(proof, result.names)}"
        if joint is not None:
            yield f"{label}, together: {proof_words(joint, result.names)}"


def proof_sections(result: Explanation) -> Iterator[Section]:
    """Yield a section for each program of what it says itself; it is empty where the program was not asked."""
    for host, title in _TITLES.items():
        leading = result.proof_in(host)
        others = [
            (root, root.proofs[host])
            for root, _ in result.ranked
            if host in root.proofs and root.proofs[host] is not leading
        ]
        sentences = tuple(f"{root.node.label}: {proof_words(other, result.names)}" for root, other in others)
        yield _section(title, leading, result.names, sentences)
        joint = result.together.get(host)
        if joint is not None:
            what = (f"changed together: {listed([node.label for node in joint.roots], 6)}",)
            yield _section(f"{title}: several at once", joint, result.names, what)


def _section(title: str, proof: Proof | None, names: Names, sentences: tuple[str, ...]) -> Section:
    if proof is None or not proof.tried:
        return Section(title, sentences=sentences)
    lines = tuple(_line(value, names, proof.host) for value in proof.values[:_LINES])
    return Section(
        title,
        sentences=sentences,
        items=tuple(_items(proof, names)),
        table=Table(_COLUMNS, lines) if lines else None,
    )


def _items(proof: Proof, names: Names) -> Iterator[str]:
    before, after, theirs = _doubles(proof)
    other = names.of(proof.host.other)
    double = f"{before} → {after}, {other} {theirs}{_residual_words(proof)}"
    yield f"{proof.quantity}{'' if proof.flags else ' in double precision'}: {double}"
    image = proof.image
    if image is not None:
        own = f", {other}'s number as it holds it {number(image.target)}" if image.target is not None else ""
        yield f"in {image.file}: {number(image.before)} → {number(image.after)}{own}"
    if len(proof.values) > _LINES:
        yield f"the first {_LINES} of {len(proof.values)} changed values are shown"
    yield f"run: {shlex.join(proof.command)} (sha256 {proof.program_sha256})"
    if proof.changed_command:
        yield f"with the change: {shlex.join(proof.changed_command)}"
    changed = [item for item in proof.outputs if item.plain != item.injected]
    for item in changed[:_SHOWN_OUTPUTS]:
        plain, injected = (digest or "not written" for digest in (item.plain, item.injected))
        yield f"{item.name}: sha256 {plain} as it is, {injected} with the change"
    same = [item.name for item in proof.outputs if item.plain == item.injected]
    if same:
        yield f"the same bytes in both: {listed(same, 6)}"


def _line(value: ChangedValue, names: Names, host: Side) -> Line:
    place = [f"{name} {turn}" for name, turn in value.index.items()]
    place += [f"time {value.passed + 1}"] if value.passed else []
    place += [f"{value.times} times"] if value.times > 1 else []
    before, after = (" ".join(map(number, numbers)) for numbers in (value.before, value.after))
    origin = f"{names.of(host.other)}'s log" if value.origin is ValueOrigin.OTHER_LOG else "the formula"
    return Line((value.key, ", ".join(place) or "–", before, after, origin))


def _change_words(proof: Proof, names: Names) -> str:
    """Return what was changed: values, flags, and how many roots they are of where it is several."""
    flags = [_flag_words(proof)] if proof.flags else []
    if not proof.roots:
        return " and ".join([*flags, *([_value_words(proof, names)] if proof.values else [])])
    values = [f"{_keys(proof)}: {_count(proof)}"] if proof.values else []
    return f"{len(proof.roots)} roots changed together ({'; '.join([*flags, *values])})"


def _flag_words(proof: Proof) -> str:
    before, after = (" ".join(filter(None, words)) for words in zip(*map(_both, proof.flags), strict=True))
    return f"{after} in place of {before}" if before else after


def _both(item: ChangedFlag) -> tuple[str, str]:
    return item.before, item.after


def _value_words(proof: Proof, names: Names) -> str:
    whose = "the right" if proof.side is InjectedSide.RIGHT else f"{names.of(proof.host.other)}'s"
    return f"{whose} {_keys(proof)} ({_count(proof)} changed)"


def _keys(proof: Proof) -> str:
    return listed(dict.fromkeys(value.key for value in proof.values), 3)


def _count(proof: Proof) -> str:
    count = sum(value.times for value in proof.values)
    return "one value" if count == 1 else f"{count} values"


def _numbers(proof: Proof) -> tuple[str, str, str]:
    """Return before, after and the other program's number, as the image holds them where it tells them apart."""
    image = proof.image
    if image is not None and image.tells_apart:
        shown = [number(image.before), number(image.after), number(image.target)]
        if proof.outcome is ProofOutcome.CONFIRMED or shown[1] != shown[2]:
            return shown[0], shown[1], shown[2]
    return _doubles(proof)


def _doubles(proof: Proof) -> tuple[str, str, str]:
    return number(proof.before, 15), number(proof.after, 15), number(proof.target, 15)


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
