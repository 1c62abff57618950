"""What a document says of the cause of a difference between two images."""

from pydantic import Field

from nbtrace.schema import Array, DocumentPart, Number


class RelationStepEntry(DocumentPart):
    """One step from an image to the other."""

    kind: str = Field(description="What kind it is, as `offset` or `rounded`.")
    words: str = Field(description="What is done.")
    parameters: dict[str, Number] = Field(description="Numbers that were fitted or found, by name.")


class ImageRelationEntry(DocumentPart):
    """How one image is made from the other."""

    text: str = Field(description="In words.")
    made: str = Field(description="The image that is made from the other one: c or py.")
    steps: Array[RelationStepEntry] = Field(description="In the order in which they are done.")
    exact: bool = Field(description="Whether no more is left than the number format, or whole numbers, must leave.")
    left: Number = Field(description="The largest difference that is left, in the unit of the pixels.")
    left_relative: Number = Field(description="The same as a share of the larger value, largest over the pixels.")
    explained: Number = Field(description="Share of the squared differences that is gone; null where there was none.")
    pixels: int = Field(description="Pixels for which it holds.")
    fitted: int = Field(description="Numbers that were fitted.")


class RoundingEntry(DocumentPart):
    """One image is the other rounded to the whole numbers of its file."""

    made: str = Field(description="The image of integers: c or py.")
    largest: Number = Field(description="Largest |py − c|.")
    told: int = Field(description="Pixels above ½, of which something is left after rounding.")
    blind: int = Field(description="Pixels below.")
    factors: Array[Number] = Field(description="The other image times any factor between these rounds to the same.")
    enough: bool = Field(description="Whether enough is left for an agreement to mean something.")


class RunFitEntry(DocumentPart):
    """How well a run has the pixels of an image."""

    held: Number = Field(description="Share of the pixels that it has, to 2e-5 of the value.")
    typical: Number = Field(description="Median relative difference.")
    worst: Number = Field(description="Largest one, of no less than a millionth of the brightest pixel.")


class ImageRunEntry(DocumentPart):
    """The run of the simulator that has most of an image."""

    text: str = Field(description="In words.")
    changes: Array[str] = Field(description="What has to be changed in the configuration; empty as configured.")
    names: Array[str] = Field(description="The kind of each change.")
    as_well: Array[str] = Field(description="Other single changes that give the same values.")
    factor: Number = Field(description="Number by which the run is multiplied; 1 where none is needed.")
    factor_is: str | None = Field(description="Which number of the configuration that is; null where none is.")
    offset: Number = Field(description="Number that is added then, in a file of integers.")
    holds: bool = Field(description="Whether the run has the image.")
    configured: RunFitEntry = Field(description="The run as configured, over the telling pixels.")
    telling: RunFitEntry = Field(description="This run over the same.")
    verified: RunFitEntry | None = Field(description="This run over `pixels` pixels; null where it was not verified.")
    correlation: Number = Field(description="Correlation with the image over the same.")
    pixels: int = Field(description="Pixels on which it was verified.")
    all_pixels: bool = Field(description="Whether they are all that were compared; else they are evenly spread.")
    off: int = Field(description="Of them, pixels that the run does not have.")


class FactorPower(DocumentPart):
    """A factor of py/c."""

    name: str = Field(description="The factor.")
    exponent: Number = Field(description="Its power.")
    share: Number = Field(description="Share of the mean square of log(py/c) that it explains.")


class FactorsEntry(DocumentPart):
    """py/c as a product of known factors and a number."""

    text: str = Field(description="In words.")
    powers: Array[FactorPower] = Field(description="The factors.")
    number: Number = Field(description="What their product is multiplied by.")
    number_is: str | None = Field(description="Which number of the configuration that is; null where none is.")
    number_share: Number = Field(description="Share of the mean square of log(py/c) that it explains.")
    explained: Number = Field(description="Share that all explain.")
    left: Number = Field(description="Root mean square of what is left of log(py/c).")
    worst: Number = Field(description="The largest of it.")
    exact: bool = Field(description="Whether nothing is left.")
    pixels: int = Field(description="Pixels that were looked at.")
    rest: Array[Array[Number]] = Field(
        description="Median of what is left, by parts of the detector, slow and fast; null where a part has no pixel."
    )


class ImageCausesEntry(DocumentPart):
    """What runs of the simulator say of two images."""

    refused: str | None = Field(description="Why nothing was run; null where it was.")
    telling_pixels: int = Field(description="Pixels on which changes were tried.")
    runs_tried: int = Field(description="Runs that were made of them.")
    unfinished: bool = Field(description="Whether there was no time for some.")
    py_laid: str | None = Field(description="How py was laid on c for that; null as it is.")
    runs: dict[str, ImageRunEntry] = Field(description="c, py → the run that has most of it.")
    factors: FactorsEntry | None = Field(description="py/c as a product; null where none was found.")
