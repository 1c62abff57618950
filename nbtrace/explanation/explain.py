"""Explaining a pair of traces: the whole of `nbtrace explain` but the words."""

from collections.abc import Iterator, Mapping
from dataclasses import field, replace
from functools import cached_property
from typing import ClassVar, TypeAlias

from nbtrace.compare.align import pair_blocks
from nbtrace.compare.diff import DiffResult, diff_traces
from nbtrace.compare.metrics import is_finite
from nbtrace.compare.phi import compare_phi
from nbtrace.compare.repeats import phi_steps
from nbtrace.compare.scene import Scene, scene
from nbtrace.compare.whereabouts import whereabouts
from nbtrace.documents import uncollected
from nbtrace.explanation.audit.agreeing_turns import may_stand_apart
from nbtrace.explanation.audit.attribution import Attribution, Share, attribute
from nbtrace.explanation.audit.audit import audit
from nbtrace.explanation.audit.findings import Audit, AuditStatus, Finding
from nbtrace.explanation.audit.leftovers import leftovers
from nbtrace.explanation.audit.roots import Root, roots
from nbtrace.explanation.physics import physics_of
from nbtrace.explanation.proof import Proof, ProofOutcome
from nbtrace.explanation.ranking import is_rounding, ranked
from nbtrace.explanation.simulations.counterfactual import Simulated, counterfactual
from nbtrace.explanation.simulations.evidence import logged_sides
from nbtrace.explanation.simulations.ruling import ruled
from nbtrace.explanation.simulations.run import Config, Simulate
from nbtrace.frozen import frozen
from nbtrace.longlogs.diff_logs import diff, in_blocks, with_differing_steps
from nbtrace.parsers.given_logs import Log, Words
from nbtrace.presentable import Presentable
from nbtrace.progress import stage
from nbtrace.records import Record, Shape, Side, Trace
from nbtrace.verdicts.notices import Notice, Subject, Weight
from nbtrace.verdicts.status import Verdict
from nbtrace.verdicts.tolerance import Policy
from nbtrace.vocabulary.sides import Names


@frozen
class Explanation(Presentable):
    """Who is wrong, and why.

    Attributes
    ----------
    diff : DiffResult
    audit : Audit
    roots : tuple of Root
        In execution order.
    attribution : Attribution
        Shares of the final ratio, in the same order.
    unusable : tuple of Record
        Values that are no numbers: not finite, or a word in place of one.
    simulated : Simulated or None
        What runs of the simulator say; None where none were asked for, or the traces are of different pixels.
    unproven : mapping of Side to Proof
        Of the reference and of the candidate why no root was held against it, where that was asked for and there is
        none to try.
    together : mapping of Side to Proof
        What they gave with several roots changed together.
    """

    presented_as: ClassVar[str] = "explain"

    diff: DiffResult
    audit: Audit
    roots: tuple[Root, ...]
    attribution: Attribution
    unusable: tuple[Record, ...]
    simulated: Simulated | None = None
    unproven: Mapping[Side, Proof] = field(default_factory=dict)
    together: Mapping[Side, Proof] = field(default_factory=dict)

    def counted(self) -> tuple[str, ...]:
        """Return what was compared, and how much of it diverges."""
        held = len(self.findings) + self.audit.num_agreeing
        counts = f"roots: {len(self.roots)}; values held against formulas: {held}"
        return (f"{counts}; {self.diff.c.source} against {self.diff.py.source}",)

    @property
    def names(self) -> Names:
        """What reports call the two programs."""
        return self.diff.names

    @cached_property
    def ranked(self) -> tuple[tuple[Root, Share], ...]:
        """The roots with their shares, the one that matters most first."""
        return ranked(self.audit, self.roots, self.attribution)

    @property
    def proof(self) -> Proof | None:
        """What the reference itself says; see :meth:`proof_in`."""
        return self.proof_in(Side.C)

    def proof_in(self, host: Side) -> Proof | None:
        """Return what a program itself says of the first root that was held against it and not contradicted.

        A proof that confirms comes before one that goes some of the way. Else why the first one was not tried, else
        what contradicts it; None where nothing was asked for.
        """
        proofs = [root.proofs[host] for root, _ in self.ranked if host in root.proofs]
        confirmed = [proof for proof in proofs if proof.outcome is ProofOutcome.CONFIRMED]
        kept = [proof for proof in proofs if proof.tried and proof.outcome is not ProofOutcome.REFUTED]
        return next(iter((*confirmed, *kept, *proofs)), self.unproven.get(host))

    @cached_property
    def rounded(self) -> tuple[Root, ...]:
        """Those of the size of rounding that do nothing to speak of."""
        return tuple(root for root, share in self.ranked if is_rounding(root, share))

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """What the audit found of each value, those of roots as formulas and runs together tell them.

        Of the turns of a long sweep on which both logs agree, or which one alone has as its formulas give them, there
        is none; `audit.num_agreeing` counts their values.
        """
        told = {finding.node: root for root in self.roots for finding in root.findings}
        return tuple(
            replace(item, status=told[item.node].status, side=told[item.node].side) if item.node in told else item
            for item in self.audit.findings
        )

    @property
    def verdict(self) -> Verdict:
        """Whether the pair agrees, by the tolerances of the comparison."""
        return self.diff.verdict if self.comparable else Verdict.NOT_COMPARABLE

    @property
    def comparable(self) -> bool:
        """Whether nothing forbids a judgement on the physics."""
        return comparable(self.diff)


def explain(
    c: Log,
    py: Log,
    config: Config | None = None,
    *,
    policy: Policy | None = None,
    simulate: Simulate | None = None,
    vocabulary: Words | None = None,
    every_turn: bool = False,
    columns_from: int | None = None,
) -> Explanation:
    """Explain the differences of two traces.

    Every quantity with a formula is computed anew from the same side's own logged inputs. A side that breaks a formula
    is a root; its causes are looked for in a catalogue, and each is held against the final ratio.

    Parameters
    ----------
    c, py : Trace, name of a log, or open file
        The reference's and the port's; exchanged if their prefixes say so.
    config : Config, optional
        What both were run with; by default what the banners tell.
    policy : Policy, optional
        Tolerances of the comparison, which decide the verdict; the audit goes as far as the printed digits.
    simulate : callable, optional
        Runs a pixel of the configuration (:func:`nbtrace.embedded.pixel_runs.pixel_runs`), which confirms causes and
        finds some for roots that the catalogue leaves without.
    vocabulary : Vocabulary, str or path-like, optional
        What the lines of logs mean.
    every_turn : bool
        Whether all turns of a long sweep are in the audit one by one, those, too, on which both logs agree; what holds
        an explanation against a program asks for it.
    columns_from : int, optional
        Mean bytes of the logs from which on (by default two million) columns read them, as for
        :func:`~nbtrace.longlogs.diff_logs.diff`.

    Raises
    ------
    InputError
        If one of them holds no value, or there is nothing that both have.
    """
    with stage("explaining"):
        with uncollected():
            compared = diff(c, py, policy, vocabulary=vocabulary, columns_from=columns_from)
        return _explained(compared, config, policy, simulate, every_turn=every_turn)


def _explained(
    result: DiffResult, config: Config | None, policy: Policy | None, simulate: Simulate | None, *, every_turn: bool
) -> Explanation:
    with uncollected():
        short = None if every_turn or simulate is not None else with_differing_steps(result)
        found = None if short is None else _by_differing_turns(short, config)
        result, audited, causes, (c, py) = found or _by_formulas(in_blocks(result), config, policy)
    simulated = None
    if config is not None and simulate is not None and audited.physics.experiments is not None and comparable(result):
        with stage("runs of the simulator"):
            simulated = counterfactual(logged_sides(audited, causes), config, simulate, audited.physics.experiments)
        causes = ruled(audited, causes, simulated)
    with uncollected():
        shares = attribute(audited, causes)
    return Explanation(result, audited, causes, shares, tuple(_unusable(c, py)), simulated)


_Found: TypeAlias = tuple[DiffResult, Audit, tuple[Root, ...], tuple[Trace, Trace]]
"""The comparison with what is said of the block that is explained, the audit, the roots, and the traces."""


def _by_formulas(result: DiffResult, config: Config | None, policy: Policy | None) -> _Found:
    """Return what becomes of the values of whole blocks."""
    blocks = _blocks(result)
    c, py = (trace.of_block(block) for trace, block in zip((result.c, result.py), blocks, strict=True))
    explained = result if result.num_blocks == (1, 1) else diff_traces(c, py, policy)
    audited = audit(*_scenes(c, py, config))
    audited.findings += leftovers(audited, _with_every_row(explained, audited))
    notices = (*_chosen_block(result, blocks), *_sweep_notices(c, py), *result.notices)
    return replace(result, notices=notices), audited, roots(audited), (c, py)


def _by_differing_turns(result: DiffResult, config: Config | None) -> _Found | None:
    """Return what becomes of values of which those of turns that agree stand in columns; None where they may not."""
    c, py = result.c.of_block(0), result.py.of_block(0)
    scenes = _scenes(c, py, config)
    if not may_stand_apart({own.side: own for own in scenes}, physics_of(c.vocabulary)):
        return None
    audited = audit(*scenes)
    if _lacks_rows(result, audited):
        return None
    audited.findings += leftovers(audited, result)
    result = replace(result, notices=(*_sweep_notices(c, py), *result.notices))
    return result, audited, roots(audited), (c, py)


def _scenes(c: Trace, py: Trace, config: Config | None) -> tuple[Scene, Scene]:
    physics = physics_of(c.vocabulary)
    tables = physics.tables(config)
    of_c, of_py = physics.facts(c, py, config), physics.facts(py, c, config)
    return scene(c, Side.C, of_c, tables=tables), scene(py, Side.PY, of_py, tables=tables)


def _with_every_row(result: DiffResult, audited: Audit) -> DiffResult:
    """Return the comparison with the rows that a long one leaves out, if a difference may be in one of them alone."""
    return diff_traces(result.c, result.py, result.policy) if _lacks_rows(result, audited) else result


def _lacks_rows(result: DiffResult, audited: Audit) -> bool:
    """Whether a difference may be in a row alone that a long comparison leaves out."""
    all_match = all(item.status is AuditStatus.MATCH for item in audited.findings)
    return not result.holds_every_row and all_match and bool(result.divergences)


def _blocks(result: DiffResult) -> tuple[int, int]:
    """Return the pixel block of C that is explained, the first one that diverges, and its partner in Py."""
    first = result.first_divergence
    partners = {block: partner for partner, block in pair_blocks(result.c, result.py).items()}
    both = [block for block in result.c.blocks if block in partners] or [result.c.blocks[0]]
    chosen = both[0] if first is None else first.index.block
    return chosen, partners.get(chosen, result.py.blocks[0])


def _chosen_block(result: DiffResult, blocks: tuple[int, int]) -> tuple[Notice, ...]:
    """Return which of several pixels the explanation is of."""
    block, many = blocks[0], result.num_blocks[0]
    if many == 1:
        return ()
    what, pixel = result.c.vocabulary.block, whereabouts(result.c, block).pixel
    place = f"slow {pixel[0]} fast {pixel[1]}" if pixel is not None else f"{what} block {block}"
    why = "the first that differs" if result.first_divergence is not None else "the first"
    return (Notice(Subject.PIXEL, Weight.INFO, f"one of {many} {what}s is explained, {why}: {place}"),)


def comparable(result: DiffResult) -> bool:
    """Whether nothing forbids a judgement on the physics."""
    return not any(notice.weight is Weight.BLOCKING for notice in result.notices)


def _sweep_notices(c: Trace, py: Trace) -> tuple[Notice, ...]:
    """Return what the φ sweeps say against comparing the traces at all: they may be of different pixels."""
    if not phi_steps(c).keys() & phi_steps(py).keys():
        return ()
    return tuple(notice for notice in compare_phi(c, py).notices if notice.weight is Weight.BLOCKING)


def _unusable(*traces: Trace) -> Iterator[Record]:
    for trace in traces:
        for record in trace.records:
            word = record.value.shape is Shape.SENTINEL
            if word or (record.value.numbers and not is_finite(record.numbers)):
                yield record
