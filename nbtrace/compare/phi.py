"""Comparing two traces step by step along the φ sweep."""

import math
from collections.abc import Mapping
from dataclasses import asdict, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, TypeAlias

from nbtrace.compare.diff import in_order
from nbtrace.compare.logs import FACTOR, KEY, LABEL, PRODUCT, logs_of
from nbtrace.compare.metrics import difference
from nbtrace.compare.notices.line_notices import lines_notices
from nbtrace.compare.notices.side_notices import side_notices
from nbtrace.compare.notices.step_notices import repeat_notices
from nbtrace.compare.repeats import FIELDS, Repeat, Steps, phi_steps, repeats, sweeps_of
from nbtrace.compare.torn_values import without_torn_values
from nbtrace.compare.whereabouts import whereabouts
from nbtrace.errors import InputError
from nbtrace.frozen import frozen
from nbtrace.parsers.given_logs import Log, Words, trace_pair
from nbtrace.presentable import Presentable
from nbtrace.records import Side, Trace
from nbtrace.verdicts.notices import Notice, Subject, Weight
from nbtrace.verdicts.status import ABSOLUTE_DIVERGENT, ABSOLUTE_MINOR, Status, Verdict, band
from nbtrace.verdicts.tolerance import DEFAULT_RELATIVE, Policy, Tolerance
from nbtrace.vocabulary.sides import Names
from nbtrace.vocabulary.vocabulary import REPEAT

if TYPE_CHECKING:
    import pandas as pd

_SAME_K = 1e-12
"""Relative difference of k up to which the lattice factors must agree, too."""

_OTHER_POINT = 0.5
"""Difference of k at every step from which on the two traces look at different reflections."""

StepNumbers: TypeAlias = Mapping[tuple[int, int], Mapping[str, float]]
"""Numbers of each step, by (sweep, phi_tic) and what they are in it."""

_LABEL_CLOSE = 1e-6
_UNIT_CLOSE = 0.05


@frozen
class PhiStep:
    """One step of the sweep on both sides; a side that lacks the step has None.

    Attributes
    ----------
    phi_tic, sample : int
    phi_deg_c, phi_deg_py : float or None
        As labelled, degrees.
    k_c, k_py : float or None
    F_latt_c, F_latt_py : float or None
        The product of the three lattice factors.
    delta_k, delta_F_latt_b, delta_F_latt : float or None
        Py − C.
    status : Status
    reason : str
    """

    phi_tic: int
    sample: int
    phi_deg_c: float | None
    phi_deg_py: float | None
    k_c: float | None
    k_py: float | None
    F_latt_c: float | None
    F_latt_py: float | None
    delta_k: float | None
    delta_F_latt_b: float | None
    delta_F_latt: float | None
    status: Status
    reason: str = ""


@frozen
class PhiResult(Presentable):
    """Two φ sweeps compared.

    Attributes
    ----------
    c, py : Trace
    tolerance : Tolerance
        Of k_frac.
    steps : tuple of PhiStep
    repeats : tuple of Repeat
    notices : tuple of Notice
    verdict : Verdict
    sweeps : mapping
        How many sweeps each side has: one for each sampled point.
    """

    presented_as: ClassVar[str] = "phi"

    c: Trace
    py: Trace
    tolerance: Tolerance
    steps: tuple[PhiStep, ...]
    repeats: tuple[Repeat, ...]
    notices: tuple[Notice, ...]
    verdict: Verdict
    sweeps: Mapping[Side, int] = field(default_factory=dict)

    def counted(self) -> tuple[str, ...]:
        """Return what was compared, and how much of it diverges."""
        diverging = sum(step.status.diverges for step in self.steps)
        counts = f"{len(self.compared)} of {len(self.steps)} steps compared; diverging: {diverging}"
        return (f"{counts}; {self.c.source} against {self.py.source}",)

    @property
    def has_unreadable_steps(self) -> bool:
        """Whether a line of a φ step cannot be read."""
        return any(_unreadable_steps(trace) for trace in (self.c, self.py))

    @property
    def compared(self) -> tuple[PhiStep, ...]:
        """The steps that both sides have."""
        return tuple(step for step in self.steps if step.delta_k is not None)

    @property
    def first_divergence(self) -> PhiStep | None:
        """The first step that diverges."""
        return next((step for step in self.steps if step.status.diverges), None)

    @property
    def worst(self) -> PhiStep | None:
        """The step with the largest |Δk|."""
        finite = [step for step in self.compared if step.delta_k is not None and math.isfinite(step.delta_k)]
        return max(finite, key=lambda step: abs(step.delta_k or 0.0), default=None)

    @property
    def max_delta_k(self) -> float | None:
        """The largest |Δk|."""
        worst = self.worst
        return abs(worst.delta_k) if worst is not None and worst.delta_k is not None else None

    @cached_property
    def table(self) -> "pd.DataFrame":
        """One row per step, as a pandas DataFrame."""
        import pandas as pd  # noqa: PLC0415 - slow to import, and only a notebook needs it

        return pd.DataFrame([asdict(step) | {"status": step.status.value} for step in self.steps])


def compare_phi(first: Log, second: Log, policy: Policy | None = None, *, vocabulary: Words | None = None) -> PhiResult:
    """Compare the φ steps of two traces; they may be given in either order.

    Parameters
    ----------
    first, second : Trace, name of a log or of a per-φ JSON, or open file
    policy : Policy, optional
        Tolerances; the defaults if not given.
    vocabulary : Vocabulary, str or path-like, optional
        What the lines of logs mean.

    Raises
    ------
    InputError
        If one of them has no φ step, or no step is on both sides.
    """
    given = trace_pair(first, second, vocabulary, None if policy is None else policy.vocabulary)
    ordered = in_order(*given)
    c, py = without_torn_values(ordered, replace(policy or Policy(), vocabulary=ordered[0].vocabulary))
    steps_c, steps_py = (phi_steps(trace) for trace in (c, py))
    for trace, steps in ((c, steps_c), (py, steps_py)):
        if not steps:
            forms = "TRACE_C_PHI, TRACE_PY_PHI or per-φ JSON"
            other = f"values that a loop prints again and again: nbtrace steps A B --index {_stated(trace)}"
            raise InputError(f"{trace.source} holds no φ steps ({forms}); {other}")
    if not steps_c.keys() & steps_py.keys():
        raise InputError(f"nothing to compare: {c.source} and {py.source} have no φ step in common")
    sweeps = LoggedSweeps.of(c, steps_c, Side.C), LoggedSweeps.of(py, steps_py, Side.PY)
    return compared_sweeps(*sweeps, policy, exchanged=ordered[0] is not given[0])


@frozen
class LoggedSweeps:
    """The φ steps of one side.

    Attributes
    ----------
    trace : Trace
        The log; it may lack the records of the steps.
    steps : mapping
        The numbers of each step, by (sweep, phi_tic) and what they are in it.
    repeats : tuple of Repeat
    sweeps : int
        How many sweeps the log has.
    """

    trace: Trace
    steps: StepNumbers
    repeats: tuple[Repeat, ...]
    sweeps: int

    @classmethod
    def of(cls, trace: Trace, steps: Steps, side: Side) -> "LoggedSweeps":
        """Return the steps of a log, whose records are given."""
        numbers = {
            place: {part: record.numbers[0] for part, record in fields.items()} for place, fields in steps.items()
        }
        return cls(trace, numbers, repeats(steps, side), sweeps_of(steps))


def compared_sweeps(
    first: LoggedSweeps, second: LoggedSweeps, policy: Policy | None = None, *, exchanged: bool = False
) -> PhiResult:
    """Compare the φ steps of the reference and of the port, which have at least one in common.

    Parameters
    ----------
    first, second : LoggedSweeps
        The reference's and the port's.
    policy : Policy, optional
    exchanged : bool
        Whether the logs were given the other way round.
    """
    c, py = first.trace, second.trace
    logs = logs_of(c.vocabulary)
    tolerance = (policy or Policy()).of(logs.of_a_step(KEY))
    judge = _StepJudge(tolerance, c.vocabulary.names, {part: logs.of_a_step(part) for part in FIELDS})
    places = sorted(first.steps.keys() | second.steps.keys())
    compared = tuple(judge.step(place, first.steps.get(place), second.steps.get(place)) for place in places)
    repeated = (*first.repeats, *second.repeats)
    sweeps = {Side.C: first.sweeps, Side.PY: second.sweeps}
    notices = _notices(c, py, compared, exchanged=exchanged)
    notices = (*notices, *repeat_notices(repeated, sweeps, c.vocabulary.names))
    notices = tuple(sorted(notices, key=lambda notice: -notice.weight))
    verdict = _verdict(compared, notices, unreadable=any(_unreadable_steps(trace) for trace in (c, py)))
    return PhiResult(c, py, tolerance, compared, repeated, notices, verdict, sweeps)


def _stated(trace: Trace) -> str:
    """Return the outermost loop that the lines of a log state; how often a key came where they state none."""
    return next((name for record in trace.records for name, _ in record.index.loops), REPEAT)


def _unreadable_steps(trace: Trace) -> bool:
    """Whether a line of a φ step cannot be read; another line of that step, if there is one, may be the wrong one."""
    parts = logs_of(trace.vocabulary).parts_of_a_step
    return any(parts.get(name) in FIELDS for bad in trace.account.unreadable for name in bad.quantities)


def _verdict(steps: tuple[PhiStep, ...], notices: tuple[Notice, ...], *, unreadable: bool) -> Verdict:
    if any(notice.weight is Weight.BLOCKING for notice in notices):
        return Verdict.NOT_COMPARABLE
    return Verdict.DIFFER if unreadable or any(step.status.diverges for step in steps) else Verdict.AGREE


def _delta(c: float | None, py: float | None) -> float | None:
    return None if c is None or py is None else py - c


_NOTHING: Mapping[str, float] = {}


@frozen
class _StepJudge:
    """Judges one step after another; `keys` has the quantity of each part of a step."""

    tolerance: Tolerance
    names: Names
    keys: Mapping[str, str]

    def step(self, place: tuple[int, int], c: Mapping[str, float] | None, py: Mapping[str, float] | None) -> PhiStep:
        """Return a step that a side, or both, have."""
        ours, theirs = c or _NOTHING, py or _NOTHING
        deltas = {name: _delta(ours.get(name), theirs.get(name)) for name in FIELDS}
        status, reason = self._judge(ours, deltas, only_py=c is None)
        if status is Status.PASS:
            status, reason = self._judge_factors(ours, theirs, deltas[KEY])
        sample, tic = place
        return PhiStep(
            phi_tic=tic,
            sample=sample,
            phi_deg_c=ours.get(LABEL),
            phi_deg_py=theirs.get(LABEL),
            k_c=ours.get(KEY),
            k_py=theirs.get(KEY),
            F_latt_c=ours.get(PRODUCT),
            F_latt_py=theirs.get(PRODUCT),
            delta_k=deltas[KEY],
            delta_F_latt_b=deltas[FACTOR],
            delta_F_latt=deltas[PRODUCT],
            status=status,
            reason=reason,
        )

    def _short(self, part: str) -> str:
        """Return the key of a part of a step, as its lines print it."""
        return self.keys[part].removeprefix("phi_")

    def _judge(
        self, c: Mapping[str, float], deltas: Mapping[str, float | None], *, only_py: bool
    ) -> tuple[Status, str]:
        """Return the status of a step by its k."""
        delta = deltas[KEY]
        if delta is None:
            return Status.MISSING, f"only {self.names.candidate if only_py else self.names.reference} has this step"
        lost = [self._short(part) for part in FIELDS if not math.isfinite(deltas[part] or 0.0)]
        if lost:
            return Status.NOT_FINITE, f"{', '.join(lost)} not finite"
        allowed = self.tolerance.allowed(abs(c.get(KEY) or 0.0))
        size = abs(delta)
        # The established test for a step is |Δk| < tolerance, not ≤.
        if size < allowed or size == 0:
            return Status.PASS, ""
        return band(size, allowed * ABSOLUTE_MINOR, allowed * ABSOLUTE_DIVERGENT), ""

    def _judge_factors(
        self, c: Mapping[str, float], py: Mapping[str, float], apart: float | None
    ) -> tuple[Status, str]:
        """Return the status of a step by its lattice factors, where k is so nearly the same that they must be, too."""
        k = c.get(KEY)
        if k is None or apart is None or abs(apart) > _SAME_K * abs(k):
            return Status.PASS, ""
        for name in FIELDS[1:]:
            ours, theirs = c.get(name), py.get(name)
            if ours is None or theirs is None or ours == theirs:
                continue
            relative = abs(difference((ours,), (theirs,)).relative)
            if relative > DEFAULT_RELATIVE:
                words = f"{self._short(name)} differs although k is the same"
                return band(relative), words
        return Status.PASS, ""


def _notices(c: Trace, py: Trace, compared: tuple[PhiStep, ...], *, exchanged: bool) -> tuple[Notice, ...]:
    notices = [
        *_pixel_notices(c, py, compared),
        *_unit_notices(compared, c.vocabulary.names),
        *_label_notices(compared, c.vocabulary.names),
        *lines_notices(c, py),
    ]
    notices += side_notices("files", c, py, exchanged=exchanged)
    return tuple(notices)


def _pixel_notices(c: Trace, py: Trace, steps: tuple[PhiStep, ...]) -> list[Notice]:
    at_c, at_py = whereabouts(c), whereabouts(py)
    names, what = c.vocabulary.names, c.vocabulary.block
    if at_c.pixel is not None and at_py.pixel is not None and at_c.pixel != at_py.pixel:
        text = (
            f"the two traces are of different {what}s: {names.reference} slow {at_c.pixel[0]} fast {at_c.pixel[1]}, "
            f"{names.candidate} slow {at_py.pixel[0]} fast {at_py.pixel[1]}"
        )
        return [Notice(Subject.PIXEL, Weight.BLOCKING, text)]
    apart = [abs(step.delta_k) for step in steps if step.delta_k is not None and math.isfinite(step.delta_k)]
    if not apart or min(apart) <= _OTHER_POINT or (at_c.pixel is not None and at_py.pixel is not None):
        return []
    known = [
        f"{side} says slow {at.pixel[0]} fast {at.pixel[1]}" if at.pixel else f"the {side} file does not say which"
        for side, at in zip(names.pair, (at_c, at_py), strict=True)
    ]
    text = (
        f"the two traces are of different {what}s, or of different geometries: k differs by {min(apart):.6g} to "
        f"{max(apart):.6g} at every step, so they look at different points of reciprocal space ({'; '.join(known)})"
    )
    return [Notice(Subject.PIXEL, Weight.BLOCKING, text)]


def _unit_notices(steps: tuple[PhiStep, ...], names: Names) -> list[Notice]:
    """Return that k is a power of ten too small or too large at every step, and what is left once that is set right."""
    pairs = [(step.phi_tic, step.k_c, step.k_py) for step in steps if step.k_c and step.k_py]
    ratios = [py / c for _, c, py in pairs]
    if not ratios or min(ratios) <= 0 or not all(map(math.isfinite, ratios)):
        return []
    power = round(math.log10(ratios[-1]))
    if abs(power) < 2 or any(abs(ratio / 10.0**power - 1) > _UNIT_CLOSE for ratio in ratios):
        return []
    left = [(abs(py / 10.0**power - c), tic) for tic, c, py in pairs]
    worst, tic = max(left)
    others = max((apart for apart, other in left if other != tic), default=0.0)
    text = (
        f"k: {names.ratio} is 10^{power} at every step, so the vectors behind it are in different units; "
        f"once that is set right, |Δk| is {worst:.6g} at tic {tic} and at most {others:.6g} elsewhere"
    )
    return [Notice(Subject.UNIT, Weight.WARNING, text)]


def _label_notices(steps: tuple[PhiStep, ...], names: Names) -> list[Notice]:
    both = [step for step in steps if step.phi_deg_c is not None and step.phi_deg_py is not None]
    errors = [(abs((step.phi_deg_py or 0) - (step.phi_deg_c or 0)), step) for step in both]
    worst, step = max(errors, key=lambda pair: pair[0], default=(0.0, None))
    span = max((abs(item.phi_deg_c or 0) for item in both), default=0.0)
    if step is None or worst <= _LABEL_CLOSE * max(span, _LABEL_CLOSE):
        return []
    agreeing = sum(item.status is Status.PASS for item in both)
    text = (
        f"the φ labels differ by up to {worst:.6g}° (tic {step.phi_tic}: {names.reference} {step.phi_deg_c:g}°, "
        f"{names.candidate} {step.phi_deg_py:g}°) while k agrees at {agreeing} of {len(both)} steps; "
        "steps are paired by phi_tic"
    )
    if _end_point_included(both):
        text += f"; {names.candidate}'s labels divide the sweep by n − 1 steps, as if its end point were included"
    return [Notice(Subject.STEP, Weight.WARNING, text)]


def _end_point_included(steps: list[PhiStep]) -> bool:
    """Whether Py's labels are those of C stretched by n/(n − 1)."""
    n = len(steps)
    if n < 2:
        return False
    start = steps[0].phi_deg_c or 0.0
    pairs = [((step.phi_deg_c or 0.0) - start, (step.phi_deg_py or 0.0) - start) for step in steps[1:]]
    return all(math.isclose(py, c * n / (n - 1), rel_tol=1e-4) for c, py in pairs)
