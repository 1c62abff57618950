"""What the images of a case say."""

from enum import StrEnum


class ImagesOutcome(StrEnum):
    """What the images say."""

    AGREE = "agree"
    DIFFER = "differ"
    CONSTANT = "constant"
    """One has no variation: such images never agree, whatever they hold."""
