from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbtrace import Trace, diff
from nbtrace.errors import ExitCode, InputError, UsageError
from nbtrace.verdicts.status import Status
from nbtrace.verdicts.tolerance import Policy, PolicySettings, parse_option, read_policy, resolve_policy
from nbtrace.vocabulary.quantity import Basis

Read = Callable[..., Trace]


def test_without_a_policy_every_quantity_has_the_default() -> None:
    policy = Policy()
    for name in ("I_before_scaling", "r_e_sqr", "pix0_vector_meters", "of no vocabulary"):
        assert (policy.of(name).value, policy.of(name).basis, policy.of(name).origin) == (
            1e-6,
            Basis.RELATIVE,
            "default",
        )
    for name in ("hkl_frac", "phi_k_frac"):
        assert (policy.of(name).value, policy.of(name).basis) == (5e-4, Basis.ABSOLUTE)
    assert not policy.of("polar").overridden


def test_there_is_no_absolute_floor(read: Read) -> None:
    result = diff(read("TRACE_C: r_e_sqr 7.94079248018965e-30\n"), read("TRACE_PY: r_e_sqr 7.94079248018965e-31\n"))
    assert result.rows[0].status is Status.CRITICAL


@pytest.mark.parametrize(
    ("option", "name", "value", "basis"),
    [
        ("1e-5", "polar", 1e-5, Basis.RELATIVE),
        ("F_cell=1e-4", "F_cell", 1e-4, Basis.RELATIVE),
        ("F_cell=rel:1e-4", "F_cell", 1e-4, Basis.RELATIVE),
        ("hkl_frac=abs:1e-3", "hkl_frac", 1e-3, Basis.ABSOLUTE),
        (" steps = 0 ", "steps", 0.0, Basis.RELATIVE),
        ("fluence=1e-3", "fluence_photons_per_m2", 1e-3, Basis.RELATIVE),
        ("distance_mm=abs:2", "distance_m", 2e-3, Basis.ABSOLUTE),
        ("last=of=all=0.5", "last=of=all", 0.5, Basis.RELATIVE),
    ],
)
def test_forms_of_the_option(option: str, name: str, value: float, basis: Basis) -> None:
    limit = resolve_policy([option], None, Path("/")).of(name)
    assert limit.value == pytest.approx(value, rel=1e-15)
    assert limit.basis is basis
    assert limit.overridden
    assert limit.origin == f"--tolerance {option}"


@pytest.mark.parametrize(
    "option",
    [
        "",
        "x",
        "nan",
        "inf",
        "-1",
        "-1e-9",
        "F=x",
        "F=-1",
        "F=nan",
        "=1",
        " =1",
        "F=foo:1",
        "abs:1",
        "F=abs:",
        "F=",
        "1e-5 x",
    ],
)
def test_a_bad_option_is_a_usage_error_in_one_line(option: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_option(option)
    assert str(caught.value).startswith(f"--tolerance {option!r}: ")
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code is ExitCode.USAGE


@given(st.floats(0, 1e6))
def test_any_number_from_0_on_is_a_tolerance(value: float) -> None:
    assert parse_option(repr(value)).relative == value


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_an_option_goes_before_a_policy_and_a_policy_before_the_project(tmp_path: Path) -> None:
    write(
        tmp_path / "pyproject.toml",
        "[tool.other]\nx = 1\n[tool.nbtrace.tolerance]\nrelative = 1e-5\n"
        "[tool.nbtrace.tolerance.quantities]\npolar = { relative = 1e-3 }\nsteps = { absolute = 2 }\n"
        "F_cell = { relative = 0.25 }\n",
    )
    policy = write(
        tmp_path / "policy.toml",
        "[tolerance]\nrelative = 1e-4\n[tolerance.quantities]\npolar = { absolute = 1e-2 }\nsteps = { absolute = 3 }\n",
    )
    project_only = resolve_policy([], None, tmp_path)
    assert (project_only.of("omega_pixel").value, project_only.of("omega_pixel").origin) == (1e-5, "pyproject.toml")
    with_file = resolve_policy([], policy, tmp_path)
    assert (with_file.of("omega_pixel").value, with_file.of("omega_pixel").origin) == (1e-4, "policy.toml")
    assert (with_file.of("polar").value, with_file.of("polar").basis) == (1e-2, Basis.ABSOLUTE)
    assert (with_file.of("F_cell").value, with_file.of("F_cell").origin) == (0.25, "pyproject.toml")
    with_option = resolve_policy(["1e-2", "polar=0.5", "1e-1"], policy, tmp_path)
    assert (with_option.of("omega_pixel").value, with_option.of("polar").value) == (1e-1, 0.5)
    assert with_option.of("steps").value == 3
    assert with_option.of("hkl_frac").value == 5e-4


def test_the_default_said_again_is_no_override() -> None:
    assert not Policy().updated(PolicySettings(relative=1e-6), "x").of("polar").overridden


def test_a_project_without_settings_changes_nothing(tmp_path: Path) -> None:
    write(tmp_path / "pyproject.toml", "[project]\nname = 'x'\n")
    assert resolve_policy([], None, tmp_path) == Policy()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("tolerance = [", "no valid TOML"),
        ("\xff", "no valid TOML"),
        ("[tolerances]\nrelative = 1\n", "'tolerances' is no section"),
        ("[tolerance]\nrel = 1\n", "tolerance.rel"),
        ("[tolerance]\nrelative = -1\n", "tolerance.relative"),
        ("[tolerance]\nrelative = nan\n", "tolerance.relative"),
        ("[tolerance]\nrelative = inf\n", "tolerance.relative"),
        ("[tolerance]\nrelative = 'x'\n", "tolerance.relative"),
        ("[tolerance]\nquantities = 3\n", "tolerance.quantities"),
        ("tolerance = 3\n", "tolerance"),
        ("[tolerance.quantities]\npolar = 1e-3\n", "tolerance.quantities.polar"),
        ("[tolerance.quantities]\npolar = {}\n", "give either relative or absolute"),
        ("[tolerance.quantities]\npolar = { relative = 1, absolute = 1 }\n", "give either relative or absolute"),
        ("[tolerance.quantities]\npolar = { absolute = nan }\n", "tolerance.quantities.polar.absolute"),
    ],
)
def test_a_bad_policy_is_a_usage_error_in_one_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "policy.toml"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(UsageError) as caught:
        read_policy(path)
    assert message in str(caught.value)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_policy_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_policy(tmp_path / "none.toml")


def test_a_name_that_nothing_has_is_said(read: Read) -> None:
    policy = resolve_policy(["poler=1e-3"], None, Path("/"))
    result = diff(read("TRACE_C: polar 0.5\n"), read("TRACE_PY: polar 0.5\n"), policy)
    text = (
        "the tolerance of poler (--tolerance poler=1e-3) applies to nothing: no quantity has that name; "
        "the nearest is polar"
    )
    assert text in [notice.text for notice in result.notices]


def test_a_quantity_of_the_logs_alone_can_have_a_tolerance(read: Read) -> None:
    policy = resolve_policy(["home_made=0.5"], None, Path("/"))
    result = diff(read("TRACE_C: home_made 1.5\n"), read("TRACE_PY: home_made 1.6\n"), policy)
    assert result.rows[0].status is Status.PASS
    assert result.notices == ()


@pytest.mark.parametrize(
    ("size", "status"),
    [
        (0.9, Status.PASS),
        (1.1, Status.MINOR),
        (99, Status.MINOR),
        (101, Status.DIVERGENT),
        (10100, Status.CRITICAL),
    ],
)
@pytest.mark.parametrize("limit", [5e-4, 1e-7])
def test_bands_scale_with_an_absolute_tolerance(read: Read, size: float, status: Status, limit: float) -> None:
    policy = resolve_policy([f"hkl_frac=abs:{limit}"], None, Path("/"))
    c = read("TRACE_C: hkl_frac 0.123456789012345 1 2\n")
    py = read(f"TRACE_PY: hkl_frac {0.123456789012345 + size * limit!r} 1 2\n")
    assert diff(c, py, policy).rows[0].status is status


@pytest.mark.parametrize(("limit", "status"), [(1e-3, Status.DIVERGENT), (6e-3, Status.PASS), (0.0, Status.DIVERGENT)])
def test_bands_of_a_relative_tolerance_are_fixed(read: Read, limit: float, status: Status) -> None:
    policy = resolve_policy([str(limit)], None, Path("/"))
    c, py = read("TRACE_C: polar 0.800000000000001\n"), read("TRACE_PY: polar 0.804000000000001\n")
    assert diff(c, py, policy).rows[0].status is status


def test_tolerance_0_still_allows_equality(read: Read) -> None:
    policy = resolve_policy(["0"], None, Path("/"))
    text = "polar 0.123456789012345\n"
    assert diff(read("TRACE_C: " + text), read("TRACE_PY: " + text), policy).rows[0].status is Status.PASS
