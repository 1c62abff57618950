"""Documents as they are read back from a bundle: whoever wrote one, what is used of it has the type it should have.

A model names only what pictures and pages need; further keys are no fault.
"""

from collections.abc import Mapping
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from nbtrace.errors import InputError
from nbtrace.vocabulary import registry
from nbtrace.vocabulary.sides import Names


def _text(value: object) -> object:
    return "" if value is None else value


Text = Annotated[str, BeforeValidator(_text)]
Number = float | None
Sides = Literal["c", "py", "both", "unknown"]


class Filed(BaseModel):
    """What is read of a document: keys that are not named are passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)


class SideNames(Filed):
    """What reports call the two sides."""

    c: str
    py: str


class Named(Filed):
    """The names that a document of two sides has, unless it was filed before documents had any."""

    names: SideNames | None = None


class Notice(Filed):
    """What must be known before any table."""

    weight: Literal["blocking", "warning", "info"]
    text: str


class Instances(Filed):
    """How many values a row stands for."""

    compared: int
    divergent: int


class Quantity(Filed):
    """One quantity of a `diff` document."""

    description: Text = ""
    unit: Text = ""
    c_text: Text = ""
    py_text: Text = ""
    rel_delta: Number = None
    abs_delta: Number = None
    ratio_py_over_c: Number = None
    worst_component: Text = ""
    ulps: int | None = None
    digits_in_agreement: Number = None
    status: str
    reason: Text = ""
    tolerance: Number = None
    tolerance_basis: Text = ""
    tolerance_origin: Text = ""
    index: Text = ""
    instances: Instances | None = None
    c_line: int | None = None
    py_line: int | None = None


class DiffDocument(Filed):
    """`nbtrace diff`."""

    factors: dict[str, Quantity]


class Step(Filed):
    """One step of a `phi` document."""

    phi_tic: int
    sample: int = 0
    phi_deg_c: Number = None
    phi_deg_py: Number = None
    k_frac_c: Number = None
    k_frac_py: Number = None
    F_latt_c: Number = None
    F_latt_py: Number = None
    delta_k: Number = None
    status: str


class PhiDocument(Filed):
    """`nbtrace phi`."""

    steps: list[Step] = Field(min_length=1)


class Factor(Filed):
    """One quantity of a `scaling` document."""

    c_value: Number = None
    py_value: Number = None
    log_ratio: Number = None
    share_of_final_log_ratio: Number = None
    status: str


class ScalingDocument(Filed):
    """`nbtrace scaling`."""

    final_quantity: Text = ""
    log_ratio_final: Number = None
    factors: dict[str, Factor]


class Cause(Filed):
    """A cause that was tried for a root."""

    text: str
    residual_rel: Number = None
    share_of_deviation_left: Number = None
    expected_by_chance: Number = None


class ProofRow(Filed):
    """A component of a root: as logged, by the formula, and under the cause."""

    value: str
    logged: str
    by_formula: str
    under_cause: str


class Proof(Filed):
    """Why a side is told wrong."""

    sentences: list[str] = []
    rows: list[ProofRow] = []


class Root(Filed):
    """One root of an `explain` document."""

    quantity: str
    quantities: list[str] = []
    phi_tic: int | None = None
    side: Sides
    status: str
    text: str
    residual_rel: Number = None
    explains_final_ratio: Number = None
    candidates_tried: int | None = None
    causes: list[Cause] = []
    nearest: list[Cause] = []
    proof: Proof = Proof()


class ExplainDocument(Filed):
    """`nbtrace explain`."""

    final_quantity: Text = ""
    log_ratio_final: Number = None
    roots: list[Root]


class Place(Filed):
    """A pixel."""

    slow: int
    fast: int


class ImageSource(Filed):
    """An image that was compared: the name of its file, and its shape."""

    source: str
    shape_slow_fast: Annotated[tuple[int, int], Field(strict=False)] | None = None


class ImagesDocument(Filed):
    """`nbtrace images`."""

    c: ImageSource
    py: ImageSource
    brightest: Place | None = None
    worst_pixels: list[Place] = []


class Traced(Filed):
    """What a document says of a trace: its pixel."""

    pixel: Place | None = None


class Noticed(Filed):
    """The notices that most documents have."""

    notices: list[Notice] = []


Document = TypeVar("Document", bound=BaseModel)


def names_of(document: Mapping[str, object]) -> Names:
    """Return what reports call the two sides of a document.

    Raises
    ------
    InputError
        If it has names that are none.
    """
    told = read_as(Named, document).names
    return Names(told.c, told.py) if told is not None else registry.default().names


class FinalWord(Filed):
    """What kind of thing the final quantity of a document is."""

    final_word: str | None = None


def final_word(document: Mapping[str, object]) -> str:
    """Return what kind of thing the final quantity of a document is: a value, an intensity.

    Raises
    ------
    InputError
        If it says so in no words.
    """
    told = read_as(FinalWord, document).final_word
    return told if told is not None else registry.default().outcome


def read_as(kind: type[Document], document: Mapping[str, object]) -> Document:
    """Return a document as a model.

    Raises
    ------
    InputError
        If it is not of that kind; the message names the first place that is wrong.
    """
    try:
        return kind.model_validate(document)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"])) or "the document"
        raise InputError(f"{where}: {first['msg']}") from None
