"""The pytest plugin, in pytest runs of its own."""

import fnmatch
import glob
import json
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from nbtrace.evidence.verification import Integrity
from nbtrace.evidence.verify import verify
from tests.places import EXAMPLES

PLUGIN = "nbtrace.pytest_plugin"

KEPT = tuple(map(import_module, ("nbtrace.compare.arrays", "nbtrace.compare.images", "pandas")))
"""Modules that a run within this process would forget when it ends, and half of which the next one would find again."""


@pytest.fixture
def folder(pytester: pytest.Pytester, pairs: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A folder with the supervisor's logs and the configuration of no project."""
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    for name in ("c.log", "c_roi_fresh.log"):
        shutil.copy(pairs / "supervisor__685_1039" / name, pytester.path / name)
    for side in ("c", "py"):
        shutil.copy(pairs / "polar_09__35_24" / f"{side}.log", pytester.path / f"short_{side}.log")
    return pytester


def run(folder: pytest.Pytester, *options: str) -> pytest.RunResult:
    return folder.runpytest_inprocess("-p", PLUGIN, "-p", "no:cacheprovider", "-q", *options)


def test_what_agrees_passes_and_gives_its_result(folder: pytest.Pytester) -> None:
    text = (folder.path / "c.log").read_text()
    (folder.path / "near.log").write_text(text.replace("F_cell 190.27", "F_cell 190.28"))
    folder.makepyfile(
        """
        from pathlib import Path
        import nbtrace

        def test_files(parity):
            result = parity("c.log", Path("c.log"))
            assert result.verdict is nbtrace.Verdict.AGREE
            assert result.coverage.compared > 100

        def test_traces(parity):
            c = nbtrace.read_trace("c.log")
            assert parity.traces(c, nbtrace.read_trace("c.log"), strict=True).c is c

        def test_near(parity):
            parity("c.log", "near.log")

        def test_tolerance(parity):
            parity("c.log", "near.log", tolerance=1e-2)
            parity("c.log", "near.log", tolerance="1e-2")
            parity("c.log", "near.log", tolerance=["F_cell=1e-2", "polar=abs:1e-3"])
        """
    )
    run(folder).assert_outcomes(passed=3, failed=1)


def test_one_object_as_both_sides_fails(folder: pytest.Pytester) -> None:
    folder.makepyfile(
        """
        import nbtrace, numpy

        def test_traces(parity):
            c = nbtrace.read_trace("c.log")
            parity(c, c)

        def test_arrays(parity):
            c = numpy.random.default_rng(1).random((8, 9))
            parity(c, c)

        def test_copies(parity):
            c = numpy.random.default_rng(1).random((8, 9))
            parity(c, c.copy())
        """
    )
    result = run(folder)
    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(["*both sides are the same Trace object*", "*both sides are the same ndarray object*"])


@pytest.mark.parametrize(
    ("array", "said"),
    [("numpy.array([[2**60, 1], [2, 3]])", "integers above 2^53"), ("numpy.zeros((0, 5))", "two dimensions")],
)
def test_arrays_that_cannot_be_compared_fail_in_one_line(folder: pytest.Pytester, array: str, said: str) -> None:
    folder.makepyfile(f"import numpy\ndef test_it(parity):\n    parity({array}, {array})\n")
    result = run(folder)
    result.assert_outcomes(failed=1)
    assert f"{said}" in result.stdout.str()
    assert "Traceback" not in result.stdout.str()


def test_a_difference_fails_with_the_report_and_nothing_else(folder: pytest.Pytester) -> None:
    folder.makepyfile(
        test_a="""
        def test_differs(parity):
            parity("c.log", "c_roi_fresh.log")
            raise SystemError("not reached")
        """
    )
    result = run(folder)
    result.assert_outcomes(failed=1)
    lines = result.stdout.lines
    start = next(i for i, line in enumerate(lines) if "test_differs __" in line)
    assert lines[start + 1].startswith("DIFFER  C: rot_a_angstroms, rot_b_angstroms, rot_c_angstroms at phi_tic 0")
    report = "\n".join(lines)
    assert 'test_a.py:2, comparison 1 of the test\n>   parity("c.log", "c_roi_fresh.log")\n' in report
    assert "First divergence rot_a_angstroms z: Py − C = -0.034363 Å" in report
    assert "rot_b_angstroms.y" in report
    assert "quantities that agree are left out" in report
    for noise in ("Traceback", "pytest_plugin", "parity.py", "Error"):
        assert noise not in report
    result.stdout.fnmatch_lines(["FAILED test_a.py::test_differs - DIFFER  C: rot_a_angstroms, rot_b_angstroms*"])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("parity('c.log', 'nowhere.log')", "nbtrace: nowhere.log cannot be read: No such file or directory"),
        ("parity('c.log', 'empty.log')", "nbtrace: empty.log holds no trace values: it is empty"),
        ("parity('c.log', 'alien.log')", "nbtrace: nothing to compare: * have no quantity in common"),
        ("parity('c.log', 'c.log', tolerance=-1)", "nbtrace: --tolerance '-1.0': a tolerance is a finite number*"),
        ("parity('c.log', 'other_pixel.log')", "NOT COMPARABLE  the logs are not comparable*"),
        ("None", "parity was asked for, and nothing was compared"),
    ],
)
def test_what_cannot_be_compared_fails_in_one_line(folder: pytest.Pytester, call: str, message: str) -> None:
    (folder.path / "empty.log").write_bytes(b"")
    (folder.path / "alien.log").write_text("TRACE_PY: of_no_other_log 1\n")
    text = (folder.path / "c.log").read_text()
    placeless = "".join(line for line in text.splitlines(keepends=True) if "pixel_pos_meters" not in line)
    (folder.path / "other_pixel.log").write_text(placeless.replace("fpixel=1039", "fpixel=1038"))
    folder.makepyfile(f"def test_it(parity):\n    {call}\n")
    result = run(folder, "--nbtrace-report", "reports")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*test_it __*", message])
    assert not any("exception" in line for line in result.stdout.lines)
    assert (folder.path / "reports").exists() is message.startswith("NOT COMPARABLE")


def test_a_test_that_skips_or_fails_otherwise_is_not_blamed_for_comparing_nothing(folder: pytest.Pytester) -> None:
    folder.makepyfile(
        """
        import pytest

        def test_skips(parity):
            pytest.skip("later")

        @pytest.mark.xfail(strict=True)
        def test_expected(parity):
            raise SystemError

        def test_without():
            pass
        """
    )
    result = run(folder, "-rs")
    result.assert_outcomes(skipped=1, xfailed=1, passed=1)


@pytest.mark.slow
def test_every_failing_test_has_a_bundle_of_its_own(folder: pytest.Pytester) -> None:
    folder.makepyfile(
        **{
            "sub/test_a": """
            import pytest

            @pytest.mark.parametrize("name", ["x/y", "x:y", "x y", "X Y", "é" * 300, ".."])
            def test_differs(parity, name, monkeypatch, tmp_path):
                from nbtrace import read_trace
                c, py = read_trace("short_c.log"), read_trace("short_py.log")
                monkeypatch.chdir(tmp_path)
                parity(c, py)
            """,
            "test_b": "def test_differs(parity):\n    parity('short_c.log', 'short_py.log')\n",
            "test_c": "def test_agrees(parity):\n    parity('c.log', 'c.log')\n",
        }
    )
    result = run(folder, "--nbtrace-report", "reports")
    result.assert_outcomes(failed=7, passed=1)
    bundles = sorted((folder.path / "reports").iterdir())
    assert len({path.name.lower() for path in bundles}) == 7
    assert all(path.name.isascii() and len(path.name) < 100 for path in bundles)
    for path in bundles:
        assert verify(path).outcome() is Integrity.INTACT
        assert f"filed in {path}" in result.stdout.str().replace("\n", "")
        document = json.loads((path / "metrics.json").read_text())
        assert document["format"] == "nbtrace diff"
        assert document["answer"].startswith("first divergence")
        assert json.loads((path / "metrics_rerun1.json").read_text())["format"] == "nbtrace explain"
    own = next(path for path in bundles if path.name.startswith("test_b.py--test_differs-"))
    assert "pytest test_b.py::test_differs" in (own / "commands.txt").read_text()
    assert "| PASS |" in (own / "summary.md").read_text()
    assert (own / "c.log").read_bytes() == (folder.path / "short_c.log").read_bytes()
    assert (own / "py.log").read_bytes() == (folder.path / "short_py.log").read_bytes()


def test_a_second_run_adds_to_the_bundle(folder: pytest.Pytester) -> None:
    folder.makepyfile("def test_differs(parity):\n    parity('short_c.log', 'short_py.log')\n")
    for _ in range(2):
        run(folder, "--nbtrace-report", "reports").assert_outcomes(failed=1)
    (bundle,) = (folder.path / "reports").iterdir()
    assert verify(bundle).outcome() is Integrity.INTACT
    assert len(list(bundle.glob("metrics*.json"))) == 4


def test_a_folder_that_cannot_be_written_does_not_hide_the_report(folder: pytest.Pytester) -> None:
    (folder.path / "reports").write_text("a file")
    folder.makepyfile("def test_differs(parity):\n    parity('short_c.log', 'short_py.log')\n")
    result = run(folder, "--nbtrace-report", "reports")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["DIFFER  first divergence*", "not filed: *"])


def test_tolerances_of_the_project_hold(folder: pytest.Pytester) -> None:
    folder.makepyfile("def test_it(parity, monkeypatch):\n    parity('c.log', 'c_roi_fresh.log')\n")
    limits = "relative = 10\nquantities = { hkl_frac = { absolute = 1 }, phi_k_frac = { absolute = 1 } }\n"
    (folder.path / "pyproject.toml").write_text(f"[tool.nbtrace.tolerance]\n{limits}")
    run(folder, "--rootdir", str(folder.path)).assert_outcomes(passed=1)


def test_images_agree_whatever_they_come_as(folder: pytest.Pytester) -> None:
    rng = np.random.default_rng(7)
    pixels = rng.random((24, 32)) ** 4
    np.save(folder.path / "c.npy", pixels)
    pixels.astype(np.float32).tofile(folder.path / "py.bin")
    folder.makepyfile(
        """
        from pathlib import Path
        import numpy as np
        from nbtrace.images.image import Image

        def test_files(parity):
            result = parity("c.npy", Path("py.bin"), shape=(24, 32))
            assert result.metrics.pixels == 24 * 32

        def test_arrays(parity):
            c = np.load("c.npy")
            parity(c, Image(c.copy(), "a name", "array"))
            parity.images(c, c * (1 + 1e-4), tolerance=1e-3, sum_ratio=(0.99, 1.01))

        def test_both_in_one_file(parity):
            np.savez("both.npz", c=np.eye(4), py=np.eye(4))
            parity("both.npz", "both.npz")

        def test_mask(parity):
            c = np.load("c.npy")
            py = c.copy()
            py[3, 4] = 100.0
            assert parity(c, py, mask=c == py).metrics.pixels == 24 * 32 - 1
        """
    )
    run(folder).assert_outcomes(passed=4)


def test_images_that_differ_fail_with_the_report_and_are_kept(folder: pytest.Pytester) -> None:
    pixels = np.random.default_rng(7).random((24, 32)) ** 4
    np.save(folder.path / "c.npy", pixels)
    folder.makepyfile(
        test_a="""
        import numpy as np

        def test_differs(parity):
            py = np.load("c.npy")
            py[3, 4] += 100.0
            parity("c.npy", py)
        """
    )
    result = run(folder, "--nbtrace-report", "reports")
    result.assert_outcomes(failed=1)
    lines = result.stdout.lines
    start = next(i for i, line in enumerate(lines) if "test_differs __" in line)
    assert lines[start + 1].startswith("DIFFER  ")
    assert "Traceback" not in result.stdout.str()
    (bundle,) = (folder.path / "reports").iterdir()
    assert verify(bundle).outcome() is Integrity.INTACT
    document = json.loads((bundle / "metrics.json").read_text())
    assert (document["worst_pixels"][0]["slow"], document["worst_pixels"][0]["fast"]) == (3, 4)
    assert "pytest test_a.py::test_differs" in (bundle / "commands.txt").read_text()
    with np.load(bundle / "images.npz") as kept:
        np.testing.assert_array_equal(kept["c"], pixels)
        assert kept["py"][3, 4] == pixels[3, 4] + 100.0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("parity(np.zeros((4, 4)), np.zeros((4, 4)))", "nbtrace: there is nothing to compare: *"),
        ("parity.images(np.ones(4), np.ones(4))", "nbtrace: C: an image is a two-dimensional array of real numbers*"),
        ("parity(np.ones((2, 2)), [['a']])", "nbtrace: Py: an image is a two-dimensional array of real numbers, *"),
        ("parity(np.ones((4, 4)), np.ones((4, 5)))", "nbtrace: the images differ in shape*"),
        ("parity(np.eye(4), 'nowhere.npy')", "nbtrace: nowhere.npy cannot be read: *"),
        ("parity(np.eye(4) * np.nan, np.eye(4))", "nbtrace: *no pixel to compare*"),
    ],
)
def test_images_that_cannot_be_compared_fail(folder: pytest.Pytester, call: str, message: str) -> None:
    folder.makepyfile(f"import numpy as np\ndef test_it(parity):\n    {call}\n")
    result = run(folder)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*test_it __*", message])
    assert not any("exception" in line for line in result.stdout.lines)


def test_a_trace_and_an_image_are_no_pair(folder: pytest.Pytester) -> None:
    folder.makepyfile(
        """
        import nbtrace
        import numpy as np

        def test_it(parity):
            parity(nbtrace.read_trace("c.log"), np.eye(4))
        """
    )
    result = run(folder)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["nbtrace: C: an image is a two-dimensional array of real numbers, not Trace *"])


def test_the_plugin_costs_next_to_nothing() -> None:
    code = f"import sys, pytest; before = set(sys.modules); import {PLUGIN}; print(sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(["nbtrace", PLUGIN])


def test_the_plugin_is_registered_once_however_often_it_is_named(folder: pytest.Pytester) -> None:
    folder.makeconftest(f"pytest_plugins = ({PLUGIN!r},)\n")
    result = folder.runpytest_subprocess("-p", PLUGIN, "--fixtures", "-q")
    assert result.stdout.str().count("Compare two traces, images or arrays") == 1
    assert run(folder, "--help").stdout.str().count("--nbtrace-report=DIR") == 1


@pytest.fixture
def rod(folder: pytest.Pytester) -> pytest.Pytester:
    """A folder with the logs of the rod and their vocabulary."""
    for name in ("loops.log", "arrays.log", "arrays_mistake.log", "rod.toml"):
        shutil.copy(EXAMPLES / "heat" / name, folder.path / name)
    return folder


def test_other_peoples_physics(rod: pytest.Pytester) -> None:
    rod.makepyfile(
        """
        import pathlib
        import nbtrace

        def test_file(parity):
            result = parity("loops.log", "arrays.log", vocabulary="rod.toml", tolerance="radius_mm=abs:1e-6")
            assert result.c.vocabulary.name == "rod"
            assert result.policy.of("radius_m").value == 1e-9

        def test_path(parity):
            parity.traces("loops.log", "arrays.log", vocabulary=pathlib.Path("rod.toml"))

        def test_vocabulary(parity):
            parity("loops.log", "arrays.log", vocabulary=nbtrace.load_vocabulary("rod.toml"))

        def test_trace_and_file(parity):
            words = nbtrace.load_vocabulary("rod.toml")
            result = parity(nbtrace.read_trace("loops.log", vocabulary=words), "arrays.log")
            assert result.py.vocabulary is words
        """
    )
    run(rod).assert_outcomes(passed=4)


def test_the_project_names_the_vocabulary(rod: pytest.Pytester) -> None:
    (rod.path / "pyproject.toml").write_text("[tool.nbtrace]\nvocabulary = 'rod.toml'\n[tool.pytest.ini_options]\n")
    rod.makepyfile(
        test_rod="""
        def test_agree(parity):
            parity("loops.log", "arrays.log")

        def test_differ(parity):
            parity("loops.log", "arrays_mistake.log")

        def test_nanobragg(parity):
            parity("c.log", "c.log", vocabulary="nanobragg")
        """
    )
    result = run(rod, "--nbtrace-report", "reports")
    result.assert_outcomes(passed=2, failed=1)
    text = result.stdout.str()
    assert "First divergence flux_W_m2 [step 1, cell 0]" in text
    assert "flux_W_m2 at step 1, cell 0: stale" in " ".join(text.split())
    (filed,) = (rod.path / "reports").iterdir()
    assert verify(filed).outcome(strict=False) is Integrity.INTACT
    assert (filed / "rod.toml").read_bytes() == (rod.path / "rod.toml").read_bytes()
    inputs = json.loads((filed / "metrics.json").read_text())["provenance"]["inputs"]
    assert "rod.toml" in [Path(item["path"]).name for item in inputs]


@pytest.mark.parametrize(
    ("name", "message"), [("nosuch", "there is no vocabulary 'nosuch'"), ("nosuch.toml", "nosuch.toml cannot be read")]
)
def test_a_vocabulary_that_is_none_fails_in_one_line(rod: pytest.Pytester, name: str, message: str) -> None:
    rod.makepyfile(f"def test_it(parity):\n    parity('loops.log', 'arrays.log', vocabulary={name!r})\n")
    result = run(rod)
    result.assert_outcomes(failed=1)
    assert f"nbtrace: {message}" in result.stdout.str()
    assert "Traceback" not in result.stdout.str()


def test_arrays_of_every_kind_agree(folder: pytest.Pytester) -> None:
    folder.makepyfile(
        """
        import sys
        import numpy as np
        import pandas as pd
        import nbtrace

        def test_line(parity):
            result = parity(np.linspace(1, 2, 7), list(np.linspace(1, 2, 7) * (1 + 1e-9)))
            assert result.verdict is nbtrace.Verdict.AGREE
            assert result.compared == 7

        def test_block(parity):
            c = np.random.default_rng(3).random((2, 3, 4))
            assert parity(c, c.astype(np.float32), tolerance=1e-6).compared == 24

        def test_names(parity):
            c = {"F": np.arange(3.0), "inner": {"k": 1.0}}
            py = {"F": np.arange(3.0) * (1 + 1e-4), "inner": {"k": 1.001}}
            assert parity(c, py, tolerance={"F": 1e-3, "inner.k": "abs:0.01"}).compared == 4

        def test_table(parity):
            c = pd.DataFrame({"E": [1.0, 2.0], "element": ["Fe", "Cu"]}, index=["a", "b"])
            assert parity(c, c.copy()).compared == 4

        def test_matrix(parity):
            parity.arrays(np.eye(3), np.eye(3))

        def test_nan_on_both(parity):
            c = np.array([np.nan, 1.0])
            assert parity(c, c.copy(), equal_nan=True).arrays[0].left_out == 1
        """
    )
    run(folder).assert_outcomes(passed=6)


def test_a_tensor_is_compared_and_torch_is_not_imported_for_anything_else(folder: pytest.Pytester) -> None:
    folder.makepyfile(
        """
        import sys

        def test_numbers(parity):
            parity([1.0, 2.0], [1.0, 2.0])
            assert "torch" not in sys.modules

        def test_tensors(parity):
            import torch

            c = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)
            parity(c, [1.0, 2.0])
            parity({"a": c}, {"a": c.detach().clone()})
            parity(torch.ones(3, dtype=torch.bfloat16), torch.ones(3))
        """
    )
    result = folder.runpytest_subprocess("-p", PLUGIN, "-p", "no:cacheprovider", "-q")
    result.assert_outcomes(passed=2)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("parity([], [])", "nbtrace: there is nothing to compare: array: it holds no element"),
        ("parity({}, {})", "nbtrace: there is nothing to compare: C and Py hold no array"),
        ("parity([nan], [nan], equal_nan=True)", "nbtrace: there is nothing to compare: array: * nothing but nan"),
        (
            "parity([nan, nan], [nan, nan])",
            "DIFFER  array[[]0]: C nan, Py nan, NOT_FINITE (not finite: 2)*",
        ),
        ("parity({'F': [1.0]}, {'G': [1.0]})", "DIFFER  Py has no F; G differs, too"),
        ("parity({'F': [1.0], 'E': []}, {'F': [1.0], 'E': []})", "DIFFER  E: it holds no element"),
        ("parity([1.0, 2.0], [1.0])", "DIFFER  array: C has shape (2,), Py has shape (1,)"),
        ("parity([1.0], 1.0)", "DIFFER  array: C has shape (1,), Py has shape ()"),
        ("parity(line, line)", "nbtrace: both sides are the same ndarray object, which tells nothing"),
        ("parity({'F': line}, {'F': line})", "nbtrace: * C and Py hold the same object, which tells nothing"),
        ("parity(line, line[:])", "nbtrace: * C and Py hold the same object, which tells nothing"),
        ("parity([1, 2], [1, 3], tolerance={'arry': 1})", "nbtrace: a tolerance is given for arry, * mean array[?]"),
        ("parity([1, 2], [1, 3], relative=-1)", "nbtrace: tolerance -1: a tolerance is a finite number of 0 or more"),
        ("parity([10**7], [10**7 + 1])", "DIFFER  array[[]0]: C 10000000, Py 10000001, * 1 of 1 element differs"),
        ("parity(line, line * 1.5)", "DIFFER  array: Py is C times 1.5; *"),
        ("parity({'F': line}, {'F': [object()]})", "nbtrace: Py: F holds Python objects*"),
    ],
)
def test_arrays_that_do_not_agree_fail(folder: pytest.Pytester, call: str, message: str) -> None:
    given = "import numpy as np\nnan = float('nan')\nline = np.arange(9.0)\n"
    folder.makepyfile(f"{given}def test_it(parity):\n    {call}\n")
    result = run(folder)
    result.assert_outcomes(failed=1)
    text = " ".join(result.stdout.str().split())
    place = f"test_*.py:5, comparison 1 of the test > {glob.escape(call)}"
    assert fnmatch.fnmatchcase(text, f"*test_it __* {' '.join(message.split())} *{place} *")
    assert "Traceback" not in text


def test_the_worst_element_of_a_table_has_its_name(folder: pytest.Pytester) -> None:
    folder.makepyfile(
        """
        import pandas as pd

        def test_it(parity):
            c = pd.DataFrame({"E": [1.0, 2.0, 3.0]}, index=["Fe", "Cu", "Zn"])
            parity(c, c.assign(E=[1.0, 2.5, 3.0]))
        """
    )
    result = run(folder, "--nbtrace-report", "reports")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["DIFFER  E[[]'Cu'[]]: C 2, Py 2.5, 2.000e-01 relative, CRITICAL; 1 of 3*"])
    (bundle,) = (folder.path / "reports").iterdir()
    assert verify(bundle).outcome() is Integrity.INTACT
    document = json.loads((bundle / "metrics.json").read_text())
    assert (document["format"], document["arrays"][0]["worst"]["label"]) == ("nbtrace arrays", "'Cu'")
    with np.load(bundle / "arrays.npz") as kept:
        np.testing.assert_array_equal(kept["py.E"], [1.0, 2.5, 3.0])


@pytest.mark.slow
def test_a_failure_shows_the_line_of_the_test_and_which_call_it_is(folder: pytest.Pytester) -> None:
    folder.makepyfile(
        test_b="""
        from hypothesis import HealthCheck, given, settings
        from hypothesis import strategies as st

        @settings(suppress_health_check=list(HealthCheck), database=None, max_examples=3)
        @given(st.floats(1, 2))
        def test_given(parity, x):
            parity([x, 3.0], [x, 3.5])
        """,
        helper="""
        def same(parity, c, py):
            parity(
                c,
                py,
            )
        """,
        test_a="""
        from helper import same

        def test_several(parity):
            parity([1.0], [1.0])
            for py in (1.0, 2.0):
                same(parity, [1.0], [py])
        """,
    )
    folder.syspathinsert()
    result = run(folder)
    result.assert_outcomes(failed=2)
    wanted = [
        "test_a.py:6, comparison 3 of the test",
        ">   same(parity, [[]1.0], [[]py])",
        "helper.py:2",
        ">   parity(",
        ">       c,",
        ">       py,",
        ">   )",
    ]
    result.stdout.fnmatch_lines(wanted, consecutive=True)
    result.stdout.fnmatch_lines(
        ["test_b.py:7, comparison * of the test", ">   parity([[]x, 3.0], [[]x, 3.5])"], consecutive=True
    )
    result.stdout.fnmatch_lines(["FAILED test_a.py::test_several - DIFFER  array[[]0]: C 1, Py 2*"])
    short = run(folder, "--tb=line")
    short.stdout.fnmatch_lines(["*test_a.py:6: DIFFER  array[[]0]: C 1, Py 2*"])


def test_open_files_and_tolerances_by_name(folder: pytest.Pytester) -> None:
    text = (folder.path / "c.log").read_text()
    (folder.path / "near.log").write_text(text.replace("F_cell 190.27", "F_cell 190.28"))
    folder.makepyfile(
        """
        import io

        def test_near(parity):
            with open("c.log") as c, open("near.log", "rb") as py:
                parity(c, py, tolerance={"F_cell": 1e-2})

        def test_text(parity):
            with open("c.log") as c:
                text = c.read()
            parity(io.StringIO(text), "c.log")
        """
    )
    run(folder).assert_outcomes(passed=2)
