"""Results that show themselves: short text, reports, files, and what a user imports for that."""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest

import nbtrace
from nbtrace.presentable import Presentable
from nbtrace.presented import document_of, view_of
from nbtrace.report import terminal
from nbtrace.report.documents.models.catalogue import DOCUMENTS
from nbtrace.report.views.diff_view import diff_view
from tests.places import EXAMPLES, SUPERVISOR_PAIR

C, PY = SUPERVISOR_PAIR / "c.log", SUPERVISOR_PAIR / "c_roi_fresh.log"
ROD = EXAMPLES / "heat"


def images() -> nbtrace.ImagesResult:
    c = np.random.default_rng(5).random((16, 16))
    return nbtrace.compare_images(c, c * 1.001)


def reflections() -> nbtrace.ReflectionsResult:
    with TemporaryDirectory() as folder:
        lists = Path(folder, "a.hkl"), Path(folder, "b.hkl")
        for path, amplitude in zip(lists, (20.0, 20.5), strict=True):
            path.write_text(f"1 0 0 10.0\n2 0 0 {amplitude}\n")
        return nbtrace.compare_reflections(str(lists[0]), lists[1])


def detector() -> Presentable:
    pytest.importorskip("pyarrow")
    from nbtrace.detector.compare_detectors import compare_detectors  # noqa: PLC0415 - an extra
    from tests.detector.tables_of_pixels import changed, columns, written  # noqa: PLC0415

    with TemporaryDirectory() as folder:
        files = Path(folder, "c.parquet"), Path(folder, "py.parquet")
        written(files[0], columns())
        written(files[1], changed({"F_cell": {3: 1.0}}))
        return compare_detectors(*files)


def sweep() -> nbtrace.SweepResult:
    from nbtrace.compare.sweep_result import Precision, PrecisionRun  # noqa: PLC0415

    trace = nbtrace.read_trace(C)
    return nbtrace.sweep([PrecisionRun(precision, "cpu", trace) for precision in Precision])


RESULTS: dict[str, Callable[[], Presentable]] = {
    "diff": lambda: nbtrace.diff(C, PY),
    "diff_several": lambda: nbtrace.diff_several(C, [PY, SUPERVISOR_PAIR / "py.log"]),
    "phi": lambda: nbtrace.compare_phi(C, PY),
    "steps": lambda: nbtrace.compare_steps(ROD / "loops.log", ROD / "arrays_mistake.log", vocabulary=ROD / "rod.toml"),
    "scaling": lambda: nbtrace.scaling_chain(C, PY),
    "explain": lambda: nbtrace.explain(C, PY),
    "check": lambda: nbtrace.check(C),
    "images": images,
    "arrays": lambda: nbtrace.compare_arrays({"F": [1.0, 2.0]}, {"F": [1.0, 2.5]}),
    "reflections": reflections,
    "sweep": sweep,
    "detector": detector,
}
"""Results by their commands; `compare`, `suite` and `trust` take programs, and stand in their own tests."""


@pytest.fixture(params=RESULTS, scope="module")
def result(request: pytest.FixtureRequest) -> Presentable:
    return RESULTS[request.param]()


def test_a_result_is_short_and_begins_with_its_answer(result: Presentable) -> None:
    lines = repr(result).splitlines()
    view = view_of(result)
    assert 1 <= len(lines) <= 3
    assert all(len(line) <= 250 for line in lines)
    assert lines[0].startswith(f"{type(result).__name__}: {view.verdict_word}  {view.headline[:60]}")
    assert any(letter.isdigit() for letter in "".join(lines[1:])), "counts"
    assert "(" not in lines[0].partition(":")[0]


def test_a_report_is_what_a_terminal_shows(result: Presentable) -> None:
    view = view_of(result)
    assert result.report() == terminal.render(view, 100)
    assert result.report(width=60) == terminal.render(view, 60) == nbtrace.render_text(result, 60)
    assert result.report("markdown").startswith(f"# {view.title}"[:10])
    assert result.report("html").startswith("<!DOCTYPE html>")
    assert json.loads(result.report("json"))["answer"] == view.headline
    with pytest.raises(nbtrace.UsageError, match="there are text, markdown, html, json"):
        result.report("pdf")  # type: ignore[arg-type]
    with pytest.raises(nbtrace.UsageError, match="at least 20"):
        result.report(width=5)


def test_a_document_fits_its_model(result: Presentable) -> None:
    document = document_of(result)
    assert document["format"] == f"nbtrace {result.presented_as}"
    DOCUMENTS[result.presented_as].model_validate(json.loads(nbtrace.render_json(result)))


def test_a_result_is_saved_by_the_ending_and_nothing_is_overwritten(result: Presentable, tmp_path: Path) -> None:
    for ending, begins in ((".json", "{"), (".md", "# "), (".txt", ""), (".HTML", "<!DOCTYPE html>")):
        path = tmp_path / f"new/result{ending}"
        assert result.save(path) == path
        text = path.read_text(encoding="utf-8")
        assert text.startswith(begins)
        with pytest.raises(nbtrace.UsageError, match=r"exists; give force=True"):
            result.save(str(path))
        assert path.read_text(encoding="utf-8") == text
        assert result.save(path, force=True) == path
    for other in ("result.pdf", "result", ".json"):
        with pytest.raises(nbtrace.UsageError, match=r"ends in \.json, \.md, \.html, \.txt"):
            result.save(tmp_path / other)


def test_what_is_saved_tells_where_it_is_from(tmp_path: Path) -> None:
    log = tmp_path / "c.json"
    log.write_bytes(C.read_bytes())
    result = nbtrace.diff(log, PY)
    document = json.loads(result.save(tmp_path / "diff.json").read_text())
    digests = {Path(item["path"]).name: item["sha256"] for item in document["provenance"]["inputs"]}
    assert set(digests) == {"c.json", PY.name}
    assert all(len(digest) == 64 for digest in digests.values())
    assert "## Provenance" in result.save(tmp_path / "diff.md").read_text()
    with pytest.raises(nbtrace.UsageError, match="one of the files that were compared"):
        result.save(log, force=True)


def test_a_hostile_log_does_not_reach_the_terminal(tmp_path: Path) -> None:
    logs = [tmp_path / name for name in ("c\x1b[31m.log", "py.log")]
    for log, value in zip(logs, (1, 2), strict=True):
        log.write_text(f"TRACE_C: evil\x1b[31m\u202e {value}\nTRACE_C: F_cell {value}\n")
    result = nbtrace.diff(logs[0], logs[1])
    for text in (repr(result), repr(result.c), repr(result.rows[0]), repr(result.rows[0].c), result.report()):
        assert not {"\x1b", "\u202e"} & set(text)


def test_what_belongs_to_a_result_is_short_too() -> None:
    result = nbtrace.diff(C, PY)
    scaling = nbtrace.scaling_chain(C, PY)
    image = nbtrace.compare_images(np.eye(64), np.eye(64)).c
    parts: tuple[object, ...] = (
        *(result.c, result.first_divergence, result.rows[0].c, result.policy, result.c.vocabulary),
        *(scaling.factors[0], image, nbtrace.ImageOptions(mask=np.ones((2000, 2000), dtype=bool))),
        nbtrace.compare_steps(C, PY, "phi_tic").turns[0],
    )
    for part in parts:
        assert len(repr(part)) < 400
        assert "\n" not in repr(part)
    trace = nbtrace.parse_trace("TRACE_C: F_cell 190.27\nnoise\n", "c.log")[0]
    assert repr(trace) == "<Trace c.log: C, 1 records; 1 of 2 lines used>"
    assert repr(trace.records[0]) == "<Record F_cell = 190.27 e⁻ (TRACE_C, line 1)>"


def test_what_is_no_result_has_no_report() -> None:
    with pytest.raises(nbtrace.UsageError, match="a str is no result of a comparison"):
        nbtrace.render_text("c.log")  # type: ignore[arg-type]


def test_without_the_packages_of_pages_a_notebook_shows_the_short_text(monkeypatch: pytest.MonkeyPatch) -> None:
    result = nbtrace.check(C)
    for name in [name for name in sys.modules if name.startswith(("nbtrace.report.page", "jinja2"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "jinja2", None)
    assert result._repr_html_() is None
    with pytest.raises(nbtrace.UsageError, match="pip install jinja2"):
        result.report("html")
    assert result.report().startswith("CONSISTENT")


def test_all_that_is_public_is_there_and_typed() -> None:
    for name in nbtrace.__all__:
        if name not in {"EmbeddedTrace", "trace_pixel"}:
            assert getattr(nbtrace, name) is not None, name
    assert {"NbtraceError", "__version__", "render_text", "render_html", "trace_pixel"} <= set(nbtrace.__all__)
    assert nbtrace.__version__[0].isdigit()
    assert (Path(nbtrace.__file__).parent / "py.typed").is_file()
    assert issubclass(nbtrace.InputError, nbtrace.NbtraceError)
    assert nbtrace.diff(C, C).report() == terminal.render(diff_view(nbtrace.diff(C, C)), 100)


def test_a_result_of_its_own_class_is_presented_as_its_kind() -> None:
    @dataclass(frozen=True)
    class Mine(nbtrace.SelfCheck):
        more: int = 0

    checked = nbtrace.check(C)
    assert repr(Mine(checked.trace, checked.single_precision, checked.checks)).startswith(
        "Mine: CONSISTENT  50 of 50 relations hold"
    )


def test_long_logs_are_short_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nbtrace.longlogs.long_files.LONG", 1)
    result = nbtrace.diff(C, PY)
    assert type(result) is not nbtrace.DiffResult
    first, counts = repr(result).splitlines()
    assert first.startswith("LongDiffResult: DIFFER  first divergence rot_a_angstroms z")
    assert counts.startswith("  149 of 149 values compared; diverging quantities: 14;")
    assert "rot_a_angstroms" in str(result._repr_html_())


def test_comparing_names_of_logs_needs_no_numpy() -> None:
    code = f"import sys, nbtrace; print(nbtrace.diff({str(C)!r}, {str(PY)!r})); print('numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("\nFalse\n")


def test_a_report_is_plain_where_colours_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    result = nbtrace.check(C)
    plain = result.report()
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    assert result.report() == plain
    assert "\x1b" not in plain
