"""The pictures of a result: plots drawn from its document, pictures and texts that were filed with it, the viewer."""

import base64
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from nbtrace.errors import InputError, NbtraceError
from nbtrace.evidence.contents import Contents, FiledFile, FiledResult, is_named
from nbtrace.files import read_bytes, sha256_of
from nbtrace.report.documents.filed import final_word, names_of, read_images, traced_pixels
from nbtrace.report.documents.models.parts import PixelPlace
from nbtrace.units import ANGSTROM

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from nbtrace.images.image import Floats, Geometry, Image
    from nbtrace.records import Side
    from nbtrace.report.documents.models.images import ImagesBody, ImageSource
    from nbtrace.report.page.viewer import Mark, Viewer
    from nbtrace.vocabulary.sides import Names

_PICTURES = {".png": ("image/png", b"\x89PNG\r\n\x1a\n"), ".svg": ("image/svg+xml", b"")}
_TEXTS = frozenset({".txt", ".log", ".md", ".toml"})
_MOST_MARKS = 20
"""Worst pixels that the viewer names; nbtrace files ten, a forged document any number."""

_WIDE = 1.7
"""Width over height from which on a picture gets a row of its own."""

_MANY = 4
"""Figures that one comparison of two images has."""

_MOST_BYTES = 8 << 20
_MOST_LINES = 400


def _phi_figure() -> "_Drawing":
    from nbtrace.report.figures.phi import phi_figure  # noqa: PLC0415 - loads matplotlib

    return phi_figure


def _scaling_figure() -> "_Drawing":
    from nbtrace.report.figures.scaling import scaling_figure  # noqa: PLC0415

    return scaling_figure


_Drawing: TypeAlias = Callable[[Mapping[str, object]], "Figure"]
_FILED: Mapping[str, str] = {
    "first_divergence.png": "The first quantity that diverges in each pixel of the detector, and how far it "
    "does. Where several pixels share a dot, the dot has the colour of the rarest, so that a single one is not lost.",
    "images.png": "{c} and {py} on one scale, and {difference}: red where {py} is larger, blue where {c} is.",
    "detail.png": "The same around the pixel that is marked; every pixel is drawn.",
    "scatter.png": "The intensities of {py} over those of {c}: the more pixels share a place, the darker it is. Where "
    "the two agree, all pixels are on the diagonal.",
    "ratio.png": "The ratio {ratio} where both are above 0, of sums of pixels where the image is large: red where {py} "
    "is larger, blue where {c} is.",
}
"""What a picture shows that was filed under a name of nbtrace's, or under one that ends in it."""

_DRAWN: Mapping[str, tuple[Callable[[], _Drawing], str]] = {
    "phi": (
        _phi_figure,
        "k_frac and F_latt of both sides along the φ sweep. Steps that diverge are shaded.",
    ),
    "scaling": (
        _scaling_figure,
        "What each factor adds to ln({ratio}) on the way to the final {word}; the last bar is their sum.",
    ),
}
"""How a result is drawn, and what the picture shows."""


@dataclass(frozen=True)
class Picture:
    """A picture as the page embeds it; `kind` is `lines` for a plot without a ground, `photo` for anything else."""

    uri: str
    alt: str
    caption: str
    kind: str
    wide: bool = True


@dataclass(frozen=True)
class Text:
    """A text that was filed: its name, its lines, and what is left out of them."""

    name: str
    lines: tuple[str, ...]
    note: str


@dataclass(frozen=True)
class Pictures:
    """All that a result has to show; `remarks` say what could not be shown, and why."""

    figures: tuple[Picture, ...]
    texts: tuple[Text, ...]
    viewer: "Viewer | None"
    remarks: tuple[str, ...]

    @property
    def many(self) -> bool:
        """Whether the figures stand behind the tables, which they would hide."""
        return len(self.figures) > _MANY


def pictures_of(filed: FiledResult, contents: Contents, anchor: str, *, all_pixels: bool) -> Pictures:
    """Return the pictures of a result."""
    remarks: list[str] = []
    figures = [*_drawn(filed, remarks), *_filed_pictures(filed, remarks)]
    viewer = _viewer(filed, contents, anchor, remarks, all_pixels=all_pixels)
    return Pictures(tuple(figures), tuple(_texts(filed, remarks)), viewer, tuple(remarks))


def _drawn(filed: FiledResult, remarks: list[str]) -> Iterator[Picture]:
    if filed.name not in _DRAWN or filed.document is None:
        return
    drawing, words = _DRAWN[filed.name]
    from nbtrace.report.figures.style import encoded  # noqa: PLC0415

    try:
        figure = drawing()(filed.document)
        caption = words.format(ratio=names_of(filed.document).ratio, word=final_word(filed.document))
    except InputError as error:
        remarks.append(f"No plot could be drawn from the document: {error}")
        return
    figure.patch.set_alpha(0.0)
    for axes in figure.axes:
        axes.patch.set_alpha(0.0)
    yield Picture(_uri("image/svg+xml", encoded(figure, "svg")), caption, caption, "lines")


def _uri(kind: str, data: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode('ascii')}"


def _filed_pictures(filed: FiledResult, remarks: list[str]) -> Iterator[Picture]:
    names = _names(filed)
    for file in filed.outputs:
        kind, start = _PICTURES.get(Path(file.name).suffix.lower(), ("", b""))
        data = _content(file, remarks) if kind else b""
        if data and data.startswith(start):
            words = _words_of(file.name, names)
            yield Picture(_uri(kind, data), words, words, "photo", wide=not start or _is_wide(data))


def _names(filed: FiledResult) -> "Names":
    try:
        return names_of(filed.document or {})
    except InputError:
        return names_of({})


def _words_of(name: str, names: "Names") -> str:
    """Return what is said under a picture that was filed: what it shows, where that is known, else its name."""
    for own, words in _FILED.items():
        told = words.format(c=names.reference, py=names.candidate, difference=names.difference, ratio=names.ratio)
        if is_named(name, own):
            return told
        # A picture of one of several candidates, or cases, has what it is of in front.
        if is_named(name[-len(own) :], own) and name[: -len(own)].endswith("_"):
            return f"{name}: {told}"
    return f"The picture that was filed as {name}."


def _is_wide(data: bytes) -> bool:
    """Tell by the header of a PNG whether it is much wider than high."""
    width, height = struct.unpack(">II", data[16:24]) if len(data) >= 24 else (0, 1)
    return bool(width > _WIDE * height)


def _texts(filed: FiledResult, remarks: list[str]) -> Iterator[Text]:
    for file in filed.outputs:
        if Path(file.name).suffix.lower() not in _TEXTS:
            continue
        lines = _content(file, remarks).decode("utf-8", "replace").splitlines()
        cut = lines if len(lines) <= _MOST_LINES else [*lines[: _MOST_LINES // 2], "…", *lines[-_MOST_LINES // 2 :]]
        note = f"{len(lines)} lines" + (f", {_MOST_LINES} of them shown" if len(cut) < len(lines) else "")
        yield Text(file.name, tuple(cut), note)


def _content(file: FiledFile, remarks: list[str]) -> bytes:
    """Return the bytes of a filed file; empty, with a remark, where they are too many or cannot be read."""
    if file.path is None:
        return b""
    if file.path.stat().st_size > _MOST_BYTES:
        remarks.append(f"{file.name} is too large for the page.")
        return b""
    try:
        return read_bytes(file.path)
    except InputError as error:
        remarks.append(str(error))
        return b""


def _viewer(
    filed: FiledResult, contents: Contents, anchor: str, remarks: list[str], *, all_pixels: bool
) -> "Viewer | None":
    """Return the viewer of a result about two images; None for any other, or with a remark."""
    if filed.document is None or "worst_pixels" not in filed.document:
        return None
    from nbtrace.records import Side  # noqa: PLC0415 - most bundles hold no images
    from nbtrace.report.page.viewer import make_viewer  # noqa: PLC0415

    try:
        document, names = read_images(filed.document), names_of(filed.document)
        c = _image(document.c, Side.C, filed)
        py = _image(document.py, Side.PY, filed)
    except NbtraceError as error:
        remarks.append(f"The image viewer is left out: {error}")
        return None
    if c.shape != py.shape:
        remarks.append("The image viewer is left out: the images have different shapes.")
        return None
    marks = _marks(document, contents, c.shape)
    geometry = _geometry(document, remarks)
    return make_viewer(f"{anchor}-viewer", c.pixels, py.pixels, marks, whole=all_pixels, names=names, geometry=geometry)


def _geometry(document: "ImagesBody", remarks: list[str]) -> "Geometry | None":
    """Return where the pixels of a document are; None where it does not tell, or, with a remark, tells nonsense."""
    told = document.geometry
    if told is None:
        return None
    from nbtrace.images.resolution import geometry_of  # noqa: PLC0415 - numpy; most bundles hold no images

    vectors = (told.corner_mm, told.fast, told.slow, told.beam)
    try:
        corner, fast, slow, beam = (_vectors(vector, (3,)) for vector in vectors)
        cell = None if told.cell_angstrom is None else _vectors(told.cell_angstrom, (3, 3)) * ANGSTROM
        size, wavelength = _vectors((told.pixel_mm, told.wavelength_angstrom), (2,))
    except InputError as error:
        remarks.append(f"The rings of resolution are left out: {error}")
        return None
    found = geometry_of(corner * 1e-3, fast, slow, size * 1e-3, beam, wavelength * ANGSTROM, cell, told.origin)
    if found is None:
        remarks.append("The rings of resolution are left out: the numbers of the geometry make none.")
    return found


def _vectors(told: Sequence[object], shape: tuple[int, ...]) -> "Floats":
    """Return numbers of a document as an array.

    Raises
    ------
    InputError
        If they have not that shape, or are not finite.
    """
    import numpy as np  # noqa: PLC0415 - as above

    try:
        found = np.array(told, np.float64)
    except (TypeError, ValueError):
        found = np.empty(0)
    if found.shape != shape or not np.isfinite(found).all():
        raise InputError("the numbers of the geometry make none.")
    return found


def _image(said: "ImageSource", side: "Side", filed: FiledResult) -> "Image":
    """Read an image that a result was made from: the file in the bundle, else the input if it is still the same.

    Raises
    ------
    NbtraceError
        If there is none, it has changed, or it cannot be read.
    """
    from nbtrace.images.numpy_files import ARRAYS_NAME  # noqa: PLC0415
    from nbtrace.images.read import read_image  # noqa: PLC0415

    shape = None if said.shape_slow_fast is None else said.shape_slow_fast
    kept = next((file for file in filed.outputs if is_named(file.name, ARRAYS_NAME)), None)
    if kept is not None and kept.path is not None:
        return read_image(kept.path, shape=shape, side=side)
    return read_image(_input(said.source, filed), shape=shape, side=side, frame=said.frame)


def _input(source: str, filed: FiledResult) -> Path:
    inputs = filed.metadata.get("inputs")
    for record in inputs if isinstance(inputs, list) else []:
        match record:
            case {"path": str(path), "sha256": str(digest)} if path == source:
                file = Path(str(filed.metadata.get("folder", "")), path)
                if sha256_of(file) != digest:
                    raise InputError(f"{source} is not what it was when the images were compared")
                return file
    raise InputError(f"{source} is neither in the bundle nor among the recorded inputs")


def _marks(document: "ImagesBody", contents: Contents, shape: tuple[int, int]) -> "Sequence[Mark]":
    """Return the pixels to look at: the traced ones, the brightest, the worst; those outside of the image are none."""
    from nbtrace.report.page.viewer import Mark  # noqa: PLC0415

    found: dict[tuple[int, int], Mark] = {}
    named: list[tuple[str, PixelPlace]] = [("traced", place) for place in _traced(contents)]
    named += [("brightest", document.brightest)] if document.brightest is not None else []
    named += [(f"worst {number}", place) for number, place in enumerate(document.worst_pixels[:_MOST_MARKS], start=1)]
    for name, place in named:
        if 0 <= place.slow < shape[0] and 0 <= place.fast < shape[1]:
            before = found.get((place.slow, place.fast))
            title = name if before is None else f"{before.name}, {name}"
            cross = name == "traced" or (before is not None and before.cross)
            found[place.slow, place.fast] = Mark(title, place.slow, place.fast, cross)
    return tuple(found.values())


def _traced(contents: Contents) -> Iterator[PixelPlace]:
    """Yield the pixels that the traces of the bundle are of."""
    for result in contents.results:
        yield from traced_pixels(result.document or {})
