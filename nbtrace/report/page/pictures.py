"""The pictures of a result: plots drawn from its document, pictures and texts that were filed with it, the viewer."""

import base64
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nbtrace.errors import InputError, NbtraceError
from nbtrace.evidence.contents import Contents, FiledFile, FiledResult
from nbtrace.files import read_bytes, sha256_of
from nbtrace.report.figures.phi import phi_figure
from nbtrace.report.figures.scaling import scaling_figure
from nbtrace.report.figures.style import encoded

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from nbtrace.images.image import Image
    from nbtrace.report.page.viewer import Mark, Viewer

_PICTURES = {".png": ("image/png", b"\x89PNG\r\n\x1a\n"), ".svg": ("image/svg+xml", b"")}
_TEXTS = frozenset({".txt", ".log", ".md", ".toml"})
_MOST_BYTES = 8 << 20
_MOST_LINES = 400

_DRAWN: Mapping[str, tuple[Callable[[Mapping[str, object]], "Figure"], str]] = {
    "phi": (
        phi_figure,
        "k_frac and F_latt of both sides along the φ sweep. Steps that diverge are shaded.",
    ),
    "scaling": (
        scaling_figure,
        "What each factor adds to ln(Py/C) on the way to the final intensity; the last bar is their sum.",
    ),
}


@dataclass(frozen=True)
class Picture:
    """A picture as the page embeds it; `kind` is `lines` for a plot on white, `photo` for anything else."""

    uri: str
    alt: str
    caption: str
    kind: str


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


def pictures_of(filed: FiledResult, contents: Contents, anchor: str, *, all_pixels: bool) -> Pictures:
    """Return the pictures of a result."""
    remarks: list[str] = []
    figures = [*_drawn(filed, remarks), *_filed_pictures(filed, remarks)]
    viewer = _viewer(filed, contents, anchor, remarks, all_pixels=all_pixels)
    return Pictures(tuple(figures), tuple(_texts(filed, remarks)), viewer, tuple(remarks))


def _drawn(filed: FiledResult, remarks: list[str]) -> Iterator[Picture]:
    if filed.name not in _DRAWN or filed.document is None:
        return
    draw, caption = _DRAWN[filed.name]
    try:
        figure = draw(filed.document)
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
    for file in filed.outputs:
        kind, start = _PICTURES.get(Path(file.name).suffix.lower(), ("", b""))
        data = _content(file, remarks) if kind else b""
        if data and data.startswith(start):
            yield Picture(_uri(kind, data), file.name, file.name, "photo")


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
