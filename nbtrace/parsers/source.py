"""Where a log comes from: a file, a gzip file, or standard input; lines in the end, or one clear line why not."""

import codecs
import re
import sys
from collections.abc import Iterable, Iterator
from itertools import chain, islice, repeat
from pathlib import Path
from typing import IO

from nbtrace.errors import InputError
from nbtrace.files import MOST_BYTES, read_bytes
from nbtrace.frozen import frozen
from nbtrace.parsers.unpack import GZIP, Ending, unpacked

_PROBE = 1 << 16
_PIECE = 1 << 16
_LONGEST_END = 1 << 12
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_colours = re.compile(r"\x1b\[[0-9;:]*[mK]").sub
_UNPRINTED = dict.fromkeys(range(128, 161), "�")
"""Latin-1's control characters and its hard blank: where text is meant, such a byte is damage."""


def text_of(data: bytes) -> str:
    """Return whole lines as text, without the colours of a terminal.

    A line that is no UTF-8 is read as Latin-1, so that `Å` and `µ` of older programs are what they were.
    """
    try:
        text = data.decode()
    except UnicodeDecodeError:
        text = "\n".join(map(_line_text, data.split(b"\n")))
    return _colours("", text) if "\x1b" in text else text


def _line_text(line: bytes) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError:
        return line.decode("latin-1").translate(_UNPRINTED)


@frozen
class LogLines:
    """The lines of a log, made from its bytes each time they are asked for: a list of many short ones would be huge.

    Attributes
    ----------
    pieces : tuple of bytes
        The content, divided after line ends.
    cut_short : bool
        The compressed form of the log ends too early.
    """

    pieces: tuple[bytes, ...]
    cut_short: bool = False

    @classmethod
    def of(cls, blocks: Iterable[bytes], *, cut_short: bool = False) -> "LogLines":
        """Return the lines of a content that comes in blocks of any size."""
        return cls(tuple(_whole_lines(blocks)), cut_short)

    @property
    def cut(self) -> bool:
        """Whether the last line has no end, or the compressed form of the log was cut short."""
        return self.cut_short or bool(self.pieces and not self.pieces[-1].endswith(b"\n"))

    @property
    def open_line(self) -> str:
        """The last line, or the end of a long one, where it has no end."""
        return open_end(self.pieces[-1]) if self.pieces else ""

    @property
    def texts(self) -> Iterator[str]:
        """The content in pieces, each of whole lines, as :func:`text_of` gives it."""
        return map(text_of, self.pieces)

    @property
    def text(self) -> str:
        """The whole content."""
        return "".join(self.texts)

    def __iter__(self) -> Iterator[str]:
        r"""Yield the lines without their ends (`\n` or `\r\n`); blank ones may come without their blanks."""
        for batch in self.batches():
            yield from repeat("", batch) if isinstance(batch, int) else batch

    def batches(self) -> Iterator[list[str] | int]:
        """Yield lists of lines, or the number of lines where many in a row are blank."""
        for text in self.texts:
            open_end = not text.endswith("\n")
            if text.isspace():
                yield text.count("\n") + open_end
                continue
            lines = text.split("\n")
            if not open_end:
                lines.pop()
            yield [line.removesuffix("\r") for line in lines]

    def first(self, count: int) -> list[str]:
        """Return the first lines."""
        return list(islice(self, count))

    def holds(self, sought: bytes) -> bool:
        """Return whether bytes other than line ends occur in it."""
        return any(sought in piece for piece in self.pieces)


def open_end(data: bytes) -> str:
    """Return what stands behind the last line end, or the end of that."""
    return text_of(data[data.rfind(b"\n") + 1 :][-_LONGEST_END:])


def _whole_lines(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the content of blocks in pieces that end with a line end, but perhaps the last one."""
    begun: list[bytes] = []
    for block in blocks:
        at = 0
        while at < len(block):
            end = block.rfind(b"\n", at, at + _PIECE) + 1
            if not end:
                end = block.find(b"\n", at + _PIECE) + 1
            if not end:
                begun.append(block[at:])
                break
            yield b"".join([*begun, block[at:end]])
            begun.clear()
            at = end
    if begun:
        yield b"".join(begun)


def read_lines(source: str) -> LogLines:
    """Return the lines of a log.

    Raises
    ------
    InputError
        If the source is missing, unreadable or binary, or unpacks to more than nbtrace reads.
    """
    return lines_of(read_raw(source), source)


def read_raw(source: str) -> bytes:
    """Return the bytes of a file, or of standard input where the source is `-`.

    Raises
    ------
    InputError
        If it is missing or unreadable.
    """
    return _standard_input() if source == "-" else read_bytes(Path(source))


def lines_of(data: bytes, source: str) -> LogLines:
    """Return the lines of a log in its bytes, plain or gzip; `source` is the name that messages give.

    Raises
    ------
    InputError
        If it is binary, or unpacks to more than nbtrace reads.
    """
    if not data.startswith(GZIP):
        return LogLines.of(text_only([data], source))
    ending = Ending()
    lines = LogLines.of(text_only(unpacked([data], source, ending), source))
    if not lines.pieces and (ending.cut or ending.damaged):
        raise InputError(f"{source} is a damaged gzip file; nothing of it can be read")
    return LogLines(lines.pieces, ending.cut or ending.damaged)


def read_stream(stream: IO[str] | IO[bytes], source: str) -> bytes:
    """Return the bytes that are left in an open file; `source` is the name that messages give.

    Raises
    ------
    InputError
        If it cannot be read, is closed, or has more than nbtrace reads.
    """
    try:
        data = stream.read(MOST_BYTES + 1)
    except UnicodeDecodeError:
        raise InputError(f"{source} is no text in its encoding; open it as bytes, mode 'rb'") from None
    except (OSError, ValueError) as error:
        raise InputError(f"{source} cannot be read: {getattr(error, 'strerror', None) or error}") from None
    if len(data) > MOST_BYTES:
        raise InputError(f"{source} has more than {MOST_BYTES // 2**20} MB, which nbtrace does not read")
    return data.encode(errors="replace") if isinstance(data, str) else bytes(data)


def stream_name(stream: object) -> str:
    """Return the name of an open file; one that has none, or a number, is called a stream."""
    name = getattr(stream, "name", None)
    return name if isinstance(name, str) else "<stream>"


def read_text(source: str) -> tuple[str, bool]:
    """Return the text of a log, and whether its compressed form was cut short or its last line has no end.

    Raises
    ------
    InputError
        If the source is missing, unreadable or binary, or unpacks to more than nbtrace reads.
    """
    lines = read_lines(source)
    return lines.text, lines.cut


def text_only(blocks: Iterable[bytes], source: str) -> Iterator[bytes]:
    """Pass the blocks on without a byte order mark, UTF-16 that begins with one as UTF-8; refuse what is binary."""
    seen = 0
    head = b""
    for block in _as_utf_8(iter(blocks), source):
        if seen < _PROBE and b"\0" in block[: _PROBE - seen]:
            raise InputError(f"{source} is binary, not a trace log")
        seen += len(block)
        head += block
        if seen >= len(_BYTE_ORDER_MARK):
            yield head.removeprefix(_BYTE_ORDER_MARK) if seen == len(head) else head
            head = b""
    if head:
        yield head


def _as_utf_8(blocks: Iterator[bytes], source: str) -> Iterator[bytes]:
    """Pass blocks on, those of UTF-16 with a byte order mark as UTF-8; most letters of a log are ASCII's."""
    head = b""
    for block in blocks:
        head += block
        if len(head) >= len(_UTF_16[0]):
            break
    if not head.startswith(_UTF_16):
        yield from chain((head,), blocks)
        return
    decoder = codecs.getincrementaldecoder("utf-16")(errors="replace")
    for block in chain((head,), blocks):
        text = decoder.decode(block)
        if 2 * sum(map(str.isascii, text[:_PROBE])) < len(text[:_PROBE]):
            raise InputError(f"{source} is binary, not a trace log")
        yield text.encode(errors="replace")
    yield decoder.decode(b"", final=True).encode(errors="replace")


def _standard_input() -> bytes:
    if sys.stdin is None:
        raise InputError("standard input is closed; give a file name")
    try:
        return sys.stdin.buffer.read()
    except OSError as error:
        raise InputError(f"standard input cannot be read: {error.strerror}") from error
