"""The JSON document of `nbtrace explain`."""

from nbtrace.explanation.audit.attribution import Share
from nbtrace.explanation.audit.findings import AuditStatus, Finding, Held
from nbtrace.explanation.audit.roots import Root, SettingApart
from nbtrace.explanation.causes.search import Cause
from nbtrace.explanation.explain import Explanation
from nbtrace.explanation.proof import ChangedValue, Proof
from nbtrace.explanation.simulations.counterfactual import RunDifference, Simulated
from nbtrace.explanation.simulations.evidence import Evidence, evidence
from nbtrace.explanation.simulations.match import ValueMatch
from nbtrace.explanation.simulations.reproduction import Reproduction
from nbtrace.explanation.simulations.run import Change
from nbtrace.records import Side, Trace
from nbtrace.report.documents.models.explain import (
    CauseEntry,
    ChangedFlagEntry,
    ChangedValueEntry,
    ChangeEffect,
    ChangeEntry,
    CombinedChange,
    EvidenceEntry,
    ExplainDocument,
    ExplainedLog,
    FinalMatch,
    FindingEntry,
    HeldValue,
    ModeCount,
    ProgramProof,
    ProofImage,
    ProofOutputEntry,
    ProofRow,
    ReproducedSide,
    RootEntry,
    RootProof,
    SettingEntry,
    SimulatorRefused,
    SimulatorRuns,
    UnreproducedValue,
    UnusableValue,
)
from nbtrace.report.documents.models.parts import FORMAT_VERSION
from nbtrace.report.documents.parts import SIDE_WORDS, Document, notice_entries, pixel_place, side_names
from nbtrace.report.documents.trace_documents import diff_model
from nbtrace.report.views.explain_proof import proof_words
from nbtrace.report.views.explain_view import headline, proof_rows, proof_sentences
from nbtrace.report.views.explain_words import basis_words, effect_words, root_words, side_words
from nbtrace.vocabulary.sides import Names


def explain_document(result: Explanation, *, with_diff: bool = False) -> Document:
    """Return an explanation; roots are ranked, the one that explains most first."""
    return explain_model(result, with_diff=with_diff).written()


def explain_model(result: Explanation, *, with_diff: bool = False) -> ExplainDocument:
    """Return an explanation as the model of its document, with that of the comparison inside if asked for."""
    first = result.diff.first_divergence
    attribution = result.attribution
    return ExplainDocument(
        format="nbtrace explain",
        format_version=FORMAT_VERSION,
        verdict=result.verdict.value,
        answer=headline(result),
        first_over_tolerance=first.quantity if first is not None else None,
        final_quantity=attribution.final,
        final_word=result.diff.c.vocabulary.outcome,
        log_ratio_final=attribution.log_ratio,
        log_ratio_left=attribution.left,
        log_ratio_allowed=attribution.allowed,
        names=side_names(result.names),
        c=_log(result.diff.c),
        py=_log(result.diff.py),
        notices=notice_entries(result.diff.notices),
        roots=tuple(_root(root, share, result) for root, share in result.ranked),
        simulator=_simulator(result.simulated),
        reference_proof=_proof(result.proof, result.names),
        port_proof=_proof(result.proof_in(Side.PY), result.names),
        reference_proof_together=_proof(result.together.get(Side.C), result.names),
        port_proof_together=_proof(result.together.get(Side.PY), result.names),
        unusable=tuple(UnusableValue(key=item.key, line=item.line, text=item.value.text) for item in result.unusable),
        audit=tuple(_finding(item) for item in result.findings if item.status is not AuditStatus.MATCH),
        diff=diff_model(result.diff) if with_diff else None,
    )


def _log(trace: Trace) -> ExplainedLog:
    return ExplainedLog(source=trace.source, side=SIDE_WORDS[trace.side])


def _root(root: Root, share: Share, result: Explanation) -> RootEntry:
    cause = root.cause
    return RootEntry(
        quantity=root.quantity,
        quantities=root.quantities,
        phi_tic=root.phi_tic,
        place=dict(root.place),
        side=SIDE_WORDS[root.side],
        status=root.status.value,
        cause=cause.signature.name if cause is not None else None,
        text=f"{side_words(root)}: {root_words(root)}; {effect_words(root, share, result)}",
        residual_rel=cause.residual_rel if cause is not None else None,
        explains_final_ratio=share.of_log_ratio,
        explains_reason=share.reason,
        basis=root.basis.value,
        told_by=basis_words(root),
        settings=tuple(_setting(item) for item in root.settings),
        of_rounding_size=root in result.rounded,
        proof=RootProof(
            sentences=tuple(proof_sentences(root)),
            rows=tuple(
                ProofRow(value=value, logged=logged, by_formula=by_formula, under_cause=under_cause)
                for value, logged, by_formula, under_cause in proof_rows(root, result)
            ),
        ),
        simulator=_evidence(evidence(root, result.simulated)),
        reference_proof=_proof(root.proof, result.names),
        port_proof=_proof(root.proofs.get(Side.PY), result.names),
        withdrawn=tuple(map(_cause, root.withdrawn)),
        candidates_tried=root.search.tried,
        causes=tuple(map(_cause, root.search.causes)),
        nearest=tuple(map(_cause, root.search.nearest)),
    )


def _proof(proof: Proof | None, names: Names) -> ProgramProof | None:
    """Return what a program itself says; None where it was not asked."""
    if proof is None:
        return None
    image, of_port = proof.image, proof.host is Side.PY
    return ProgramProof(
        host=SIDE_WORDS[proof.host],
        outcome=proof.outcome.value,
        reason=proof.reason.value if proof.reason is not None else None,
        text=proof_words(proof, names),
        injected=proof.side.value,
        values=tuple(map(_changed_value, proof.values)),
        quantity=proof.quantity,
        pixel=pixel_place(proof.pixel) if proof.pixel is not None else None,
        before=proof.before,
        after=proof.after,
        candidate=None if of_port else proof.target,
        target=proof.target,
        image=None
        if image is None
        else ProofImage(
            file=image.file,
            before=image.before,
            after=image.after,
            candidate=None if of_port else image.target,
            target=image.target,
        ),
        match=proof.match.value,
        residual_rel=proof.residual_rel,
        log_ratio_left=proof.log_ratio_left,
        share_expected=proof.expected,
        share_done=proof.done,
        others_moved=proof.others,
        outputs=tuple(
            ProofOutputEntry(name=item.name, plain=item.plain, changed=item.injected) for item in proof.outputs
        ),
        program=proof.program,
        program_sha256=proof.program_sha256,
        command=proof.command,
        flags=tuple(ChangedFlagEntry(before=item.before, after=item.after) for item in proof.flags),
        changed_command=proof.changed_command,
        roots=tuple(node.label for node in proof.roots),
        untouched=proof.untouched,
        settings=proof.injections,
    )


def _changed_value(value: ChangedValue) -> ChangedValueEntry:
    return ChangedValueEntry(
        quantity=value.node.name,
        index=value.node.label,
        key=value.key,
        place=dict(value.index),
        passed=value.passed,
        before=value.before,
        after=value.after,
        times=value.times,
        origin=value.origin.value,
    )


def _setting(setting: SettingApart) -> SettingEntry:
    return SettingEntry(
        setting=setting.name,
        c=setting.c.numbers,
        py=setting.py.numbers,
        origin_c=setting.c.origin,
        origin_py=setting.py.origin,
    )


def _cause(cause: Cause) -> CauseEntry:
    return CauseEntry(
        cause=cause.signature.name,
        text=cause.text,
        predicted=cause.predicted,
        residual_rel=cause.residual_rel,
        share_of_deviation_left=cause.left,
        within_digits=cause.exact,
        expected_by_chance=cause.chance,
    )


def _finding(finding: Finding) -> FindingEntry:
    return FindingEntry(
        quantity=finding.node.name,
        index=finding.node.label,
        status=finding.status.value,
        side=SIDE_WORDS[finding.side],
        is_root=finding.is_root,
        reason=finding.reason,
        c=_held(finding.c),
        py=_held(finding.py),
    )


def _held(held: Held) -> HeldValue:
    return HeldValue(
        logged=held.logged,
        computed=held.computed.value if held.computed is not None else None,
        allowed=held.computed.allowed if held.computed is not None else None,
        not_logged=held.lacking or None,
    )


def _evidence(found: Evidence | None) -> EvidenceEntry | None:
    """Return what runs of the simulator say of a root; None if nothing."""
    if found is None:
        return None
    change, side = found.difference.change, found.difference.side
    return EvidenceEntry(
        change=change.name,
        text=change.text,
        with_=side.value,
        without=side.other.value,
        residual_rel_c=found.c.residual_rel,
        residual_rel_py=found.py.residual_rel,
        expected_by_chance=found.chance,
    )


def _simulator(simulated: Simulated | None) -> SimulatorRuns | SimulatorRefused | None:
    """Return what runs of the simulator say; None where none was asked for."""
    if simulated is None:
        return None
    if simulated.refused:
        return SimulatorRefused(refused=simulated.refused)
    return SimulatorRuns(
        refused=None,
        pixel=pixel_place(simulated.pixel) if simulated.pixel is not None else None,
        runs=simulated.tried,
        untried=simulated.untried,
        sides={side.value: _side(found, simulated) for side, found in simulated.reproductions.items()},
        differences=tuple(map(_difference, simulated.differences)),
        switches_without_trace=simulated.traceless,
    )


def _side(found: Reproduction, simulated: Simulated) -> ReproducedSide:
    return ReproducedSide(
        mode=found.base,
        changes=tuple(
            CombinedChange(
                change=change.name,
                text=change.text,
                expected_by_chance=chance,
                as_well=tuple(map(_change, others)),
            )
            for change, chance, others in zip(found.changes, found.chances, found.as_well, strict=True)
        ),
        values=len(found.matches),
        reproduced=len(found.held),
        largest_residual_rel=found.largest,
        final=_final(found.final) if found.final is not None else None,
        not_reproduced=tuple(
            UnreproducedValue(
                quantity=match.node.name,
                index=match.node.label,
                only_in_log=match.node.name in found.excused,
                logged=match.logged,
                predicted=match.simulated,
                residual_rel=match.residual_rel,
            )
            for match in found.left
        ),
        modes={
            mode: ModeCount(reproduced=count, largest_residual_rel=residual)
            for (side, mode), (count, residual) in simulated.modes.items()
            if side is found.side
        },
    )


def _final(match: ValueMatch) -> FinalMatch:
    return FinalMatch(
        quantity=match.node.name,
        logged=match.logged,
        predicted=match.simulated,
        residual_rel=match.residual_rel,
    )


def _change(change: Change) -> ChangeEntry:
    return ChangeEntry(change=change.name, text=change.text)


def _difference(difference: RunDifference) -> ChangeEffect:
    return ChangeEffect(
        change=difference.change.name,
        text=difference.change.text,
        side=SIDE_WORDS[difference.side],
        moves=tuple(node.label for node in difference.moved),
        ratio_final=difference.ratio,
        explains_final_ratio=difference.share,
        expected_by_chance=difference.chance,
    )
