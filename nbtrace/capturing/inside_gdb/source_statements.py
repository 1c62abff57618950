"""The statements and loops of a function, read from its source text: C and C++ here, Fortran beside it.

Nothing is compiled or expanded: comments, strings and directives are blanked, and brackets do the rest.
"""

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_NESTED = 200


class SourceError(ValueError):
    """Why the text of a function cannot be taken apart, in words."""


class StatementKind(Enum):
    """What a statement is."""

    PLAIN = "plain"
    LOOP = "loop"
    OTHER = "other"
    """A block, or one that holds others under a condition."""


@dataclass
class Statement:
    """A statement of a function.

    Attributes
    ----------
    kind : StatementKind
    first, last : int
        Its lines, from 1.
    code : str
        Its text without comments, strings and directives.
    inner : list of Statement
        The statements of its body; of a conditional one those of all its branches.
    head : str
        What stands in the brackets of a loop.
    variables : tuple of str
        Of a loop: the variables that it may be named after.
    body_first : int
        Line where its body begins; 0 where it has none.
    """

    kind: StatementKind
    first: int
    last: int
    code: str
    inner: "list[Statement]" = field(default_factory=list)
    head: str = ""
    variables: "tuple[str, ...]" = ()
    body_first: int = 0

    def walk(self) -> "Iterator[Statement]":
        """Yield this statement and all inside it, in the order of the source."""
        waiting = [self]
        while waiting:
            statement = waiting.pop()
            yield statement
            waiting.extend(reversed(statement.inner))


_HIDDEN = re.compile(
    r"""//[^\n]*|/\*.*?(?:\*/|\Z)|R"(?P<raw>[^\s()\\]{0,16})\(.*?\)(?P=raw)"|"(?:\\.|[^"\\\n])*"?|(?<![\w'])'(?:\\.|[^'\\\n])*'?""",
    re.DOTALL,
)
_DIRECTIVE = re.compile(r"^[ \t]*#[ \t]*(\w*)((?:[^\n\\]|\\\n|\\.)*)", re.MULTILINE)
_WORD = re.compile(r"[A-Za-z_]\w*")
_LABEL = re.compile(r"(?:case\b[^;{}]*?|default\s*|[A-Za-z_]\w*\s*):(?![:=])")
_INIT = re.compile(r"([A-Za-z_]\w*)\s*=(?!=)")
_RANGE_FOR = re.compile(r"\b([A-Za-z_]\w*)\s*:(?!:)")
_LOOPS = frozenset({"for", "while"})
_HEADED = frozenset({"for", "while", "if", "switch", "catch"})


def _blanked(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)


def blank_hidden(source: str) -> str:
    """Return C or C++ source of the same length in which only code is left."""
    code = _HIDDEN.sub(lambda match: _blanked(match[0]), source)
    kept: list[str] = []
    branches: list[list[bool]] = []  # for each open #if: whether this part is code, whether one was
    at = 0
    for match in _DIRECTIVE.finditer(code):
        kept.append(_seen(code[at : match.start()], branches))
        kept.append(_blanked(match[0]))
        at = match.end()
        _branch(match[1], match[2].strip(), branches)
    kept.append(_seen(code[at:], branches))
    return "".join(kept)


def _seen(text: str, branches: "list[list[bool]]") -> str:
    return text if all(branch[0] for branch in branches) else _blanked(text)


def _branch(word: str, condition: str, branches: "list[list[bool]]") -> None:
    """Follow a directive: of #if and its #else parts the first that is not `0` counts as the code."""
    if word in {"if", "ifdef", "ifndef"}:
        taken = not (word == "if" and condition == "0")
        branches.append([taken, taken])
    elif word in {"elif", "else"} and branches:
        branches[-1][0] = not branches[-1][1]
        branches[-1][1] = True
    elif word == "endif" and branches:
        branches.pop()


class CReader:
    """Takes functions of a C or C++ source apart."""

    def __init__(self, source: str) -> None:
        self._code = blank_hidden(source)
        self._starts = [0, *(match.end() for match in re.finditer("\n", self._code))]

    def function(self, line: int) -> Statement:
        """Return the body of the function whose name stands in a line.

        Raises
        ------
        SourceError
            If there is none, or its brackets do not match.
        """
        if not 1 <= line <= len(self._starts):
            raise SourceError(f"the source has no line {line}: it is not the one that was compiled")
        at = self._starts[line - 1]
        depth = 0
        while at < len(self._code):
            letter = self._code[at]
            depth += (letter in "([") - (letter in ")]")
            if letter == "{" and depth <= 0:
                body, _ = self._block(at, 0)
                body.first = line
                return body
            if letter == ";" and depth <= 0:
                break
            at += 1
        raise SourceError(f"no function begins in line {line} of the source: it is not the one that was compiled")

    def _line(self, at: int) -> int:
        return bisect_right(self._starts, at)

    def _made(self, kind: StatementKind, start: int, end: int, inner: "list[Statement]") -> Statement:
        return Statement(kind, self._line(start), self._line(max(end - 1, start)), self._code[start:end], inner)

    def _skip(self, at: int) -> int:
        while at < len(self._code) and self._code[at].isspace():
            at += 1
        return at

    def _block(self, start: int, depth: int) -> "tuple[Statement, int]":
        at, inner = self._skip(start + 1), []
        while at < len(self._code) and self._code[at] != "}":
            statement, at = self._statement(at, depth + 1)
            inner.append(statement)
            at = self._skip(at)
        if at >= len(self._code):
            raise SourceError(f"the bracket in line {self._line(start)} of the source never closes")
        block = self._made(StatementKind.OTHER, start, at + 1, inner)
        block.body_first = inner[0].first if inner else block.last
        return block, at + 1

    def _statement(self, at: int, depth: int) -> "tuple[Statement, int]":
        if depth > MOST_NESTED:
            raise SourceError(f"line {self._line(at)} of the source is nested too deeply")
        at = self._skip(at)
        while label := _LABEL.match(self._code, at):
            if self._code[at : label.end()].split("?")[0] != self._code[at : label.end()]:
                break
            at = self._skip(label.end())
        word = _WORD.match(self._code, at)
        name = word[0] if word else ""
        if self._code[at : at + 1] == "{":
            return self._block(at, depth)
        if self._code[at : at + 1] in {"}", ""}:  # a label at the end of a block
            return self._made(StatementKind.OTHER, at, at, []), at
        if word and name in _HEADED:
            return self._headed(name, at, word.end(), depth)
        if word and name in {"do", "else", "try"}:
            return self._unheaded(name, at, word.end(), depth)
        end = self._end_of_plain(at)
        return self._made(StatementKind.PLAIN, at, end, []), end

    def _headed(self, name: str, start: int, at: int, depth: int) -> "tuple[Statement, int]":
        at = self._skip(at)
        if self._code.startswith("constexpr", at):
            at = self._skip(at + len("constexpr"))
        if self._code[at : at + 1] != "(":
            end = self._end_of_plain(start)
            return self._made(StatementKind.PLAIN, start, end, []), end
        close = self._closing(at)
        inner, end = self._statement(close + 1, depth + 1)
        parts = [inner]
        while name == "if" and self._code.startswith("else", self._skip(end)):
            if not (word := _WORD.match(self._code, self._skip(end))) or word[0] != "else":
                break
            other, end = self._statement(word.end(), depth + 1)
            parts.append(other)
        kind = StatementKind.LOOP if name in _LOOPS else StatementKind.OTHER
        statement = self._made(kind, start, end, _opened(parts))
        if kind is StatementKind.LOOP:
            statement.head = self._code[at + 1 : close]
            statement.variables = _variables_of(name, statement.head)
            statement.body_first = statement.inner[0].first if statement.inner else statement.last
        return statement, end

    def _unheaded(self, name: str, start: int, at: int, depth: int) -> "tuple[Statement, int]":
        inner, end = self._statement(at, depth + 1)
        if name != "do":
            return self._made(StatementKind.OTHER, start, end, _opened([inner])), end
        word = _WORD.match(self._code, self._skip(end))
        if word is None or word[0] != "while":
            raise SourceError(f"the do in line {self._line(start)} of the source has no while")
        opening = self._skip(word.end())
        close = self._closing(opening)
        end = self._end_of_plain(close + 1)
        statement = self._made(StatementKind.LOOP, start, end, _opened([inner]))
        statement.head = self._code[opening + 1 : close]
        statement.variables = _variables_of("while", statement.head)
        statement.body_first = statement.inner[0].first if statement.inner else statement.last
        return statement, end

    def _closing(self, at: int) -> int:
        depth, start = 0, at
        while at < len(self._code):
            depth += (self._code[at] in "([{") - (self._code[at] in ")]}")
            if depth == 0:
                return at
            at += 1
        raise SourceError(f"the bracket in line {self._line(start)} of the source never closes")

    def _end_of_plain(self, at: int) -> int:
        """Return where a statement ends: behind its semicolon, or before the bracket that closes the block."""
        depth, start = 0, at
        while at < len(self._code):
            letter = self._code[at]
            if depth == 0 and letter == ";":
                return at + 1
            if depth == 0 and letter == "}":
                return at
            depth += (letter in "([{") - (letter in ")]}")
            at += 1
        raise SourceError(f"the statement in line {self._line(start)} of the source never ends")


def _opened(parts: "list[Statement]") -> "list[Statement]":
    """Return the statements of several parts, those of a block in place of it."""
    opened: list[Statement] = []
    for part in parts:
        is_block = part.kind is StatementKind.OTHER and part.code.startswith("{")
        opened.extend(part.inner if is_block else [part])
    return opened


def _variables_of(name: str, head: str) -> "tuple[str, ...]":
    if name == "for":
        init, semicolon, rest = head.partition(";")
        if not semicolon:
            return tuple(match[1] for match in _RANGE_FOR.finditer(init))[-1:]
        started = tuple(match[1] for match in _INIT.finditer(init))
        return started or tuple(dict.fromkeys(_WORD.findall(rest)))
    return tuple(dict.fromkeys(_WORD.findall(head)))
