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
    from typing import Dict, Iterator, List, Optional, Set, Tuple, Union

    Scope = Union[ast.Module, ast.FunctionDef, ast.AsyncFunctionDef]
    Loop = Union[ast.For, ast.AsyncFor, ast.While]

MODULE = "<module>"
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_LOOPS = (ast.For, ast.AsyncFor, ast.While)


class PlaceError(Exception):
    """A probe stands nowhere in the source; the message says what is there instead."""


class Wanted(NamedTuple):
    """A place as a probe file says it: `after`, `line` or `text`, of which one is not empty."""

    function: str = ""
    after: str = ""
    loop: str = ""
    line: int = 0
    text: str = ""


class Span(NamedTuple):
    """Lines of one scope, both ends included."""

    scope: str
    """Qualified name of the function, `<module>` for the module itself."""
    starts: Tuple[int, ...]
    """Lines at which the code object of the scope may say that it begins."""
    first: int
    last: int
    before: bool
    """Whether the values are those before the span is entered; else those after it has been left."""
    names: Tuple[str, ...]
    """What the scope assigns, its parameters included."""


def find(source: str, wanted: Wanted, file: str) -> Span:
    """Return where a probe stands.

    Parameters
    ----------
    source : str
        Text of the file.
    wanted : Wanted
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
        raise PlaceError("{} is no source text of this Python: {}".format(file, error)) from None
    scopes = _chosen(dict(_scopes(tree)), wanted.function, file)
    if wanted.after:
        return _after(scopes, wanted, file)
    line = wanted.line or _line_of_text(source, scopes if wanted.function else {}, wanted.text, file)
    return _at_line(dict(_scopes(tree)), line, file)


def _scopes(tree: ast.Module) -> Iterator[Tuple[str, Scope]]:
    """Yield the module and every function by its qualified name, without Python's `<locals>`."""
    yield MODULE, tree
    waiting: List[Tuple[str, ast.AST]] = [("", tree)]
    while waiting:
        prefix, node = waiting.pop(0)
        for child in ast.iter_child_nodes(node):
            inner = prefix
            if isinstance(child, _SCOPES) and not isinstance(child, ast.Lambda):
                inner = "{}{}.".format(prefix, child.name)
                if isinstance(child, _FUNCTIONS):
                    yield inner[:-1], child
            waiting.append((inner, child))


def _chosen(scopes: Dict[str, Scope], function: str, file: str) -> Dict[str, Scope]:
    if not function:
        return scopes
    name = function.replace(".<locals>", "")
    found = {full: scope for full, scope in scopes.items() if full == name}
    found = found or {full: scope for full, scope in scopes.items() if full.endswith("." + name)}
    if not found:
        raise PlaceError("{} has no function {}{}".format(file, function, _nearest(name, scopes)))
    if len(found) > 1:
        raise PlaceError("{} has several functions {}: {}".format(file, function, ", ".join(found)))
    return found


def _nearest(name: str, known: "Union[Dict[str, Scope], Set[str]]") -> str:
    names = sorted(one for one in known if one != MODULE)
    close = difflib.get_close_matches(name, names, 1, 0.5)
    if close:
        return "; the nearest name is {}".format(close[0])
    return "; it has {}".format(", ".join(names[:8]) + (", …" if len(names) > 8 else "")) if names else ""


# --- after an assignment ---------------------------------------------------------------------------------------------


def _after(scopes: Dict[str, Scope], wanted: Wanted, file: str) -> Span:
    found = []
    for name, scope in scopes.items():
        if wanted.loop:
            blocks = [loop.body for loop in _loops(scope) if wanted.loop in _turned_by(loop)]
        else:
            blocks = [_innermost(scope, wanted.after)]
        found += [(name, scope, child) for child in (_last(block, wanted.after) for block in blocks) if child]
    if not found:
        raise PlaceError(_not_assigned(scopes, wanted, file))
    if len(found) > 1:
        where = ", ".join("line {} of {}".format(child.lineno, name) for name, _, child in found)
        raise PlaceError(
            "{} is assigned at several places of {}: {}; say which by `function`, `loop` or `line`".format(
                wanted.after, file, where
            )
        )
    name, scope, child = found[0]
    last = _end(child)
    if any(child in loop.body and child.lineno == loop.lineno for loop in _loops(scope)):
        raise PlaceError(
            "line {} of {} holds a loop and its body: its turns cannot be told apart; give the body lines of its "
            "own".format(last, file)
        )
    return _span(name, scope, child.lineno, last, before=False)


def _not_assigned(scopes: Dict[str, Scope], wanted: Wanted, file: str) -> str:
    where = "{} of {}".format(next(iter(scopes)), file) if len(scopes) == 1 else file
    loops = [loop for scope in scopes.values() for loop in _loops(scope)]
    turned = {name for loop in loops for name in _turned_by(loop)}
    if wanted.loop and wanted.loop not in turned:
        return "{} has no loop over {}{}".format(where, wanted.loop, _nearest(wanted.loop, turned))
    inside = "the loop over {} in ".format(wanted.loop) if wanted.loop else ""
    assigned = {name for scope in scopes.values() for child in scope.body for name in _assigned(child)}
    if wanted.loop:
        assigned = {
            name for loop in loops if wanted.loop in _turned_by(loop) for child in loop.body for name in _assigned(child)
        }
    elif wanted.after in turned:
        return "{} is assigned by the head of a loop alone; give the first line of its body: line = …".format(
            wanted.after
        )
    return "{}{} assigns no {}{}".format(inside, where, wanted.after, _nearest(wanted.after, assigned))


def _loops(scope: ast.AST) -> Iterator[Loop]:
    for node in _inside(scope):
        if isinstance(node, _LOOPS):
            yield node


def _inside(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what is inside a node, in the order of the text, without functions and classes of their own."""
    for child in ast.iter_child_nodes(node):
        yield child
        if not isinstance(child, _SCOPES):
            yield from _inside(child)


def _turned_by(loop: Loop) -> Set[str]:
    """Return the names that tell the turn of a loop: its targets, or what its condition reads."""
    head = loop.test if isinstance(loop, ast.While) else loop.target
    return {node.id for node in ast.walk(head) if isinstance(node, ast.Name)}


def _innermost(scope: Scope, name: str) -> List[ast.stmt]:
    """Return the body of the innermost loop around the last assignment to a name; of the scope if it is in no loop."""
    found = [(statement.lineno, statement.col_offset, body) for statement, body in _with_loops(scope.body, scope.body)
             if name in _own_targets(statement)]
    return max(found, key=lambda one: one[:2])[2] if found else scope.body


def _with_loops(block: List[ast.stmt], body: List[ast.stmt]) -> Iterator[Tuple[ast.stmt, List[ast.stmt]]]:
    """Yield every statement of a block with the body of the innermost loop that it is in."""
    for child in block:
        yield child, body
        if not isinstance(child, _SCOPES):
            for inner in _blocks(child):
                turned = isinstance(child, _LOOPS) and inner is child.body
                yield from _with_loops(inner, inner if turned else body)


def _blocks(statement: ast.stmt) -> Iterator[List[ast.stmt]]:
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


def _statements_of(body: List[ast.stmt]) -> Iterator[ast.stmt]:
    for child in body:
        yield from _statements(child)


def _last(body: List[ast.stmt], name: str) -> Optional[ast.stmt]:
    """Return the last statement of a block that assigns a name, at any depth."""
    for child in reversed(body):
        if name in _assigned(child):
            return child
    return None


def _assigned(child: ast.stmt) -> Set[str]:
    return {name for node in _statements(child) for name in _own_targets(node)}


def _own_targets(statement: ast.stmt) -> Set[str]:
    """Return what a statement assigns by itself: names, names of what it assigns a part of, and `a.b` in full.

    A head of a loop or of `with` counts as no assignment. A method whose name ends in `_` changes a tensor in place,
    and `out=` is an output, too.
    """
    targets: List[ast.expr] = []
    if isinstance(statement, ast.Assign):
        targets += statement.targets
    elif isinstance(statement, (ast.AugAssign, ast.AnnAssign)):
        if getattr(statement, "value", None) is not None:
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
    """Yield the expressions of a statement itself, not those of the statements inside it, nor of a head that repeats."""
    if not isinstance(statement, (*_LOOPS, *_FUNCTIONS, ast.ClassDef, ast.With, ast.AsyncWith)):
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
    return "{}.{}".format(inner, node.attr) if inner and isinstance(node, ast.Attribute) else ""


# --- at a line -------------------------------------------------------------------------------------------------------


def _line_of_text(source: str, scopes: Dict[str, Scope], text: str, file: str) -> int:
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
        raise PlaceError("no line of {} has the text {}".format(file, text))
    numbers = ", ".join(map(str, lines[:8])) + (", …" if len(lines) > 8 else "")
    raise PlaceError("{} lines of {} have the text {}: {}; say which by `line`".format(len(lines), file, text, numbers))


def _at_line(scopes: Dict[str, Scope], line: int, file: str) -> Span:
    heads = [
        (name, scope, child) for name, scope in scopes.items() for child in _statements_of(scope.body) if _runs(child)
    ]
    held = [one for one in heads if one[2].lineno <= line <= _head_end(one[2])]
    if not held:
        later = sorted(child.lineno for _, _, child in heads if child.lineno > line)
        hint = "; the next one is on line {}".format(later[0]) if later else ""
        raise PlaceError("line {} of {} holds no statement{}".format(line, file, hint))
    name, scope, child = held[0]
    return _span(name, scope, child.lineno, _head_end(child), before=True)


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
    return getattr(node, "end_lineno", None) or getattr(node, "lineno", 1)


def _span(name: str, scope: Scope, first: int, last: int, *, before: bool) -> Span:
    starts = [0, 1]
    if not isinstance(scope, ast.Module):
        starts = [scope.lineno, *(decorator.lineno for decorator in scope.decorator_list)]
    names = {node.id for node in ast.walk(scope) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    names.update(node.arg for node in ast.walk(scope) if isinstance(node, ast.arg))
    return Span(name, tuple(sorted(set(starts))), first, last, before, tuple(sorted(names)))
