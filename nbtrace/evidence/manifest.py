r"""Manifests of SHA-256 digests: the lines that `sha256sum` writes, and what people put between them.

An entry is `DIGEST  NAME` (also `DIGEST *NAME` and the BSD form `SHA256 (NAME) = DIGEST`). A name that holds a
backslash, a line feed or a carriage return is written with `\\`, `\n`, `\r` and a backslash in front of the line.

While nbtrace writes to a bundle, the manifest carries lines `# pending: DIGEST  NAME`, which `sha256sum -c` reads as
comments: after an interruption they name every file that was about to be written. These are files of the folder itself;
a pending line with any other name was not written by nbtrace and counts as damaged.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path, PurePosixPath

from nbtrace.evidence.locate import is_file_name
from nbtrace.files import read_bytes

_HEX = r"(?P<digest>[0-9a-fA-F]{64})"
_FORMS = tuple(
    re.compile(form, re.DOTALL)
    for form in (
        rf"(?P<escaped>\\?){_HEX}(?:  | \*)(?P<name>.+)",
        rf"(?P<escaped>\\?){_HEX}[ \t]+(?P<name>.+)",
        rf"(?P<escaped>\\?)SHA256 ?\((?P<name>.+)\) ?= ?{_HEX}",
    )
)
PENDING = "# pending: "
_DAMAGED = re.compile(r"\\?(?:[0-9a-fA-F]{16,}|[^\s/.]{64})(?:\s|$)|SHA256 ?\(")
_UNESCAPED = {"\\\\": "\\", "\\n": "\n", "\\r": "\r"}
_ESCAPED = {plain: escaped for escaped, plain in _UNESCAPED.items()}


class LineKind(Enum):
    """What a line of a manifest is. Prose says something to people; a damaged line was an entry, or pending."""

    ENTRY = "entry"
    PENDING = "pending"
    COMMENT = "comment"
    PROSE = "prose"
    DAMAGED = "damaged"


@dataclass(frozen=True)
class ManifestLine:
    """One line of a manifest; `digest` (lower case) and `name` are empty unless it is an entry or pending."""

    number: int
    text: str
    kind: LineKind
    digest: str = ""
    name: str = ""

    @property
    def plain_name(self) -> str:
        """The name without `./`, as the same file may be listed either way."""
        return PurePosixPath(self.name).as_posix()


@dataclass(frozen=True)
class Manifest:
    """The lines of a manifest file, in order."""

    lines: tuple[ManifestLine, ...] = ()

    def of_kind(self, kind: LineKind) -> tuple[ManifestLine, ...]:
        """Return the lines of one kind."""
        return tuple(line for line in self.lines if line.kind is kind)

    def digests(self) -> dict[str, str]:
        """Return plain name → digest of the entries; the last entry of a name counts."""
        return {line.plain_name: line.digest for line in self.of_kind(LineKind.ENTRY)}

    def pending(self) -> dict[str, list[str]]:
        """Return name → the digests that an interrupted write may have left there."""
        by_name: dict[str, list[str]] = {}
        for line in self.of_kind(LineKind.PENDING):
            by_name.setdefault(line.name, []).append(line.digest)
        return by_name

    def updated(self, entries: Iterable[tuple[str, str]], pending: Iterable[tuple[str, str]] = ()) -> "Manifest":
        """Return a manifest with these (digest, name) entries and no pending lines but these.

        Entries of the same names, and of pending names, give way to the new ones; every other line stays as it is.
        """
        entries, pending = list(entries), list(pending)
        replaced = {name for _, name in (*entries, *pending)}
        kept = [
            line.text
            for line in self.lines
            if line.kind is not LineKind.PENDING and not (line.kind is LineKind.ENTRY and line.plain_name in replaced)
        ]
        texts = [*kept, *(entry_text(*item) for item in entries), *(PENDING + entry_text(*item) for item in pending)]
        return Manifest(tuple(_line(number, text) for number, text in enumerate(texts, start=1)))

    def encode(self) -> bytes:
        """Return the bytes of the manifest file."""
        return "".join(f"{line.text}\n" for line in self.lines).encode("utf-8", "surrogateescape")


def entry_text(digest: str, name: str) -> str:
    """Return the line, without its end, that `sha256sum` writes for a file."""
    escaped = re.sub(r"[\\\n\r]", lambda match: _ESCAPED[match[0]], name)
    mark = "\\" if escaped != name else ""
    return f"{mark}{digest}  {escaped}"


def parse_manifest(data: bytes) -> Manifest:
    """Read the bytes of a manifest; any bytes are a manifest, if perhaps one without entries."""
    text = data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape")
    texts = text.split("\n")
    if texts[-1] == "":
        texts.pop()
    return Manifest(tuple(_line(number, item.removesuffix("\r")) for number, item in enumerate(texts, start=1)))


def read_manifest(path: Path) -> Manifest:
    """Read the manifest at `path`.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    return parse_manifest(read_bytes(path))


def _line(number: int, text: str) -> ManifestLine:
    bare = text.removeprefix(PENDING)
    entry = _entry(bare)
    if text.startswith(PENDING) and entry is not None and is_file_name(entry[1]):
        return ManifestLine(number, text, LineKind.PENDING, *entry)
    if text.startswith(PENDING) and (entry is not None or _DAMAGED.match(bare)):
        return ManifestLine(number, text, LineKind.DAMAGED)
    if text.startswith("#") or not text.strip():
        return ManifestLine(number, text, LineKind.COMMENT)
    if entry is not None:
        return ManifestLine(number, text, LineKind.ENTRY, *entry)
    return ManifestLine(number, text, LineKind.DAMAGED if _DAMAGED.match(text) else LineKind.PROSE)


def _entry(text: str) -> tuple[str, str] | None:
    """Return the digest, in lower case, and the name."""
    for form in _FORMS:
        match = form.fullmatch(text)
        if match and "\0" not in match["name"]:
            return match["digest"].lower(), _unescape(match["name"]) if match["escaped"] else match["name"]
    return None


def _unescape(name: str) -> str:
    return re.sub(r"\\[\\nr]", lambda match: _UNESCAPED[match[0]], name)
