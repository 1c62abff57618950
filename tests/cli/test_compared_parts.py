import pytest

from nbtrace.cli.compared_parts import ComparedPart


@pytest.mark.parametrize(
    ("part", "name", "elsewhere"),
    [
        (ComparedPart.ALL, "scale", False),
        (ComparedPart.TRACES, "scale", True),
        (ComparedPart.TRACES, "F_cell", False),
        (ComparedPart.IMAGES, "F_cell", True),
        (ComparedPart.IMAGES, "scael", False),
        (ComparedPart.IMAGES, "scale", False),
        (ComparedPart.SOME, "k_frac", False),
        (ComparedPart.SOME, "k_frc", False),
        (ComparedPart.SOME, "F_latt_a", True),
        (ComparedPart.SOME, "worst pixels", True),
        (ComparedPart.SOME, "flux", True),
    ],
)
def test_what_other_commands_compare_is_told_from_a_slip_of_the_pen(
    part: ComparedPart, name: str, elsewhere: bool
) -> None:
    assert part.elsewhere(["k_frac", "F_latt_b"], {"F_latt_a", "F_cell"})(name) is elsewhere


def test_a_gate_that_is_spelt_like_a_compared_quantity_is_no_slip_of_the_pen() -> None:
    elsewhere = ComparedPart.SOME.elsewhere(["scales", "finite"], ())
    assert [elsewhere(name) for name in ("scale", "finite", "scalse")] == [True, False, False]
