"""What documents say of each quantity of a case: what waivers and histories go by."""

from pydantic import Field

from nbtrace.report.documents.models.parts import StatusWord, words_of
from nbtrace.schema import DocumentPart, Number
from nbtrace.vocabulary.quantity import Basis


class JudgedEntry(DocumentPart):
    """A traced quantity, or a gate of images, with its largest difference."""

    quantity: str = Field(description="Its name.")
    status: StatusWord
    relative: Number = Field(description="The largest relative difference; null where it cannot be measured.")
    absolute: Number = Field(description="The largest difference in its unit; null where it cannot be measured.")
    digits_in_agreement: Number = Field(description="Decimal digits that agree; null where all do, or none can.")
    tolerance: Number = Field(description="Largest difference that agrees; null where there is none.")
    tolerance_basis: str = Field(description="What the tolerance is held against.", json_schema_extra=words_of(*Basis))
    side: str = Field(default="", description="Who is wrong: c, py, both, unknown; empty where nothing tells.")
    cause: str = Field(default="", description="Name of the cause; empty where nothing tells.")


JUDGED_KEY = "Since 0.2: the gates of the images and the traced quantities, each with its largest difference."
