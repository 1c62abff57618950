"""What `nbtrace demo` runs: questions on recorded logs and images, each with the command that answers it."""

from dataclasses import dataclass

PAIR = "examples/pairs/supervisor__685_1039"

WHOLE, ALONE, PORT = (f"{PAIR}/{name}" for name in ("c.log", "c_roi_fresh.log", "py.log"))
"""The reference's pixel in a whole image and alone, and a port's."""

LOOPS, ARRAYS = "examples/heat/loops.log", "examples/heat/arrays_mistake.log"
ROD = ("--vocabulary", "examples/heat/rod.toml")
"""Two programs of another physics, one of them with a mistake, and their words."""

CASES = ("cubic_default", "divergence_round", "mosaic_50", "phi_zero_mosaic", "polar_09")
"""Recorded runs of the small suite."""

INPUTS = (
    "pairs/supervisor__685_1039",
    "supervisor",
    "heat",
    "small_suite",
    *(f"golden_suite/{case}" for case in CASES),
)
"""Folders of the examples that the commands read."""

_BUNDLE = ("--bundle", "bundle")


@dataclass(frozen=True)
class DemoStep:
    """A question, and the command that answers it.

    Attributes
    ----------
    question : str
    expected : int
        Exit status: 1 means that the two differ, as they do here.
    arguments : tuple of str
    simulates : bool
        Whether it takes the embedded simulator, or a trace that this makes.
    """

    question: str
    expected: int
    arguments: tuple[str, ...]
    simulates: bool = False


STEPS = (
    DemoStep("Is the reference's log consistent with itself?", 0, ("check", WHOLE)),
    DemoStep(
        "One pixel, once in a whole image and once alone, differs by 14.6 %. Which quantity is the first?",
        1,
        ("diff", WHOLE, ALONE, "--brief", *_BUNDLE),
    ),
    DemoStep("All φ steps, or one?", 1, ("phi", ALONE, WHOLE, *_BUNDLE)),
    DemoStep("Which factor carries the final ratio?", 1, ("scaling", WHOLE, ALONE, *_BUNDLE)),
    DemoStep("Who is wrong, and why?", 1, ("explain", WHOLE, ALONE, *_BUNDLE)),
    DemoStep(
        "A port's log is 100,000 times too bright. Runs of the embedded simulator say what both sides did:",
        1,
        ("explain", WHOLE, PORT, "--config", "supervisor"),
    ),
    DemoStep(
        "The same pixel by the embedded simulator:",
        0,
        ("harness", "--config", "supervisor", "--pixel", "685", "1039", "--output", "trace_py.log"),
        simulates=True,
    ),
    DemoStep("Does it agree with the reference?", 0, ("diff", WHOLE, "trace_py.log", "--brief"), simulates=True),
    DemoStep(
        "Does it move with the precision?",
        0,
        ("sweep", "--config", "supervisor", "--pixel", "685", "1039", "--reference", WHOLE, "--brief"),
        simulates=True,
    ),
    DemoStep(
        "Whole images of five recorded runs:",
        0,
        ("compare", "--suite", "examples/small_suite/suite.toml"),
        simulates=True,
    ),
    DemoStep(
        "One of them, with what is meant in place of what the reference does:",
        1,
        ("compare", "--archived", "examples/golden_suite/phi_zero_mosaic", "--mode", "spec", *_BUNDLE),
        simulates=True,
    ),
    DemoStep("Other physics, a hot rod twice: which quantity is the first?", 1, ("diff", LOOPS, ARRAYS, *ROD)),
    DemoStep("Who is wrong there, and why?", 1, ("explain", LOOPS, ARRAYS, *ROD)),
    DemoStep("Is the evidence intact?", 0, ("bundle", "verify", "bundle")),
    DemoStep(
        "All of it as one page for people who install nothing:",
        0,
        ("report", "bundle", "--output", "report.html"),
    ),
)
