"""What programs say of their configuration in lines without a trace prefix."""

import re

from nbtrace.lazy_pattern import LazyPattern
from nbtrace.parsers.keyed import one_field
from nbtrace.parsers.numerals import PLAIN_NUMBER
from nbtrace.parsers.outcome import Fields, Outcome, Stated, UnreadableLine
from nbtrace.parsers.values import ordinal
from nbtrace.physics.nanobragg.dialects.lines import pixel_stated
from nbtrace.physics.nanobragg.vocabulary import VOCABULARY
from nbtrace.records import MOST

_N = f"({PLAIN_NUMBER})"

_SETTINGS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (
        "xtal: ",
        rf"\s*(parallelpiped|ellipsoidal|gaussian|tophat|square|round)[\w -]*xtal: {_N}x{_N}x{_N} cells",
        ("crystal_shape", "N_a", "N_b", "N_c"),
    ),
    ("wave=", rf"\s*wave={_N} meters .*", ("lambda_m",)),
    ("Kahn", rf"\s*Kahn polarization factor: {_N}", ("kahn_factor",)),
    ("incident fluence", rf"\s*incident fluence: {_N} photons/m\^2", ("fluence_per_m2",)),
    (
        "distance=",
        rf"\s*distance={_N} detsize={_N}x{_N}\s+pixel={_N} meters \(([0-9]+)x([0-9]+) pixels\)",
        ("distance_m", "detsize_fast_m", "detsize_slow_m", "pixel_m", "pixels_fast", "pixels_slow"),
    ),
    (
        "sensor is",
        rf"\s*sensor is {_N} m thick in (-?[0-9]+) layers with mu= ?{_N}",
        ("sensor_m", "layers", "mu_per_m"),
    ),
    (" sources", r"\s*([0-9]+) sources", ("sources",)),
    (
        " mosaic domains",
        rf"\s*([0-9]+) mosaic domains over mosaic spread of {_N} degrees",
        ("mosaic_domains", "mosaic_spread_deg"),
    ),
    (" phi steps", rf"\s*([0-9]+) phi steps from {_N} to {_N} degrees", ("phi_steps", "phi_start_deg", "phi_end_deg")),
    (" pixel oversample", r"\s*([0-9]+)x[0-9]+ pixel oversample steps.*", ("oversample",)),
    (" initialized hkls", rf"\s*([0-9]+) initialized hkls \(all others ={_N}\)", ("reflections", "default_F")),
    ("INCIDENT_BEAM_DIRECTION=", r"\s*INCIDENT_BEAM_DIRECTION= ?(.+)", ("beam_vector",)),
    ("spindle ROTATION_AXIS=", r"\s*spindle ROTATION_AXIS= ?(.+)", ("spindle_axis",)),
    ("POLARIZATION_PLANE_NORMAL=", r"\s*POLARIZATION_PLANE_NORMAL= ?(.+)", ("polar_axis",)),
    ("Unit Cell: ", r"Unit Cell: (.+)", ("unit_cell",)),
    (" convention selected", r"(\w+) convention selected\.", ("convention",)),
    ("pivoting detector around ", r"pivoting detector around (.+)", ("pivot",)),
    ("auto-selected ", r"auto-selected (no|tricubic) interpolation.*", ("interpolation",)),
    ("reading Fs from ", r"reading Fs from (.+)", ("structure_factor_cache",)),
    ("Detector: ", r"\s*Detector: ([0-9]+)x([0-9]+) pixels", ("pixels_fast", "pixels_slow")),
    ("Wavelength: ", rf"\s*Wavelength: {_N} Å", ("wavelength_rounded_A",)),
    ("Device: ", r"\s*Device: ([\w:]+), [Dd]type: (?:torch\.)?(\w+)", ("device", "dtype")),
    ("TRACE_PY_BASE: ", r"TRACE_PY_BASE: dtype=(?:torch\.)?(\w+), device=([\w:]+)", ("dtype", "device")),
    ("-fold oversampling", r"auto-selected ([0-9]+)-fold oversampling", ("oversample",)),
)
"""What every line of a kind has in it, the pattern of the whole line, and the names of its groups."""

_PIXELS = (
    r"(?:# |\s*)Tracing pixel:? \((?:slow=)?([0-9]+), ?(?:fast=)?([0-9]+)\)",
    r"=== TRACE: Pixel \(([0-9]+), ([0-9]+)\) \[slow, fast\] ===",
    r"=== .*Trace for (?:Pixel )?\(([0-9]+), ([0-9]+)\).*===",
    r"TRACE_PY: === PIXEL \(([0-9]+), ([0-9]+)\) TRACE START ===",
    r"Target pixel: \(([0-9]+), ([0-9]+)\)",
)
"""Statements of the traced pixel, slow first."""

_AXES = re.compile(r"(DETECTOR_(?:FAST_AXIS|SLOW_AXIS|NORMAL_AXIS|PIX0_VECTOR))\s+(.*)").fullmatch

_settings = tuple((words, LazyPattern(pattern), names) for words, pattern, names in _SETTINGS)
_pixels = tuple(map(LazyPattern, _PIXELS))
_first_words = re.compile(
    r"\s*+(?:[0-9+-].*(?:sources|domains|steps|hkls)|DETECTOR_|Unit Cell|INCIDENT|POLARIZATION|spindle|wave|Kahn"
    r"|incident|distance|sensor|\w+ convention|pivoting|auto-selected|reading Fs|Detector|Wavelength|Device|TRACE_PY"
    r"|[\w -]+xtal:|# Tracing|Tracing|===|Target)"
).match


def banner(line: str) -> Outcome | None:
    """Return what a line without a trace prefix states, None if it is nothing that nbtrace knows."""
    if not _first_words(line):
        return None
    line = line.rstrip()
    if axes := _AXES(line):
        outcome = one_field(axes[1], axes[2], VOCABULARY)
        return outcome if isinstance(outcome, Fields) else None
    for pattern in _pixels if "(" in line else ():
        if matched := pattern.fullmatch(line):
            return pixel_stated(matched[1], matched[2])
    for words, pattern, names in _settings:
        if words in line and (matched := pattern.fullmatch(line)):
            return _stated(names, matched.groups())
    return None


def _stated(names: tuple[str, ...], texts: tuple[str, ...]) -> Outcome:
    """Return settings; a count that no integer of the reference holds is none."""
    settings = tuple(zip(names, (text.strip() for text in texts), strict=True))
    far = next((name for name, text in settings if text.isdecimal() and ordinal(text) is None), None)
    return UnreadableLine(f"{far} is beyond {MOST}") if far else Stated(settings=settings)
