"""Where in a source file a probe stands: a scope and a span of lines, found in the syntax tree.

A probe is read when its span has been left, or before it is entered. The span of `after = "X"` is the last statement
of a block that assigns X: a statement directly in the body of the loop that is named, else of the innermost loop (or
the function) around the last assignment.
"""

from __future__ import annotations

import ast
import difflib
import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TypeAlias

    Scope: TypeAlias = "ast.Module | ast.FunctionDef | ast.AsyncFunctionDef"
    Loop: TypeAlias = "ast.For | ast.AsyncFor | ast.While"

MODULE = "<module>"
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_LOOPS = (ast.For, ast.AsyncFor, ast.While)


class PlaceError(Exception):
    """A probe stands nowhere in the source; the message says what is there instead."""


class WantedPlace(NamedTuple):
    """A place as a probe file says it: `after`, `before`, `line` or `text`, of which one is not empty."""

    function: str = ""
    after: str = ""
    before: str = ""
    loop: str = ""
    line: int = 0
    text: str = ""

    @property
    def name(self) -> str:
        """The name whose assignment is meant."""
        return self.after or self.before


class ScopeSpan(NamedTuple):
    """Lines of one scope, both ends included."""

    scope: str
    """Qualified name of the function, `<module>` for the module itself."""
    starts: tuple[int, ...]
    """Lines at which the code object of the scope may say that it begins."""
    first: int
    last: int
    before: bool
    """Whether the values are those before the span is entered; else those after it has been left."""
    names: tuple[str, ...]
    """What the scope assigns, its parameters included."""
    returns: tuple[int, ...]
    """Lines of the span from which the function is left before the end of the span."""


def find(source: str, wanted: WantedPlace, file: str) -> ScopeSpan:
    """Return where a probe stands.

    Parameters
    ----------
    source : str
        Text of the file.
    wanted : WantedPlace
        The place.
    file : str
        What messages call the file.

    Raises
    ------
    PlaceError
        If it is nowhere, or at several places.
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError) as error:
        raise PlaceError(f"{file} is no source text of this Python: {error}") from None
    return found_in(source, dict(scopes_of(tree)), wanted, file)


def found_in(source: str, all_scopes: dict[str, Scope], wanted: WantedPlace, file: str) -> ScopeSpan:
    """Return where a probe stands in a file whose scopes are known; see :func:`find`."""
    scopes = _chosen(all_scopes, wanted.function, file)
    if wanted.name:
        return _at_assignment(scopes, wanted, file)
    line = wanted.line or _line_of_text(source, scopes if wanted.function else {}, wanted.text, file)
    return _at_line(all_scopes, line, file)


def scopes_of(tree: ast.Module) -> Iterator[tuple[str, Scope]]:
    """Yield the module and every function by its qualified name, without Python's `<locals>`."""
    yield MODULE, tree
    waiting: list[tuple[str, ast.AST]] = [("", tree)]
    while waiting:
        prefix, node = waiting.pop(0)
        for child in ast.iter_child_nodes(node):
            inner = prefix
            if isinstance(child, _SCOPES) and not isinstance(child, ast.Lambda):
                inner = f"{prefix}{child.name}."
                if isinstance(child, FUNCTIONS):
                    yield inner[:-1], child
            waiting.append((inner, child))


def _chosen(scopes: dict[str, Scope], function: str, file: str) -> dict[str, Scope]:
    if not function:
        return scopes
    name = function.replace(".<locals>", "")
    found = {full: scope for full, scope in scopes.items() if full == name}
    found = found or {full: scope for full, scope in scopes.items() if full.endswith("." + name)}
    if not found:
        raise PlaceError(f"{file} has no function {function}{_nearest(name, scopes)}")
    if len(found) > 1:
        raise PlaceError(f"{file} has several functions {function}: {', '.join(found)}")
    return found


def _nearest(name: str, known: dict[str, Scope] | set[str]) -> str:
    names = sorted(one for one in known if one != MODULE)
    close = difflib.get_close_matches(name, names, 1, 0.5)
    if close:
        return f"; the nearest name is {close[0]}"
    return "; it has {}".format(", ".join(names[:8]) + (", …" if len(names) > 8 else "")) if names else ""


# --- at an assignment -----------------------------------------------------------------------------------------------


def _at_assignment(scopes: dict[str, Scope], wanted: WantedPlace, file: str) -> ScopeSpan:
    found = []
    for name, scope in scopes.items():
        loops = [loop.body for loop in loops_of(scope) if wanted.loop in turned_by(loop)]
        for block in loops if wanted.loop else [scope.body]:
            child = assigning(block, wanted.name, last=bool(wanted.after))
            if child is not None:
                found.append((name, scope, child))
    if not found:
        raise PlaceError(_not_assigned(scopes, wanted, file))
    if len(found) > 1:
        where = ", ".join(f"line {child.lineno} of {name}" for name, _, child in found)
        raise PlaceError(
            f"{wanted.name} is assigned at several places of {file}: {where}; say which by `function`, `loop` or `line`"
        )
    name, scope, child = found[0]
    if any(child in loop.body and child.lineno == loop.lineno for loop in loops_of(scope)):
        raise PlaceError(
            f"line {child.lineno} of {file} holds a loop and its body, whose turns cannot be told apart: give the body "
            "a line of its own"
        )
    return _span(name, scope, child, _end(child) if wanted.after else _head_end(child), before=not wanted.after)


def assigning(block: list[ast.stmt], name: str, *, last: bool) -> ast.stmt | None:
    """Return the last or the first statement of a block that assigns a name.

    What stands in the body of `with`, or of `try` and not in what else there is of it, counts as standing in the
    block: it runs once where the block runs.
    """
    for child in reversed(block) if last else block:
        if name in assigned_in(child):
            inner = _plain_body(child, name)
            return assigning(inner, name, last=last) if inner else child
    return None


def _plain_body(child: ast.stmt, name: str) -> list[ast.stmt]:
    if isinstance(child, (ast.With, ast.AsyncWith)):
        return child.body
    if (
        isinstance(child, ast.If)
        and not child.orelse
        and "__name__" in {node.id for node in ast.walk(child.test) if isinstance(node, ast.Name)}
    ):
        return child.body
    if isinstance(child, ast.Try):
        others = [inner for inner in _blocks(child) if inner is not child.body]
        if not any(name in assigned_in(statement) for inner in others for statement in inner):
            return child.body
    return []


def _not_assigned(scopes: dict[str, Scope], wanted: WantedPlace, file: str) -> str:
    where = f"{next(iter(scopes))} of {file}" if len(scopes) == 1 else file
    loops = [loop for scope in scopes.values() for loop in loops_of(scope)]
    turned = {name for loop in loops for name in turned_by(loop)}
    if wanted.loop and wanted.loop not in turned:
        return f"{where} has no loop over {wanted.loop}{_nearest(wanted.loop, turned)}"
    if not wanted.loop and wanted.name in turned:
        return f"{wanted.name} is assigned by the head of a loop alone: name the first line of its body by `line`"
    bodies = [loop.body for loop in loops if wanted.loop in turned_by(loop)]
    blocks = bodies if wanted.loop else [scope.body for scope in scopes.values()]
    assigned = {name for block in blocks for child in block for name in assigned_in(child)}
    inside = f"the loop over {wanted.loop} in " if wanted.loop else ""
    return f"{inside}{where} assigns no {wanted.name}{_nearest(wanted.name, assigned)}"


def loops_of(scope: ast.AST) -> Iterator[Loop]:
    """Yield the loops of a scope, without those of functions and classes in it."""
    for node in _inside(scope):
        if isinstance(node, _LOOPS):
            yield node


def _inside(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what is inside a node, in the order of the text, without functions and classes of their own."""
    for child in ast.iter_child_nodes(node):
        yield child
        if not isinstance(child, _SCOPES):
            yield from _inside(child)


def turned_by(loop: Loop) -> set[str]:
    """Return the names that tell the turn of a loop: its targets, or what its condition reads."""
    head = loop.test if isinstance(loop, ast.While) else loop.target
    return {node.id for node in ast.walk(head) if isinstance(node, ast.Name)}


def _blocks(statement: ast.stmt) -> Iterator[list[ast.stmt]]:
    for part in (statement, *getattr(statement, "handlers", ()), *getattr(statement, "cases", ())):
        for field in ("body", "orelse", "finalbody"):
            if getattr(part, field, None):
                yield getattr(part, field)


def _statements(child: ast.stmt) -> Iterator[ast.stmt]:
    yield child
    if not isinstance(child, _SCOPES):
        for node in _inside(child):
            if isinstance(node, ast.stmt):
                yield node


def _statements_of(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    for child in body:
        yield from _statements(child)


def assigned_in(child: ast.stmt) -> set[str]:
    """Return what a statement and those in it assign: names, and `a.b` in full."""
    return {name for node in _statements(child) for name in _own_targets(node)}


def _own_targets(statement: ast.stmt) -> set[str]:
    """Return what a statement assigns by itself: names, names of what it assigns a part of, and `a.b` in full.

    A head of a loop or of `with` counts as no assignment. A method whose name ends in `_` changes a tensor in place,
    and `out=` is an output, too.
    """
    targets: list[ast.expr] = []
    if isinstance(statement, ast.Assign):
        targets += statement.targets
    elif isinstance(statement, (ast.AugAssign, ast.AnnAssign)) and statement.value is not None:
        targets.append(statement.target)
    for node in _expressions(statement):
        if isinstance(node, ast.NamedExpr):
            targets.append(node.target)
        elif isinstance(node, ast.Call):
            targets += [word.value for word in node.keywords if word.arg == "out"]
            if isinstance(node.func, ast.Attribute) and re.search(r"[^_]_$", node.func.attr):
                targets.append(node.func.value)
    return {name for target in targets for name in _names_of(target)}


def _expressions(statement: ast.stmt) -> Iterator[ast.AST]:
    """Yield the expressions of a statement, not those of the statements in it, nor of a head that repeats."""
    if not isinstance(statement, (*_LOOPS, *FUNCTIONS, ast.ClassDef, ast.With, ast.AsyncWith)):
        for child in ast.iter_child_nodes(statement):
            if isinstance(child, ast.expr):
                yield from ast.walk(child)


def _names_of(target: ast.expr) -> Iterator[str]:
    if isinstance(target, (ast.Tuple, ast.List)):
        for item in target.elts:
            yield from _names_of(item)
    elif isinstance(target, ast.Starred):
        yield from _names_of(target.value)
    elif isinstance(target, ast.Name):
        yield target.id
    elif isinstance(target, ast.Subscript):
        yield from _names_of(target.value)
    elif isinstance(target, ast.Attribute):
        dotted = _dotted(target)
        if dotted:
            yield dotted
        if dotted.partition(".")[0] not in {"self", "cls"}:
            yield from _names_of(target.value)


def _dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    inner = _dotted(node.value) if isinstance(node, ast.Attribute) else ""
    return f"{inner}.{node.attr}" if inner and isinstance(node, ast.Attribute) else ""


# --- at a line -------------------------------------------------------------------------------------------------------


def _line_of_text(source: str, scopes: dict[str, Scope], text: str, file: str) -> int:
    """Return the number of the one line with a text; blanks do not count."""
    wanted = "".join(text.split())
    ranges = [(scope.lineno, _end(scope)) for scope in scopes.values() if not isinstance(scope, ast.Module)]
    lines = [
        number
        for number, line in enumerate(source.splitlines(), 1)
        if wanted and wanted in "".join(line.split())
        if not ranges or any(first <= number <= last for first, last in ranges)
    ]
    if len(lines) == 1:
        return lines[0]
    if not lines:
        raise PlaceError(f"no line of {file} has the text {text}")
    numbers = ", ".join(map(str, lines[:8])) + (", …" if len(lines) > 8 else "")
    raise PlaceError(f"{len(lines)} lines of {file} have the text {text}: {numbers}; say which by `line`")


def _at_line(scopes: dict[str, Scope], line: int, file: str) -> ScopeSpan:
    heads = [
        (name, scope, child) for name, scope in scopes.items() for child in _statements_of(scope.body) if _runs(child)
    ]
    held = [one for one in heads if one[2].lineno <= line <= _head_end(one[2])]
    if not held:
        later = sorted(child.lineno for _, _, child in heads if child.lineno > line)
        hint = f"; the next one is on line {later[0]}" if later else ""
        raise PlaceError(f"line {line} of {file} holds no statement{hint}")
    name, scope, child = held[0]
    return _span(name, scope, child, _head_end(child), before=True)


def _runs(statement: ast.stmt) -> bool:
    return not isinstance(statement, (ast.Global, ast.Nonlocal)) and not (
        isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    )


def _head_end(statement: ast.stmt) -> int:
    """Return the last line of a statement, of its head if it holds others."""
    body = getattr(statement, "body", None)
    if isinstance(body, list) and body and isinstance(body[0], ast.stmt):
        return max(statement.lineno, body[0].lineno - 1)
    return _end(statement)


def _end(node: ast.AST) -> int:
    last: int | None = getattr(node, "end_lineno", None)
    return last or int(getattr(node, "lineno", 1))


def _span(name: str, scope: Scope, child: ast.stmt, last: int, *, before: bool) -> ScopeSpan:
    starts = [0, 1]
    if not isinstance(scope, ast.Module):
        starts = [scope.lineno, *(decorator.lineno for decorator in scope.decorator_list)]
    names = {node.id for node in ast.walk(scope) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    names.update(node.arg for node in ast.walk(scope) if isinstance(node, ast.arg))
    returns = [
        line
        for statement in _statements(child)
        if isinstance(statement, ast.Return)
        for line in range(statement.lineno, _end(statement) + 1)
    ]
    return ScopeSpan(name, tuple(sorted(set(starts))), child.lineno, last, before, tuple(sorted(names)), tuple(returns))
