"""`nbtrace compare` with several candidates, and suites of them: programs of the tests that start in a moment."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from nbtrace.explanation.images.image_causes import ImageCauses
from nbtrace.report.documents.models.compare_candidates import CompareCandidatesDocument
from nbtrace.report.documents.models.suite import SuiteDocument
from tests.programs.conftest import FLAGS, PROGRAM

if TYPE_CHECKING:
    from tests.cli.conftest import Run


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with ref, its copy good, and bad and worse, whose images are 1 % too bright; ref counts its runs."""
    # What the simulator says of such images is searched for in vain, and for seconds.
    monkeypatch.setattr("nbtrace.cli.compare_runs.causes_of_images", lambda *_: ImageCauses(refused="not asked"))
    monkeypatch.setattr("nbtrace.cli.compare_runs.runs_of_pixels", None)  # nor is it run for the traces
    monkeypatch.setattr("nbtrace.cli.run_candidates.can_draw", lambda: False)  # pictures take seconds each
    counted = PROGRAM.replace(
        "words = sys.argv[1:]", f"words = sys.argv[1:]\nopen({str(tmp_path / 'ran')!r}, 'a').write('x')"
    )
    bright = PROGRAM.replace("float(1 + n % 7)", "1.01 * (1 + n % 7)")
    texts = {"ref": counted, "good": PROGRAM, "bad": bright, "worse": bright + "# another file\n"}
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    return tmp_path


def said(text: str) -> str:
    return " ".join(text.split())


THREE = ("compare", "--ref", "./ref", "--cand", "./good", "--cand", "./bad", "--cand", "third=./worse --x=1")


def test_candidates_are_a_table_and_the_reference_runs_once(nb: "Run", programs: Path) -> None:
    ended = nb(*THREE, "--no-trace", "--json", "r.json", "--bundle", "e", "--", *FLAGS.split())
    assert ended.code == 1, ended.err
    assert said(ended.out).startswith(
        "DIFFER 1 of 3 candidates agree with C: good; differ: bad, third; the images of bad and third are the same to "
        "the bit"
    )
    assert (programs / "ran").read_text() == "x"
    document = CompareCandidatesDocument.model_validate(json.loads((programs / "r.json").read_text()))
    assert [(name, entry.verdict) for name, entry in document.candidates.items()] == [
        ("good", "agree"),
        ("bad", "differ"),
        ("third", "differ"),
    ]
    assert document.candidates["third"].program == "./worse --x=1"
    assert document.same_images == (("bad", "third"),)
    junit = nb("report", "e", "--format", "junit", "-o", "-").out
    assert 'name="good: scale" time="0.000" />' in junit
    assert 'name="bad: scale"' in junit
    assert "Several programs on the same flags" in nb("report", "e", "-o", "-").out
    assert nb("history", "add", "e").code == 0
    cases = {json.loads(line)["case"] for line in (programs / "history.jsonl").read_text().splitlines()}
    assert len(cases) == 3
    assert all(case.endswith((" [good]", " [bad]", " [third]")) for case in cases)


def test_the_files_of_each_candidate_have_its_name(nb: "Run", programs: Path) -> None:
    ended = nb(*THREE, "--outdir", "out", "--", *FLAGS.split())
    assert ended.code == 1
    assert "no pictures: they need matplotlib" in ended.err
    names = {path.name for path in (programs / "out").iterdir()}
    assert {"1_good_images.npz", "2_bad_images.npz", "3_third_images.npz", "report.md", "summary.json"} <= names
    traced = json.loads((programs / "out" / "summary.json").read_text())["candidates"]["bad"]["comparison"]["traces"]
    assert traced[0]["first_divergence"] == "I_before_scaling"


def test_a_tolerance_may_be_of_a_quantity_that_one_candidate_traces(nb: "Run", programs: Path) -> None:
    for name in ("ref", "good"):
        text = (programs / name).read_text()
        own = '    print("TRACE_C: mine 1.0")\n'
        (programs / name).write_text(
            text.replace('    print(f"TRACE_C: I_pixel_final', f'{own}    print(f"TRACE_C: I_pixel_final')
        )
    words = ("compare", "--ref", "./ref", "--cand", "./good", "--cand", "./bad", "-t")
    known = nb(*words, "mine=1e-3", "--", *FLAGS.split())
    assert (known.code, known.err) == (1, "")
    assert nb(*words, "mone=1e-3", "--", *FLAGS.split()).code == 2


def test_a_waiver_may_name_the_candidate(nb: "Run", programs: Path) -> None:
    gates = '["scale", "sum ratio", "worst pixels"]'
    waiver = f'[[waiver]]\nquantity = {gates}\nbound = 0.02\nreason = "known"\nowner = "jan"\nexpiry = 2999-12-31\n'
    (programs / "one.toml").write_text(waiver + 'candidate = "bad"\n')
    (programs / "both.toml").write_text(waiver)
    words = (*THREE, "--no-trace", "--waivers")
    one = nb(*words, "one.toml", "--json", "one.json", "--", *FLAGS.split())
    assert one.code == 1
    told = json.loads((programs / "one.json").read_text())["waivers"]
    assert {item["case"].rpartition(" ")[2] for item in told["left"]} == {"[third]"}
    assert told["waivers"][0]["candidate"] == "bad"
    assert nb(*words, "both.toml", "--", *FLAGS.split()).code == 0


SUITE = f'''
format_version = 1
name = "small"
[defaults]
traces = false
[[case]]
name = "a"
flags = "{FLAGS}"
[[case]]
name = "b"
flags = "{FLAGS} -phi 1"
'''


def test_a_suite_is_cases_by_candidates_kept_and_merged(nb: "Run", programs: Path) -> None:
    (programs / "s.toml").write_text(SUITE)
    words = (*THREE, "--suite", "s.toml", "--results", "r", "--json")
    ended = nb(*words, "one.json")
    assert ended.code == 1, ended.err
    assert (programs / "ran").read_text() == "xx"
    assert "2 of 6 comparisons agree (2 cases with 3 candidates)" in said(ended.out)
    document = SuiteDocument.model_validate(json.loads((programs / "one.json").read_text()))
    assert {(case.case, case.candidate): case.outcome for case in document.cases.values()} == {
        ("a", "good"): "agree",
        ("a", "bad"): "differ",
        ("a", "third"): "differ",
        ("b", "good"): "agree",
        ("b", "bad"): "differ",
        ("b", "third"): "differ",
    }
    again = nb(*words, "two.json", "--only", "a")
    assert "3 done before" in said(again.out)
    assert (programs / "ran").read_text() == "xx"
    nb(*words, "three.json")
    assert nb("merge", "r", "--json", "m.json").code == 1
    digests = {json.loads((programs / f"{name}.json").read_text())["digest"] for name in ("one", "three", "m")}
    assert len(digests) == 1
    assert json.loads((programs / "m.json").read_text())["candidates"][2]["name"] == "third"


def test_the_script_for_slurm_names_every_candidate(nb: "Run", programs: Path) -> None:
    (programs / "s.toml").write_text(SUITE)
    script = nb("suite", "slurm", "s.toml", "--cand", "./a", "--cand", "b=./c -x").out
    assert "--cand ./a --cand 'b=./c -x'" in script
    assert nb("suite", "slurm", "s.toml", "--cand", "./a", "--cand", "./a").code == 2


@pytest.mark.parametrize(
    ("words", "code", "complaint"),
    [
        (("--cand", "./good", "--cand", "./good"), 2, "given twice"),
        (("--cand", "a=./good", "--cand", "a=./bad"), 2, "two candidates are called 'a'"),
        (("--cand", "./good", "--cand", "./nope"), 5, "./nope is not there"),
        (("--cand", "./good", "--cand", ""), 2, "is empty"),
        (("--cand", "a=./good"), 2, "of one give --cand './good'"),
        (
            ("--cand", "./good", "--cand", "./bad", "--mode", "spec"),
            2,
            "--mode, --device and --dtype are of the embedded",
        ),
    ],
)
def test_a_wrong_call_gets_one_line_before_anything_runs(
    nb: "Run", programs: Path, words: tuple[str, ...], code: int, complaint: str
) -> None:
    ended = nb("compare", "--ref", "./ref", *words, "--", *FLAGS.split())
    assert (ended.code, ended.out) == (code, "")
    assert complaint in ended.err
    assert ended.err.count("\n") == 1
    assert not (programs / "ran").exists()


def test_a_candidate_that_fails_is_told_beside_the_others(nb: "Run", programs: Path) -> None:
    (programs / "broken").write_text("#!/bin/sh\nexit 3\n")
    (programs / "broken").chmod(0o755)
    ended = nb(
        "compare", "--ref", "./ref", "--cand", "./broken", "--cand", "./good", "--no-trace", "--", *FLAGS.split()
    )
    assert ended.code == 5
    assert said(ended.out).startswith("NOT COMPARABLE 1 of 2 candidates agree with C: good; not compared: broken")
