"""Where a probe stands in the source: which lines, found by the names of loops and of variables that are assigned."""

import re
from dataclasses import dataclass

from .source_statements import SourceError, Statement, StatementKind

_LINES_ALONE = "a compiled program tells lines apart only; break the line"


@dataclass(frozen=True)
class SourcePlace:
    """Lines before which a probe stands.

    Attributes
    ----------
    spans : tuple of (int, int)
        First and last lines of statements: the place is before the first of them for which code was compiled.
    behind : (int, int) or None
        First and last line of a statement: the place counts only where the program comes there from this one.
    turns : tuple of int
        Lines in which a loop goes on with its next turn: the place where none of `spans` has code, behind the last
        statement of the body. A `continue` inside that statement leads there, too.
    repeats : bool
        The statement that the place is before is a loop that begins nothing, such as `do`: its own next turn comes to
        the same place, and does not count.
    """

    spans: "tuple[tuple[int, int], ...]"
    behind: "tuple[int, int] | None" = None
    turns: "tuple[int, ...]" = ()
    repeats: bool = False


def loops_named(body: Statement, name: str) -> "list[Statement]":
    """Return the loops over a variable; `i:120` is the one that begins in line 120."""
    variable, _, line = name.partition(":")
    return [
        statement
        for statement in body.walk()
        if statement.kind is StatementKind.LOOP
        and variable in statement.variables
        and (not line or str(statement.first) == line)
    ]


def nested(body: Statement, names: "tuple[str, ...]", wanted: "tuple[str, ...]" = ()) -> "list[Statement]":
    """Return loops over variables, each inside the one before it.

    Parameters
    ----------
    body : Statement
        Of the function.
    names : tuple of str
        From the outermost to the innermost.
    wanted : tuple of str
        Names of loops that stand inside the innermost; they decide where several nests have these names.

    Raises
    ------
    SourceError
        If there is no such nest, or more than one.
    """
    chains = [[body]]
    for name in names:
        chains = [[*chain, loop] for chain in chains for loop in loops_named(chain[-1], name) if loop is not chain[-1]]
        if not chains:
            raise SourceError(_no_loop(body, name))
    there = [chain for chain in chains if all(loops_named(chain[-1], name) for name in wanted)]
    if not there and wanted:
        lacking = next(
            (name for name in wanted if not any(loops_named(chain[-1], name) for chain in chains)), wanted[0]
        )
        raise SourceError(_no_loop(body, lacking))
    if len(there) > 1:
        lines = ", ".join(str(chain[-1].first) for chain in there)
        raise SourceError(
            f"{len(there)} loops over {names[-1]} would do, in lines {lines}; name one as {names[-1]}:LINE"
        )
    return there[0][1:]


def _no_loop(body: Statement, name: str) -> str:
    known = dict.fromkeys(
        variable for item in body.walk() if item.kind is StatementKind.LOOP for variable in item.variables
    )
    there = f"; there are loops over {', '.join(list(known)[:20])}" if known else ""
    return f"there is no loop over {name} where it is looked for{there}"


def after_assignment(block: Statement, variable: str) -> SourcePlace:
    """Return the place behind the last statement of a body that assigns a variable.

    A call that stands as a statement of its own assigns what it is given; one in an expression does so only where
    nothing else assigns the variable.

    Parameters
    ----------
    block : Statement
        A loop, or the body of a function.
    variable : str

    Raises
    ------
    SourceError
        If nothing there assigns it.
    """
    for assigned_by in (assigns, _is_given):
        found = [at for at, statement in enumerate(block.inner) if assigned_by(statement, variable)]
        if found:
            return _behind(block, found[-1])
    raise SourceError(f"nothing in lines {block.first} to {block.last} assigns {variable}")


def before_assignment(block: Statement, variable: str) -> SourcePlace:
    """Return the place before the first statement of a body that assigns a variable.

    A loop in which it is assigned counts only where no other statement of the body assigns it.

    Raises
    ------
    SourceError
        If nothing there assigns it.
    """
    found = [at for at, statement in enumerate(block.inner) if assigns(statement, variable)]
    outside = [at for at in found if block.inner[at].kind is not StatementKind.LOOP]
    if found:
        statements = block.inner[(outside or found)[0] :]
        return SourcePlace(tuple((item.first, item.last) for item in statements), repeats=_repeats(statements[0]))
    raise SourceError(f"nothing in lines {block.first} to {block.last} assigns {variable}")


def _behind(block: Statement, at: int) -> SourcePlace:
    spans = tuple((statement.first, statement.last) for statement in block.inner[at + 1 :])
    this = (block.inner[at].first, block.inner[at].last)
    if spans and spans[0][0] <= this[1]:
        raise SourceError(f"line {spans[0][0]} goes on behind the assignment: {_LINES_ALONE}")
    if block.kind is StatementKind.LOOP:
        if not spans and this[0] == block.first:
            raise SourceError(f"the whole loop stands in line {block.first}: {_LINES_ALONE}")
        return SourcePlace(spans, this, _turns(block))
    return SourcePlace((*spans, (block.last, block.last)), this)


def _turns(loop: Statement) -> "tuple[int, ...]":
    """Return the lines of a loop outside of its body, in which it goes on with its next turn."""
    held = [(statement.first, statement.last) for statement in loop.inner]
    lines = [*range(loop.first, max(loop.body_first, loop.first + 1)), loop.last]
    return tuple(dict.fromkeys(line for line in lines if not any(first <= line <= last for first, last in held)))


def assigns(statement: Statement, variable: str) -> bool:
    """Tell whether a statement, or one inside it, assigns a variable."""
    name = re.escape(variable)
    index = r"(?:\s*[\[(][^;\[\]]*?[\])])*"
    behind = rf"(?<![\w.>%]){name}{index}\s*(?:\+\+|--|(?:<<|>>|[-+*/%&|^])?=(?!=))"
    before = rf"(?:\+\+|--)\s*{name}\b(?!\s*[.\[(])"
    given = rf"[(,]\s*&\s*{name}\b"
    if re.search(rf"{behind}|{before}|{given}", statement.code):
        return True
    calls = (part.code for part in statement.walk() if part.kind is StatementKind.PLAIN)
    call = re.compile(rf"\s*(?:call\s+)?[A-Za-z_][\w.:]*\s*\(.*[(,]?\s*(?<![\w.>%]){name}\s*[,)]", re.DOTALL)
    return any(call.match(code) and "=" not in code.split("(", 1)[0] for code in calls)


def _is_given(statement: Statement, variable: str) -> bool:
    return re.search(rf"[(,]\s*{re.escape(variable)}\s*[,)]", statement.code) is not None


def first_of(block: Statement) -> SourcePlace:
    """Return the place before the first statement of a body.

    Raises
    ------
    SourceError
        If it stands in the line in which the loop begins.
    """
    if block.kind is StatementKind.LOOP and block.body_first <= block.first:
        raise SourceError(f"the body of the loop in line {block.first} begins in that line: {_LINES_ALONE}")
    spans = tuple((statement.first, statement.last) for statement in block.inner) or ((block.last, block.last),)
    return SourcePlace(spans, repeats=bool(block.inner) and _repeats(block.inner[0]))


def _repeats(statement: Statement) -> bool:
    """Tell whether a statement is, or begins with, a loop that assigns no variable before its first turn."""
    while statement.kind is StatementKind.OTHER and statement.code.startswith("{") and statement.inner:
        statement = statement.inner[0]
    return statement.kind is StatementKind.LOOP and not re.match(r"[^;]*=[^=]", statement.head)


def with_text(lines: "list[str]", text: str, first: int, last: int) -> SourcePlace:
    """Return the place before the one line of a function that holds a text.

    Raises
    ------
    SourceError
        If no line holds it, or several do.
    """
    found = [number for number in range(first, min(last, len(lines)) + 1) if text in lines[number - 1]]
    if len(found) != 1:
        what = "no line" if not found else f"{len(found)} lines ({', '.join(map(str, found[:5]))})"
        raise SourceError(f"{what} of lines {first} to {last} hold{'s' * (not found)} {text!r}")
    return SourcePlace(((found[0], found[0]),))
