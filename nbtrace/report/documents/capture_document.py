"""The JSON document of `nbtrace capture`."""

from nbtrace.capturing.capture_result import CaptureResult, InjectedRun
from nbtrace.capturing.certificate import Certificate
from nbtrace.capturing.image_pixels import MovedValue
from nbtrace.report.documents.models.capture import (
    CapturedEntry,
    CaptureDocument,
    CapturedTraceEntry,
    CertificateEntry,
    ImageCheckEntry,
    InjectionEntry,
    MovedEntry,
    OutputEntry,
    ProbeHitsEntry,
    WrittenEntry,
)
from nbtrace.report.documents.models.parts import FORMAT_VERSION
from nbtrace.report.documents.parts import Document, pixel_place

MOST_VALUES = 1000


def capture_document(result: CaptureResult, injected: InjectedRun | None = None) -> Document:
    """Return what was captured, and what a run with values injected moved."""
    request = result.request
    return CaptureDocument(
        format="nbtrace capture",
        format_version=FORMAT_VERSION,
        verdict="captured",
        program=str(request.program),
        arguments=request.arguments,
        back_end=result.back_end.value,
        back_end_version=result.back_end_version,
        declined=result.declined,
        producer=result.producer,
        twin=result.twin,
        probe_file=None if request.probes.shipped or request.probes.path is None else str(request.probes.path),
        selected=dict(request.at),
        pixel=None if request.pixel is None else pixel_place(request.pixel),
        quantities=result.quantities,
        hits=result.certificate.hits,
        values=tuple(
            CapturedEntry(quantity=value.quantity, index=dict(hit.index), numbers=value.numbers, unit=value.unit)
            for hit, value in result.values[:MOST_VALUES]
        ),
        certificate=_certificate(result.certificate),
        plain_seconds=result.plain_seconds,
        captured_seconds=result.captured_seconds,
        output=None if result.output is None else str(result.output),
        in_place=result.in_place,
        program_file=None if result.file is None else str(result.file),
        compiled_otherwise=result.compiled_otherwise,
        injection=None if injected is None else _injection(injected),
    ).written()


def captured_trace(result: CaptureResult | None) -> CapturedTraceEntry | None:
    """Return how the trace of one side was captured; None where it was not."""
    if result is None:
        return None
    certificate = result.certificate
    return CapturedTraceEntry(
        back_end=result.back_end.value,
        back_end_version=result.back_end_version,
        captured_sha256=certificate.captured_sha256,
        twin=result.twin,
        same=tuple(item.name for item in certificate.same),
        unstable=tuple(item.name for item in certificate.unstable),
        hits=certificate.hits,
    )


def _certificate(certificate: Certificate) -> CertificateEntry:
    image = certificate.image
    return CertificateEntry(
        outputs=tuple(
            OutputEntry(name=item.name, plain=item.plain, captured=item.captured, state=item.state.value)
            for item in certificate.outputs
        ),
        probes=tuple(
            ProbeHitsEntry(probe=probe.probe, hits=probe.hits, optional=probe.optional) for probe in certificate.probes
        ),
        image=None
        if image is None
        else ImageCheckEntry(
            slow=image.pixel[0],
            fast=image.pixel[1],
            file=image.file,
            quantity=image.quantity,
            captured=image.captured,
            in_image=image.in_image,
        ),
        program_sha256=certificate.program_sha256,
        captured_sha256=certificate.captured_sha256,
        plain_runs=certificate.runs,
    )


def _injection(run: InjectedRun) -> InjectionEntry:
    image = run.image
    return InjectionEntry(
        values=tuple(
            WrittenEntry(
                injection=item.injection.words,
                quantity=item.injection.quantity,
                index=dict(item.injection.index),
                before=item.before,
                after=item.after,
            )
            for item in run.written
        ),
        changed=run.changed,
        image=None if image is None else image.file,
        selected=None if image is None or image.selected is None else _moved(image.selected),
        moved=None if image is None else image.moved,
        pixels=() if image is None else tuple(map(_moved, image.listed)),
    )


def _moved(item: MovedValue) -> MovedEntry:
    return MovedEntry(slow=item.pixel[0], fast=item.pixel[1], before=item.before, after=item.after)
