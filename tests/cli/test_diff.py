import hashlib
import json
import shlex
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import nbtrace
from benchmarks.long_logs import write_pair

if TYPE_CHECKING:
    from tests.cli.conftest import Run


def test_the_first_line_answers(nb: "Run", supervisor: Path) -> None:
    ended = nb("diff", supervisor / "c.log", supervisor / "py.log")
    assert ended.out.startswith("DIFFER  first divergence scattering_vec_A_inv x: ")
    said = " ".join(ended.out.split())
    assert "I_pixel_final Py/C = 107490.368: fluence_photons_per_m2 1e+24 against 1.25932e+29 (configuration)" in said
    assert "compared 80 of 292 values" in ended.out


def test_every_form_goes_to_its_file_and_the_report_is_printed_too(nb: "Run", supervisor: Path, tmp_path: Path) -> None:
    ended = nb(
        "diff", supervisor / "c.log", supervisor / "py.log", "--md", "r.md", "--json", "deep/m.json", "-o", "r.txt"
    )
    assert ended.code == 1
    assert (tmp_path / "r.txt").read_text().splitlines()[0].startswith("DIFFER")
    assert (tmp_path / "r.md").read_text().startswith("# Trace comparison: C against Py\n\n**DIFFER**")
    document = json.loads((tmp_path / "deep" / "m.json").read_text())
    assert document["first_divergence"] == "scattering_vec_A_inv"
    (inputs,) = ({item["path"]: item["sha256"] for item in document["provenance"]["inputs"]},)
    for name in ("c.log", "py.log"):
        path = supervisor / name
        assert inputs[str(path)] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert document["provenance"]["command"].endswith("-o r.txt")


def test_a_script_without_prefixes_is_read_and_that_is_said(nb: "Run", tmp_path: Path) -> None:
    lines = "=== pixel (12, 34) ===\n  a_star{0}[1.0e-02, 0.0, 0.0]\nF_latt{0}-2.38\nI_pixel_final{0}1.5\n"
    for name, between in (("colon.log", ": "), ("sign.log", " = ")):
        (tmp_path / name).write_text(lines.format(between))
    ended = nb("diff", "colon.log", "sign.log")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("AGREE  3 of 3 values compared, none diverges\n")
    assert "no line has a trace prefix; read 3 lines `key = value`" in ended.out


def test_where_nothing_is_readable_an_example_is_shown(nb: "Run", tmp_path: Path) -> None:
    (tmp_path / "prose.log").write_text("Dear reader,\nnothing here is a value.\n")
    ended = nb("diff", "prose.log", "prose.log")
    assert ended.code == 3
    assert ended.err.count("\n") == 1
    assert "one that is read is `TRACE_PY: I_pixel_final 1.5`; docs/trace-format.md" in ended.err


@pytest.mark.parametrize("form", ["--md", "--json", "-o"])
def test_an_existing_file_needs_force(nb: "Run", supervisor: Path, tmp_path: Path, form: str) -> None:
    target = tmp_path / "out"
    target.write_text("precious")
    arguments = ["diff", supervisor / "c.log", supervisor / "py.log", form, target]
    refused = nb(*arguments)
    assert refused.code == 2
    assert refused.out == ""
    assert target.read_text() == "precious"
    assert nb(*arguments, "--force").code == 1
    assert target.read_text() != "precious"


def test_a_form_for_standard_output_takes_the_place_of_the_report(nb: "Run", supervisor: Path) -> None:
    c, py = supervisor / "c.log", supervisor / "py.log"
    assert json.loads(nb("diff", c, py, "--json", "-").out)["format"] == "nbtrace diff"
    assert nb("diff", c, py, "--md", "-").out.startswith("# Trace comparison")
    both = nb("diff", c, py, "--md", "-", "--json", "-")
    assert both.code == 2
    assert "cannot both print" in both.err
    same = nb("diff", c, py, "--md", "x", "--json", "./x")
    assert same.code == 2
    assert "different files" in same.err


def test_a_file_that_cannot_be_written_is_one_line(nb: "Run", supervisor: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ended = nb("diff", supervisor / "c.log", supervisor / "py.log", "--json", "file/x.json")
    assert ended.code == 2
    assert ended.err.count("\n") == 1


def test_brief_leaves_out_what_agrees(nb: "Run", supervisor: Path) -> None:
    whole = nb("diff", supervisor / "c.log", supervisor / "py.log", "--all").out
    brief = nb("diff", supervisor / "c.log", supervisor / "py.log", "--brief").out
    assert "fdet_vec.x" in whole
    assert "fdet_vec.x" not in brief
    assert "quantities that agree are left out" in brief
    assert "compared 80 of 292 values" in brief


def test_unified_output_is_a_diff_of_the_logs(nb: "Run", supervisor: Path, tmp_path: Path) -> None:
    c, py = supervisor / "c.log", supervisor / "py.log"
    ended = nb("diff", c, py, "-u", "-o", "d.diff")
    assert ended.code == 1
    lines = [line for line in ended.out.splitlines() if not line.startswith("# ")]
    assert lines[:2] == [f"--- {c}", f"+++ {py}"]
    assert "# NOTE  C phi_tic 0 repeats phi_tic 9" in ended.out
    assert (tmp_path / "d.diff").read_text() == ended.out
    same = nb("diff", c, c, "--unified")
    assert (same.code, same.out) == (0, "")


def test_strict_takes_missing_values_for_a_difference(nb: "Run", logs: Path) -> None:
    half = logs / "half.log"
    text = (logs / "c.log").read_text()
    half.write_text("".join(line for line in text.splitlines(keepends=True) if "TRACE_C: polar" not in line))
    assert nb("diff", logs / "c.log", half).code == 0
    ended = nb("diff", logs / "c.log", half, "--strict")
    assert ended.code == 1
    assert "none diverges; but not everything could be compared" in " ".join(ended.out.split())
    assert "missing on Py: polar" in ended.out


def test_tolerances_of_options_policy_and_project(nb: "Run", logs: Path, tmp_path: Path) -> None:
    edited = logs / "edited.log"
    edited.write_text((logs / "c.log").read_text().replace("TRACE_C: polar 0.91463", "TRACE_C: polar 0.91473"))
    pair = logs / "c.log", edited
    assert nb("diff", *pair).code == 1
    option = nb("diff", *pair, "--tolerance", "polar=1e-3", "-t", "1e-9")
    assert option.code == 0
    assert "Tolerance: 1e-09 relative [override: --tolerance 1e-9]" in option.out
    assert "Tolerance of polar: 0.001 relative [override: --tolerance polar=1e-3]" in option.out
    (tmp_path / "p.toml").write_text("[tolerance.quantities]\npolar = { absolute = 1e-3 }\n")
    policy = nb("diff", *pair, "--policy", "p.toml", "--json", "-")
    assert policy.code == 0
    assert json.loads(policy.out)["factors"]["polar"]["tolerance_origin"] == "p.toml"
    (tmp_path / "pyproject.toml").write_text("[tool.nbtrace.tolerance]\nrelative = 1e-2\n")
    project = nb("diff", *pair)
    assert project.code == 0
    assert "[override: pyproject.toml]" in project.out
    (tmp_path / "pyproject.toml").write_text("[tool.nbtrace]\ntypo = 1\n")
    broken = nb("diff", *pair)
    assert (broken.code, broken.err.count("\n")) == (2, 1)
    assert "'typo' is no section" in broken.err


@pytest.mark.parametrize("command", ["diff", "scaling", "explain"])
def test_a_misspelt_tolerance_is_a_usage_error_that_names_the_nearest(
    nb: "Run", supervisor: Path, tmp_path: Path, command: str
) -> None:
    ended = nb(command, supervisor / "c.log", supervisor / "py.log", "-t", "poler=1", "--json", "out.json")
    assert (ended.code, ended.err.count("\n"), ended.out) == (2, 1, "")
    assert "no quantity has that name; the nearest is polar" in ended.err
    assert not (tmp_path / "out.json").exists()


def test_a_policy_file_may_name_quantities_of_other_logs(nb: "Run", supervisor: Path, tmp_path: Path) -> None:
    (tmp_path / "policy.toml").write_text("[tolerance.quantities]\npoler = { relative = 1e-3 }\n")
    ended = nb("diff", supervisor / "c.log", supervisor / "py.log", "--policy", "policy.toml")
    assert ended.code == 1
    assert "applies to nothing" in ended.out


def test_a_bundle_is_filed_and_verifies(nb: "Run", supervisor: Path, tmp_path: Path) -> None:
    arguments = ["diff", supervisor / "c.log", supervisor / "py.log", "--bundle", "evidence"]
    first = nb(*arguments)
    assert first.code == 1
    assert "filed in evidence: " in first.err
    second = nb(*arguments)
    assert second.code == 1
    metrics = sorted(path.name for path in (tmp_path / "evidence").glob("metrics*.json"))
    assert len(metrics) == 2
    assert any("_rerun1" in name for name in metrics)
    assert nb("bundle", "verify", "evidence").code == 0
    (tmp_path / "evidence" / metrics[0]).write_text("{}")
    assert nb("bundle", "verify", "evidence").code == 1


def test_hostile_names_and_text_command_no_terminal(nb: "Run", logs: Path) -> None:
    odd = logs / "\x1b[31modd|`x`.log"
    shutil.copy(logs / "c.log", odd)
    with odd.open("a") as stream:
        stream.write("TRACE_C:detector_convention=\x1b]0;title\x07\n")
    ended = nb("diff", logs / "c.log", odd)
    assert "\x1b" not in ended.out
    assert "\x07" not in ended.out
    missing = nb("diff", logs / "c.log", "\x1b[31mnone.log")
    assert "\x1b" not in missing.err


def test_exchanged_arguments_give_the_same_report(nb: "Run", supervisor: Path) -> None:
    c, py = supervisor / "c.log", supervisor / "py.log"
    told = "INFO  by their prefixes c.log is taken as C, py.log as Py, whatever their order\n"
    exchanged = nb("diff", py, c, "--all").out
    assert told in exchanged
    assert exchanged.replace(told, "") == nb("diff", c, py, "--all").out


def test_a_next_step_that_is_suggested_works(nb: "Run", supervisor: Path) -> None:
    out = nb("diff", supervisor / "c.log", supervisor / "py.log", "--md", "-").out
    for command in ("phi", "scaling"):
        suggestion = out.split(f"`nbtrace {command} ")[1].split("`")[0]
        assert nb(command, *shlex.split(suggestion)).code == 1


def test_a_log_that_lacks_the_result_does_not_agree(nb: "Run", logs: Path) -> None:
    (logs / "one.log").write_text("TRACE_PY: steps 10\n")
    ended = nb("diff", logs / "c.log", logs / "one.log")
    assert ended.code == 1
    assert ended.out.startswith("DIFFER  1 of 149 values compared, none diverges; Py prints no I_pixel_final\n")


@pytest.mark.parametrize("exchanged", [False, True])
def test_structure_factors_beside_another_file_say_which_one_is_none(
    tmp_path: Path, nb: "Run", exchanged: bool
) -> None:
    good, damaged, gone = (tmp_path / name for name in ("good.hkl", "damaged.hkl", "gone.hkl"))
    good.write_text("1 0 0 10\n2 0 0 20\n")
    damaged.write_text("1 0 0 10\n2 0 0 x\n")
    for other in (damaged, gone):
        pair = [str(other), str(good)] if exchanged else [str(good), str(other)]
        result = nb("diff", *pair)
        assert result.code == 3
        assert other.name in result.err
        assert "another one" not in result.err
    damaged.write_text("")
    assert "damaged.hkl is empty" in nb("diff", good, damaged).err


def test_what_one_side_alone_has_is_in_the_first_line(nb: "Run", tmp_path: Path) -> None:
    (tmp_path / "c.log").write_text("TRACE_C: F_latt_a 2.0\nTRACE_C: F_latt -2.38\n")
    (tmp_path / "py.log").write_text("TRACE_PY: F_latt_a 2.0\n")
    ended = nb("diff", "c.log", "py.log")
    assert ended.code == 0
    assert ended.out.startswith("AGREE  1 of 2 values compared, none diverges; only C has F_latt\n")
    (tmp_path / "both.json").write_text('{"c": {"F_latt_a": 2.0, "F_latt": -2.38}, "py": {"F_latt_a": 2.0}}')
    assert nb("diff", "both.json", "both.json").out.splitlines()[0] == ended.out.splitlines()[0]


def test_a_log_that_ends_within_a_key_differs(nb: "Run", tmp_path: Path) -> None:
    whole = "TRACE_C: F_latt_a 2.0\nTRACE_C: own_key 3\n"
    (tmp_path / "c.log").write_text(whole)
    (tmp_path / "py.log").write_text("TRACE_PY: F_latt_a 2.0\nTRACE_PY: own_")
    ended = nb("diff", "c.log", "py.log")
    assert ended.code == 1
    assert ended.out.startswith("DIFFER  1 of 2 values compared, none diverges; Py ends in the middle of a line\n")
    assert "it seems cut off there" in " ".join(ended.out.split())


def test_long_logs_with_noise_and_as_a_unified_diff_say_the_same(
    nb: "Run", tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    c, py = write_pair(tmp_path, 500, wrong=1e-3)
    again = tmp_path / "again.log"
    again.write_text(c.read_text().replace("TRACE_C: steps 1\n", "TRACE_C: steps 2\n"))

    def found(name: str) -> tuple[int, str, dict[str, object]]:
        ended = nb("diff", c, py, "--noise", again, "--json", name, "-u")
        document = json.loads((tmp_path / name).read_text())
        return ended.code, ended.out, {key: value for key, value in document.items() if key != "provenance"}

    by_records = found("records.json")
    assert "\n-F_latt_b" in by_records[1]
    monkeypatch.setattr("nbtrace.cli.run_diff.PAYING", 0)
    assert found("columns.json") == by_records


@pytest.mark.parametrize(
    ("words", "compared_by"),
    [
        (("diff", "c.log", "py.log"), "stream.diff_long"),
        (("diff", "c.log", "py.log", "more.log"), "stream.diff_long"),
        (("diff", "c.log", "py.log", "--noise", "c.log"), "stream.diff_long"),
        (("scaling", "c.log", "py.log"), "stream.diff_long"),
        (("phi", "c.log", "py.log"), "long_phi.compare_long_phi"),
        (("steps", "c.log", "py.log", "--index", "phi_tic"), "long_steps.compare_long_steps"),
        (("check", "c.log"), "long_check.check_long"),
    ],
)
def test_commands_take_columns_from_a_third_of_a_megabyte_on(
    nb: "Run",
    supervisor: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    compared_by: str,
) -> None:
    """There the results of the library still hold every row."""
    asked = []
    monkeypatch.setattr(f"nbtrace.longlogs.{compared_by}", lambda *_, **__: asked.append(1))
    given = {"c": supervisor / "c.log", "py": supervisor / "py.log", "more": supervisor / "py.log"}
    for size, are_columns in ((250_000, False), (350_000, True)):
        for name, log in given.items():
            filling = (size - log.stat().st_size) // len("a line of the program\n")
            (tmp_path / f"{name}.log").write_text(log.read_text() + "a line of the program\n" * filling)
        asked.clear()
        assert nb(*words).code in {0, 1}
        assert bool(asked) is are_columns
    assert nbtrace.diff("c.log", "py.log").holds_every_row
