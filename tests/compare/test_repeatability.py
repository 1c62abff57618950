"""A second log of the reference as the floor of tolerances."""

import pytest

from nbtrace import Trace, diff, load_vocabulary, parse_trace
from nbtrace.compare.repeatability import repeatability
from nbtrace.errors import UsageError
from nbtrace.verdicts.notices import Weight
from nbtrace.verdicts.status import Verdict
from nbtrace.verdicts.tolerance import Policy, Tolerance
from nbtrace.vocabulary.quantity import Basis

FILE = """
format_version = 1
name = "bath"
sides = { old = ["OLD>"], new = ["NEW>"] }
indices = ["cell"]
final = "heat_J"
[quantities]
T_K = { unit = "K" }
heat_J = { unit = "J", tolerance = { absolute = 1e-3 } }
flow_W = { unit = "W" }
"""


@pytest.fixture(scope="module")
def bath(tmp_path_factory: pytest.TempPathFactory) -> "Logs":
    file = tmp_path_factory.mktemp("bath") / "bath.toml"
    file.write_text(FILE)
    return Logs(str(file))


class Logs:
    """Makes logs of the two programs."""

    def __init__(self, file: str) -> None:
        self.vocabulary = load_vocabulary(file)

    def __call__(self, prefix: str, temperatures: tuple[float, ...], heat: float = 5.0, flow: float = 1.0) -> Trace:
        lines = [f"{prefix} cell={cell} T_K={value!r}" for cell, value in enumerate(temperatures)]
        lines += [f"{prefix} flow_W={flow!r}", f"{prefix} heat_J={heat!r}"]
        (trace,) = parse_trace("\n".join([*lines, ""]), vocabulary=self.vocabulary)
        return trace

    def policy(self) -> Policy:
        return Policy(vocabulary=self.vocabulary)


def test_no_tolerance_is_below_what_the_reference_differs_by_from_itself(bath: Logs) -> None:
    c, again = bath("OLD>", (300.0, 400.0)), bath("OLD>", (300.0, 400.02), heat=5.01)
    moves = repeatability(c, again, py := bath("NEW>", (300.01, 400.0), heat=4.99))
    policy = moves.applied(bath.policy())
    assert policy.of("T_K").value == pytest.approx(0.02 / 400)
    assert policy.of("heat_J").value == pytest.approx(0.01)
    assert policy.of("flow_W") == bath.policy().of("flow_W")
    assert diff(c, py, bath.policy()).verdict is Verdict.DIFFER
    assert diff(c, py, policy).verdict is Verdict.AGREE
    assert diff(c, bath("NEW>", (300.0, 400.03)), policy).verdict is Verdict.DIFFER


def test_a_value_close_to_zero_excuses_none_of_the_others(bath: Logs) -> None:
    c, again = bath("OLD>", (1e-6, 400.0)), bath("OLD>", (2e-6, 400.0))
    policy = repeatability(c, again, bath("NEW>", (1e-6, 401.0))).applied(bath.policy())
    assert policy.of("T_K") == bath.policy().of("T_K")
    from_zero = repeatability(bath("OLD>", (0.0,)), bath("OLD>", (1.0,)), bath("NEW>", (0.5,)))
    assert from_zero.applied(bath.policy()).of("T_K") == bath.policy().of("T_K")


def test_a_floor_lowers_nothing(bath: Logs) -> None:
    wide = Policy(vocabulary=bath.vocabulary, overrides={"T_K": Tolerance(0.1, Basis.RELATIVE, overridden=True)})
    moves = repeatability(bath("OLD>", (300.0,)), bath("OLD>", (300.1,)), bath("NEW>", (301.0,)))
    assert moves.applied(wide).of("T_K") == wide.of("T_K")


def test_the_report_says_what_is_raised(bath: Logs) -> None:
    c = bath("OLD>", (300.0, 400.0))
    moves = repeatability(c, bath("OLD>", (300.0, 400.04)), bath("NEW>", (300.0, 400.0)))
    told = moves.told(bath.policy(), moves.applied(bath.policy()))
    assert told.weight is Weight.WARNING
    assert told.text == "-: old against itself raises the tolerances of T_K to 1.0e-04"
    still = repeatability(c, c, bath("NEW>", (300.0, 400.0)))
    told = still.told(bath.policy(), still.applied(bath.policy()))
    assert (told.weight, told.text) == (Weight.INFO, "-: old against itself raises no tolerance")


@pytest.mark.parametrize("prefix", ["NEW>", "OLD>"])
def test_what_is_compared_does_not_excuse_itself(bath: Logs, prefix: str) -> None:
    c, py = bath("OLD>", (300.0, 400.0)), bath("NEW>", (310.0, 410.0))
    with pytest.raises(UsageError, match="is a log of new; give a second log of old"):
        repeatability(c, bath(prefix, (310.0, 410.0)), py)
