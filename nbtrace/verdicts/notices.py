"""What a reader must know before a table: notices, by subject and weight."""

from enum import IntEnum, StrEnum

from nbtrace.frozen import frozen


class Subject(StrEnum):
    """What a notice is about."""

    PIXEL = "pixel"
    POINT = "sampled point"
    STEP = "φ step"
    TURN = "turn of a loop"
    UNIT = "unit"
    CONFIGURATION = "configuration"
    SIDES = "sides"
    PRECISION = "precision"
    LOG = "log"
    LINES = "lines"
    TOLERANCE = "tolerance"
    DEVICE = "device"


class Weight(IntEnum):
    """How much a notice matters: a blocking one forbids a verdict on the physics."""

    INFO = 0
    WARNING = 1
    BLOCKING = 2


@frozen
class Notice:
    """Something the reader must know before the table.

    Attributes
    ----------
    subject : Subject
    weight : Weight
    text : str
    quantity : str or None
        The one that it is about, where something is decided by that.
    """

    subject: Subject
    weight: Weight
    text: str
    quantity: str | None = None
