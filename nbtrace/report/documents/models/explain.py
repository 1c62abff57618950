"""The document of `nbtrace explain`."""

from typing import Literal

from pydantic import Field

from nbtrace.explanation.audit.findings import AuditStatus
from nbtrace.explanation.audit.roots import Grounds
from nbtrace.explanation.proof import InjectedSide, NotTried, NumberMatch, ProofOutcome, ValueOrigin
from nbtrace.report.documents.models.diff import DiffDocument
from nbtrace.report.documents.models.parts import (
    LATER,
    Answer,
    BlamedSide,
    FormatVersion,
    NoticeEntry,
    PixelPlace,
    Provenance,
    SideNames,
    SideWord,
    Vector,
    VerdictWord,
    words_of,
)
from nbtrace.report.documents.models.waivers import WAIVERS_KEY, WaiversEntry
from nbtrace.schema import Array, DocumentPart, Number

_CHANCE = "Expected number of candidates that would come as close by chance."
_RESIDUAL = "|logged − predicted|/|logged|."


class ExplainedLog(DocumentPart):
    """A log that is explained."""

    source: str = Field(description="Its name, as it was given.")
    side: SideWord


class CauseEntry(DocumentPart):
    """A cause of the catalogue, tried for a root."""

    cause: str = Field(default="", description="Its name in the catalogue.")
    text: str = Field(description="The same in words.")
    predicted: Vector = Field(default=(), description="The value that it predicts, in the unit of the quantity.")
    residual_rel: Number = Field(default=None, description=_RESIDUAL)
    share_of_deviation_left: Number = Field(
        default=None, description="Share of the deviation from the formula that it leaves."
    )
    within_digits: bool = Field(default=False, description="Whether it is met to the printed digits.")
    expected_by_chance: Number = Field(default=None, description=_CHANCE)


class ProofRow(DocumentPart):
    """A component of a root."""

    value: str = Field(description="Its name.")
    logged: str = Field(description="As logged.")
    by_formula: str = Field(description="By the formula from the same side's inputs.")
    under_cause: str = Field(description="Under the cause; empty where there is none.")


class RootProof(DocumentPart):
    """Why a side is told wrong."""

    sentences: Array[str] = Field(default=(), description="The formula, its inputs, and what follows from them.")
    rows: Array[ProofRow] = Field(default=(), description="The components.")


class ChangeEntry(DocumentPart):
    """A thing that is changed in the configuration of the simulator."""

    change: str = Field(description="Its name.")
    text: str = Field(description="The same in words.")


class EvidenceEntry(ChangeEntry):
    """What runs of the simulator say of a root: one side is the run with a change, the other the run without."""

    with_: str = Field(alias="with", description="The side that is the run with the change.")
    without: str = Field(description="The side that is the run without.")
    residual_rel_c: Number = Field(description="What the reference's run leaves, relative.")
    residual_rel_py: Number = Field(description="What the candidate's run leaves, relative.")
    expected_by_chance: Number = Field(description=_CHANCE)


class SettingEntry(DocumentPart):
    """A configuration value that the sides have apart."""

    setting: str = Field(description="Its name.")
    c: Vector = Field(description="The reference's.")
    py: Vector = Field(description="The candidate's.")
    origin_c: str = Field(description="What tells the reference's.")
    origin_py: str = Field(description="What tells the candidate's.")


class ChangedValueEntry(DocumentPart):
    """A value that was changed in the running reference."""

    quantity: str = Field(description="The quantity of the logs.")
    index: str = Field(description="Its name with its place in the loops.")
    key: str = Field(description="Its name in the probe file.")
    place: dict[str, int] = Field(description="Turns of loops that the probe states.")
    passed: int = Field(description="Times that the place was reached there before.")
    before: Vector = Field(description="What the program had, in the unit of the probe.")
    after: Vector = Field(description="What it had then.")
    times: int = Field(description="How often it was written: more than once where further turns of loops have it.")
    origin: str = Field(description="Where the value is from.", json_schema_extra=words_of(*ValueOrigin))


class ProofImage(DocumentPart):
    """The traced pixel in the images of both runs."""

    file: str = Field(description="Name of the image.")
    before: Number = Field(description="In the plain run.")
    after: Number = Field(description="With the values changed.")
    candidate: Number = Field(
        description="The candidate's number as the image would hold it; null where not known, or the candidate was run."
    )
    target: Number = Field(
        default=None, description=f"{LATER}The other program's number as the image would hold it; null where not known."
    )


class ChangedFlagEntry(DocumentPart):
    """An argument of the reference that was changed."""

    before: str = Field(description="The flag with its values; empty where it was not given.")
    after: str = Field(description="What stood there then.")


class ProofOutputEntry(DocumentPart):
    """One thing that the program writes: a file, stdout or stderr."""

    name: str = Field(description="Its name.")
    plain: str | None = Field(description="SHA-256 in the plain run; null where it was not written.")
    changed: str | None = Field(description="SHA-256 with the values changed; null where it was not written.")


class ProgramProof(DocumentPart):
    """A root held against one of the two programs itself: its values, or a flag, were changed in it."""

    host: SideWord = Field(default="c", description=f"{LATER}The program that was run.")
    outcome: str = Field(description="What that program says.", json_schema_extra=words_of(*ProofOutcome))
    reason: str | None = Field(
        description="Why it was not tried; null where it was.", json_schema_extra=words_of(*NotTried)
    )
    text: str = Field(description="The whole in one sentence.")
    injected: str = Field(
        description="Whose value was written: the right one, or the other program's where that is wrong or undecided.",
        json_schema_extra=words_of(*InjectedSide),
    )
    values: Array[ChangedValueEntry] = Field(description="What was changed, in the order of execution.")
    quantity: str = Field(description="The final quantity; empty where it was not tried.")
    pixel: PixelPlace | None = Field(description="The pixel; null where none is selected.")
    before: Number = Field(
        description="The final quantity of the program as it is: in double precision, where flags were changed as its "
        "trace or its image has it."
    )
    after: Number = Field(description="With the change.")
    candidate: Number = Field(description="The candidate's; null where the candidate was run.")
    target: Number = Field(default=None, description=f"{LATER}The other program's, which is to be met.")
    image: ProofImage | None = Field(description="The same in the image; null where there is none.")
    match: str = Field(
        description="How the program then meets the other one's number.", json_schema_extra=words_of(*NumberMatch)
    )
    residual_rel: Number = Field(description="|after − target|/|target|.")
    log_ratio_left: Number = Field(description="ln(target/after).")
    share_expected: Number = Field(description="Share of ln(py/c) that the root was said to explain.")
    share_done: Number = Field(description="Share of it that the change makes.")
    others_moved: int | None = Field(description="Other pixels that moved; null without an image.")
    outputs: Array[ProofOutputEntry] = Field(description="Everything that the program wrote in both runs.")
    program: str = Field(description="The program; of a Python program its file.")
    program_sha256: str = Field(description="Its SHA-256.")
    command: Array[str] = Field(description="The program and its arguments.")
    flags: Array[ChangedFlagEntry] = Field(
        default=(), description=f"{LATER}Arguments that were changed, where the roots are of the configuration."
    )
    changed_command: Array[str] = Field(
        default=(), description=f"{LATER}The program and its arguments with these; empty where none was changed."
    )
    roots: Array[str] = Field(
        default=(), description=f"{LATER}The roots, where several were changed together; else empty."
    )
    untouched: int = Field(
        description="Further times that the program computes the values, in turns of loops of which the logs tell "
        "nothing: there they were left, and nothing can be refuted."
    )
    settings: Array[str] = Field(description="The changes as `nbtrace capture --set` takes them, where it can.")


class RootEntry(DocumentPart):
    """A root: a quantity that a side has wrong and that follows from nothing else."""

    quantity: str = Field(description="The first quantity that shows it.")
    quantities: Array[str] = Field(default=(), description="All quantities that show it.")
    phi_tic: int | None = Field(default=None, description="The φ step; null where it is of none.")
    place: dict[str, int] = Field(default={}, description=f"{LATER}Loop → ordinal of its turn.")
    side: BlamedSide
    status: str = Field(description="What became of the value on both sides.", json_schema_extra=words_of(*AuditStatus))
    cause: str | None = Field(default=None, description="Name of the best cause; null where none fits.")
    text: str = Field(description="The root in one line.")
    residual_rel: Number = Field(default=None, description=f"Of the best cause: {_RESIDUAL}")
    explains_final_ratio: Number = Field(
        default=None, description="Share of ln(py/c) of the final quantity that goes when it is put right."
    )
    explains_reason: str = Field(default="", description="Why that is not known, or how it is.")
    basis: str | None = Field(
        default=None, description=f"{LATER}What tells the side and the cause.", json_schema_extra=words_of(*Grounds)
    )
    told_by: str = Field(default="", description=f"{LATER}The same in words; empty where no side is told.")
    settings: Array[SettingEntry] = Field(
        default=(),
        description=f"{LATER}Configuration values that the sides have apart, where that is all there is to it.",
    )
    of_rounding_size: bool = Field(
        default=False, description=f"{LATER}Whether it is of the size of rounding and does nothing to speak of."
    )
    proof: RootProof = Field(default=RootProof(), description="Why the side is told wrong.")
    simulator: EvidenceEntry | None = Field(
        default=None, description=f"{LATER}What runs of the simulator say of it; null where nothing."
    )
    reference_proof: ProgramProof | None = Field(
        default=None, description="What the reference itself says (--prove); null where it was not asked."
    )
    port_proof: ProgramProof | None = Field(
        default=None, description=f"{LATER}What the candidate itself says (--prove-port); null where it was not asked."
    )
    withdrawn: Array[CauseEntry] = Field(default=(), description="Causes that a program itself contradicts.")
    candidates_tried: int | None = Field(default=None, description="Causes that were tried.")
    causes: Array[CauseEntry] = Field(default=(), description="Causes that fit, the best first.")
    nearest: Array[CauseEntry] = Field(default=(), description="Causes that do not, the nearest first.")


class SimulatorRefused(DocumentPart):
    """Runs of the simulator that were not made."""

    refused: str = Field(description="Why none was made.")


class CombinedChange(ChangeEntry):
    """A change of the run that a log is."""

    expected_by_chance: Number = Field(description="Expected number of changes that reproduce as much by chance.")
    as_well: Array[ChangeEntry] = Field(description="Other changes that reproduce the same values.")


class FinalMatch(DocumentPart):
    """The final value against that of a run."""

    quantity: str = Field(description="Its name.")
    logged: Vector = Field(description="As logged, in its unit.")
    predicted: Vector = Field(description="By the run.")
    residual_rel: Number = Field(description=_RESIDUAL)


class UnreproducedValue(DocumentPart):
    """A value that no run reproduces."""

    quantity: str = Field(description="Its name.")
    index: str = Field(description="Its name with its place in the loops.")
    only_in_log: bool = Field(description="Whether only the log has it wrong, or computes it from what it has wrong.")
    logged: Vector = Field(description="As logged, in its unit.")
    predicted: Vector = Field(description="By the run.")
    residual_rel: Number = Field(description=_RESIDUAL)


class ModeCount(DocumentPart):
    """A mode of the simulator without any change."""

    reproduced: int = Field(description="Values that it reproduces.")
    largest_residual_rel: Number = Field(description="The largest relative residual.")


class ReproducedSide(DocumentPart):
    """Which run a log is, and what that leaves."""

    mode: str = Field(description="Mode of the simulator.")
    changes: Array[CombinedChange] = Field(description="What is changed in the configuration.")
    values: int = Field(description="Values that were held against the run.")
    reproduced: int = Field(description="Values that it reproduces.")
    largest_residual_rel: Number = Field(description="The largest relative residual of these.")
    final: FinalMatch | None = Field(description="The final value; null where the log or the run lacks it.")
    not_reproduced: Array[UnreproducedValue] = Field(description="The values that it does not reproduce.")
    modes: dict[str, ModeCount] = Field(description="Mode without any change → what it reproduces.")


class ChangeEffect(ChangeEntry):
    """A change that one side's run has and the other's has not."""

    side: SideWord
    moves: Array[str] = Field(description="Values that it moves, in execution order.")
    ratio_final: Number = Field(description="Factor by which it changes the final value.")
    explains_final_ratio: Number = Field(description="Its share of ln(py/c) of the final quantity.")
    expected_by_chance: Number = Field(description="Expected number of changes that reproduce as much by chance.")


class SimulatorRuns(DocumentPart):
    """What runs of the simulator say of both logs."""

    refused: None = Field(description="Runs were made.")
    pixel: PixelPlace | None = Field(description="The pixel that was run.")
    runs: int = Field(description="Runs that were made.")
    untried: int = Field(description="Changes for which there was no time.")
    sides: dict[str, ReproducedSide] = Field(description="Side → the run that its log is.")
    differences: Array[ChangeEffect] = Field(description="What the two runs differ in.")
    switches_without_trace: Array[str] = Field(description="Switches that change nothing in this pixel.")


class UnusableValue(DocumentPart):
    """A logged value that is no number to compute with."""

    key: str = Field(description="Its key in the log.")
    line: int | None = Field(description="Its line, from 1.")
    text: str = Field(description="Its text.")


class HeldValue(DocumentPart):
    """A side's value against its formula; null where it is not known."""

    logged: Vector | None = Field(description="As logged, in the unit of the quantity.")
    computed: Vector | None = Field(description="By the formula from the same side's inputs.")
    allowed: Vector | None = Field(description="What printed digits and precision allow, per component.")
    not_logged: str | None = Field(description="The inputs that are not logged.")


class FindingEntry(DocumentPart):
    """A value of both sides against its formula."""

    quantity: str = Field(description="Its name.")
    index: str = Field(description="Its name with its place in the loops.")
    status: str = Field(description="What became of it.", json_schema_extra=words_of(*AuditStatus))
    side: BlamedSide
    is_root: bool = Field(alias="root", description="Whether it follows from nothing else.")
    reason: str = Field(description="Why the status is what it is.")
    c: HeldValue = Field(description="The reference's value.")
    py: HeldValue = Field(description="The candidate's value.")


class ExplainDocument(DocumentPart):
    """What `nbtrace explain` says of two traces: which side breaks which formula, and why."""

    format: Literal["nbtrace explain"]
    format_version: FormatVersion
    verdict: VerdictWord
    answer: Answer = ""
    first_over_tolerance: str | None = Field(description="First quantity in execution order that diverges.")
    final_quantity: str | None = Field(default=None, description="The quantity that everything ends in.")
    final_word: str | None = Field(default=None, description=f"{LATER}What kind of thing that is, in a word.")
    log_ratio_final: Number = Field(default=None, description="ln(py/c) of the final quantity.")
    log_ratio_left: Number = Field(description="What is left of it when every root is put right.")
    log_ratio_allowed: Number = Field(description="How large that may be by rounding.")
    names: SideNames | None = Field(default=None, description=f"{LATER}What reports call the two sides.")
    c: ExplainedLog = Field(description="The reference's log.")
    py: ExplainedLog = Field(description="The candidate's log.")
    notices: Array[NoticeEntry] = Field(description="What must be known before the figures.")
    roots: Array[RootEntry] = Field(description="The roots, the one that explains most first.")
    simulator: SimulatorRuns | SimulatorRefused | None = Field(
        default=None, description=f"{LATER}Runs of the simulator; null where none was asked for."
    )
    reference_proof: ProgramProof | None = Field(
        default=None,
        description="The proof of the first root that the reference shows, else of the first that it does not "
        "contradict, else why there is none; null where --prove was not given.",
    )
    port_proof: ProgramProof | None = Field(
        default=None, description=f"{LATER}The same in the candidate; null where --prove-port was not given."
    )
    reference_proof_together: ProgramProof | None = Field(
        default=None,
        description=f"{LATER}What the reference gives with several roots changed in one run; null where no two of them "
        "went some of the way.",
    )
    port_proof_together: ProgramProof | None = Field(default=None, description=f"{LATER}The same in the candidate.")
    unusable: Array[UnusableValue] = Field(description="Logged values that are no numbers to compute with.")
    audit: Array[FindingEntry] = Field(description="Values that differ, against their formulas.")
    diff: DiffDocument | None = Field(
        default=None, description="Since 0.2: the comparison itself, where `nbtrace A B` made both; else null."
    )
    waivers: WaiversEntry | None = Field(default=None, description=WAIVERS_KEY)
    provenance: Provenance = None
