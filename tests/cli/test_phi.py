import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Run


ENTRY = {"phi_deg": 0.0, "k_frac": -0.6, "F_latt_b": 1.0, "F_latt": 2.0}


def per_phi(path: Path, k: float, *, slow: int = 685) -> Path:
    entries = [{**ENTRY, "phi_tic": tic, "phi_deg": tic / 100, "k_frac": k + tic} for tic in range(3)]
    path.write_text(json.dumps({"pixel": {"slow": slow, "fast": 1039}, "per_phi_entries": entries}))
    return path


def c_log(path: Path) -> Path:
    lines = [f"TRACE_C_PHI phi_tic={t} phi_deg={t / 100} k_frac={-0.6 + t!r} F_latt_b=1 F_latt=2\n" for t in range(3)]
    path.write_text("TRACE_CONFIG: tracing pixel (spixel=685, fpixel=1039)\n" + "".join(lines))
    return path


def test_either_order_of_log_and_json(nb: "Run", tmp_path: Path) -> None:
    c, py = c_log(tmp_path / "c.log"), per_phi(tmp_path / "py_per_phi.json", -0.6)
    for arguments in ((py, c), (c, py)):
        ended = nb("phi", *arguments)
        assert ended.code == 0
        assert ended.out.startswith("AGREE  all 3 steps agree, max |Δk| = ")
        assert f"C:{c}" in "".join(ended.out.split())  # long paths begin lines


def test_one_step_is_no_plural(nb: "Run", tmp_path: Path) -> None:
    log = c_log(tmp_path / "c.log")
    log.write_text("".join(log.read_text().splitlines(keepends=True)[:2]))
    assert nb("phi", log, log).out.startswith("AGREE  the one step agrees, max |Δk| = 0 at tic 0")


def test_a_document_without_an_extension(nb: "Run", tmp_path: Path) -> None:
    assert nb("phi", per_phi(tmp_path / "spec_baseline", -0.6), c_log(tmp_path / "c.log")).code == 0


@pytest.mark.parametrize(("shift", "code", "status"), [(4e-4, 0, "PASS"), (1e-3, 1, "MINOR"), (0.4, 1, "DIVERGENT")])
def test_the_first_line_has_the_first_bad_step(nb: "Run", tmp_path: Path, shift: float, code: int, status: str) -> None:
    ended = nb("phi", per_phi(tmp_path / "p.json", -0.6 + shift), c_log(tmp_path / "c.log"), "--all")
    assert ended.code == code
    assert status in ended.out
    if code:
        assert ended.out.startswith("DIFFER  first divergence at phi_tic 0 (3 of 3 steps)")


def test_a_tolerance_is_taken_from_option_and_policy(nb: "Run", tmp_path: Path) -> None:
    c, py = c_log(tmp_path / "c.log"), per_phi(tmp_path / "p.json", -0.599)
    ended = nb("phi", py, c, "--tolerance", "0.01")
    assert ended.code == 0
    assert "|Δk| < 0.01 absolute [override: --tolerance 0.01]" in ended.out
    (tmp_path / "policy.toml").write_text("[tolerance.quantities]\nphi_k_frac = { absolute = 0.01 }\n")
    assert nb("phi", py, c, "--policy", "policy.toml").code == 0
    assert nb("phi", py, c, "--policy", "policy.toml", "-t", "1e-4").code == 1
    for bad in ("x", "-1", "inf", "phi_k_frac=1"):
        ended = nb("phi", py, c, "-t", bad)
        assert (ended.code, ended.err.count("\n")) == (2, 1)


def test_another_pixel_is_said_first(nb: "Run", tmp_path: Path) -> None:
    ended = nb("phi", per_phi(tmp_path / "p.json", -0.6, slow=3), c_log(tmp_path / "c.log"))
    assert ended.code == 4
    assert ended.out.startswith("NOT COMPARABLE")
    assert "C slow 685 fast 1039, Py slow 3 fast 1039" in " ".join(ended.out.split())


def test_the_document_has_the_steps_the_repeats_and_the_first_divergence(nb: "Run", supervisor: Path) -> None:
    ended = nb("phi", supervisor / "py.log", supervisor / "c.log", "--json", "-")
    document = json.loads(ended.out)
    assert document["first_divergence"] == 0
    assert [step["phi_tic"] for step in document["steps"]] == list(range(10))
    assert document["repeats"][0]["of_phi_tic"] == 9


def test_a_step_that_repeats_another_is_marked(nb: "Run", supervisor: Path) -> None:
    out = nb("phi", supervisor / "py.log", supervisor / "c.log").out
    assert "C phi_tic 0 repeats phi_tic 9" in out
    assert " 0* " in out


def test_json_that_is_none_is_one_line(nb: "Run", tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text('{"per_phi_entries": [{"phi_tic": 0}]}')
    (tmp_path / "cut.json").write_text('{"per_phi_entries": [{"phi_tic": 0')
    for name in ("bad.json", "cut.json"):
        ended = nb("phi", name, c_log(tmp_path / f"{name}.log"))
        assert (ended.code, ended.err.count("\n")) == (3, 1)


def test_a_bundle_of_the_result_verifies(nb: "Run", supervisor: Path) -> None:
    assert nb("phi", supervisor / "py.log", supervisor / "c.log", "--bundle", "b").code == 1
    assert nb("bundle", "verify", "b").code == 0
