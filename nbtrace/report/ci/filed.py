"""What CI forms use of filed documents beyond what pictures and pages do."""

from pydantic import Field

from nbtrace.report.documents.filed import Factor, Filed, Number, Quantity, Text
from nbtrace.schema import Array


class Source(Filed):
    """A log, or an image."""

    source: str


class Sided(Filed):
    """A document of two logs, or of two images."""

    c: Source
    py: Source


class RootName(Filed):
    """A root of a `diff` document."""

    quantity: str


class Coverage(Filed):
    """Quantities that one side alone prints."""

    missing_c: Array[str] = ()
    missing_py: Array[str] = ()


class Diff(Sided):
    """`nbtrace diff`."""

    factors: dict[str, Quantity]
    roots: Array[RootName] = ()
    coverage: Coverage = Coverage()


class ScalingRow(Quantity, Factor):
    """A factor with its difference."""


class Scaling(Sided):
    """`nbtrace scaling`."""

    factors: dict[str, ScalingRow]


class Turn(Filed):
    """A turn of a `steps` document, with the first quantity that diverges in it."""

    ordinal: int
    status: str
    quantity: Text = ""
    index: Text = ""
    rel_delta: Number = None
    reason: Text = ""
    c_line: int | None = None
    py_line: int | None = None


class Steps(Sided):
    """`nbtrace steps`."""

    index: str
    steps: list[Turn]


class Relation(Filed):
    """A relation of a `check` document."""

    quantity: str
    formula: str
    finding: str
    residual: Number = None
    allowed: Number = None
    reason: Text = ""


class Check(Filed):
    """`nbtrace check`."""

    log: Source
    relations: list[Relation]


class SweepRun(Filed):
    """A run of a sweep; one of the embedded simulator has no file, and its name for a source."""

    name: str
    source: str


class SweepValue(Filed):
    """A value in a run."""

    line: int | None = None


class SweepRow(Filed):
    """A quantity of a `sweep` document."""

    outcome: str
    description: Text = ""
    reason: Text = ""
    index: Text = ""
    reference_line: int | None = None
    runs: dict[str, SweepValue] = Field(default_factory=dict)


class Sweep(Filed):
    """`nbtrace sweep`."""

    runs: list[SweepRun]
    reference: Source | None = None
    roots: Array[str] = ()
    quantities: dict[str, SweepRow]


class Gate(Filed):
    """What must hold of two images."""

    name: str
    status: str
    reason: Text = ""


class Images(Sided):
    """`nbtrace images`."""

    gates: list[Gate]


class Input(Filed):
    """A file that was read."""

    path: str


class Origin(Filed):
    """What a result was made from."""

    inputs: Array[Input] = ()


class Compare(Images):
    """`nbtrace compare`."""

    provenance: Origin = Origin()


class Case(Filed):
    """A case of a suite."""

    outcome: str
    about: Text = ""
    reason: Text = ""
    first_divergence: Text = ""


class Cases(Filed):
    """`nbtrace compare --suite`."""

    cases: dict[str, Case]


class Knob(Filed):
    """What was changed between two runs of the reference, and how many pixels moved."""

    knob: str
    threads: int | None = None
    flags: Array[str] = ()
    compared: int = 0
    moved: int = 0
    max_relative: Number = None
    failure: Text = ""


class Trust(Filed):
    """`nbtrace trust`."""

    knobs: list[Knob]
