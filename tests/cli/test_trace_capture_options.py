import json
from pathlib import Path

import pytest

from nbtrace.cli import compare_runs
from nbtrace.cli.nb_compare import main as nb_compare
from tests.cli.conftest import Run
from tests.programs.silent import FLAGS, compiled


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compiled(tmp_path_factory.mktemp("silent"))


@pytest.fixture(autouse=True)
def _no_programs_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NB_C_BIN", "NB_PY_BIN", "MODE", "RUNS", "OMP_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)


def test_a_silent_reference_is_compared_by_its_captured_values(
    nb: Run, programs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compare_runs, "can_draw", lambda: False)
    monkeypatch.setenv("RUNS", str(tmp_path / "runs"))
    ended = nb("compare", "--ref", programs / "deaf", "--cand", programs / "tracing", "--probes",
               programs / "silent.toml", "--json", "s.json", "--bundle", "b", "--", *FLAGS.split())  # fmt: skip
    assert ended.code == 0
    said = " ".join(ended.out.split())
    assert "the traces of 1 pixel agree INFO C prints no trace: its values were captured with gdb, from its" in said
    (probe,) = json.loads((tmp_path / "s.json").read_text())["traces"]
    assert (probe["verdict"], probe["compared"], probe["py_captured"]) == ("agree", 2, None)
    assert (probe["c_captured"]["back_end"], probe["c_captured"]["twin"]) == ("gdb", False)
    assert probe["c_captured"]["same"] == ["float.bin"]
    # Image and captured run of one, which is not asked for a trace that it does not know; image and trace of the other.
    assert (tmp_path / "runs").read_text() == "...t"
    assert "# certificate: float.bin the same bytes" in (tmp_path / "b" / "trace_c_7_7.log").read_text()


def test_a_suite_says_of_which_cases_no_trace_could_be_captured(nb: Run, programs: Path, tmp_path: Path) -> None:
    cases = "".join(f'[[case]]\nname = "{name}"\nflags = "{FLAGS}"\n' for name in ("first", "second"))
    (tmp_path / "s.toml").write_text(f'format_version = 1\nname = "silent"\n{cases}')
    ended = nb("compare", "--suite", "s.toml", "--ref", programs / "without_debug", "--cand", programs / "tracing",
               "--probes", programs / "silent.toml", "--json", "s.json")  # fmt: skip
    assert ended.code == 0
    said = " ".join(ended.out.split())
    assert said.startswith("AGREE 2 of 2 cases agree; 128 pixels compared, the traces of 0 pixels")
    assert "NOTE pixels not traced on both sides (first, second): C: without_debug printed no TRACE_ lines" in said
    assert "give --build 'COMMAND'" in said
    for case in json.loads((tmp_path / "s.json").read_text())["cases"].values():
        assert (case["traced_pixels"], case["captured_pixels"]) == (0, 0)
        assert "no debug information" in case["untraced"][0]


def test_the_trust_in_a_reference_says_what_its_traces_lack(nb: Run, programs: Path, tmp_path: Path) -> None:
    words = ["--repeat", "2", "--threads", "1", "--probes", programs / "silent.toml", "--json", "t.json", "--"]
    ended = nb("trust", "--ref", programs / "without_debug", *words, *f"{FLAGS} -roi 7 7 7 7".split())
    assert ended.code == 0
    assert "give --build 'COMMAND' to have a twin of it built so" in " ".join(ended.out.split())
    (trial,) = json.loads((tmp_path / "t.json").read_text())["traces"]
    assert (trial["compared"], trial["captured"]) == (0, None)
    assert "no values are captured" in trial["reason"]


def test_the_command_of_the_field_takes_the_options_too(
    programs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, nb: Run
) -> None:
    words = ["--c-bin", programs / "without_debug", "--py-bin", programs / "tracing", "--outdir", "out", "--probes"]
    words += [programs / "silent.toml", "--build", "false {flags} {program}", "--", *FLAGS.split()]
    monkeypatch.setattr(compare_runs, "can_draw", lambda: False)
    monkeypatch.setattr("sys.argv", ["nb-compare", *map(str, words)])
    with pytest.raises(SystemExit) as ended:
        nb_compare()
    assert ended.value.code == 0
    (probe,) = json.loads((tmp_path / "out" / "summary.json").read_text())["traces"]
    assert "no values are captured: --build failed (exit 1)" in probe["reason"]


WRONG = (
    (("compare", "--build", "make"), "--build 'make' has no {program}"),
    (("compare", "--build", "make {program} {flags}", "--no-trace"), "leave it out with --no-trace"),
    (("compare", "--probes", "p.toml", "--archived", "."), "leave it out with --archived"),
    (("trust", "--probes", "p.toml", "--no-trace"), "leave it out with --no-trace"),
    (("trust", "--build", "make {program}"), "has no {flags}"),
)


@pytest.mark.parametrize(("words", "said"), WRONG)
def test_a_wrong_call_is_one_line(nb: Run, ref: Path, words: tuple[str, ...], said: str) -> None:
    ended = nb(*words, *(() if "--archived" in words else ("--ref", ref)), "--", *FLAGS.split())
    assert (ended.code, ended.out) == (2, "")
    assert said in ended.err
    assert ended.err.count("\n") == 1


@pytest.mark.parametrize("command", ["compare", "trust"])
def test_a_probe_file_that_is_missing_or_none_ends_it_before_anything_runs(
    nb: Run, ref: Path, tmp_path: Path, command: str
) -> None:
    (tmp_path / "none.toml").write_text("probe = 3\n")
    for name, code in (("missing.toml", 3), ("none.toml", 2)):
        ended = nb(command, "--ref", ref, "--probes", name, "--", *FLAGS.split())
        assert (ended.code, ended.out) == (code, "")
        assert name in ended.err
        assert ended.err.count("\n") == 1
