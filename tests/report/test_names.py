"""Reports on programs of another physics: in the words of its owner, with no C, no Py and nothing of diffraction."""

import ast
import html
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from matplotlib.text import Text

import nbtrace
from nbtrace import Trace, check, diff, explain, parse_trace, read_trace, scaling_chain
from nbtrace.compare.images import ImageOptions, compare_images
from nbtrace.evidence import Bundle, Provenance, read_contents
from nbtrace.images.image import Image
from nbtrace.images.read import read_image
from nbtrace.report import markdown, terminal
from nbtrace.report.ci import CiFormat, render_ci
from nbtrace.report.documents.explain_document import explain_document
from nbtrace.report.documents.images_document import images_document
from nbtrace.report.documents.trace_documents import check_document, diff_document, scaling_document
from nbtrace.report.figures.images import image_figures
from nbtrace.report.figures.scaling import scaling_figure
from nbtrace.report.page.page import render_page
from nbtrace.report.view import View
from nbtrace.report.views.check_view import check_view
from nbtrace.report.views.diff_view import diff_view
from nbtrace.report.views.explain_view import explain_view
from nbtrace.report.views.hypotheses import hypotheses_block
from nbtrace.report.views.images_view import images_view
from nbtrace.report.views.scaling_view import scaling_view
from nbtrace.report.views.unified import unified
from nbtrace.verdicts.status import Verdict
from nbtrace.vocabulary import registry
from nbtrace.vocabulary.sides import Names
from nbtrace.vocabulary.vocabulary import SideName, Vocabulary
from tests.places import EXAMPLES

pytestmark = pytest.mark.slow  # every command of every example

SIDES = re.compile(r"(?<![\w°])(?:C|Py|PyTorch|INTRODUCED_C|INTRODUCED_PY)(?!\w)")
DIFFRACTION = re.compile(
    r"φ|(?i:\b(?:pixels?|phi\w*|tic|miller|diffraction|lattice|reflections?|crystals?|rotations?|mosaic|subpixels?"
    r"|nanobragg|f_latt\w*|i_pixel_final|i_before_scaling|cos_2theta|photons?|polari[sz]ation|detector|intensit\w+"
    r"|slow|fast|h k l|simulator)\b)"
)
ENGINE = Path(nbtrace.__file__).parent
LONG = Names(
    "the reference of the institute, in Fortran, of 1987", "its_port_to_the_accelerators_of_the_new_machine_room"
)

KILN = """
format_version = 1
name = "kiln"
sides = { ref = ["REF>"], port = ["PORT>"] }
indices = ["batch"]
final = "heat_J"

[quantities]
mass_kg = { unit = "kg" }
cp_J_kg_K = { unit = "J/(kg K)" }
rise_K = { unit = "K", tolerance = { absolute = 1e-3 } }
heat_J = { unit = "J", formula = "mass_kg * cp_J_kg_K * rise_K" }
power_W = { unit = "W" }
load_W = { unit = "W", formula = "2 * power_W" }
axis = { unit = "1", shape = 3 }
door = { unit = "1", kind = "text" }
draught_Pa = { unit = "Pa" }
soot_kg = { unit = "kg" }

[chain]
heat_J = ["mass_kg", "cp_J_kg_K", "rise_K"]
"""

REF = """REF> mass_kg 12.5
REF> cp_J_kg_K 840
REF> batch=0 rise_K 350
REF> batch=0 heat_J 3675000
REF> batch=0 power_W 2500
REF> batch=0 load_W 5000
REF> batch=1 rise_K 360
REF> batch=1 heat_J 3780000
REF> batch=1 power_W 2600
REF> batch=1 load_W 5200
REF> axis 0.6 0.8 0
REF> door shut
REF> draught_Pa 0
REF> soot_kg nan
REF> batch=2 rise_K
REF> batch=1 mystery 7
"""
PORT = """PORT> mass_kg 12.5
PORT> cp_J_kg_K 840
PORT> batch=0 rise_K 350
PORT> batch=0 heat_J 7350000
PORT> batch=0 power_W 2.5
PORT> batch=0 load_W 0.005
PORT> batch=1 rise_K 360.5
PORT> batch=1 heat_J 7570500
PORT> batch=1 heat_J 7570501
PORT> axis 0.8 0.6 0
PORT> door open
PORT> draught_Pa 3
PORT> soot_kg 0.25"""


@dataclass(frozen=True)
class Pair:
    """Two logs of one vocabulary, the reference's first."""

    c: Trace
    py: Trace


def kiln(folder: Path) -> Pair:
    path = folder / "kiln.toml"
    path.write_text(KILN, encoding="utf-8")
    vocabulary = registry.load(str(path))
    texts = {"ref.log": REF, "port.log": PORT}
    return Pair(*(parse_trace(text, name, vocabulary=vocabulary)[0] for name, text in texts.items()))


def example(file: str, first: str, second: str) -> Pair:
    path = EXAMPLES / file
    vocabulary = registry.load(str(path))
    return Pair(*(read_trace(path.with_name(name), vocabulary=vocabulary) for name in (first, second)))


def renamed(vocabulary: Vocabulary, names: Names) -> Vocabulary:
    sides = zip(names.pair, vocabulary.sides, strict=True)
    reference, candidate = (SideName(name, side.prefixes) for name, side in sides)
    return replace(vocabulary, sides=(reference, candidate))


@pytest.fixture(scope="module", params=["kiln", "heat", "population", "the other way round"])
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Pair:
    if request.param == "heat":
        return example("heat/rod.toml", "loops.log", "arrays_mistake.log")
    if request.param == "population":
        return example("population/fishery.toml", "ledger.log", "matrix_mistake.log")
    found = kiln(tmp_path_factory.mktemp("kiln"))
    return Pair(found.py, found.py) if request.param == "the other way round" else found


def views(pair: Pair) -> Mapping[str, tuple[View, Mapping[str, object]]]:
    compared, scaled = diff(pair.c, pair.py), scaling_chain(pair.c, pair.py)
    explained, checked = explain(pair.c, pair.py), check(pair.py)
    return {
        "diff": (diff_view(compared), diff_document(compared)),
        "scaling": (scaling_view(scaled), scaling_document(scaled)),
        "explain": (explain_view(explained), explain_document(explained)),
        "check": (check_view(checked), check_document(checked)),
    }


def reports(pair: Pair) -> Iterator[tuple[str, str]]:
    for name, (view, _) in views(pair).items():
        yield f"{name}, wide", terminal.render(view, 250)
        yield f"{name}, narrow", terminal.render(view, 80)
        yield f"{name}, Markdown", markdown.render(view)
    compared = diff(pair.c, pair.py)
    yield "diff, brief", terminal.render(diff_view(compared, brief=True), 120)
    yield "unified", unified(compared)
    yield "hypotheses", hypotheses_block(explain(pair.c, pair.py))


def bundle_of(pair: Pair, folder: Path) -> Bundle:
    bundle = Bundle.open_or_create(folder / "bundle")
    for name, (view, document) in views(pair).items():
        provenance = Provenance.collect(command=["nbtrace", name])
        metrics = {**document, "answer": view.headline}
        bundle.add_result(name, metrics=metrics, summary_md=markdown.render(view), provenance=provenance)
    return bundle


def shown(page: str) -> str:
    """Return what a page shows: its text, without style, scripts and what is told of the bundle's files."""
    body = re.sub(r"(?s)<(style|script)\b.*?</\1>", " ", page).partition('<section id="provenance">')[0]
    labels = re.findall(r'(?:aria-label|alt|placeholder|title)="([^"]*)"', body)
    return html.unescape("\n".join([re.sub(r"<[^>]*>", " ", body), *labels]))


def words_of(document: object) -> Iterator[str]:
    """Yield the texts of a document, but for the subjects of notices, which are no words for people."""
    if isinstance(document, Mapping):
        for key, item in document.items():
            yield from () if key == "subject" else words_of(item)
    elif isinstance(document, list | tuple):
        for item in document:
            yield from words_of(item)
    elif isinstance(document, str):
        yield document


def foreign(text: str, *, of: tuple[re.Pattern[str], ...] = (SIDES, DIFFRACTION)) -> list[str]:
    """Return the lines of a text that hold a word of nanoBragg's."""
    return [line.strip() for line in text.splitlines() if any(pattern.search(line) for pattern in of)]


def test_no_report_speaks_of_diffraction(pair: Pair) -> None:
    assert {name: lines for name, text in reports(pair) if (lines := foreign(text))} == {}


def test_no_document_speaks_of_diffraction(pair: Pair) -> None:
    found = {}
    for name, (_, document) in views(pair).items():
        texts = [text for text in words_of(document) if not re.fullmatch(r"INTRODUCED_(C|PY)", text)]
        found[name] = foreign("\n".join(texts))
    assert {name: lines for name, lines in found.items() if lines} == {}


def test_neither_the_page_nor_a_ci_format_speaks_of_diffraction(pair: Pair, tmp_path: Path) -> None:
    contents = read_contents(bundle_of(pair, tmp_path))
    texts = {"page": shown(render_page(contents)), **{kind.value: render_ci(contents, kind) for kind in CiFormat}}
    sarif = json.loads(texts["sarif"])
    texts["sarif"] = "\n".join(words_of(sarif))
    assert {name: lines for name, text in texts.items() if (lines := foreign(text))} == {}


def test_the_reports_of_the_kiln_say_what_they_should(tmp_path: Path) -> None:
    """The pair is one in which nearly everything is wrong: else a report without a foreign word may be an empty one."""
    result = diff((pair := kiln(tmp_path)).c, pair.py)
    assert result.verdict is Verdict.DIFFER
    text = terminal.render(diff_view(result), 250)
    for part in (
        "Tolerance: 1e-06 relative (default), never finer than the printed digits\n",
        "power_W: port/ref is 10^-3",
        "the port log lacks 2 values that it prints elsewhere and ref has: load_W [batch 1], power_W [batch 1]",
        "ref log: 1 unreadable line ref.log:15: ",
        "ref lacks 1 of the 3 turns of the loops that port has",
        "port log ends without a line end",
        "not measurable: soot_kg: not finite on ref",
        "missing on port: ",
        "only ref prints, under names that no other log uses: mystery",
        f"nbtrace scaling ref.log port.log --vocabulary {tmp_path / 'kiln.toml'}",
    ):
        assert part in text, part
    same = terminal.render(diff_view(diff(pair.py, pair.py)), 250)
    assert "both logs carry the prefixes of port; the same file is taken as ref and as port" in same
    explained = explain(pair.c, pair.py)
    assert "INTRODUCED_PORT" in terminal.render(explain_view(explained), 250)
    told = "\n".join(words_of(explain_document(explained)))
    assert (
        "ref or port: power_W at batch 0: the logs do not tell whose value is right; if ref's is, port has this" in told
    )
    assert "ref or port: rise_K at batch 1: port's value is 1.001389 times ref's; the logs do not tell" in told


def test_documents_carry_the_names(tmp_path: Path) -> None:
    for name, (_, document) in views(kiln(tmp_path)).items():
        assert document.get("names") == (None if name == "check" else {"c": "ref", "py": "port"}), name


def test_what_was_filed_before_there_were_names_is_of_c_and_py(tmp_path: Path) -> None:
    bundle = Bundle.open_or_create(tmp_path / "bundle")
    for name, (view, document) in views(kiln(tmp_path)).items():
        old = {key: item for key, item in document.items() if key not in {"names", "final_word", "final_quantity"}}
        provenance = Provenance.collect(command=["nbtrace", name])
        bundle.add_result(name, metrics={**old, "answer": view.headline}, summary_md="", provenance=provenance)
    page = shown(render_page(read_contents(bundle)))
    assert re.search(r"Py/C\s", page)
    assert "C, as printed" in page
    assert "of the final intensity" in page


@pytest.mark.parametrize("width", [60, 80, 100, 120, 200])
def test_long_names_fold_and_leave_the_numbers_whole(width: int, tmp_path: Path) -> None:
    pair = kiln(tmp_path)
    long = renamed(pair.c.vocabulary, LONG)
    renamed_pair = Pair(*(replace(trace, vocabulary=long) for trace in (pair.c, pair.py)))
    for name in ("diff", "scaling", "explain"):
        short_view, long_view = (views(item)[name][0] for item in (pair, renamed_pair))
        lines = terminal.render(long_view, width).splitlines()
        in_commands = {line.line for section in long_view.sections for line in section.commands}
        assert [line for line in lines if len(line) > width and line.strip() not in in_commands] == []
        if name != "explain":  # whose causes are words, which wrap
            pairs_of_rows = zip(*(rows(terminal.render(view, width)) for view in (short_view, long_view)), strict=True)
            for short, long_ in pairs_of_rows:  # a column may go, and no number loses a letter
                left = iter(short)
                assert all(number in left for number in long_), name
                assert len(long_) >= max(len(short) - 1, 3 if width >= 80 else 0), name


def rows(text: str) -> list[list[str]]:
    """Return the numbers of the rows of a report's tables."""
    found = [re.split(r"\s+", line.strip()) for line in text.splitlines() if re.match(r"(heat_J|cp_J_kg_K)\b", line)]
    return [[word for word in line if re.fullmatch(r"[-+]?\d+(\.\d+)?(e[-+]\d+)?", word)] for line in found]


OTHER_MEANINGS = {
    "capturing/in_process.py",
    "evidence/provenance.py",
    "history/bisection.py",
    "images/numpy_files.py",
    "parsers/numpy_archive.py",
    "vocabulary/dimensions.py",
}
"""Modules in which the word is a locale, an order of memory, a unit, or a package of Python."""
STATUSES = {"INTRODUCED_C", "INTRODUCED_PY"}
"""Values of the JSON contract."""


def texts_in(module: ast.Module) -> Iterator[str]:
    """Yield the texts of a module, but for docstrings."""
    told = {id(node.value) for node in ast.walk(module) if isinstance(node, ast.Expr)}
    for node in ast.walk(module):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told:
            yield node.value


def test_no_module_of_the_engine_holds_the_name_of_a_side() -> None:
    found = {}
    for path in sorted(ENGINE.rglob("*.py")):
        name = path.relative_to(ENGINE).as_posix()
        # The room of nanoBragg knows its sides, and the options of the commands are of nanoBragg's pairs.
        if name.startswith(("physics/nanobragg/", "cli/")) or name in OTHER_MEANINGS:
            continue
        found[name] = {text for text in texts_in(ast.parse(path.read_text())) if SIDES.search(text)} - STATUSES
    assert {name: texts for name, texts in found.items() if texts} == {}


def test_figures_carry_the_names(tmp_path: Path) -> None:
    pair = kiln(tmp_path)
    figure = scaling_figure(scaling_document(scaling_chain(pair.c, pair.py)))
    texts = [str(item.get_text()) for item in figure.findobj(Text)]
    assert any("ln(port/ref)" in text for text in texts)
    assert "heat_J" in texts
    assert foreign("\n".join(texts)) == []


def test_images_carry_the_names_that_they_are_given() -> None:
    pixels = np.random.default_rng(3).random((16, 16))
    images = Image(pixels, "a.npy", "array"), Image((pixels * 1.1).astype(np.float32), "b.npy", "array")
    result = compare_images(*images, ImageOptions(names=Names("ref", "port $x$")))
    texts = [terminal.render(images_view(result), width) for width in (80, 200)]
    texts += words_of(images_document(result))
    for figure in image_figures(result).values():
        texts += [str(item.get_text()) for item in figure.findobj(Text)]
    assert foreign("\n".join(texts), of=(SIDES,)) == []
    assert any(r"port \$x\$ − ref" in text for text in texts)
    assert any("best k of port $x$ = k ref" in text for text in texts)


def test_the_viewer_of_a_page_carries_the_names(tmp_path: Path) -> None:
    files = [tmp_path / "a.npy", tmp_path / "b.npy"]
    for path, scale in zip(files, (1.0, 1.1), strict=True):
        np.save(path, scale * np.arange(256.0).reshape(16, 16))
    first, second = map(read_image, files)
    result = compare_images(first, second, ImageOptions(names=Names("ref", "port")))
    view, bundle = images_view(result), Bundle.open_or_create(tmp_path / "bundle")
    provenance = Provenance.collect(command=["nbtrace", "images"], inputs=files)
    metrics = {**images_document(result), "answer": view.headline}
    bundle.add_result("images", metrics=metrics, summary_md=markdown.render(view), provenance=provenance)
    page = render_page(read_contents(bundle))
    assert foreign(shown(page), of=(SIDES,)) == []
    assert "Images ref and port, their difference and their ratio" in shown(page)
    script = page.rpartition("class Viewer")[2]
    assert '"names": {"c": "ref", "py": "port"}' in page
    assert [line for line in script.splitlines() if SIDES.search(line)] == []
