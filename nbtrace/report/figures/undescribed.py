"""matplotlib loaded without the help texts of its classes, which only an interactive user reads.

They are put together while it is imported, from a look at every method of every class: a third of that time.
"""

from collections.abc import Iterator
from contextlib import contextmanager

_SIGNATURE, _PROPERTIES = "_update_set_signature_and_docstring", "kwdoc"


@contextmanager
def undescribed() -> Iterator[None]:
    """Let what is imported of matplotlib for the first time describe its properties nowhere; what it does is the same.

    It is for a process that draws and ends: nobody asks it for help. A matplotlib without these functions is left as
    it is.
    """
    from matplotlib import artist  # noqa: PLC0415 - matplotlib, loaded only where something is drawn

    if not (hasattr(artist.Artist, _SIGNATURE) and hasattr(artist, _PROPERTIES)):
        yield
        return
    described, properties = vars(artist.Artist)[_SIGNATURE], vars(artist)[_PROPERTIES]
    setattr(artist.Artist, _SIGNATURE, classmethod(_leave_signature))
    setattr(artist, _PROPERTIES, _no_text)
    try:
        yield
    finally:
        setattr(artist.Artist, _SIGNATURE, described)
        setattr(artist, _PROPERTIES, properties)


def _leave_signature(_artist: type) -> None:
    """Take any keyword, as without it."""


def _no_text(_artist: object) -> str:
    return ""
