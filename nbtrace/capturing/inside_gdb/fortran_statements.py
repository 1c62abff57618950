"""The statements and loops of a Fortran procedure, read from its source text, in free or in fixed form."""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

from .source_statements import SourceError, Statement, StatementKind

_LABEL = re.compile(r"^\s*\d+\s+")
_NAMED = re.compile(r"^\s*[a-z]\w*\s*:(?![:=])\s*")
_LOOP = re.compile(r"do\b\s*(?:\d+\s*,?\s*)?(.*)", re.DOTALL)
_VARIABLE = re.compile(r"(?:concurrent\s*\(\s*)?([a-z]\w*)\s*=")
_OPENS = re.compile(
    r"if\s*\(.*\)\s*then$|select\s+(?:case|type|rank)\b|where\s*\(.*\)$|forall\s*\(.*\)$|block$|associate\s*\(|critical\b",
    re.DOTALL,
)
_ENDS = re.compile(r"end\s*(?:do|if|select|where|forall|block|associate|critical)\b")
_BEGINS = re.compile(
    r"(?:.*\s)?(?:subroutine|function)\s+[a-z]\w*|program\s+[a-z]\w*|(?:module\s+)?procedure\s+[a-z]\w*", re.DOTALL
)
_LEAVES = re.compile(r"end\s*(?:subroutine|function|program|procedure)?(?:\s+[a-z]\w*)?$|contains$")
_BRANCH = re.compile(r"else\b|elseif\b|elsewhere\b|case\b|class\s+(?:is|default)\b|type\s+is\b|rank\b")


class FortranReader:
    """Takes procedures of a Fortran source apart; names are in small letters."""

    def __init__(self, source: str, *, fixed: bool = False) -> None:
        self._statements = list(_joined(source.lower().split("\n"), fixed=fixed))

    def function(self, line: int) -> Statement:
        """Return the body of the procedure whose name stands in a line, or of the first one behind it.

        Raises
        ------
        SourceError
            If there is none, or its loops do not end.
        """
        begin = next((at for at, (_, last, _) in enumerate(self._statements) if last >= line), None)
        if begin is None:
            raise SourceError(f"the source has no line {line}: it is not the one that was compiled")
        first, _, text = self._statements[begin]
        at = begin + 1 if _BEGINS.match(text) else begin
        inner, at = self._body(at)
        if at >= len(self._statements):
            raise SourceError(f"the procedure in line {line} of the source never ends")
        last = self._statements[at][1]
        return Statement(StatementKind.OTHER, first, last, "", inner, body_first=inner[0].first if inner else last)

    def _body(self, at: int) -> "tuple[list[Statement], int]":
        """Return the statements up to the end of a procedure, each loop and branch with what it holds."""
        levels: list[tuple[Statement | None, list[Statement]]] = [(None, [])]
        while at < len(self._statements):
            first, last, text = self._statements[at]
            if len(levels) == 1 and _LEAVES.match(text):
                break
            if _ENDS.match(text) and len(levels) > 1:
                opened, inner = levels.pop()
                self._close(opened, inner, last)
            elif _BRANCH.match(text):
                pass
            else:
                statement = self._made(first, last, text)
                levels[-1][1].append(statement)
                if statement.kind is not StatementKind.PLAIN:
                    levels.append((statement, statement.inner))
            at += 1
        if len(levels) > 1:
            raise SourceError(f"the block in line {levels[-1][0].first} of the source never ends")  # type: ignore[union-attr]
        return levels[0][1], at

    def _made(self, first: int, last: int, text: str) -> Statement:
        if match := _LOOP.match(text):
            variable = _VARIABLE.match(match[1])
            names = (variable[1],) if variable else tuple(dict.fromkeys(_words(match[1])))
            return Statement(StatementKind.LOOP, first, last, text, [], match[1], names)
        kind = StatementKind.OTHER if _OPENS.match(text) else StatementKind.PLAIN
        return Statement(kind, first, last, text)

    def _close(self, opened: "Statement | None", inner: "list[Statement]", last: int) -> None:
        if opened is not None:
            opened.last = last
            opened.body_first = inner[0].first if inner else last
            opened.code = "\n".join([opened.code, *(statement.code for statement in inner)])


def _words(text: str) -> "list[str]":
    """Return the names in the condition of a loop."""
    return [word for word in re.findall(r"[a-z]\w*", text) if word != "while"]


def _joined(lines: "list[str]", *, fixed: bool) -> "Iterator[tuple[int, int, str]]":
    """Yield the first line, the last line and the text of each statement, continued lines joined."""
    first, text, goes_on = 0, "", False
    for number, raw in enumerate(lines, 1):
        if fixed and raw[:1] in {"c", "*", "d"}:
            continue
        line = _without_strings(raw)
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        continued = bool(fixed and re.match(r" {5}[^ 0]", raw)) or goes_on
        body = line[6:] if fixed and continued and not goes_on else stripped.lstrip("&") if continued else stripped
        if not continued:
            yield from _parts(first, number, text)
            first, text = number, ""
        text = f"{text} {body.strip()}".strip()
        goes_on = text.endswith("&")
        text = text.rstrip("&").rstrip()
        last = number
        if not fixed and not goes_on:
            yield from _parts(first, last + 1, text)
            text = ""
    yield from _parts(first, len(lines) + 1, text)


def _parts(first: int, after: int, text: str) -> "Iterator[tuple[int, int, str]]":
    """Yield the statements of a line, without labels and names of constructs."""
    for part in text.split(";") if text else []:
        plain = _NAMED.sub("", _LABEL.sub("", f"{part} ", count=1), count=1).strip()
        if plain:
            yield first, max(first, after - 1), plain


def _without_strings(line: str) -> str:
    """Return a line without its comment, the letters of strings as blanks."""
    out, quote = [], ""
    for letter in line:
        if quote:
            quote = "" if letter == quote else quote
            out.append(" ")
        elif letter in "'\"":
            quote = letter
            out.append(" ")
        elif letter == "!":
            break
        else:
            out.append(letter)
    return "".join(out)
