"""What CI forms use of filed documents beyond what pictures and pages do."""

from pydantic import BaseModel, ConfigDict

from nbtrace.report.filed import Factor, Number, Quantity, Text


class _Filed(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Source(_Filed):
    """A log, or an image."""

    source: str


class Sided(_Filed):
    """A document of two logs, or of two images."""

    c: Source
    py: Source


class RootName(_Filed):
    """A root of a `diff` document."""

    quantity: str


class Coverage(_Filed):
    """Quantities that one side alone prints."""

    missing_c: list[str] = []
    missing_py: list[str] = []


Row = Quantity


class Diff(Sided):
    """`nbtrace diff`."""

    factors: dict[str, Row]
    roots: list[RootName] = []
    coverage: Coverage = Coverage()


class ScalingRow(Row, Factor):
    """A factor with its difference."""


class Scaling(Sided):
    """`nbtrace scaling`."""

    factors: dict[str, ScalingRow]


class Relation(_Filed):
    """A relation of a `check` document."""

    quantity: str
    formula: str
    finding: str
    residual: Number = None
    allowed: Number = None
    reason: Text = ""


class Check(_Filed):
    """`nbtrace check`."""

    log: Source
    relations: list[Relation]


class SweepRun(_Filed):
    """A run of a sweep; one of the embedded simulator has no file, and its name for a source."""

    name: str
    source: str


class SweepValue(_Filed):
    """A value in a run."""

    line: int | None = None


class SweepRow(_Filed):
    """A quantity of a `sweep` document."""

    outcome: str
    description: Text = ""
    reason: Text = ""
    index: Text = ""
    reference_line: int | None = None
    runs: dict[str, SweepValue] = {}


class Sweep(_Filed):
    """`nbtrace sweep`."""

    runs: list[SweepRun]
    reference: Source | None = None
    roots: list[str] = []
    quantities: dict[str, SweepRow]


class Gate(_Filed):
    """What must hold of two images."""

    name: str
    status: str
    reason: Text = ""


class Images(Sided):
    """`nbtrace images`."""

    gates: list[Gate]


class Input(_Filed):
    """A file that was read."""

    path: str


class Origin(_Filed):
    """What a result was made from."""

    inputs: list[Input] = []


class Compare(Images):
    """`nbtrace compare`."""

    provenance: Origin = Origin()


class Case(_Filed):
    """A case of a suite."""

    outcome: str
    about: Text = ""
    reason: Text = ""
    first_divergence: Text = ""


class Cases(_Filed):
    """`nbtrace compare --suite`."""

    cases: dict[str, Case]


class Knob(_Filed):
    """What was changed between two runs of the reference, and how many pixels moved."""

    knob: str
    threads: int | None = None
    flags: list[str] = []
    compared: int = 0
    moved: int = 0
    max_relative: Number = None
    failure: Text = ""


class Trust(_Filed):
    """`nbtrace trust`."""

    knobs: list[Knob]
