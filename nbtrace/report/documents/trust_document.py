"""The JSON document of `nbtrace trust`; :mod:`nbtrace.compare.noise` reads its `noise`."""

import math

from nbtrace.compare.noise_table import NoiseTable, PixelFloor, TracedFloor
from nbtrace.programs.trust import Effect, Moved, TracedNoise, TraceTrial, Trust
from nbtrace.report.documents.capture_document import captured_trace
from nbtrace.report.documents.models.parts import FORMAT_VERSION
from nbtrace.report.documents.models.trust import KnobEntry, MovedPixel, TrialEntry, TrustDocument
from nbtrace.report.documents.parts import Document, notice_entries, pixel_place


def trust_document(result: Trust) -> Document:
    """Return the reference held against itself."""
    identity = result.source.identity
    return TrustDocument(
        format="nbtrace trust",
        format_version=FORMAT_VERSION,
        verdict=result.stability.value,
        command=identity.command,
        experiment=result.source.line.experiment,
        c_binary=str(result.source.program.file),
        c_binary_sha256=identity.binary.sha256 if identity.binary is not None else None,
        probe=pixel_place(result.probe),
        knobs=tuple(map(_effect, result.effects)),
        traces=tuple(map(_trial, result.trials)),
        noise=_noise(result),
        seeded_by_clock=result.source.line.seeded_by_clock,
        notices=notice_entries(result.notices),
    ).written()


def _effect(effect: Effect) -> KnobEntry:
    knob = effect.knob
    entry = KnobEntry(
        knob=knob.name,
        threads=knob.threads,
        flags=knob.flags,
        regional=knob.regional,
        compared=effect.compared,
        moved=effect.count,
        max_relative=effect.max_relative,
        max_absolute=effect.max_absolute,
        failure=effect.failure or None,
        pixels=tuple(map(_moved, effect.moved)),
        pixels_left_out=effect.count - len(effect.moved),
    )
    # The key stands only where it says something, as in documents of builds that lacked it.
    return entry.model_copy(update={"by_clock": True}) if knob.by_clock else entry


def _moved(item: Moved) -> MovedPixel:
    return MovedPixel(
        slow=item.pixel[0],
        fast=item.pixel[1],
        before=item.before,
        after=item.after,
        absolute=item.absolute,
        relative=item.relative,
    )


def _trial(trial: TraceTrial) -> TrialEntry:
    return TrialEntry(
        slow=trial.pixel[0],
        fast=trial.pixel[1],
        knob=trial.knob.name,
        compared=trial.compared,
        moved=tuple(item.quantity for item in trial.moved),
        unlike=trial.unlike,
        reason=trial.reason or None,
        captured=captured_trace(trial.captured),
    )


def _is_finite(item: Moved | TracedNoise) -> bool:
    """Whether a difference can be a floor: that of two huge numbers may be larger than any number."""
    return math.isfinite(item.absolute)


def _noise(result: Trust) -> NoiseTable:
    """Return the floors: of image pixels without the knobs that compute others, of traced quantities with them.

    What the clock moves is no floor.
    """
    largest: dict[tuple[int, int], float] = {}
    for effect in result.effects:
        if not (effect.knob.regional or effect.knob.by_clock):
            for item in filter(_is_finite, effect.moved):
                largest[item.pixel] = max(item.absolute, largest.get(item.pixel, 0.0))
    return NoiseTable(
        probe_slow=result.probe[0],
        probe_fast=result.probe[1],
        shape_slow_fast=result.image.shape,
        pixels=tuple(PixelFloor(slow=slow, fast=fast, absolute=size) for (slow, fast), size in sorted(largest.items())),
        traced=tuple(
            TracedFloor(
                slow=item.pixel[0],
                fast=item.pixel[1],
                quantity=item.quantity,
                relative=item.relative,
                absolute=item.absolute,
                knob=item.knob.name,
                regional=item.knob.regional,
            )
            for trial in result.trials
            for item in filter(_is_finite, trial.moved)
        ),
    )
