"""Which files are no plain logs, so that only the line reader can read them."""

from nbtrace.longlogs.chunks import Chunk, NotColumnarError
from nbtrace.parsers.both_sides import HEADER, end_of_diff_header, is_two_columns
from nbtrace.parsers.dialect import LONGEST_LINE
from nbtrace.parsers.source import LogLines, text_of
from nbtrace.parsers.unfolded import is_folded


class PlainLogSniffer:
    """Refuses what is no plain log."""

    def __init__(self) -> None:
        self._begun = False
        self._first_lines: list[str] = []
        self._last_line = b""

    def look(self, chunk: Chunk) -> None:
        """Look at the next chunk.

        Raises
        ------
        NotColumnarError
            If the file is a JSON document, a unified diff, has two columns, or holds a value on several lines.
        """
        two_columns = chunk.has(b"\t") and chunk.has(b"\tTRACE")
        missing = HEADER - len(self._first_lines)
        bracketed = chunk.has(b"[") or b"[" in self._last_line
        if bracketed and is_folded(self._last_line + chunk.text):
            raise NotColumnarError("a value stands on several lines")
        self._last_line = chunk.last_line[-LONGEST_LINE - 1 :]
        if self._begun and not missing and not two_columns:
            return
        text = text_of(chunk.text)
        if not self._begun and text.lstrip()[:1] in {"{", "["}:
            raise NotColumnarError("perhaps a JSON document")
        self._begun = self._begun or bool(text.strip())
        self._first_lines += text.split("\n", missing)[:-1] if missing else []
        side_by_side = two_columns and is_two_columns(LogLines((chunk.text,)))
        if side_by_side or end_of_diff_header(self._first_lines) is not None:
            raise NotColumnarError("two traces side by side")
