"""The geometry of the image that the pixel of a trace log belongs to."""

from collections.abc import Callable
from typing import TypeAlias

from nbtrace.errors import InputError
from nbtrace.images.image import Geometry
from nbtrace.records import Trace
from nbtrace.vocabulary import registry

SUBJECT = "image geometry"

Tell: TypeAlias = Callable[[Trace], Geometry]


def geometry_told_by(trace: Trace) -> Geometry:
    """Return the geometry that a trace log tells.

    Raises
    ------
    InputError
        If it tells none.
    """
    tell: Tell = registry.knowledge(trace.vocabulary, SUBJECT, _untold)
    return tell(trace)


def _untold(trace: Trace) -> Geometry:
    name = trace.vocabulary.name
    raise InputError(f"{trace.source} tells no geometry: the vocabulary {name} knows of no images")
