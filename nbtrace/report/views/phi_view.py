"""The view of a comparison along φ."""

from collections.abc import Iterable

from nbtrace.compare.phi import PhiResult, PhiStep
from nbtrace.compare.repeats import repeat_words
from nbtrace.records import Side
from nbtrace.report.next_steps import next_section, why
from nbtrace.report.view import Column, Line, Section, Table, View, input_facts, number, signed
from nbtrace.verdicts.status import Status, Verdict
from nbtrace.vocabulary.sides import Names


def _columns(names: Names, *, several: bool) -> tuple[Column, ...]:
    return (
        Column("sample:phi_tic" if several else "phi_tic", numeric=True),
        Column(f"φ {names.reference} (deg)", numeric=True, rank=3, named=True),
        Column(f"φ {names.candidate} (deg)", numeric=True, rank=5, named=True),
        Column(f"k {names.reference}", numeric=True, rank=4, named=True),
        Column(f"k {names.candidate}", numeric=True, rank=4, named=True),
        Column("Δk", numeric=True),
        Column("ΔF_latt_b", numeric=True, rank=2),
        Column("ΔF_latt", numeric=True, rank=1),
        Column("status"),
    )


def phi_view(result: PhiResult, *, whole: bool = True) -> View:
    """Return the view of a φ comparison; one that is not whole is for a short form, which counts steps that agree."""
    names = result.c.vocabulary.names
    mark = f" [override: {result.tolerance.origin}]" if result.tolerance.overridden else " (default)"
    return View(
        title=f"φ steps: {names.against}",
        verdict=result.verdict,
        headline=_headline(result),
        facts=(
            *input_facts(result.c, result.py),
            f"Tolerance: |Δk| < {result.tolerance}{mark}; {_judged(names)}",
            _steps(result),
        ),
        notices=result.notices,
        sections=(Section("Steps", table=_table(result, whole=whole)), *_summary(result)),
    )


def _steps(result: PhiResult) -> str:
    tics, samples = _tics_and_samples(result.steps)
    beside = f" ({tics} in each of {samples} samples)" if samples > 1 else ""
    one_sided = len(result.steps) - len(result.compared)
    return f"Steps{beside}: {len(result.compared)} on both sides, {one_sided} on one side only"


def _judged(names: Names) -> str:
    return f"differences are {names.difference}; F_latt is judged where k is the same"


def _headline(result: PhiResult) -> str:
    first, worst = result.first_divergence, result.worst
    if result.verdict is Verdict.NOT_COMPARABLE:
        return "the two sweeps are not of the same pixel or geometry; Δk says nothing about the rotation"
    largest = f"max |Δk| = {result.max_delta_k:.6g} at tic {worst.phi_tic}" if worst is not None else "no finite Δk"
    if first is None:
        unread = ", but a line of a step cannot be read" if result.verdict is Verdict.DIFFER else ""
        tics, samples = _tics_and_samples(result.compared)
        many = "the one step agrees" if tics == 1 else f"all {tics} steps agree"
        return f"{many}{f' in each of {samples} samples' if samples > 1 else ''}{unread}, {largest}"
    over, bad_samples = _tics_and_samples(step for step in result.steps if step.status.diverges)
    tics, samples = _tics_and_samples(result.steps)
    within = f" in {bad_samples} of {samples} samples" if samples > 1 else ""
    first_or_only = "only" if over == 1 else "first"
    why_there = f": {first.reason};" if first.reason else ","
    return (
        f"{first_or_only} divergence at phi_tic {first.phi_tic} ({over} of {tics} steps{within}){why_there} {largest}"
    )


def _tics_and_samples(steps: Iterable[PhiStep]) -> tuple[int, int]:
    """Return how many φ steps there are, and how many samples of the pixel they were printed for."""
    places = [(step.phi_tic, step.sample) for step in steps]
    return len({tic for tic, _ in places}), len({sample for _, sample in places})


def _table(result: PhiResult, *, whole: bool) -> Table:
    repeated = {(r.side, r.sample, r.phi_tic) for r in result.repeats}
    several = _tics_and_samples(result.steps)[1] > 1
    columns = _columns(result.c.vocabulary.names, several=several)
    counted = Line(("",) * len(columns), Status.PASS)
    lines = tuple(
        counted if step.status is Status.PASS and not whole else _line(step, repeated, several=several)
        for step in result.steps
    )
    return Table(columns, lines)


def _line(step: PhiStep, repeated: set[tuple[Side, int, int]], *, several: bool) -> Line:
    marks = "".join("*" for side in (Side.C, Side.PY) if (side, step.sample, step.phi_tic) in repeated)
    tic = f"{step.sample}:{step.phi_tic}{marks}" if several else f"{step.phi_tic}{marks}"
    cells = (
        tic,
        number(step.phi_deg_c, 6),
        number(step.phi_deg_py, 6),
        number(step.k_c),
        number(step.k_py),
        signed(step.delta_k, 4),
        signed(step.delta_F_latt_b),
        signed(step.delta_F_latt),
        step.status.value,
    )
    return Line(cells, step.status)


def _summary(result: PhiResult) -> tuple[Section, ...]:
    first = result.first_divergence
    names = result.c.vocabulary.names
    repeated = repeat_words(result.repeats, result.sweeps, names)
    items = [f"{words}, digit for digit (marked * in the table)" for words in repeated]
    elsewhere = [abs(step.delta_k) for step in result.compared if not step.status.diverges and step.delta_k is not None]
    if first is not None and elsewhere:
        items.append(f"at the {len(elsewhere)} steps that agree, |Δk| is at most {max(elsewhere):.6g}")
    if result.repeats and result.repeats[0].phi_tic == 0:
        items.append(
            "a first step that equals the last is what a rotation left over from the previous pixel looks like"
        )
    findings = (Section("Findings", items=tuple(items)),) if items else ()
    differ = first is not None and result.verdict is Verdict.DIFFER
    return (*findings, *next_section(commands=[why(result.c, result.py)] if differ else ()))
