r"""Manifests of digests: the lines that `sha256sum` and its like write, and what people put between them.

An entry is `DIGEST  NAME` (also `DIGEST *NAME` and the BSD form `SHA256 (NAME) = DIGEST`). A name that holds a
backslash, a line feed or a carriage return is written with `\\`, `\n`, `\r` and a backslash in front of the line.

While nbtrace writes to a bundle, the manifest carries lines `# pending: DIGEST  NAME`, which `sha256sum -c` reads as
comments: after an interruption they name every file that was about to be written. These are files of the folder itself;
a pending line with any other name was not written by nbtrace and counts as damaged.

nbtrace writes SHA-256 alone. Manifests of others may hold any :class:`DigestKind`, told by its length, or by the name
in the BSD form.
"""

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path, PurePosixPath

from nbtrace.evidence.locate import is_file_name
from nbtrace.files import read_bytes


class DigestKind(Enum):
    """How a digest is made; the value is its name in :mod:`hashlib`."""

    SHA256 = "sha256"
    SHA512 = "sha512"
    SHA384 = "sha384"
    SHA224 = "sha224"
    SHA1 = "sha1"
    MD5 = "md5"

    @property
    def length(self) -> int:
        """Letters of a digest in hexadecimal."""
        return 2 * hashlib.new(self.value, usedforsecurity=False).digest_size

    @property
    def is_proof(self) -> bool:
        """Whether equal digests prove equal files: files with one MD5 digest are made in seconds."""
        return self is not DigestKind.MD5

    @property
    def label(self) -> str:
        """Its name for people."""
        return "MD5" if self is DigestKind.MD5 else f"SHA-{self.value.removeprefix('sha')}"


def _forms(kind: DigestKind) -> tuple[re.Pattern[str], ...]:
    """Return the forms of an entry."""
    digest = rf"(?P<digest>[0-9a-fA-F]{{{kind.length}}})"
    # openssl calls SHA-256 SHA2-256.
    tag = rf"(?:{kind.value.upper()}|{kind.label.replace('-', '2?-')})"
    forms = (
        rf"(?P<escaped>\\?){digest}(?:  | \*)(?P<name>.+)",
        rf"(?P<escaped>\\?){digest}[ \t]+(?P<name>.+)",
        rf"(?P<escaped>\\?){tag} ?\((?P<name>.+)\) ?= ?{digest}",
    )
    return tuple(re.compile(form, re.DOTALL) for form in forms)


_FORMS = {kind: _forms(kind) for kind in DigestKind}
_OURS = (DigestKind.SHA256,)
PENDING = "# pending: "
_INPUT, _INPUT_AS_FILE = "-", "./-"
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
    """One line of a manifest; `digest` (lower case) and `name` are empty unless it is an entry or pending.

    `digest_kind` says how the digest is made.
    """

    number: int
    text: str
    kind: LineKind
    digest: str = ""
    name: str = ""
    digest_kind: DigestKind = DigestKind.SHA256

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
    """Return the line, without its end, that `sha256sum` writes for a file; it takes a bare `-` for its input."""
    if name == _INPUT:
        return f"{digest}  {_INPUT_AS_FILE}"
    escaped = re.sub(r"[\\\n\r]", lambda match: _ESCAPED[match[0]], name)
    mark = "\\" if escaped != name else ""
    return f"{mark}{digest}  {escaped}"


def parse_manifest(data: bytes, kinds: Sequence[DigestKind] = _OURS) -> Manifest:
    """Read the bytes of a manifest; any bytes are a manifest, if perhaps one without entries.

    Parameters
    ----------
    data : bytes
    kinds : sequence of DigestKind
        Digests that make an entry; those that nbtrace writes by default, of which a torn one is damaged.
    """
    text = data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape")
    texts = text.split("\n")
    if texts[-1] == "":
        texts.pop()
    return Manifest(tuple(_line(number, item.removesuffix("\r"), kinds) for number, item in enumerate(texts, start=1)))


def read_manifest(path: Path, kinds: Sequence[DigestKind] = _OURS) -> Manifest:
    """Read the manifest at `path`, as :func:`parse_manifest` does.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    return parse_manifest(read_bytes(path), kinds)


def _line(number: int, text: str, kinds: Sequence[DigestKind] = _OURS) -> ManifestLine:
    bare = text.removeprefix(PENDING)
    entry = _entry(bare, kinds)
    if text.startswith(PENDING) and entry is not None and is_file_name(entry[1]):
        return ManifestLine(number, text, LineKind.PENDING, *entry)
    if text.startswith(PENDING) and (entry is not None or _DAMAGED.match(bare)):
        return ManifestLine(number, text, LineKind.DAMAGED)
    if text.startswith("#") or not text.strip():
        return ManifestLine(number, text, LineKind.COMMENT)
    if entry is not None:
        return ManifestLine(number, text, LineKind.ENTRY, *entry)
    return ManifestLine(number, text, LineKind.DAMAGED if _DAMAGED.match(text) else LineKind.PROSE)


def _entry(text: str, kinds: Sequence[DigestKind]) -> tuple[str, str, DigestKind] | None:
    """Return the digest, in lower case, the name, and how the digest is made."""
    for kind in kinds:
        for form in _FORMS[kind]:
            match = form.fullmatch(text)
            if match and "\0" not in match["name"]:
                name = _unescape(match["name"]) if match["escaped"] else match["name"]
                return match["digest"].lower(), _INPUT if name == _INPUT_AS_FILE else name, kind
    return None


def _unescape(name: str) -> str:
    return re.sub(r"\\[\\nr]", lambda match: _UNESCAPED[match[0]], name)
