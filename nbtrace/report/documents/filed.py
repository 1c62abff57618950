"""Documents as they are read back from a bundle, with the models that they were written by.

Whoever wrote one, what is used of it has the type it should have. Keys that a model does not know are passed over:
another version wrote them.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeVar

from pydantic import ValidationError

from nbtrace.documents import LateEntries
from nbtrace.errors import InputError
from nbtrace.report.documents.models.parts import NoticeEntry, PixelPlace, SideNames
from nbtrace.report.documents.models.waivers import WaiversEntry
from nbtrace.report.view import waiver_word
from nbtrace.schema import DocumentPart, read_part
from nbtrace.verdicts.status import Verdict
from nbtrace.vocabulary import registry
from nbtrace.vocabulary.sides import Names

if TYPE_CHECKING:
    from nbtrace.report.documents.models.compare import CompareDocument
    from nbtrace.report.documents.models.images import ImagesDocument

Part = TypeVar("Part", bound=DocumentPart)


def read_as(kind: type[Part], document: object, where: str = "") -> Part:
    """Return a document, or what stands at a place of one, as a model.

    Raises
    ------
    InputError
        If it is not of that kind; the message names the first place that is wrong.
    """
    if isinstance(document, Mapping):  # as it is written, where no file holds it
        document = {key: list(value) if isinstance(value, LateEntries) else value for key, value in document.items()}
    try:
        return read_part(kind, document)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        at = ".".join(map(str, (*filter(None, (where,)), *first["loc"]))) or "the document"
        raise InputError(f"{at}: {first['msg']}") from None


def read_images(document: Mapping[str, object]) -> "ImagesDocument | CompareDocument":
    """Return a document of two images, that of `nbtrace images` or of `nbtrace compare`.

    Raises
    ------
    InputError
        If it is neither.
    """
    if document.get("format") == "nbtrace compare":
        from nbtrace.report.documents.models.compare import CompareDocument  # noqa: PLC0415 - that of explain, too

        return read_as(CompareDocument, document)
    from nbtrace.report.documents.models.images import ImagesDocument  # noqa: PLC0415

    return read_as(ImagesDocument, document)


def names_of(document: Mapping[str, object]) -> Names:
    """Return what reports call the two sides of a document; those of nanoBragg where it does not tell.

    Raises
    ------
    InputError
        If it has names that are none.
    """
    told = document.get("names")
    if told is None:
        return registry.default().names
    names = read_as(SideNames, told, "names")
    return Names(names.c, names.py)


def waivers_in(document: Mapping[str, object]) -> WaiversEntry | None:
    """Return the waivers that were held against a result; None where there were none.

    Raises
    ------
    InputError
        If what stands in their place is none.
    """
    told = document.get("waivers")
    return None if told is None else read_as(WaiversEntry, told, "waivers")


def waived_verdict(document: Mapping[str, object], verdict: Verdict | None) -> str:
    """Return the word that stands in place of a verdict because of waivers; empty where the verdict stays."""
    try:
        told = waivers_in(document)
    except InputError:
        return ""
    return "" if told is None or verdict is None else waiver_word(verdict, passes=told.passes)


def final_word(document: Mapping[str, object]) -> str:
    """Return what kind of thing the final quantity of a document is: a value, an intensity.

    Raises
    ------
    InputError
        If it says so in no words.
    """
    told = document.get("final_word")
    if told is None:
        return registry.default().outcome
    if not isinstance(told, str):
        raise InputError("final_word: Input should be a valid string")
    return told


def notices_in(document: Mapping[str, object]) -> tuple[NoticeEntry, ...]:
    """Return the notices of any document.

    Raises
    ------
    InputError
        If what stands in their place is none.
    """
    told = document.get("notices", [])
    if not isinstance(told, list | tuple):
        raise InputError("notices: Input should be a valid list")
    return tuple(read_as(NoticeEntry, item, f"notices.{place}") for place, item in enumerate(told))


def traced_pixels(document: Mapping[str, object]) -> tuple[PixelPlace, ...]:
    """Return the pixels that the logs of any document are of; a side that tells none has none."""
    sides = [document.get(side) for side in ("c", "py")]
    told = [side.get("pixel") for side in sides if isinstance(side, Mapping)]
    found = []
    for pixel in told:
        try:
            found.append(read_as(PixelPlace, pixel, "pixel"))
        except InputError:
            continue
    return tuple(found)
