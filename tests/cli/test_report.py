import sys
import webbrowser
from pathlib import Path

import pytest

from nbtrace.evidence import Bundle, Integrity, read_contents, verify
from tests.cli.conftest import Run
from tests.places import PAIRS

LOGS = [PAIRS / "supervisor__685_1039" / name for name in ("c.log", "c_roi_fresh.log")]


@pytest.fixture
def evidence(nb: Run) -> Path:
    assert nb("diff", *LOGS, "--bundle", "evidence").code == 1
    return Path("evidence").resolve()


def test_the_page_is_filed_in_the_bundle_which_stays_intact(nb: Run, evidence: Path) -> None:
    done = nb("report", "evidence")
    assert (done.code, done.out, done.err) == (0, "", "written to evidence/report.html\n")
    again = nb("report", "evidence")
    assert again.err == "written to evidence/report_rerun1.html\n"
    assert verify(evidence).outcome(strict=True) is Integrity.INTACT
    assert "nbtrace report evidence" in (evidence / "commands.txt").read_text()
    contents = read_contents(Bundle.open(evidence))
    assert contents.loose == ("report.html", "report_rerun1.html")
    page = (evidence / "report.html").read_text(encoding="utf-8")
    assert "first divergence rot_a_angstroms z" in page
    assert "report.html" in (evidence / "report_rerun1.html").read_text(encoding="utf-8")


def test_the_page_can_go_elsewhere_or_be_printed(nb: Run, evidence: Path) -> None:
    before = sorted(path.name for path in evidence.iterdir())
    assert nb("report", "evidence", "--output", "deep/page.html").code == 0
    assert Path("deep/page.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    refused = nb("report", "evidence", "--output", "deep/page.html")
    assert (refused.code, refused.err) == (
        2,
        "nbtrace: deep/page.html exists; give --force to replace it, or another name\n",
    )
    assert nb("report", "evidence", "--output", "deep/page.html", "--force").code == 0
    printed = nb("report", "evidence", "--output", "-")
    assert (printed.code, printed.err) == (0, "")
    assert printed.out.endswith("</html>\n")
    assert sorted(path.name for path in evidence.iterdir()) == before


def test_a_bundle_that_is_not_intact_has_a_page_and_exit_status_1(nb: Run, evidence: Path) -> None:
    (evidence / "metrics.json").write_text("{}")
    done = nb("report", "evidence", "--output", "page.html")
    assert done.code == 1
    assert done.err == "written to page.html\nevidence is not intact; the report says how\n"
    assert "This bundle is not intact" in Path("page.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["missing"], 3, "missing is not there; a bundle is a folder"),
        (["."], 3, ". is not a bundle"),
        (["evidence", "--format", "pdf"], 2, "Invalid value for '--format'"),
        (["evidence", "--output", "-", "--open"], 2, "--open needs a file; leave out --output -"),
        (["evidence", "--output", "evidence"], 2, "evidence exists; give --force"),
        (["evidence", "--output", "evidence", "--force"], 2, "evidence is not a regular file"),
        (["evidence", "--output", "evidence/metrics.json/page.html"], 2, "metrics.json is no folder"),
        ([], 2, "Missing argument 'BUNDLE'"),
    ],
)
def test_a_wrong_call_is_one_clear_line(nb: Run, evidence: Path, arguments: list[str], code: int, message: str) -> None:
    done = nb("report", *arguments)
    assert done.code == code
    assert message in done.err
    assert done.err.count("\n") == 1


def test_the_browser_is_asked_to_open_the_page(nb: Run, evidence: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []

    def open_first_time_only(url: str) -> bool:
        opened.append(url)
        return len(opened) == 1

    monkeypatch.setattr(webbrowser, "open", open_first_time_only)
    assert nb("report", "evidence", "--open").err == "written to evidence/report.html\n"
    assert opened == [(evidence / "report.html").as_uri()]
    second = nb("report", "evidence", "--open", "--output", "page.html")
    assert second.code == 0
    assert second.err == "written to page.html\nno browser could be started; open the file in one\n"


def test_without_the_package_of_templates_it_is_named(nb: Run, evidence: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jinja2", None)
    for name in [name for name in sys.modules if name.startswith("nbtrace.report.page")]:
        monkeypatch.delitem(sys.modules, name)
    done = nb("report", "evidence")
    assert done.code == 2
    assert done.err == "nbtrace: the page needs jinja2, which is not installed; install it with: pip install jinja2\n"


@pytest.mark.parametrize(("command", "start"), [("phi", b"\x89PNG"), ("scaling", b"<?xml")])
def test_a_result_is_plotted(nb: Run, command: str, start: bytes) -> None:
    file = Path("plot.PNG" if start == b"\x89PNG" else "plot.svg")
    assert nb(command, *LOGS, "--plot", file).code == 1
    data = file.read_bytes()
    assert data.startswith(start)
    refused = nb(command, *LOGS, "--plot", file)
    assert (refused.code, refused.out) == (2, "")
    assert "exists; give --force" in refused.err
    assert nb(command, *LOGS, "--plot", file, "--force").code == 1
    # The same result gives the same bytes.
    assert file.read_bytes() == data


@pytest.mark.parametrize(("name", "message"), [("p.jpg", "ends in .png or .svg"), ("-", "ends in .png or .svg")])
def test_another_kind_of_plot_is_refused_before_any_work(nb: Run, name: str, message: str) -> None:
    done = nb("phi", "missing.log", "missing.log", "--plot", name)
    assert done.code == 2
    assert message in done.err


@pytest.mark.parametrize(
    ("form", "start"),
    [("junit", "<?xml version="), ("sarif", "{\n"), ("github", "::error title=nbtrace diff,file=")],
)
def test_forms_for_ci_are_printed_and_not_filed(nb: Run, evidence: Path, form: str, start: str) -> None:
    before = sorted(path.name for path in evidence.iterdir())
    printed = nb("report", "evidence", "--format", form)
    assert (printed.code, printed.err) == (0, "")
    assert printed.out.startswith(start)
    assert "rot_a_angstroms" in printed.out
    assert nb("report", "evidence", "--format", form, "--output", "ci.txt").err == "written to ci.txt\n"
    assert Path("ci.txt").read_text(encoding="utf-8") == printed.out
    assert nb("report", "evidence", "--format", form, "--output", "ci.txt").code == 2
    assert sorted(path.name for path in evidence.iterdir()) == before


def test_a_form_for_ci_has_no_page_to_open(nb: Run, evidence: Path) -> None:
    refused = nb("report", "evidence", "--format", "junit", "--open")
    assert (refused.code, refused.out) == (2, "")
    assert "--open shows the page" in refused.err
    assert nb("report", "evidence", "--format", "nosuch").code == 2


def test_a_damaged_bundle_is_an_error_in_every_form_for_ci(nb: Run, evidence: Path) -> None:
    (evidence / "metrics.json").write_text("{}")
    for form, fault in (("junit", "<error message="), ("sarif", '"executionSuccessful": false'), ("github", "::error")):
        done = nb("report", "evidence", "--format", form)
        assert done.code == 1
        assert fault in done.out
        assert "is not what was filed" in done.out
        assert done.err == "evidence is not intact; the report says how\n"
