"""Who may import whom: a module imports from its own layer and from those before it, as ARCHITECTURE.md says."""

import ast
import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from nbtrace.cli.commands import TABLE
from nbtrace.physics.nanobragg.quantities import QUANTITIES

ROOT = Path(__file__).parents[1]

LAYERS = {
    "loggers of other programs": "loggers",
    "words": "errors units plain_text temporary files documents presentable frozen late lazy_pattern records "
    "numpy_headers schema nearness progress serving vocabulary",
    "words of a judgement": "verdicts glossary",
    "text": "parsers writers",
    "images": "images",
    "judgement": "compare",
    "judgement of images": "compare.images",
    "long logs": "longlogs",
    "detectors": "detector",
    "explanation": "explanation",
    "evidence": "evidence",
    "captures": "capturing",
    "proofs": "proving",
    "runs": "programs",
    "reductions": "reduction",
    "derivatives": "differentiation",
    "histories": "history",
    "reports": "report",
    "figures": "report.figures",
    "pages": "report.page report.ci",
    "results as reports": "presented",
    "rooms of physics": "physics",
    "the embedded simulator": "embedded",
    "commands": "cli __main__",
    "suites from Python": "suite_runs",
    "tests of others": "calling_line failures parity pytest_plugin",
}
"""Layer → packages and modules of nbtrace, in the order of ARCHITECTURE.md."""

LIBRARY = "nbtrace"
"""The package itself: it names what a library user imports, and loads nothing."""

USES_SIMULATOR = frozenset({"images", "runs", "rooms of physics", "the embedded simulator", "commands"})

ROOM = "nbtrace.physics"
"""Where everything stands that is known of one physics."""

GENERIC = frozenset({"a", "b", "c", "R", "S", "convention", "distance", "ratio", "steps", "wavelength"})
"""Keys of nanoBragg's logs that are words of any computation."""

NAMED = {
    "compare.phi": {"F_latt_c"},
    "explanation.judged_parts": {"F_latt_c"},
    "report.documents.trace_documents": {"F_latt_c"},
    "report.figures.phi": {"F_latt", "F_latt_c"},
    "report.ci.items": {"phi_k_frac"},
}
"""Modules of the engine that name a quantity of nanoBragg: keys of the JSON contract of `nbtrace phi`, and rules of CI
formats that are made from it."""

HEAVY = frozenset(
    {"torch", "numpy", "scipy", "pandas", "matplotlib", "jinja2", "pyarrow", "fabio", "gemmi", "h5py", "simulator"}
)
"""What no command loads before it is known to be needed."""


@cache
def modules() -> dict[str, Path]:
    found = {}
    for package in ("nbtrace", "simulator"):
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imported(statement: ast.stmt) -> Iterator[str]:
    """Yield the modules that an import statement loads."""
    if isinstance(statement, ast.Import):
        yield from (name.name for name in statement.names)
    elif isinstance(statement, ast.ImportFrom):
        assert statement.module is not None, "imports are absolute"
        for name in statement.names:
            inner = f"{statement.module}.{name.name}"
            yield inner if inner in modules() else statement.module


@cache
def tree_of(module: str) -> ast.Module:
    return ast.parse(modules()[module].read_text())


@cache
def everywhere(module: str) -> tuple[str, ...]:
    """Return what a module imports, in functions and for types too."""
    return tuple(name for node in ast.walk(tree_of(module)) if isinstance(node, ast.stmt) for name in imported(node))


@cache
def at_once(module: str) -> frozenset[str]:
    """Return what is loaded with a module, not counting what its own imports load."""
    names: set[str] = set()
    for statement in tree_of(module).body:
        for inner in statement.body if isinstance(statement, ast.Try) else [statement]:
            names.update(imported(inner))
    parents = {name.rpartition(".")[0] for name in (module, *names) if "." in name}
    return frozenset(name for name in names | parents if name != module)


def layer_of(module: str) -> int:
    """Return the place of a module's layer: that of the longest package that holds it."""
    inside = module.removeprefix(f"{LIBRARY}.")
    held = [
        (len(package), place)
        for place, packages in enumerate(LAYERS.values())
        for package in packages.split()
        if inside == package or inside.startswith(f"{package}.")
    ]
    assert held, f"{module} is in no layer: add it to LAYERS and to ARCHITECTURE.md"
    return max(held)[1]


def test_a_module_imports_from_the_layers_before_it() -> None:
    names = list(LAYERS)
    wrong = [
        f"{module} imports {other}"
        for module in modules()
        if module.startswith(f"{LIBRARY}.")
        for other in everywhere(module)
        if (other.startswith(f"{LIBRARY}.") and layer_of(other) > layer_of(module))
        or (other.partition(".")[0] == "simulator" and names[layer_of(module)] not in USES_SIMULATOR)
    ]
    assert not wrong


def test_the_simulator_imports_nothing_from_nbtrace() -> None:
    wrong = [
        f"{module} imports {other}"
        for module in modules()
        if module.partition(".")[0] == "simulator"
        for other in everywhere(module)
        if other.partition(".")[0] == LIBRARY
    ]
    assert not wrong


def test_no_module_loads_itself() -> None:
    graph = {module: {name for name in at_once(module) if name in modules()} for module in modules()}
    for module, names in graph.items():  # a package is loaded before its modules, and loads some of them itself
        names.difference_update({module.rpartition(".")[0]})
    assert set(TopologicalSorter(graph).static_order()) == set(modules())  # raises CycleError with the cycle


def loaded_with(module: str) -> set[str]:
    """Return every module that is loaded when one is imported."""
    waiting, loaded = [module], set[str]()
    while waiting:
        name = waiting.pop()
        if name not in loaded:
            loaded.add(name)
            waiting += at_once(name) if name in modules() else ()
    return loaded


COMMANDS = sorted({f"{LIBRARY}.cli.{entry.place.partition(':')[0]}" for entry in TABLE.values()})
"""What is loaded when a command is called, besides what the command line is."""


@pytest.mark.parametrize(
    "module", [f"{LIBRARY}.__main__", f"{LIBRARY}.cli.application", f"{LIBRARY}.cli.invocation", *COMMANDS]
)
def test_the_command_line_loads_nothing_heavy(module: str) -> None:
    loaded = loaded_with(module)
    assert len(loaded) >= 20  # the walk has arrived somewhere
    assert not {name.partition(".")[0] for name in loaded} & HEAVY


def test_torch_is_loaded_by_what_runs_the_simulator_alone() -> None:
    torch = {name for name in modules() if name.startswith(LIBRARY) and "torch" in loaded_with(name)}
    known = (
        "autograd_runs",
        "embedded_source",
        "image_runs",
        "pixel_runs",
        "portions",
        "recording",
        "run_files",
        "tables",
    )
    assert torch == {f"nbtrace.embedded.{name}" for name in known}


def test_nothing_of_the_engine_sees_a_room_of_physics() -> None:
    seen = {
        module
        for module in modules()
        if not module.startswith((ROOM, "simulator"))
        for other in everywhere(module)
        if other.startswith(ROOM)
    }
    assert {module for module in seen if not module.startswith(("nbtrace.cli.", "nbtrace.embedded."))} == set()
    assert seen, "the commands see it, or this test sees nothing"


def names_in(module: str, names: AbstractSet[str]) -> set[str]:
    """Return the names that a module holds as a text, an attribute, a parameter or an argument's keyword."""
    held: set[str | None] = set()
    for node in ast.walk(tree_of(module)):
        match node:
            case ast.Constant(value=str(name)) | ast.Attribute(attr=name) | ast.arg(arg=name) | ast.keyword(arg=name):
                held.add(name)
    return {name for name in held if name is not None and name in names}


def test_the_engine_names_no_quantity_of_nanobragg() -> None:
    keys = {key for quantity in QUANTITIES.values() for key in (quantity.name, *dict(quantity.aliases))}
    assert keys >= GENERIC
    found = {
        module.removeprefix(f"{LIBRARY}."): names_in(module, keys - GENERIC)
        for module in modules()
        if module.startswith(LIBRARY) and not module.startswith((ROOM, "nbtrace.embedded"))
    }
    assert {module: names for module, names in found.items() if names} == NAMED


def test_the_architecture_names_every_package_once() -> None:
    named = re.findall(r"^\| `(nbtrace/[\w/]*)` \|", (ROOT / "ARCHITECTURE.md").read_text(), re.MULTILINE)
    there = [f"{path.parent.relative_to(ROOT).as_posix()}/" for path in (ROOT / "nbtrace").glob("*/**/__init__.py")]
    assert sorted(named) == sorted(there)


def test_packages_stand_in_the_order_of_their_layers() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text()
    named = re.findall(r"^\| `nbtrace/([\w/]+)/` \|", text, re.MULTILINE)
    layers = [layer_of(f"nbtrace.{name.replace('/', '.')}") for name in named]
    assert layers == sorted(layers)


@pytest.mark.parametrize("document", ["ARCHITECTURE.md", "CONTRIBUTING.md", "docs/decisions.md"])
def test_a_document_names_files_that_are_there(document: str) -> None:
    text = (ROOT / document).read_text()
    named = re.findall(r"`([\w.]+/[\w/.]*)(?:: \w+)?`", text)
    roots = (ROOT, ROOT / "nbtrace")
    assert named
    assert not [name for name in named if not any((root / name).exists() for root in roots)]


def test_a_module_says_what_it_is_for() -> None:
    silent = [module for module in modules() if len((ast.get_docstring(tree_of(module)) or "").split()) < 2]
    assert not silent
