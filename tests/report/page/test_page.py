import base64
import hashlib
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

import nbtrace
from nbtrace.evidence import Bundle, Provenance, verify
from nbtrace.evidence.verification import Integrity
from nbtrace.report.documents.trace_documents import diff_document
from nbtrace.report.views.diff_view import diff_view
from tests.report.page.conftest import file_pair, file_view, page_of
from tests.report.page.hostile import HOSTILE, hostile_view
from tests.report.page.markup import Markup

ELEMENTS = frozenset(
    re.findall(
        r"\w+",
        """html head meta title style body a header div span nav button main section h1 h2 h3 h4 dl dt dd ul li p strong
        code pre small svg rect line table caption thead tbody tr th td input figure figcaption img details summary
        footer script label select option form canvas kbd wbr""",
    )
)


def problems_of(html: str) -> list[str]:
    """Return what is wrong with a page, whatever is on it."""
    markup = Markup(html)
    found = list(markup.faults)
    found += [f"element <{tag}>" for tag, _, _ in markup.elements if tag not in ELEMENTS]
    ids = [attributes["id"] for _, attributes, _ in markup.elements if "id" in attributes]
    found += [f"id {name} twice" for name in {name for name in ids if ids.count(name) > 1}]
    for tag, attributes, _ in markup.elements:
        found += [f"<{tag} {name}>" for name in attributes if name.startswith("on") or name in {"style", "srcset"}]
        for name in ("src", "href", "action", "data"):
            value = attributes.get(name, "#")
            if not value.startswith(("#", "data:image/")):
                found.append(f"<{tag} {name}={value}>")
            if value.startswith("#") and value != "#" and value[1:] not in ids:
                found.append(f"no target for {value}")
    strange = {letter for letter in html if not letter.isprintable() and letter != "\n"}
    found += [f"character {letter!r}" for letter in strange]
    return found


def hashes(html: str, tag: str) -> set[str]:
    inline = re.findall(rf"<{tag}>(.*?)</{tag}>", html, flags=re.DOTALL)
    return {f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in inline}


def test_the_page_is_well_formed_and_refers_to_nothing_outside(pair_page: str) -> None:
    assert problems_of(pair_page) == []
    assert not re.search(r"url\(|@import", re.findall(r"<style>(.*?)</style>", pair_page, flags=re.DOTALL)[0])


def test_only_the_pages_own_scripts_and_style_may_run(pair_page: str) -> None:
    (policy,) = [
        meta["content"] for meta in Markup(pair_page).of("meta") if meta.get("http-equiv") == "Content-Security-Policy"
    ]
    rules = {rule.split()[0]: set(rule.split()[1:]) for rule in policy.split(";")}
    assert rules["default-src"] == {"'none'"}
    assert rules["script-src"] == hashes(pair_page, "script")
    assert rules["style-src"] == hashes(pair_page, "style")
    assert rules["img-src"] == {"data:"}


def test_the_answer_stands_first_with_who_what_and_share(pair_page: str) -> None:
    text = Markup(pair_page).visible()
    start = text[text.index("To the answer") :]
    answer = "C: rot_a_angstroms, rot_b_angstroms, rot_c_angstroms at phi_tic 0: the rotation of phi_tic 9"
    assert start.index("DIFFER") < start.index(answer) < start.index("Who is wrong C, the reference INTRODUCED_C")
    assert "What share it explains 100.00 % of ln(Py/C) of I_pixel_final" in start
    assert start.index("Who is wrong") < start.index("Before you read the tables") < start.index("Provenance Commands")


def test_every_value_of_the_logs_stands_there_as_it_was_printed(pair_page: str, pairs: Path) -> None:
    text = Markup(pair_page).visible()
    for name in ("c.log", "c_roi_fresh.log"):
        trace = nbtrace.read_trace(pairs / "supervisor__685_1039" / name)
        for quantity in ("rot_a_angstroms", "I_before_scaling", "F_latt", "I_pixel_final"):
            assert trace.by_quantity[quantity][0].value.text in text


def test_tables_have_headings_captions_and_statuses_in_words(pair_page: str) -> None:
    markup = Markup(pair_page)
    tables = markup.of("table")
    assert len(tables) > 10
    assert len(markup.of("caption")) == len(markup.of("thead")) == len(tables)
    assert all(
        heading.get("scope") == ("col" if "thead" in parents else "row")
        for tag, heading, parents in markup.elements
        if tag == "th"
    )
    assert not [cell for tag, cell, parents in markup.elements if tag == "td" and "tbody" not in parents]
    regions = [item for tag, item, _ in markup.elements if item.get("role") == "region"]
    assert all(region["aria-label"] for region in regions)


def test_plots_of_phi_and_scaling_are_embedded_with_a_caption(pair_page: str) -> None:
    images = Markup(pair_page).of("img")
    assert [image["class"] for image in images] == ["lines", "lines"]
    for image in images:
        assert image["alt"]
        svg = base64.b64decode(image["src"].removeprefix("data:image/svg+xml;base64,"))
        assert b"</svg>" in svg


def test_digests_and_provenance_are_on_the_page(pair_page: str, pair_bundle: Bundle, pairs: Path) -> None:
    text = Markup(pair_page).visible()
    for path in sorted(pair_bundle.root.glob("*.json")):
        assert hashlib.sha256(path.read_bytes()).hexdigest() in text
    assert hashlib.sha256((pairs / "supervisor__685_1039" / "c.log").read_bytes()).hexdigest() in text
    assert "intact 20 of 20 entries of the manifest verified" in text
    assert "nbtrace explain" in text


def as_shown(text: str) -> str:
    return " ".join("".join(letter if letter.isprintable() else "\ufffd" for letter in text).split())


def hostile(value: Any, text: str) -> Any:
    """Return a JSON value in which every text is hostile, the words that a model asks for left as they are."""
    kept = {"side", "weight", "verdict", "format"}
    if isinstance(value, dict):
        return {
            f"{key}{text}" if key in value.get("pass", ()) else key: item if key in kept else hostile(item, text)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [hostile(item, text) for item in value]
    return f"{value}{text}" if isinstance(value, str) else value


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_of_a_result_becomes_markup(bundle: Bundle, text: str) -> None:
    for name in ("diff", "explain", "images", text):
        file_view(
            bundle, name, hostile_view(text), {"verdict": "differ", "notices": [{"weight": "info", "text": text}]}
        )
    html = page_of(bundle)
    assert problems_of(html) == []
    assert as_shown(text) in Markup(html).visible()


@pytest.mark.slow
@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_of_a_document_becomes_markup(bundle: Bundle, pair_bundle: Bundle, text: str) -> None:
    for path in sorted(pair_bundle.root.glob("run_metadata*.json")):
        metadata = json.loads(path.read_text())
        document = json.loads((pair_bundle.root / metadata["outputs"][0]["path"]).read_text())
        changed = hostile(document, text)
        if "factors" in changed:
            changed["factors"] = {f"{key}{text}": item for key, item in changed["factors"].items()}
        bundle.add_result(
            metadata["result"],
            metrics=changed,
            summary_md=text,
            provenance=Provenance.collect(command=["nbtrace", text]),
            outputs={"stdout.txt": f"{text}\n{text}", "note.svg": f"<svg>{text}</svg>"},
        )
    html = page_of(bundle)
    assert problems_of(html) == []
    # All of it is there to be read.
    assert Markup(html).visible().count(as_shown(text)) > 100


def test_no_name_of_a_file_and_no_log_becomes_markup(bundle: Bundle, tmp_path: Path, pairs: Path) -> None:
    names = ("<img src=x onerror=alert(1)>\u202egol.c.log", "\"' onload=alert(1) <script>.log")
    logs = [tmp_path / name for name in names]
    for path, source in zip(logs, ("c.log", "c_roi_fresh.log"), strict=True):
        text = (pairs / "supervisor__685_1039" / source).read_text()
        path.write_text(text + "TRACE_C: <b>key</b> </td><script>alert(1)</script>\nTRACE_C: hkl_frac <i> 1 2\n")
    file_pair(bundle, *logs)
    bundle.add_files(logs)
    html = page_of(bundle)
    assert problems_of(html) == []
    assert "<img src=x onerror=alert(1)>\ufffdgol.c.log" in Markup(html).visible()


def test_a_bundle_that_is_not_intact_says_so_on_top(pair_bundle: Bundle, tmp_path: Path) -> None:
    copy = Bundle(Path(shutil.copytree(pair_bundle.root, tmp_path / "copy")))
    (copy.root / "metrics.json").write_text((copy.root / "metrics.json").read_text().replace("differ", "agree "))
    text = Markup(page_of(copy)).visible()
    assert text.index("This bundle is not intact MISMATCH: metrics.json (sha256.txt:") < text.index("Before you read")
    assert "metrics.json is not what was filed" in text
    assert "not intact 19 of 20 entries" in text


def test_a_document_that_cannot_be_used_leaves_its_summary(bundle: Bundle, pairs: Path) -> None:
    folder = pairs / "supervisor__685_1039"
    result = nbtrace.diff(nbtrace.read_trace(folder / "c.log"), nbtrace.read_trace(folder / "c_roi_fresh.log"))
    document: dict[str, Any] = {**diff_document(result)}
    document["factors"]["hkl_frac"]["status"] = 5
    file_view(bundle, "diff", diff_view(result), document)
    text = Markup(page_of(bundle)).visible()
    assert "this is its summary: factors.hkl_frac.status: Input should be a valid string" in text
    assert "rot_a_angstroms.z" in text


def test_results_that_the_page_does_not_know_are_shown_by_their_summary(bundle: Bundle) -> None:
    summary = "# Title of it\n\n**AGREE**: all well\n\n## Numbers\n\n| a | b |\n| --- | ---: |\n| x | 5 |\n"
    bundle.add_result("new", metrics={"verdict": "agree"}, summary_md=summary, provenance=Provenance.collect())
    text = Markup(page_of(bundle)).visible()
    assert "AGREE all well" in text
    assert "Title of it" in text
    assert re.search(r"Numbers.* a b x 5", text)


def test_nothing_before_the_first_part_of_a_summary_is_lost(bundle: Bundle) -> None:
    lead = "**AGREE**: yes\n\nSecond.\n\n> **NOTE** said\n\n- fact\n\nThird.\n\n    code line"
    summary = f"# T\n\n{lead}\n\n| h |\n| --- |\n| cell |\n"
    bundle.add_result("new", metrics={}, summary_md=summary, provenance=Provenance.collect())
    text = Markup(page_of(bundle)).visible()
    assert all(word in text for word in ("yes", "Second.", "NOTE said", "fact", "Third.", "code line", "cell"))


def test_a_result_whose_summary_is_gone_says_so(pair_bundle: Bundle, tmp_path: Path) -> None:
    copy = Bundle(Path(shutil.copytree(pair_bundle.root, tmp_path / "copy")))
    (copy.root / "summary.md").unlink()
    text = Markup(page_of(copy)).visible()
    assert "MISSING: summary.md" in text
    assert text.count("summary.md has no section of it") == 4
    assert "rot_a_angstroms" in text


def test_an_empty_bundle_has_a_page(bundle: Bundle) -> None:
    html = page_of(bundle)
    assert problems_of(html) == []
    assert "This bundle holds no result yet" in Markup(html).visible()


def test_what_differs_answers_before_what_agrees(bundle: Bundle) -> None:
    for name, verdict in (("explain", "agree"), ("images", "differ"), ("check", "differ")):
        document = {"verdict": verdict, "answer": f"answer of {name}", "roots": []}
        bundle.add_result(name, metrics=document, summary_md=f"# {name}\n", provenance=Provenance.collect())
    assert re.search(r"DIFFER</span>\s*<h1>answer of images</h1>", page_of(bundle))


def test_results_of_one_kind_have_anchors_of_their_own_and_the_latest_answers(bundle: Bundle) -> None:
    for number in range(3):
        document = {"verdict": "differ"}
        file_view(bundle, "check", hostile_view(f"answer {number}"), document)
    html = page_of(bundle)
    assert problems_of(html) == []
    assert {f"result-{number}" for number in (1, 2, 3)} <= {item.get("id") for item in Markup(html).of("section")}
    assert re.search(r"<h1>answer 2</h1>", html)
    assert verify(bundle.root).outcome() is Integrity.INTACT
