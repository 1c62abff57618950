"""The view of two sides run on the same flags: that of their images, what was run, and the traced pixels."""

import shlex
from collections.abc import Iterator
from dataclasses import replace
from shlex import quote

from nbtrace.programs.comparison import ComparedPixel, Comparison, SideRun
from nbtrace.report.next_steps import next_section
from nbtrace.report.view import Column, Command, Line, Section, SectionKind, Table, View, number
from nbtrace.report.views.diff_view import diff_view
from nbtrace.report.views.explain_view import headline as explained
from nbtrace.report.views.images_view import headline as images_headline
from nbtrace.report.views.images_view import images_view
from nbtrace.verdicts.status import Verdict

_RUNS = (
    Column("side"),
    Column("what"),
    Column("runs", numeric=True),
    Column("median ms", numeric=True),
    Column("repeats"),
)
_TRACES = (
    Column("pixel"),
    Column("why"),
    Column("traces"),
    Column("compared", numeric=True),
    Column("first divergence"),
)


def compare_view(result: Comparison) -> View:
    """Return the view of a comparison."""
    images = images_view(result.images, result.causes)
    return replace(
        images,
        title="Two programs on the same flags",
        headline=headline(result),
        facts=(*_facts(result), *images.facts),
        notices=(*result.notices, *images.notices),
        sections=(
            Section("Runs", table=Table(_RUNS, tuple(_run_line(*side) for side in _sides(result)))),
            *(section for section in images.sections if section.kind is not SectionKind.NEXT),
            *_trace_sections(result),
            *_next(result),
        ),
    )


def _next(result: Comparison) -> tuple[Section, ...]:
    """Return what is next where the images differ: the trace of the pixel that was looked at, with the same flags."""
    if result.verdict is not Verdict.DIFFER:
        return ()
    probe, worst = result.explained, result.images.worst_pixels
    pixel = probe.pixel if probe is not None else worst[0].pixel if worst else None
    if pixel is None:
        return ()
    flags = result.line.text
    line = f"nbtrace harness --pixel {pixel[0]} {pixel[1]} --emit-all --output trace_py.log -- {flags}"
    trace = Command(line, "every sample of that pixel, from the simulator")
    return next_section(commands=[trace, *_reduced(result)])


def _reduced(result: Comparison) -> tuple[Command, ...]:
    """Return the command that makes the case smaller, where the reference was run."""
    reference, candidate = result.c.identity.binary, result.py.identity
    if reference is None or not result.c.made.milliseconds:
        return ()
    own = candidate.command[: len(candidate.command) - len(result.line.words)]
    cand = f" --cand {quote(shlex.join(own))}" if candidate.binary is not None else ""
    line = f"nbtrace reduce --ref {quote(str(reference.path))}{cand} -- {result.line.text}"
    return (Command(line, "the smallest command that fails in the same way"),)


def headline(result: Comparison) -> str:
    """Return the answer in one line: what the images say, and the traces."""
    return f"{images_headline(result.images, result.causes)}; {_trace_words(result)}"


def _trace_words(result: Comparison) -> str:
    told = result.explained
    if told is not None and told.explanation is not None and told.explanation.ranked:
        return f"at the {told.why} pixel {_place(told)}: {explained(told.explanation)}"
    first = result.first_divergence
    if first is not None:
        probe, quantity = first
        return f"the traces of the {probe.why} pixel {_place(probe)} diverge first in {quantity}"
    if result.traced:
        return f"the traces of {result.traced} pixel{'s'[: result.traced != 1]} agree"
    return "no pixel was traced on both sides" if result.probes else "no pixel was traced"


def _sides(result: Comparison) -> Iterator[tuple[str, SideRun]]:
    return zip(result.images.names.pair, (result.c, result.py), strict=True)


def _facts(result: Comparison) -> Iterator[str]:
    for side, run in _sides(result):
        binary = run.identity.binary
        digest = f", sha256 {binary.sha256 or binary.reason}" if binary is not None else ""
        engine = f", {run.made.engine} engine" if run.made.engine else ""
        yield f"{side}: {run.identity.name}{engine}{digest}"
    yield f"Flags: {result.line.text}"


def _run_line(side: str, run: SideRun) -> Line:
    made = run.made
    if not made.milliseconds:
        return Line((side, run.identity.name, "–", "–", "not run: recorded"))
    words = {None: "one run", True: "same bits", False: "differ"}[made.identical]
    return Line((side, run.identity.name, str(len(made.milliseconds)), number(made.median_ms, 4), words))


def _trace_sections(result: Comparison) -> Iterator[Section]:
    if not result.probes:
        return
    floors = tuple(f"pixel {_place(probe)}: {probe.noise.text}" for probe in result.probes if probe.noise is not None)
    yield Section("Traced pixels", items=floors, table=Table(_TRACES, tuple(map(_probe_line, result.probes))))
    untraced = [f"pixel {_place(probe)} ({probe.why}): {probe.reason}" for probe in result.probes if probe.diff is None]
    if untraced:
        yield Section("Not traced on both sides", items=tuple(untraced))
    for probe in result.probes:
        if probe.diff is not None and probe.diff.verdict is not Verdict.AGREE:
            sentence = probe.reason if probe.explanation is None else f"Explanation: {explained(probe.explanation)}"
            sentences = (diff_view(probe.diff, brief=True).headline, sentence)
            yield Section(f"Pixel {_place(probe)}, the {probe.why} one", sentences=sentences)


def _probe_line(probe: ComparedPixel) -> Line:
    if probe.diff is None:
        return Line((_place(probe), probe.why, "none", "–", "–"))
    first = probe.diff.first_divergence
    words = {Verdict.AGREE: "agree", Verdict.DIFFER: "differ", Verdict.NOT_COMPARABLE: "not comparable"}
    compared = str(probe.diff.coverage.compared)
    return Line((_place(probe), probe.why, words[probe.diff.verdict], compared, first.label if first else "–"))


def _place(probe: ComparedPixel) -> str:
    return f"{probe.pixel[0]} {probe.pixel[1]}"
