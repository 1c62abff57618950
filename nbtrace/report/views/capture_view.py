"""The view of values captured from a program, with their certificate."""

import shlex
from collections.abc import Iterator

from nbtrace.capturing.back_end import BackEnd
from nbtrace.capturing.capture_result import CaptureResult, InjectedRun
from nbtrace.capturing.certificate import Certificate
from nbtrace.report.next_steps import next_section
from nbtrace.report.view import CAPTURE, Column, Command, Line, Section, Table, View, listed, number, typed
from nbtrace.verdicts.notices import Notice, Subject, Weight
from nbtrace.verdicts.status import Status, Verdict
from nbtrace.vocabulary.registry import default

_PROBES = (Column("probe"), Column("hits", numeric=True), Column("status"))
_MOVED = (
    Column("slow", numeric=True),
    Column("fast", numeric=True),
    Column("before", numeric=True),
    Column("after", numeric=True),
)
_SHOWN = 10


def capture_view(result: CaptureResult, injected: InjectedRun | None = None, log: str | None = None) -> View:
    """Return the view of a capture.

    Parameters
    ----------
    result : CaptureResult
    injected : InjectedRun, optional
        A run with values written into the program.
    log : str, optional
        Name of the log, where one was written.
    """
    certificate = result.certificate
    return View(
        title="Values captured from a program",
        verdict=Verdict.AGREE,
        headline=_headline(result) if injected is None else _injected_headline(injected),
        facts=tuple(_facts(result, log)),
        notices=tuple(_notices(result)),
        sections=(
            *([_injection(injected)] if injected is not None else []),
            Section("Certificate", items=tuple(_certificate(result))),
            Section("Probes", table=Table(_PROBES, tuple(_probe_lines(certificate))), detail=True),
            *_next(log, result),
        ),
        of=CAPTURE,
    )


def _headline(result: CaptureResult) -> str:
    names, request = result.quantities, result.request
    where = f" of pixel {request.pixel[0]} {request.pixel[1]}" if request.pixel is not None else ""
    if request.pixel is None and request.at:
        where = f" at {', '.join(f'{name} {turn}' for name, turn in request.at.items())}"
    hits = result.certificate.hits
    what = f"{len(names)} quantit{'y' if len(names) == 1 else 'ies'}{where} in {hits} hit{'s'[: hits != 1]}"
    return f"{what}; {_output_words(result.certificate)}"


def _output_words(certificate: Certificate) -> str:
    files = [item for item in certificate.same if item.name not in {"stdout", "stderr"}]
    if certificate.image is not None:
        files = [item for item in files if item.name == certificate.image.file] or files
    shown = files[:1] or certificate.same[:1]
    told = "".join(f" ({item.name}, sha256 {(item.captured or '')[:12]}…)" for item in shown)
    return f"the output is that of a plain run{told}"


def _injected_headline(run: InjectedRun) -> str:
    values = "one value" if len(run.written) == 1 else f"{len(run.written)} values"
    if run.image is None:
        return f"with {values} injected the program changes {listed(run.changed) or 'nothing that it writes'}"
    chosen = run.image.selected
    if chosen is None:
        return f"with {values} injected {run.image.moved} pixels move"
    if chosen.before == chosen.after:
        own = f"pixel {chosen.pixel[0]} {chosen.pixel[1]} stays at {number(chosen.before)}"
    else:
        own = f"pixel {chosen.pixel[0]} {chosen.pixel[1]} goes from {number(chosen.before)} to {number(chosen.after)}"
    others = run.image.others
    moved = (
        "no other pixel moves" if not others else f"{others} other pixel{'s' * (others != 1)} move{'s' * (others == 1)}"
    )
    return f"with {values} injected {own}; {moved}"


def _facts(result: CaptureResult, log: str | None) -> Iterator[str]:
    request, certificate = result.request, result.certificate
    yield f"Program: {result.file or request.program}, sha256 {certificate.program_sha256}"
    if result.twin:
        yield f"Captured from a twin of it, built with -O0 -g -no-pie, sha256 {certificate.captured_sha256}"
    yield f"Command: {shlex.join(request.command)}"
    by = f"; {result.producer}" if result.producer else ""
    yield f"Read by: {result.back_end.value} {result.back_end_version}{by}"
    yield f"Time: {result.plain_seconds:.2f} s plain, {result.captured_seconds:.2f} s captured"
    if log is not None:
        yield f"Log: {log}"
    if result.output is not None:
        yield f"What the program wrote: {result.output}/"


def _notices(result: CaptureResult) -> Iterator[Notice]:
    unstable = [item.name for item in result.certificate.unstable]
    if unstable:
        text = f"{listed(unstable)} differ{'s' * (len(unstable) == 1)} between two plain runs, and cannot show anything"
        yield Notice(Subject.LOG, Weight.INFO, text)
    if result.declined and result.request.back_end is BackEnd.TRACEPOINTS:
        text = f"read by breakpoints, since tracepoints cannot be relied on here: {result.declined}"
        yield Notice(Subject.LOG, Weight.INFO, text)
    if result.compiled_otherwise is not None:
        yield Notice(Subject.LOG, Weight.INFO, _uncompiled(result.compiled_otherwise))
    if result.in_place:
        text = f"written outside of the private folder of the run: {listed(result.in_place)}"
        yield Notice(Subject.LOG, Weight.INFO, text)


def _uncompiled(otherwise: tuple[str, ...]) -> str:
    if not otherwise:
        return "run without compiled functions, as asked; compiled, the program writes the same bytes"
    return (
        f"run without compiled functions, as asked; compiled, the program writes {listed(otherwise)} otherwise, and "
        "its values may differ in their last digits"
    )


def _certificate(result: CaptureResult) -> Iterator[str]:
    certificate = result.certificate
    same = [item.name for item in certificate.same]
    yield f"the same bytes with capture and without: {listed(same, most=12)}"
    if result.twin:
        yield "the twin writes what the given program does"
    if certificate.image is not None:
        image = certificate.image
        yield (
            f"{image.quantity} {number(image.captured)} is pixel {image.pixel[0]} {image.pixel[1]} of {image.file}, "
            "bit for bit"
        )
    reached = [probe for probe in certificate.probes if probe.hits]
    passed = [probe.probe for probe in certificate.probes if not probe.hits]
    yield f"{len(reached)} of {len(certificate.probes)} probes reached, {certificate.hits} hits, every value read"
    if passed:
        yield f"not reached, which these may be: {listed(passed, most=3)}"


def _probe_lines(certificate: Certificate) -> Iterator[Line]:
    for probe in certificate.probes:
        yield Line((probe.probe, str(probe.hits), "reached" if probe.hits else "passed by"), Status.PASS)


def _injection(run: InjectedRun) -> Section:
    items = [
        f"{item.injection.words}: before {' '.join(map(number, item.before))}, then {' '.join(map(number, item.after))}"
        for item in run.written[:_SHOWN]
    ]
    lines: tuple[Line, ...] = ()
    if run.image is not None:
        lines = tuple(
            Line((str(item.pixel[0]), str(item.pixel[1]), number(item.before), number(item.after)))
            for item in run.image.listed[:_SHOWN]
        )
        if run.image.moved > len(lines):
            items.append(f"the first {len(lines)} of {run.image.moved} pixels that move in {run.image.file}:")
    if run.changed:
        items.append(f"written otherwise than in the plain run: {listed(run.changed)}")
    return Section("Injected", items=tuple(items), table=Table(_MOVED, lines) if lines else None)


def _next(log: str | None, result: CaptureResult) -> tuple[Section, ...]:
    if log is None:
        return ()
    if result.back_end not in {BackEnd.GDB, BackEnd.TRACEPOINTS}:
        compared = Command(
            f"nbtrace diff c.log {typed(log)}",
            "does it agree with the reference? c.log is its trace",
        )
    else:
        compared = Command(f"nbtrace diff {typed(log)} py.log", "does the port agree? py.log is its trace")
    known = default().known
    checked = Command(f"nbtrace check {typed(log)}", "is the trace consistent with itself?")
    has_formulas = any(known(name) is not None for name in result.quantities)
    return next_section(commands=(checked, compared) if has_formulas else (compared,))
