"""A result in a notebook, and as a page of its own."""

import re
from pathlib import Path

import numpy as np
import pytest

import nbtrace
from nbtrace.report.page.result_page import MOST_ROWS, notebook_part, result_page
from tests.browser import Tab
from tests.places import SUPERVISOR_PAIR
from tests.report.page.hostile import HOSTILE, hostile_view
from tests.report.page.markup import Markup

C, PY = SUPERVISOR_PAIR / "c.log", SUPERVISOR_PAIR / "c_roi_fresh.log"


@pytest.fixture(scope="module")
def diff() -> nbtrace.DiffResult:
    return nbtrace.diff(C, PY)


def test_a_notebook_shows_the_answer_and_what_diverges(diff: nbtrace.DiffResult) -> None:
    html = diff._repr_html_()
    assert html is not None
    markup = Markup(html)
    assert markup.faults == []
    text = markup.visible()
    assert text.startswith("DIFFER first divergence rot_a_angstroms z: Py − C = -0.034363 Å")
    assert text.index("14 of 113 rows do not agree") < text.index("Quantities in execution order: all 113")
    first = text[: text.index("Quantities in execution order: all 113")]
    assert "rot_b_angstroms" in first
    assert "detector_convention" not in first
    assert "NOTE C phi_tic 0 repeats phi_tic 9" in first


def test_a_notebook_shows_the_roots_of_an_explanation() -> None:
    html = nbtrace.explain(C, PY)._repr_html_()
    assert html is not None
    assert "INTRODUCED_C" in Markup(html).visible()


def test_its_style_touches_nothing_else(diff: nbtrace.DiffResult) -> None:
    html = diff._repr_html_()
    assert html is not None
    (style,) = re.findall(r"<style>(.*?)</style>", html, re.DOTALL)
    assert style.startswith(".nbtrace-result.nbtrace-result.nbtrace-result {\n")
    assert style.count("{") == style.count("}")
    depth = 0
    for at, letter in enumerate(style.rstrip()):
        depth += {"{": 1, "}": -1}.get(letter, 0)
        assert depth > 0 or at < style.index("{") or at == len(style.rstrip()) - 1, "a rule outside of the class"
    assert not {":root", "html", "body"} & set(re.findall(r"[:\w]+", re.sub(r"/\*.*?\*/", "", style, flags=re.DOTALL)))
    for loads in ("<script", "http://", "https://", "url(", "@import", " on"):
        assert loads not in re.sub(r">[^<]*<", "><", html).replace(style, "")
    assert not re.search(r"\sid=", html), "a notebook may show it twice"


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_text(text: str) -> None:
    view = hostile_view(text)
    for html in (notebook_part("hostile", view, {}), result_page("hostile", view, {})):
        markup = Markup(html)
        assert markup.faults == []
        assert {tag for tag, _, _ in markup.elements} <= {
            *("html", "head", "meta", "title", "style", "body", "header", "div", "span", "nav", "button", "main", "h2"),
            *("h3", "p", "strong", "ul", "li", "table", "caption", "thead", "tbody", "tr", "th", "td", "wbr", "footer"),
            *("script", "details", "summary", "code", "input", "small"),
        }
        assert not any(name.startswith("on") for _, attributes, _ in markup.elements for name in attributes)
        assert not {"\u202e", "\x1b", "\x00"} & set(html)


def test_a_long_table_is_cut_in_a_notebook_and_says_so() -> None:
    many = MOST_ROWS + 50
    result = nbtrace.compare_arrays({f"a{n}": n for n in range(many)}, {f"a{n}": n + 1 for n in range(many)})
    html = result._repr_html_()
    assert html is not None
    assert f"{MOST_ROWS} of {many} rows" in Markup(html).visible()
    assert html.count("<tr") < 2 * MOST_ROWS


def test_the_page_is_whole_and_loads_nothing(diff: nbtrace.DiffResult) -> None:
    markup = Markup(diff.report("html"))
    assert markup.faults == []
    assert "detector_convention" in markup.visible()
    (policy,) = [meta["content"] for meta in markup.of("meta") if meta.get("http-equiv") == "Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")


@pytest.mark.slow  # a kernel
def test_a_notebook_runs(tmp_path: Path) -> None:
    reason = "nbclient, nbformat and ipykernel run a notebook; pip install 'nbtrace[test]'"
    nbclient = pytest.importorskip("nbclient", reason=reason)
    nbformat = pytest.importorskip("nbformat", reason=reason)
    pytest.importorskip("ipykernel", reason=reason)
    np.save(tmp_path / "c.npy", np.random.default_rng(1).random((8, 8)))
    cells = [
        "import nbtrace, numpy as np",
        f"nbtrace.diff({str(C)!r}, {str(PY)!r})",
        f"nbtrace.explain({str(C)!r}, {str(PY)!r})",
        "nbtrace.compare_images('c.npy', np.load('c.npy') * 1.001)",
        f"nbtrace.read_trace({str(C)!r})",
        f"print(nbtrace.check({str(C)!r}).report(width=80))",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    nbclient.NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute()
    shown = [cell.outputs for cell in notebook.cells]
    for place, answer in (
        (1, "first divergence rot_a_angstroms"),
        (2, "the rotation of phi_tic 9"),
        (3, "Py is C times"),
    ):
        (output,) = shown[place]
        assert answer in output.data["text/plain"].replace("\n", " ")
        assert answer in Markup(output.data["text/html"]).visible()
        assert len(output.data["text/plain"].splitlines()) <= 3
    assert shown[4][0].data["text/plain"].startswith("<Trace ")
    assert shown[5][0].text.startswith("CONSISTENT")


@pytest.mark.slow  # a browser
@pytest.mark.parametrize(("light", "ink"), [("true", "rgb(28, 32, 38)"), ("false", "rgb(228, 231, 235)")])
def test_a_notebook_is_shown_by_day_and_by_night(
    diff: nbtrace.DiffResult, tab: Tab, tmp_path: Path, light: str, ink: str
) -> None:
    path = tmp_path / "notebook.html"
    foreign = "<style>table { color: lime; font-size: 40px } .other th { padding: 77px }</style>"
    beside = "<div class='other'><table><tr><th id='beside'>x</th></tr></table></div>"
    path.write_text(
        f"<!DOCTYPE html><meta charset='utf-8'><body data-jp-theme-light='{light}'>"
        f"{foreign}{diff._repr_html_()}{beside}",
        encoding="utf-8",
    )
    tab.open(path)
    assert tab.run("getComputedStyle(document.querySelector('.nbtrace-result')).color") == ink
    assert tab.run("getComputedStyle(document.querySelector('.nbtrace-result tbody th')).fontSize") != "40px"
    assert tab.run("getComputedStyle(document.querySelector('#beside')).padding") == "77px"
    assert tab.run("getComputedStyle(document.querySelector('.other table')).fontSize") == "40px"
    assert tab.run("document.querySelector('.nbtrace-result .scroll').getBoundingClientRect().height") < 430
