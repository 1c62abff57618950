"""What the names of a Python program hold, as far as its source text tells: numbers, arrays, tuples of them.

Nothing is run and nothing is guessed: a name is a number or an array only where each of its assignments makes one, by
literals, arithmetic, functions of Python, numpy and torch that are known, and functions of the same file.
"""

import ast
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum, auto
from typing import TypeAlias


class HeldKind(Enum):
    """What a value is, where it is no tuple."""

    NUMBER = auto()
    """A number, or an array of one."""
    ARRAY = auto()
    """An array or a tensor of any shape, or a number of numpy."""
    OTHER = auto()
    """Something that has no numbers, or that the source does not tell."""


Kind: TypeAlias = HeldKind | tuple["Kind", ...]
Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
Scope: TypeAlias = ast.Module | Function


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_NUMBER, _ARRAY, _OTHER = HeldKind.NUMBER, HeldKind.ARRAY, HeldKind.OTHER
_PASSES = 4
"""Rounds in which what is known spreads from assignment to assignment, and from call to function."""
_DEEPEST = 60
"""Expressions inside each other; what is deeper is not told."""

_ARRAY_MODULES = frozenset({"numpy", "torch", "jax.numpy", "cupy"})
_MATH_MODULES = frozenset({"math", "cmath"})
_ELEMENTWISE = _names(
    "abs absolute acos add arccos arcsin arctan arctan2 asin atan atan2 ceil clamp clip cos cosh deg2rad divide exp "
    "expm1 floor fmod hypot log log10 log1p log2 maximum minimum mul multiply negative pow power rad2deg reciprocal "
    "remainder rint round rsqrt sign sin sinc sinh sqrt square sub subtract tan tanh true_divide where"
)
_MADE = _names(
    "arange array as_tensor asarray concatenate concat cat cross cumsum dot einsum empty empty_like eye from_numpy "
    "full full_like identity inner linspace logspace matmul mean mm mv bmm ones ones_like outer prod rand randn repeat "
    "reshape roll rand_like randn_like stack sum tensor tile transpose vdot zeros zeros_like"
)
_OF_ARRAYS = _ELEMENTWISE | _names(
    "add_ astype clone conj contiguous copy cpu cuda cumsum detach div dot double expand expand_as flatten float half "
    "mean matmul mm mv norm numpy permute prod ravel repeat requires_grad_ reshape sum squeeze swapaxes to transpose "
    "type_as unsqueeze view"
)
_PARTS_OF_ARRAYS = frozenset({"T", "mT", "real", "imag"})
_NUMBERS_OF_MODULES = frozenset({"e", "euler_gamma", "inf", "nan", "pi", "tau"})
_MATH_OTHERWISE = frozenset({"frexp", "modf"})
_ANNOTATIONS = {
    **dict.fromkeys(("float", "int", "bool", "complex"), _NUMBER),
    **dict.fromkeys(("Tensor", "ndarray", "NDArray", "Array", "ArrayLike"), _ARRAY),
}


def numbers_in(kind: Kind) -> bool:
    """Whether a value is a number, or a tuple of nothing but numbers."""
    return bool(kind) and all(map(numbers_in, kind)) if isinstance(kind, tuple) else kind is _NUMBER


class HeldKinds:
    """What the names of one source file hold.

    Parameters
    ----------
    tree : ast.Module
    scopes : mapping of str to Scope
        The module and its functions by their qualified names; the module's is the first.
    """

    def __init__(self, tree: ast.Module, scopes: Mapping[str, Scope]) -> None:
        self._modules = dict(_imported(tree))
        self._tree = tree
        self._scopes = scopes
        self._functions = {name.rpartition(".")[2]: name for name, scope in scopes.items() if scope is not tree}
        self._aliases = dict(_compiled_aliases(tree))
        self._names: dict[str, dict[str, Kind]] = {name: {} for name in scopes}
        self._returned: dict[str, Kind | None] = dict.fromkeys(scopes)
        self._given: dict[str, dict[str, Kind]] = {name: {} for name in scopes}
        for _ in range(_PASSES):
            self._spread()

    def of(self, scope: str) -> Mapping[str, Kind]:
        """Return what each name that is assigned in a scope holds; a name that is not there is not told."""
        return self._names[scope]

    def given_by(self, scope: str, statement: ast.stmt, name: str) -> Kind:
        """Return what a name holds right behind a statement that assigns it."""
        for target, kind in _ScopeReader(self, scope).given(statement):
            if target == name:
                return kind
        return self._names[scope].get(name, _OTHER)

    def _spread(self) -> None:
        given: dict[str, dict[str, Kind]] = {name: {} for name in self._scopes}
        for name, scope in self._scopes.items():
            reader = _ScopeReader(self, name)
            found: dict[str, Kind] = dict(self._parameters(name, scope))
            for target, kind in reader.assignments(scope):
                _join(found, target, kind)
            self._names[name] = found
            self._returned[name] = reader.returned(scope)
            for function, parameter, kind in reader.passed(scope):
                _join(given[function], parameter, kind)
        self._given = given

    def _parameters(self, name: str, scope: Scope) -> Iterator[tuple[str, Kind]]:
        if isinstance(scope, ast.Module):
            return
        words = [*scope.args.posonlyargs, *scope.args.args]
        defaults = dict(zip((word.arg for word in reversed(words)), reversed(scope.args.defaults), strict=False))
        defaults |= {
            word.arg: value
            for word, value in zip(scope.args.kwonlyargs, scope.args.kw_defaults, strict=True)
            if value is not None
        }
        for word in (*words, *scope.args.kwonlyargs):
            said = _annotated(word.annotation)
            kinds = [said] if said is not None else []
            if said is None and word.arg in self._given[name]:
                kinds.append(self._given[name][word.arg])
            if said is None and word.arg in defaults:
                kinds.append(_ScopeReader(self, name).kind(defaults[word.arg]) or _OTHER)
            if kinds:
                joined: dict[str, Kind] = {}
                for kind in kinds:
                    _join(joined, word.arg, kind)
                yield word.arg, joined[word.arg]

    def named(self, scope: str, name: str) -> Kind | None:
        """Return what a name holds in a scope: its own, else the module's; None where nothing is known yet."""
        own = self._names[scope]
        return own[name] if name in own else next(iter(self._names.values())).get(name)

    def module(self, name: str) -> str:
        """Return the module that a name stands for, or what a name was imported as, in full; else an empty text."""
        return self._modules.get(name, "")

    def function(self, called: ast.expr) -> str | None:
        """Return the function of the file that is called, by its qualified name."""
        if isinstance(called, ast.Name):
            return self._functions.get(self._aliases.get(called.id, called.id))
        if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name) and called.value.id == "self":
            return self._functions.get(called.attr)
        return None

    def parameters(self, function: str) -> list[str]:
        """Return the names of the parameters that a call may give by position, without `self`."""
        scope = self._scopes[function]
        assert not isinstance(scope, ast.Module)  # noqa: S101 - functions alone are looked up
        names = [word.arg for word in (*scope.args.posonlyargs, *scope.args.args)]
        return names[1:] if names[:1] in (["self"], ["cls"]) else names

    def returned(self, function: str) -> Kind | None:
        """Return what a function of the file gives; None where nothing is known yet."""
        return self._returned[function]


class _ScopeReader:
    """Reads one scope with what is known so far. Kinds are None where they hang on what is not known yet."""

    def __init__(self, known: HeldKinds, scope: str) -> None:
        self._known = known
        self._scope = scope
        self._depth = 0

    def assignments(self, scope: Scope) -> Iterator[tuple[str, Kind]]:
        """Yield each assigned name, and what it gets."""
        for node in own_nodes(scope):
            yield from self.given(node)

    def given(self, node: ast.AST) -> Iterator[tuple[str, Kind]]:
        """Yield each name that a statement assigns by itself, and what it gets."""
        for target, kind in self._assigned(node):
            if kind is not None:
                yield from _unpacked(target, kind)

    def _assigned(self, node: ast.AST) -> Iterator[tuple[ast.expr, Kind | None]]:
        if isinstance(node, ast.Assign):
            yield from ((target, self.kind(node.value)) for target in node.targets)
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            yield node.target, _annotated(node.annotation) or self.kind(node.value)
        elif isinstance(node, ast.AugAssign):
            yield node.target, self._joined_arithmetic(self.kind(node.target), self.kind(node.value))
        elif isinstance(node, ast.NamedExpr):
            yield node.target, self.kind(node.value)
        elif isinstance(node, (ast.For, ast.AsyncFor, ast.comprehension)):
            yield node.target, self._element(node.iter)
        elif isinstance(node, (ast.With, ast.AsyncWith)):
            yield from ((item.optional_vars, _OTHER) for item in node.items if item.optional_vars is not None)

    def returned(self, scope: Scope) -> Kind | None:
        """Return what the scope gives its caller."""
        found: dict[str, Kind] = {}
        for node in own_nodes(scope):
            if isinstance(node, ast.Return):
                kind = _OTHER if node.value is None else self.kind(node.value)
                if kind is not None:
                    _join(found, "", kind)
            elif isinstance(node, (ast.Yield, ast.YieldFrom)):
                return _OTHER
        return found.get("")

    def passed(self, scope: Scope) -> Iterator[tuple[str, str, Kind]]:
        """Yield what calls give to the parameters of functions of the file."""
        for node in own_nodes(scope):
            function = self._known.function(node.func) if isinstance(node, ast.Call) else None
            if function is None or not isinstance(node, ast.Call):
                continue
            names = self._known.parameters(function)
            pairs = [*zip(names, node.args, strict=False), *((word.arg or "", word.value) for word in node.keywords)]
            starred = any(isinstance(value, ast.Starred) for value in node.args) or any(not name for name, _ in pairs)
            for name, value in pairs:
                kind = _OTHER if starred else self.kind(value)
                if kind is not None:
                    yield function, name, kind

    def kind(self, node: ast.expr) -> Kind | None:
        """Return what an expression gives."""
        if self._depth > _DEEPEST:
            return _OTHER
        self._depth += 1
        try:
            return self._kind(node)
        finally:
            self._depth -= 1

    def _kind(self, node: ast.expr) -> Kind | None:
        match node:
            case ast.Constant(value):
                return _NUMBER if isinstance(value, (int, float, complex)) else _OTHER
            case ast.Name(name):
                return self._of_name(name)
            case ast.Tuple(elements) | ast.List(elements):
                return self._of_elements(elements)
            case ast.Attribute():
                return self._of_attribute(node)
            case ast.Subscript(value, index):
                return self._of_subscript(self.kind(value), index)
            case ast.Call():
                return self._of_call(node)
        return self._of_operation(node)

    def _of_operation(self, node: ast.expr) -> Kind | None:
        match node:
            case ast.BinOp(left, _, right):
                return self._joined_arithmetic(self.kind(left), self.kind(right))
            case ast.UnaryOp(operation, operand):
                return _NUMBER if isinstance(operation, ast.Not) else self.kind(operand)
            case ast.Compare(left, _, others):
                return self._of_comparison([left, *others])
            case ast.BoolOp(_, values):
                return _same([self.kind(value) for value in values])
            case ast.IfExp(_, one, other):
                return _same([self.kind(one), self.kind(other)])
            case ast.NamedExpr(_, value):
                return self.kind(value)
        return _OTHER

    def _of_name(self, name: str) -> Kind | None:
        whole = self._known.module(name)
        module, _, attribute = whole.rpartition(".")
        if module in _ARRAY_MODULES | _MATH_MODULES:
            return _NUMBER if attribute in _NUMBERS_OF_MODULES else _OTHER
        return self._known.named(self._scope, name)

    def _of_elements(self, elements: list[ast.expr]) -> Kind | None:
        kinds = [_OTHER if isinstance(element, ast.Starred) else self.kind(element) for element in elements]
        return None if None in kinds else tuple(kind for kind in kinds if kind is not None)

    def _joined_arithmetic(self, left: Kind | None, right: Kind | None) -> Kind | None:
        if _ARRAY in (left, right):
            return _ARRAY
        if left is None or right is None:
            return None
        return _NUMBER if left is right is _NUMBER else _OTHER

    def _of_comparison(self, parts: list[ast.expr]) -> Kind | None:
        kinds = [self.kind(part) for part in parts]
        if _ARRAY in kinds:
            return _ARRAY
        return _NUMBER if all(kind is _NUMBER for kind in kinds) else None if None in kinds else _OTHER

    def _of_attribute(self, node: ast.Attribute) -> Kind | None:
        module = self._module_of(node.value)
        if module:
            known = module in _ARRAY_MODULES | _MATH_MODULES and node.attr in _NUMBERS_OF_MODULES
            return _NUMBER if known else _OTHER
        dotted = ast.unparse(node)
        named = self._known.named(self._scope, dotted)
        if named is not None:
            return named
        return self.kind(node.value) if node.attr in _PARTS_OF_ARRAYS and self.kind(node.value) is _ARRAY else _OTHER

    def _of_subscript(self, kind: Kind | None, index: ast.expr) -> Kind | None:
        if not isinstance(kind, tuple):
            return kind if kind is None or kind is _ARRAY else _OTHER
        if isinstance(index, ast.Constant) and isinstance(index.value, int) and -len(kind) <= index.value < len(kind):
            return kind[index.value]
        return _OTHER if isinstance(index, ast.Slice) or not kind else _same(list(kind))

    def _of_call(self, node: ast.Call) -> Kind | None:
        function = self._known.function(node.func)
        if function is not None:
            return self._known.returned(function)
        if isinstance(node.func, ast.Name):
            whole = self._known.module(node.func.id)
            module, _, name = whole.rpartition(".")
            return self._of_function(module, name, node) if module else self._of_builtin(node.func.id, node)
        if not isinstance(node.func, ast.Attribute):
            return _OTHER
        module = self._module_of(node.func.value)
        if module:
            return self._of_function(module, node.func.attr, node)
        if node.func.attr == "item":
            return _NUMBER
        kind = self.kind(node.func.value)
        return _ARRAY if kind is _ARRAY and node.func.attr in _OF_ARRAYS else None if kind is None else _OTHER

    def _of_function(self, module: str, name: str, node: ast.Call) -> Kind | None:
        if module in _MATH_MODULES:
            return _OTHER if name in _MATH_OTHERWISE else _NUMBER
        if module in _ARRAY_MODULES and name in _ELEMENTWISE | _MADE:
            single = name == "where" and len(node.args) < 3  # places, and no values
            return _OTHER if single else _ARRAY
        return _ARRAY if module.endswith(".linalg") and name in {"norm", "inv", "solve", "det"} else _OTHER

    def _of_builtin(self, name: str, node: ast.Call) -> Kind | None:
        if name in {"float", "int", "len", "bool", "complex", "ord"}:
            return _NUMBER
        if name in {"abs", "round", "max", "min", "pow"} and node.args:
            kinds = [self.kind(argument) for argument in node.args]
            one = kinds[0]
            return _same(list(one)) if len(kinds) == 1 and isinstance(one, tuple) else _same(kinds)
        return _OTHER

    def _module_of(self, node: ast.expr) -> str:
        if isinstance(node, ast.Name):
            return self._known.module(node.id)
        inner = self._module_of(node.value) if isinstance(node, ast.Attribute) else ""
        return f"{inner}.{node.attr}" if inner and isinstance(node, ast.Attribute) else ""

    def _element(self, node: ast.expr) -> Kind | None:
        """Return what the turns of a loop over an expression get."""
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id == "range":
                return _NUMBER
            if node.func.id == "enumerate" and node.args:
                inner = self._element(node.args[0])
                return None if inner is None else (_NUMBER, inner)
            if node.func.id == "zip":
                kinds = [self._element(argument) for argument in node.args]
                return None if None in kinds else tuple(kind for kind in kinds if kind is not None)
        kind = self.kind(node)
        if isinstance(kind, tuple):
            return _same(list(kind))
        return kind if kind is None or kind is _ARRAY else _OTHER


def own_nodes(scope: ast.AST) -> Iterator[ast.AST]:
    """Yield what is in a scope, without what is in functions, classes and lambdas of its own."""
    waiting = list(ast.iter_child_nodes(scope))
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            waiting.extend(ast.iter_child_nodes(node))


def _join(found: dict[str, Kind], name: str, kind: Kind) -> None:
    found[name] = kind if found.get(name, kind) == kind else _OTHER


def _same(kinds: Iterable[Kind | None]) -> Kind | None:
    found: dict[str, Kind] = {}
    for kind in kinds:
        if kind is not None:
            _join(found, "", kind)
    return found.get("")


def _unpacked(target: ast.expr, kind: Kind) -> Iterator[tuple[str, Kind]]:
    if isinstance(target, ast.Name):
        yield target.id, kind
    elif isinstance(target, ast.Attribute):
        yield ast.unparse(target), kind
    elif isinstance(target, (ast.Tuple, ast.List)):
        plain = not any(isinstance(item, ast.Starred) for item in target.elts)
        parts: Iterable[Kind] = [kind if kind is _ARRAY and plain else _OTHER] * len(target.elts)
        if isinstance(kind, tuple) and len(kind) == len(target.elts) and plain:
            parts = kind
        for item, part in zip(target.elts, parts, strict=True):
            yield from _unpacked(item.value if isinstance(item, ast.Starred) else item, part)


def _annotated(annotation: ast.expr | None) -> Kind | None:
    if annotation is None:
        return None
    text = annotation.value if isinstance(annotation, ast.Constant) else ast.unparse(annotation)
    return _ANNOTATIONS.get(str(text).partition("[")[0].rpartition(".")[2])


def _imported(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                top = alias.name.partition(".")[0]
                yield (alias.asname, alias.name) if alias.asname else (top, top)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            for alias in node.names:
                yield alias.asname or alias.name, f"{node.module}.{alias.name}"


def _compiled_aliases(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Yield names of functions that were made of others, as by `torch.compile`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and node.value.args:
            made, of = node.value.func, node.value.args[0]
            name = made.attr if isinstance(made, ast.Attribute) else ""
            if name in {"compile", "jit", "script", "vmap"} and isinstance(of, ast.Name):
                yield from ((target.id, of.id) for target in node.targets if isinstance(target, ast.Name))
