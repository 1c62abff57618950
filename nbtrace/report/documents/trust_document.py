"""The JSON document of `nbtrace trust`; :mod:`nbtrace.compare.noise` reads its `noise`."""

import math
from collections.abc import Mapping

from nbtrace.programs.trust import Effect, Knob, Moved, TraceTrial, Trust
from nbtrace.report.documents.trace_documents import FORMAT_VERSION, notices_document


def trust_document(result: Trust) -> Mapping[str, object]:
    """Return the reference held against itself."""
    identity = result.source.identity
    return {
        "format": "nbtrace trust",
        "format_version": FORMAT_VERSION,
        "verdict": result.stability.value,
        "command": list(identity.command),
        "experiment": list(result.source.line.experiment),
        "c_binary": str(result.source.program.file),
        "c_binary_sha256": identity.binary.sha256 if identity.binary is not None else None,
        "probe": {"slow": result.probe[0], "fast": result.probe[1]},
        "knobs": [_effect(effect) for effect in result.effects],
        "traces": [_trial(trial) for trial in result.trials],
        "noise": _noise(result),
        "seeded_by_clock": result.source.line.seeded_by_clock,
        "notices": notices_document(result.notices),
    }


def _effect(effect: Effect) -> Mapping[str, object]:
    return {
        **_knob(effect.knob),
        "compared": effect.compared,
        "moved": effect.count,
        "max_relative": effect.max_relative,
        "max_absolute": effect.max_absolute,
        "failure": effect.failure or None,
        "pixels": [_moved(item) for item in effect.moved],
        "pixels_left_out": effect.count - len(effect.moved),
    }


def _knob(knob: Knob) -> Mapping[str, object]:
    return {"knob": knob.name, "threads": knob.threads, "flags": list(knob.flags), "regional": knob.regional}


def _moved(item: Moved) -> Mapping[str, object]:
    return {
        "slow": item.pixel[0],
        "fast": item.pixel[1],
        "before": item.before,
        "after": item.after,
        "absolute": item.absolute,
        "relative": item.relative,
    }


def _trial(trial: TraceTrial) -> Mapping[str, object]:
    return {
        "slow": trial.pixel[0],
        "fast": trial.pixel[1],
        "knob": trial.knob.name,
        "compared": trial.compared,
        "moved": [item.quantity for item in trial.moved],
        "unlike": list(trial.unlike),
        "reason": trial.reason or None,
    }


def _is_finite(item: Moved) -> bool:
    return math.isfinite(item.absolute)


def _noise(result: Trust) -> Mapping[str, object]:
    """Return the floors: of image pixels without the knobs that compute others, of traced quantities with them."""
    largest: dict[tuple[int, int], float] = {}
    for effect in result.effects:
        if not effect.knob.regional:
            for item in filter(_is_finite, effect.moved):
                largest[item.pixel] = max(item.absolute, largest.get(item.pixel, 0.0))
    return {
        "probe_slow": result.probe[0],
        "probe_fast": result.probe[1],
        "shape_slow_fast": list(result.image.shape),
        "pixels": [{"slow": slow, "fast": fast, "absolute": size} for (slow, fast), size in sorted(largest.items())],
        "traced": [
            {
                "slow": item.pixel[0],
                "fast": item.pixel[1],
                "quantity": item.quantity,
                "relative": item.relative,
                "absolute": item.absolute,
                "knob": item.knob.name,
                "regional": item.knob.regional,
            }
            for trial in result.trials
            for item in trial.moved
        ],
    }
