"""The vocabulary of nanoBragg and its ports."""

from nbtrace.physics.nanobragg.quantities import MOSAIC_DOMAIN, PHI_TIC, QUANTITIES, SOURCE
from nbtrace.vocabulary.registry import Deferred
from nbtrace.vocabulary.vocabulary import Chain, ChainFactor, SideName, Vocabulary

VOCABULARY = Vocabulary(
    name="nanobragg",
    description="nanoBragg, a simulator of diffraction by nanocrystals, and its ports",
    sides=(SideName("C", ("TRACE_C",), "C trace"), SideName("Py", ("TRACE_PY",), "PyTorch")),
    quantities=QUANTITIES,
    indices=(SOURCE, PHI_TIC, MOSAIC_DOMAIN),
    sweep=PHI_TIC,
    turn="φ step",
    turns="φ steps",
    block="pixel",
    outcome="intensity",
    judged_absolutely="fractional Miller indices",
    judged_apart=frozenset({SOURCE}),
    final="I_pixel_final",
    stand_ins=("floatimage_accumulated", "I_before_scaling", "F_latt"),
    formulas=Deferred("nbtrace.physics.nanobragg.formulas.table:FORMULAS"),
    chain=Chain(
        "I_pixel_final",
        (
            ChainFactor("I_before_scaling"),
            ChainFactor("r_e_sqr"),
            ChainFactor("fluence_photons_per_m2"),
            ChainFactor("steps", -1),
            ChainFactor("capture_fraction"),
            ChainFactor("polar"),
            ChainFactor("omega_pixel"),
        ),
    ),
    knowledge={
        "amplitude": "nbtrace.physics.nanobragg.reflection_files:AMPLITUDE",
        "columns": "nbtrace.physics.nanobragg.columns:NanoBraggColumns",
        "chain": "nbtrace.physics.nanobragg.chain:ScalingChain",
        "dialect": "nbtrace.physics.nanobragg.dialects.dialect:NanoBraggDialect",
        "explanation": "nbtrace.physics.nanobragg.judgement:NanoBragg",
        "image geometry": "nbtrace.physics.nanobragg.traced:trace_geometry",
        "probes": "nbtrace.physics.nanobragg.shipped_probes:PROBE_FILE",
        "logs": "nbtrace.physics.nanobragg.logs:NanoBraggLogs",
        "reflections": "nbtrace.physics.nanobragg.reflection_files:read_reflections",
        "word pages": "nbtrace.physics.nanobragg.pages_of_words:PAGES",
    },
    equivalents=(
        frozenset({"pix0_vector_meters", "pix0_vector", "pix0_after_twotheta"}),
        frozenset({"fdet_vec", "fdet_after_twotheta"}),
        frozenset({"sdet_vec", "sdet_after_twotheta"}),
        frozenset({"odet_vec", "odet_after_twotheta"}),
        frozenset({"close_distance_meters", "close_distance_m"}),
    ),
)
