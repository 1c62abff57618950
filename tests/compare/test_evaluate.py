"""What a formula gives of values that are not as they should be."""

from nbtrace import explain, parse_trace


def test_a_value_with_too_few_numbers_gives_no_formula_and_no_fault_of_the_program() -> None:
    c, py = (
        f"TRACE_{side}:angles_rad={angles}\nTRACE_{side}:Rz=[1 0 0; 0 1 0; 0 0 {last}]\n"
        for side, angles, last in (("C", "rotx:0 roty:0 rotz:0 twotheta:0", 1), ("PY", "rotx:0 roty:0", 2))
    )
    explained = explain(parse_trace(c)[0], parse_trace(py)[0])
    assert "Rz" in {finding.node.name for finding in explained.findings}
