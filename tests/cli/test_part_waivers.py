"""Waivers of commands that compare a part of two traces: they pass and fail as those of the whole do."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.cli.test_waiver_options import FRESH, ROOTS, C, waiver

if TYPE_CHECKING:
    from tests.cli.conftest import Run

OTHER = waiver('"scale", "flux"', more='case = "c*"')


def outcomes(folder: Path) -> dict[str, str]:
    document = json.loads((folder / "out.json").read_text())["waivers"]
    return {item["quantity"]: item["outcome"] for item in document["waivers"]}


@pytest.mark.parametrize("command", ["phi", "steps", "scaling"])
@pytest.mark.parametrize(
    ("text", "codes", "outcome"),
    [
        (waiver(ROOTS, more='side = "c"\ncause = "stale_rotation"') + OTHER, "000", "WAIVED"),
        (waiver(ROOTS, more='side = "py"') + OTHER, "111", "ELSEWHERE"),
        (waiver(ROOTS, bound="1e-6"), "111", "ELSEWHERE"),
        (waiver('"phi_k_frac"', bound="1.0"), "001", "WAIVED"),  # of which scaling has no part
        (waiver('"phi_k_frac", "phi_F_latt"', bound="0.001"), "111", "EXCEEDED ELSEWHERE"),
        (waiver('"I_before_scaling", "I_pixel_final"', bound="1.0"), "110", "WAIVED"),
        (waiver(ROOTS + ', "lambda_angstroms"') + OTHER, "000", "WAIVED"),
    ],
)
def test_a_part_passes_where_its_divergences_are_waived_or_follow_from_waived_ones(
    command: str, text: str, codes: str, outcome: str, nb: "Run", tmp_path: Path
) -> None:
    (tmp_path / "waivers.toml").write_text(text)
    expected = int(codes[["phi", "steps", "scaling"].index(command)])
    logs = (FRESH, C) if command == "phi" else (C, FRESH)
    ended = nb(command, *logs, "--case", "c one", "--json", "out.json")
    found = outcomes(tmp_path)
    assert ended.code == expected, ended.out
    assert next(iter(found.values())) in outcome.split()
    assert {found[name] for name in ("scale", "flux") if name in found} <= {"ELSEWHERE"}
    assert ended.out.startswith("DIFFER" if expected else "WAIVED")


@pytest.mark.parametrize("command", ["phi", "steps", "scaling"])
def test_a_divergence_that_is_gone_fails_where_it_is_compared(command: str, nb: "Run", tmp_path: Path) -> None:
    (tmp_path / "waivers.toml").write_text(waiver('"phi_k_frac", "I_pixel_final"'))
    assert nb(command, C, C, "--json", "out.json").code == 1
    gone = {name for name, outcome in outcomes(tmp_path).items() if outcome == "XPASS"}
    assert gone == ({"I_pixel_final"} if command == "scaling" else {"phi_k_frac"})


def test_a_log_that_lacks_steps_is_not_waived(nb: "Run", tmp_path: Path) -> None:
    (tmp_path / "waivers.toml").write_text(waiver(ROOTS))
    lines = FRESH.read_text().splitlines()
    (tmp_path / "short.log").write_text("\n".join(line for line in lines if "phi_tic=4 " not in line) + "\n")
    for command in ("phi", "steps"):
        logs = ("short.log", C) if command == "phi" else (C, "short.log")
        ended = nb(command, *logs)
        assert (ended.code, "not waived" in ended.out) == (1, True), ended.out


def test_check_holds_waivers_that_name_its_log(nb: "Run", tmp_path: Path) -> None:
    edited = C.read_text().replace("TRACE_C: omega_pixel_sr ", "TRACE_C: omega_pixel_sr 1.1e-3 was ", 1)
    lines = [line.partition(" was ")[0] for line in edited.splitlines()]
    (tmp_path / "c.log").write_text("\n".join(lines) + "\n")
    plain = nb("check", "c.log", "--json", "plain.json")
    assert plain.code == 1
    broken = [
        item["quantity"]
        for item in json.loads((tmp_path / "plain.json").read_text())["relations"]
        if item["finding"] == "broken"
    ]
    assert broken
    names = ", ".join(f'"{name}"' for name in broken)
    for more, bound, code, outcome in (
        ("", "1e9", 1, "ELSEWHERE"),
        ('case = "c.log"', "1e9", 0, "WAIVED"),
        ('case = "c.*"', "1e9", 0, "WAIVED"),
        ('case = "c.log"', "1e-9", 1, "EXCEEDED"),
        ('case = "c.log py.log"', "1e9", 1, "ELSEWHERE"),
    ):
        (tmp_path / "waivers.toml").write_text(waiver(names, bound=bound, more=more))
        ended = nb("check", "c.log", "--json", "out.json", "--force")
        assert (ended.code, set(outcomes(tmp_path).values())) == (code, {outcome}), (more, bound)
    (tmp_path / "waivers.toml").write_text(waiver('"F_latt"', more='case = "c.log"'))
    assert nb("check", C, "--json", "out.json", "--force").code == 1
    assert outcomes(tmp_path) == {"F_latt": "XPASS"}
    assert nb("check", "c.log", "--format", "--case", "x").code == 2


@pytest.mark.parametrize(
    ("command", "inherited"), [("phi", ["phi_k_frac"]), ("scaling", ["I_before_scaling", "I_pixel_final"])]
)
def test_what_follows_from_waived_divergences_is_told_of_the_part(
    command: str, inherited: list[str], nb: "Run", tmp_path: Path
) -> None:
    """Where a divergence outside of the part is not waived, it may follow from that, and is not waived either."""
    logs = (FRESH, C) if command == "phi" else (C, FRESH)
    for roots, is_waived in ((ROOTS, True), ('"rot_a_angstroms", "rot_b_angstroms"', False)):
        (tmp_path / "waivers.toml").write_text(waiver(roots))
        nb(command, *logs, "--case", "c one", "--json", "out.json", "--force")
        document = json.loads((tmp_path / "out.json").read_text())["waivers"]
        assert document["follows"] == ({"c one": inherited} if is_waived else {})
        left = [item["what"] for item in document["left"]]
        assert left == ([] if is_waived else [f"{name} may follow from what is not waived" for name in inherited])
