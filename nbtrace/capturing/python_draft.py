"""A probe file drafted from the source of a Python program: its loops, and the numbers and arrays assigned there."""

import ast
import json
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from nbtrace.capturing.held_kinds import Function, HeldKind, HeldKinds, Scope, numbers_in, own_nodes
from nbtrace.capturing.inside import python_places
from nbtrace.errors import IncompleteError, InputError, UsageError
from nbtrace.files import first_bytes, read_bytes
from nbtrace.nearness import nearest

MOST_SOURCE = 2**22
"""Bytes of a source file."""
_MOST_OTHERS = 40
_MOST_PROBES = 60
_MOST_LOOPS = 100
"""Loops of a function among which the innermost is looked for."""
_COMPILERS = frozenset({"compile", "jit", "njit", "script"})


def is_python_source(path: Path) -> bool:
    """Whether a file is a Python program by its name, or by the interpreter that its first line names."""
    if path.suffix in {".py", ".pyw"}:
        return True
    start = first_bytes(path, 256) if path.is_file() else b""
    return start.startswith(b"#!") and b"python" in start.splitlines()[0]


def python_draft(path: Path, named: str, function: str | None) -> str:
    """Return the text of a probe file that can be used as it stands.

    Of an array its sum is captured, since the source does not tell its shape.

    Parameters
    ----------
    path : Path
        The source file.
    named : str
        As the user named it, for the example in the file.
    function : str or None
        The function that it is about, `<module>` for what stands in none; None for the one that assigns most.

    Raises
    ------
    IncompleteError
        If nothing that is assigned is known to be a number or an array.
    InputError
        If the file cannot be read, or is no Python.
    UsageError
        If there is no such function.
    """
    source = _Source(path, named)
    drafts = [_ScopeDraft(source, name) for name in source.chosen(function)]
    best = max(drafts, key=lambda draft: len(draft.probes))
    if not best.probes:
        where = f"function {function} of {named} assigns" if function else f"{named} assigns"
        raise IncompleteError(
            f"{where} nothing that its source tells to be a number or an array; "
            "write the probes by hand (docs/guide/capture.md)"
        )
    return "\n".join([*best.heading, *best.select, *best.tables, *best.untold, ""])


def printable(name: str) -> str:
    """Return the name of a program as a comment and a shell can have it."""
    return shlex.quote("".join(letter if letter.isprintable() else "?" for letter in name))


class _Source:
    """A source file, and what its names hold."""

    def __init__(self, path: Path, named: str) -> None:
        self.named = named
        self.text = read_bytes(path, MOST_SOURCE).decode("utf-8", "replace")
        try:
            self.tree = ast.parse(self.text)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            line = f" (line {error.lineno})" if isinstance(error, SyntaxError) and error.lineno else ""
            raise InputError(f"{named} is no Python: {getattr(error, 'msg', None) or error}{line}") from None
        self.scopes: dict[str, Scope] = {}
        for name, scope in python_places.scopes_of(self.tree):
            self.scopes.setdefault(name, scope)

    @cached_property
    def kinds(self) -> HeldKinds:
        return HeldKinds(self.tree, self.scopes)

    def chosen(self, function: str | None) -> list[str]:
        """Return the scopes that a draft may be about."""
        if function is None:
            return list(self.scopes)
        found = [name for name in self.scopes if name == function or name.endswith(f".{function}")]
        if len(found) == 1:
            return found
        if found:
            raise UsageError(f"{self.named} has several functions {function}: {', '.join(found[:8])}")
        near = nearest(function, [*self.scopes, *(name.rpartition(".")[2] for name in self.scopes)])
        there = ", ".join(name for name in list(self.scopes)[:12] if name != python_places.MODULE)
        hint = f"; did you mean {near}?" if near else f"; it has {there}" if there else "; it has none"
        raise UsageError(f"{self.named} has no function {function}{hint}")

    def is_compiled(self) -> bool:
        """Whether a function of the file is compiled, as far as decorators and calls tell."""
        functions = [scope for scope in self.scopes.values() if isinstance(scope, Function)]
        decorators = (decorator for function in functions for decorator in function.decorator_list)
        calls = (node.func for node in ast.walk(self.tree) if isinstance(node, ast.Call))
        return any(_is_compiler(node, self.kinds) for node in (*decorators, *calls))


def _is_compiler(node: ast.expr, kinds: HeldKinds) -> bool:
    called = node.func if isinstance(node, ast.Call) else node
    if isinstance(called, ast.Name):
        return kinds.module(called.id).rpartition(".")[2] in _COMPILERS
    owner = called.value if isinstance(called, ast.Attribute) else None
    while isinstance(owner, ast.Attribute):
        owner = owner.value
    return (
        isinstance(called, ast.Attribute)
        and called.attr in _COMPILERS
        and isinstance(owner, ast.Name)
        and kinds.module(owner.id) in {"torch", "numba", "jax", "nb"}
    )


@dataclass(frozen=True)
class _Turns:
    """A loop whose variable counts its turns, and the number of its first turn."""

    loop: ast.For
    variable: str
    first: int


@dataclass(frozen=True)
class _DraftedProbe:
    """A probe after the last assignment to a name."""

    name: str
    quantity: str
    expression: str
    loop: str
    index: str


class _ScopeDraft:
    """What is drafted of one scope."""

    def __init__(self, source: _Source, name: str) -> None:
        self._source = source
        self._name = name
        self._scope = source.scopes[name]
        loops = [turns for loop in python_places.loops_of(self._scope) if (turns := _counted(loop)) is not None]
        self._chain = max(_chains(loops[:_MOST_LOOPS]), key=_weight, default=())
        self._untold: list[str] = []
        self._bound: dict[int, frozenset[str]] = {}
        self.probes = tuple(self._probes())

    @property
    def _caller(self) -> str:
        return self._calling[0]

    @property
    def _selected(self) -> tuple[_Turns, ...]:
        return (*self._calling[1], *self._chain[:-1])

    @cached_property
    def _calling(self) -> tuple[str, tuple[_Turns, ...]]:
        """Return the function that calls this one in loops, and these; nothing where several do."""
        if isinstance(self._scope, ast.Module):
            return "", ()
        found = []
        own = {node.id for node in ast.walk(self._scope) if isinstance(node, ast.Name)}
        for name, scope in self._source.scopes.items():
            loops = [turns for loop in python_places.loops_of(scope) if (turns := _counted(loop)) is not None]
            for chain in _chains(loops[:_MOST_LOOPS]):
                inside = own_nodes(chain[-1].loop)
                calls = [node for node in inside if isinstance(node, ast.Call) and self._is_called(node)]
                if calls and name != self._name and not own & {turns.variable for turns in chain}:
                    found.append((name, chain))
        deepest = max(found, key=lambda one: len(one[1]), default=("", ()))
        return deepest if len({name for name, _ in found}) == 1 else ("", ())

    def _is_called(self, node: ast.Call) -> bool:
        return self._source.kinds.function(node.func) == self._name

    def _probes(self) -> Iterator[_DraftedProbe]:
        """Yield probes in the innermost loop of the chain, in the loop around it, or where no loop is selected."""
        done = {turns.variable for turns in self._chain}
        levels: list[tuple[Sequence[ast.stmt], _Turns | None]] = [
            (turns.loop.body, turns) for turns in reversed(self._chain[-2:])
        ]
        if len(self._chain) < 2:
            levels.append((self._scope.body, None))
        found: list[_DraftedProbe] = []
        for body, turns in levels:
            last = {name: child for child in body if not _is_scope(child) for name in python_places.assigned_in(child)}
            for name in sorted(last.keys() - done, key=lambda one: (last[one].lineno, one)):
                if len(found) == _MOST_PROBES:
                    break
                done.add(name)
                probe = self._probe(name, turns, last[name])
                if probe is not None:
                    found.append(probe)
        yield from _distinct(found)

    def _probe(self, name: str, turns: _Turns | None, child: ast.stmt) -> _DraftedProbe | None:
        last = python_places.assigning([child], name, last=True)
        quantity = name.rpartition(".")[2]
        if last is None or not quantity.strip("_") or quantity.startswith("__") or not self._is_bound(name, turns):
            return None
        kind = self._source.kinds.given_by(self._name, last, name)
        inner = turns is not None and turns is self._chain[-1]
        index = turns.variable if turns is not None and inner else ""
        loop = turns.variable if turns is not None else ""
        if not (numbers_in(kind) or kind is HeldKind.ARRAY):
            self._untold.append(name)
            return None
        if not self._can_stand(name, loop):
            return None
        if numbers_in(kind):
            return _DraftedProbe(name, quantity, name, loop, index)
        return _DraftedProbe(name, f"{quantity}_sum", f"{name}.sum()", loop, index)

    def _is_bound(self, name: str, turns: _Turns | None) -> bool:
        """Tell whether a name has a value where a loop, or the scope, assigns it: not under a condition alone."""
        within = self._chain[: self._chain.index(turns) + 1] if turns is not None else ()
        return any(name in self._bound_in(body) for body in (self._scope.body, *(outer.loop.body for outer in within)))

    def _bound_in(self, body: Sequence[ast.stmt]) -> frozenset[str]:
        if id(body) not in self._bound:
            plain = (child for child in body if not isinstance(child, (ast.If, ast.For, ast.While, ast.Try, ast.Match)))
            self._bound[id(body)] = frozenset(name for child in plain for name in python_places.assigned_in(child))
        return self._bound[id(body)]

    def _can_stand(self, name: str, loop: str) -> bool:
        wanted = python_places.WantedPlace(function=self._name, after=name, loop=loop)
        try:
            python_places.found_in(self._source.text, self._source.scopes, wanted, self._source.named)
        except python_places.PlaceError:
            return False
        return True

    @property
    def heading(self) -> list[str]:
        """The comments above."""
        named = printable(self._source.named)
        at = "".join(f" --at {turns.variable}={turns.first}" for turns in self._selected)
        uncompiled = " --uncompiled" if self._source.is_compiled() else ""
        others = [name for name in self._source.scopes if name != self._name]
        shown = ", ".join(others[:_MOST_OTHERS]) + (", …" if len(others) > _MOST_OTHERS else "")
        sums = any(probe.expression.endswith(".sum()") for probe in self.probes)
        return [
            f"# Drafted from the source of {named}: {self._name}.",
            f"# nbtrace capture --probes THIS_FILE{at}{uncompiled} -o py.log -- python {named} ARGS",
            "# Give the quantities the names that the other program uses, and leave out what it does not compute.",
            *(["# Of arrays the sum is captured; name an element in its place, as in h[20, 11]."] if sums else []),
            *([f"# Other functions (--function NAME): {shown}"] if others else []),
            "",
            'prefix = "TRACE_PY"',
            "",
        ]

    @property
    def select(self) -> list[str]:
        """The table of the selection."""
        loops = [turns.variable for turns in self._selected]
        chosen = [f"loops = {json.dumps(loops)}"] if loops else []
        return ["[select]", f"function = {json.dumps(self._caller or self._name)}", *chosen, ""]

    @property
    def tables(self) -> list[str]:
        """The tables of the probes."""
        lines: list[str] = []
        for probe in self.probes:
            lines += ["[[probe]]", *([f"function = {json.dumps(self._name)}"] if self._caller else [])]
            lines += [f"after = {json.dumps(probe.name)}"]
            lines += [f"loop = {json.dumps(probe.loop)}"] if probe.loop else []
            lines += [f"index = {{ {probe.index} = {json.dumps(probe.index)} }}"] if probe.index else []
            lines += ["optional = true", f"quantities = {{ {probe.quantity} = {json.dumps(probe.expression)} }}", ""]
        return lines

    @property
    def untold(self) -> list[str]:
        """A comment on what is assigned, too."""
        if not self._untold:
            return []
        shown = ", ".join(self._untold[:_MOST_OTHERS]) + (", …" if len(self._untold) > _MOST_OTHERS else "")
        return [f"# The source does not tell what kind of value these hold: {shown}"]


def _distinct(probes: Sequence[_DraftedProbe]) -> Iterator[_DraftedProbe]:
    """Yield probes without those whose quantity has the name of another one's."""
    names: set[str] = set()
    for probe in probes:
        if probe.quantity not in names:
            names.add(probe.quantity)
            yield probe


def _is_scope(statement: ast.stmt) -> bool:
    return isinstance(statement, (*python_places.FUNCTIONS, ast.ClassDef))


def _counted(loop: ast.stmt) -> _Turns | None:
    """Return a loop whose variable is known to count from 0 or more: over a range, or with `enumerate`."""
    if not isinstance(loop, ast.For) or not isinstance(loop.iter, ast.Call) or not isinstance(loop.iter.func, ast.Name):
        return None
    words, target = loop.iter.args, loop.target
    if loop.iter.func.id == "range" and isinstance(target, ast.Name):
        first = words[0] if len(words) > 1 else None
    elif loop.iter.func.id == "enumerate" and isinstance(target, ast.Tuple) and isinstance(target.elts[0], ast.Name):
        target, first = target.elts[0], words[1] if len(words) > 1 else None
    else:
        return None
    begin = 0 if first is None else first.value if isinstance(first, ast.Constant) else None
    if not isinstance(begin, int) or begin < 0 or len(words) > 2 or loop.body[0].lineno == loop.lineno:
        return None
    return _Turns(loop, target.id, begin)


def _chains(loops: Sequence[_Turns]) -> Iterator[tuple[_Turns, ...]]:
    """Yield each loop with those around it, from the outermost."""
    for inner in loops:
        around = [outer for outer in loops if any(node is inner.loop for node in own_nodes(outer.loop))]
        yield (*sorted(around, key=lambda turns: (turns.loop.lineno, turns.loop.col_offset)), inner)


def _weight(chain: Sequence[_Turns]) -> tuple[int, int]:
    """Return how deep a chain of loops is, and how many names its innermost loop assigns."""
    return len(chain), len({name for child in chain[-1].loop.body for name in python_places.assigned_in(child)})
