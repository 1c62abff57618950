"""Reference pages, written anew at each build from the program itself and the notebooks.

A Sphinx extension. The pages are in `docs/generated/`, which is no part of the repository.
"""

import json
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from typer.core import TyperGroup

from nbtrace.cli.call_under_way import UNNAMED
from nbtrace.cli.commands import TABLE, Commands
from nbtrace.glossary.lookup import pages_of
from nbtrace.glossary.word_pages import WordPage, WordSection, sections_of
from nbtrace.report.documents.models.catalogue import DOCUMENTS, schema_of
from nbtrace.verdicts.status import ABSOLUTE_DIVERGENT, ABSOLUTE_MINOR, DIVERGENT_BELOW, MINOR_BELOW
from nbtrace.verdicts.tolerance import DEFAULT_ABSOLUTE, DEFAULT_RELATIVE
from nbtrace.vocabulary.quantity import Basis
from nbtrace.vocabulary.registry import default
from simulator.defects import Defect, Mode

FOLDER = "generated"
_NOTEBOOKS = Path(__file__).parents[1] / "examples" / "notebooks"
_VOCABULARY = default()
_ANYWHERE = frozenset({"--help"})


def setup(app: Any) -> Mapping[str, object]:
    """Have the pages written before Sphinx looks for its sources."""
    app.connect("builder-inited", lambda app: write_all(Path(app.srcdir) / FOLDER))
    return {"version": "1", "parallel_read_safe": True}


def write_all(folder: Path) -> None:
    """Write every generated page into an empty folder."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, text in generated_pages():
        (folder / f"{name}.md").write_text(text, encoding="utf-8")


def generated_pages() -> Iterator[tuple[str, str]]:
    """Yield the name and the text of each page."""
    yield "commands", _commands()
    yield "documents", _documents()
    yield "quantities", _quantities()
    yield "tolerances", _tolerances()
    yield from _notebooks()
    for section, file in zip(sections_of(_VOCABULARY), word_files(), strict=True):
        yield file, _words(section)


def word_files() -> list[str]:
    """Return the name of the page of each section of words; two sections of one name are told apart by a number."""
    names: list[str] = []
    for section in sections_of(_VOCABULARY):
        again = sum(name.rstrip("0123456789_") == section.name for name in names)
        names.append(section.name if not again else f"{section.name}_{again + 1}")
    return names


def _reader(text: str) -> str:
    return f"*For {text}.*\n"


def _cell(text: str) -> str:
    """Return a text as a cell of a Markdown table."""
    plain = " ".join(text.split())
    for letter in "\\`*_[]<>|$":
        plain = plain.replace(letter, f"\\{letter}")
    return plain


def _code(text: str) -> str:
    """Return code that stands in a cell."""
    return f"`{' '.join(text.split())}`".replace("|", "\\|")


def _table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(titles)} |"
    yield f"|{'---|' * len(titles)}"
    yield from (f"| {' | '.join(row)} |" for row in rows)
    yield ""


def _commands() -> str:
    lines = [
        "# Commands",
        "",
        _reader("everybody who calls nbtrace"),
        "Every command and its options, as `--help` says.",
    ]
    commands = Commands()
    for name, entry in TABLE.items():
        title = "A B" if name == UNNAMED else name
        command = commands[name]
        lines += ["", f"(command-{'two-inputs' if name == UNNAMED else name})=", f"## nbtrace {title}", ""]
        if isinstance(command, TyperGroup):
            lines += [_cell(entry.summary), ""]
            for inner, sub in command.commands.items():
                lines += [f"### nbtrace {name} {inner}", "", *_command(sub)]
        else:
            lines += _command(command)
    return "\n".join(lines) + "\n"


def _command(command: Any) -> Iterator[str]:
    for paragraph in re.split(r"\n\s*\n", command.help or ""):
        yield f"{_cell(paragraph)}\n"
    rows = [_parameter(item) for item in command.params if not _ANYWHERE & set(item.opts) and not item.hidden]
    if rows:
        yield from _table(("", "what it is"), rows)
    if command.epilog:
        example = command.epilog.removeprefix("Example: ")
        yield f"```sh\n{example}\n```\n"


def _parameter(item: Any) -> tuple[str, str]:
    if item.param_type_name == "argument":
        return _code((item.metavar or item.name).strip("[]")), _cell(item.help or "")
    names = ", ".join((*item.opts, *item.secondary_opts))
    metavar = f" {item.metavar}" if item.metavar else ""
    return _code(f"{names}{metavar}"), _cell(item.help or "")


def _documents() -> str:
    lines = ["# JSON documents", "", _reader("people whose scripts read what `--json` writes")]
    lines.append("Every key of every document, from its model. `nbtrace schema NAME` prints the same as a JSON schema.")
    for name in DOCUMENTS:
        schema = schema_of(name)
        lines += ["", f"(document-{name})=", f"## {name}", "", *_model(schema)]
        for title, model in sorted(schema.get("$defs", {}).items()):
            if "properties" in model:
                lines += [f"### {title} of {name}", "", *_model(model)]
    return "\n".join(lines) + "\n"


def _model(schema: Mapping[str, Any]) -> Iterator[str]:
    if schema.get("description"):
        yield f"{_cell(schema['description'].partition(chr(10) * 2)[0])}\n"
    required = set(schema.get("required", ()))
    rows = [
        (_code(key), _cell(_type(item)), "yes" if key in required else "", _cell(item.get("description", "")))
        for key, item in schema.get("properties", {}).items()
    ]
    yield from _table(("key", "type", "always", "what it is"), rows)


def _type(item: Mapping[str, Any]) -> str:
    """Return the type of a key in words."""
    if "$ref" in item:
        return str(item["$ref"]).rpartition("/")[2]
    if "const" in item:
        return repr(item["const"])
    if "enum" in item:
        return " or ".join(map(str, item["enum"]))
    for key in ("anyOf", "oneOf", "allOf"):
        if key in item:
            return " or ".join(dict.fromkeys(_type(part) for part in item[key]))
    kind = item.get("type", "anything")
    if kind == "array":
        inner = item.get("items") or {}
        return f"list of {_type(inner)}" if inner else "list"
    if kind == "object" and isinstance(item.get("additionalProperties"), dict):
        return f"object of {_type(item['additionalProperties'])}"
    return str(kind)


def _quantities() -> str:
    lines = ["# Quantities of nanoBragg", "", _reader("people who read or write traces of nanoBragg")]
    lines.append(
        "In execution order. A key in another unit has it behind; `nbtrace help NAME` tells inputs and consequences."
    )
    section = ""
    rows: list[Sequence[str]] = []
    titles = ("quantity", "unit", "shape", "what it is", "formula", "other keys")
    for name, quantity in _VOCABULARY.quantities.items():
        if quantity.section != section:
            lines += _table(titles, rows) if rows else []
            section, rows = quantity.section, []
            lines += ["", f"## {section}", ""]
        formula = _VOCABULARY.formulas.get(name)
        keys = ", ".join(
            _code(key) + (f" {_cell(unit)}" if unit != quantity.unit else "") for key, unit in quantity.aliases
        )
        told = _cell(formula.text) if formula is not None else ""
        rows.append((_code(name), _cell(quantity.unit), quantity.kind.value, _cell(quantity.description), told, keys))
    return "\n".join([*lines, *_table(titles, rows)]) + "\n"


def _tolerances() -> str:
    absolute = [name for name, item in _VOCABULARY.quantities.items() if item.basis is Basis.ABSOLUTE]
    lines = [
        "# Tolerances and statuses",
        "",
        _reader("people who decide what counts as agreement"),
        "What is in force where nobody says otherwise:",
        "",
        *_table(
            ("of", "tolerance"),
            (
                ("every quantity", f"{DEFAULT_RELATIVE:g} relative"),
                (", ".join(map(_code, absolute)), f"{DEFAULT_ABSOLUTE:g} absolute"),
            ),
        ),
        "No comparison is finer than half a printed digit of each side, and there is no absolute floor.",
        "Options win over a policy file, that over `pyproject.toml`.",
        "",
        *_table(
            ("status", "relative difference", "with an absolute tolerance"),
            (
                ("PASS", "within the tolerance", "within the tolerance"),
                ("MINOR", f"below {MINOR_BELOW:g}", f"up to {ABSOLUTE_MINOR:g} times it"),
                ("DIVERGENT", f"below {DIVERGENT_BELOW:g}", f"up to {ABSOLUTE_DIVERGENT:,.0f} times it"),
                ("CRITICAL", f"{DIVERGENT_BELOW:g} or more", f"more than {ABSOLUTE_DIVERGENT:,.0f} times it"),
            ),
        ),
        "Each status has a page: [statuses](statuses.md).",
        "",
        "## Modes of the embedded simulator",
        "",
        *_table(
            ("defect", "of", *(mode.value for mode in Mode)),
            (
                (
                    f"[{_code(defect.value)}](#{target(defect.value)})",
                    defect.program.value,
                    *("on" if defect in mode.defects else "off" for mode in Mode),
                )
                for defect in Defect
            ),
        ),
    ]
    return "\n".join(lines) + "\n"


def target(word: str, file: str = "defects") -> str:
    """Return the name by which a page of a word is linked to."""
    return re.sub(r"[^a-z0-9]+", "-", f"word-{file}-{word.casefold().replace('δ', 'delta')}").strip("-")


def _words(section: WordSection) -> str:
    file = word_files()[[item is section or item == section for item in sections_of(_VOCABULARY)].index(True)]
    lines = [f"# {section.title}", "", _reader("people who see one of these words for the first time")]
    lines.append(f"Each is {section.kind}. `nbtrace help WORD` prints the same text.")
    for page in section.pages:
        lines += ["", f"({target(page.word, file)})=", f"## {_cell(page.word)}", "", page.what, ""]
        for heading, text in page.parts:
            lines += [*_part(heading, text), ""]
        if page.see:
            lines += [f"See also: {', '.join(_link(word) for word in page.see)}", ""]
    return "\n".join(lines) + "\n"


def _part(heading: str, text: str) -> Iterator[str]:
    intro, fence, rest = text.partition("```")
    yield f"**{heading}.** {intro.strip()}"
    if fence:
        yield f"\n{fence}{rest}"


def _link(word: str) -> str:
    first = next((page for page in pages_of(word, _VOCABULARY)), None)
    file = next((file for file, page in _filed() if page == first), None)
    if first is None or file is None:
        return _code(word)
    return f"[{_cell(word)}](#{target(first.word, file)})"


def _filed() -> Iterator[tuple[str, WordPage]]:
    for file, section in zip(word_files(), sections_of(_VOCABULARY), strict=True):
        yield from ((file, page) for page in section.pages)


def _notebooks() -> Iterator[tuple[str, str]]:
    """Yield the name and the text of the page of each notebook."""
    for path in sorted(_NOTEBOOKS.glob("*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        shown = f"The notebook is `examples/notebooks/{path.name}`. Jupyter shows results with their tables."
        parts = [part for cell in cells for part in _notebook_cell(cell)]
        yield f"notebook_{path.stem}", "\n\n".join([*parts, shown]) + "\n"


def _notebook_cell(cell: Mapping[str, Any]) -> Iterator[str]:
    source = "".join(cell["source"])
    if cell["cell_type"] == "markdown":
        yield source
        return
    yield f"```python\n{source}\n```"
    for output in cell["outputs"]:
        text = output["text"] if output["output_type"] == "stream" else output["data"]["text/plain"]
        yield f"```text\n{''.join(text).rstrip()}\n```"
