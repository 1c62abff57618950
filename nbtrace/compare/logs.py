"""What may be known of the logs of a computation beyond its vocabulary; this base answers where no more is known.

A vocabulary names its own under the subject `logs`.
"""

from functools import cache

from nbtrace.records import Trace
from nbtrace.vocabulary import registry
from nbtrace.vocabulary.vocabulary import Vocabulary

SUBJECT = "logs"


class Logs:
    """What is known of the logs of a computation."""

    def position(self, trace: Trace, block: int) -> tuple[tuple[float, float] | None, float | None]:
        """Return the sampled point of a block, (slow, fast) in pixels, and the pixel size in metres, None if unknown."""
        del trace, block
        return None, None


@cache
def _made(kind: type[Logs]) -> Logs:
    return kind()


def logs_of(vocabulary: Vocabulary) -> Logs:
    """Return what is known of the logs of a vocabulary."""
    return _made(registry.knowledge(vocabulary, SUBJECT, Logs))
