"""A root is held against the running program: confirmed, refuted, or not tried with the reason."""

import struct
from pathlib import Path

import pytest

from nbtrace.capturing.capture_request import CaptureRequest
from nbtrace.capturing.probe_file import read_probe_file
from nbtrace.explanation.explain import Explanation
from nbtrace.explanation.proof import InjectedSide, NotTried, NumberMatch, Proof, ProofOutcome, ValueOrigin
from nbtrace.proving.prove import INJECTED, PLAIN, proved
from nbtrace.report.views.explain_view import headline
from nbtrace.verdicts.status import Verdict
from nbtrace.vocabulary.sides import Side
from tests.proving.meter import (
    DOUBLED,
    PORT,
    PORT_PROBES,
    PROBES,
    RIGHT,
    STALE,
    explained,
    log,
    needs_gdb,
    port_request,
    request,
)


def proof_of(result: Explanation) -> Proof:
    assert result.proof is not None
    return result.proof


def pixels(path: Path) -> tuple[float, ...]:
    return struct.unpack("20f", path.read_bytes())


@needs_gdb
def test_the_right_value_in_place_of_a_stale_one_gives_the_ports_number(tmp_path: Path) -> None:
    result = proved(explained(log()), request(tmp_path), tmp_path / "outputs")
    proof = proof_of(result)
    assert (proof.outcome, proof.match, proof.side) == (ProofOutcome.CONFIRMED, NumberMatch.BITS, InjectedSide.RIGHT)
    (value,) = proof.values
    assert (value.key, value.before, value.after, value.origin) == ("gain", (2.5,), (3.0,), ValueOrigin.FORMULA)
    assert proof.before == 4 * 2.5**2 * 1.5 * 7 / 3
    assert proof.after == proof.target == 4 * 3.0**2 * 1.5 * 7 / 3
    assert (proof.others, proof.untouched, proof.pixel) == (0, 0, (1, 2))
    plain, changed = (pixels(tmp_path / "outputs" / run / "image.bin") for run in (PLAIN, INJECTED))
    assert [at for at, (x, y) in enumerate(zip(plain, changed, strict=True)) if x != y] == [5 * 1 + 2]
    assert proof.image is not None
    assert (proof.image.before, proof.image.after) == (plain[7], changed[7])
    assert {item.name for item in proof.outputs if item.plain != item.injected} == {"image.bin"}
    assert headline(result).endswith("proven: with that changed C itself gives PORT's number to the last bit")


@needs_gdb
def test_a_ports_wrong_value_makes_the_reference_give_the_ports_wrong_number(tmp_path: Path) -> None:
    proof = proof_of(proved(explained(log(gain=6.0)), request(tmp_path)))
    assert (proof.outcome, proof.side) == (ProofOutcome.CONFIRMED, InjectedSide.CANDIDATE)
    assert proof.values[0].origin is ValueOrigin.OTHER_LOG
    assert proof.after == 4 * 6.0**2 * 1.5 * 7 / 3


@needs_gdb
def test_a_value_of_every_turn_is_changed_in_every_turn_that_has_it(tmp_path: Path) -> None:
    port = log(gain=2.5, dose=3.0)
    proof = proof_of(proved(explained(port), request(tmp_path)))
    assert proof.outcome is ProofOutcome.CONFIRMED
    assert [(value.key, value.times) for value in proof.values] == [("dose", 4)]
    assert proof.after == proof.target


@needs_gdb
def test_a_place_that_is_reached_several_times_is_changed_each_time(tmp_path: Path) -> None:
    probes = PROBES.replace("when = { step = 0 }\n", "")
    proof = proof_of(proved(explained(log(gain=2.5, dose=3.0)), request(tmp_path, probes=probes)))
    assert proof.outcome is ProofOutcome.CONFIRMED
    assert sum(value.times for value in proof.values) == 4


@needs_gdb
def test_nothing_is_refuted_where_the_program_computes_the_value_again_with_another_one(tmp_path: Path) -> None:
    probes = PROBES.replace('dose = "dose"', 'dose = "dose", power = "power"')
    probes = probes.replace("when = { step = 0 }\n", "").replace('{ power = "power", scale', "{ scale")
    proof = proof_of(proved(explained(log(gain=2.5, power=9.0)), request(tmp_path, probes=probes)))
    assert (proof.outcome, proof.reason) == (ProofOutcome.NOT_TRIED, NotTried.OTHER_RUN)


@needs_gdb
def test_a_cause_that_the_program_contradicts_is_withdrawn(tmp_path: Path) -> None:
    before = explained(log(gain=2.5, damping=0.25))
    assert before.roots[0].cause is not None
    result = proved(before, request(tmp_path))
    proof = proof_of(result)
    assert (proof.outcome, proof.done) == (ProofOutcome.REFUTED, 0.0)
    assert proof.expected == pytest.approx(1.0)
    (root,) = result.roots
    assert root.cause is None
    assert root.withdrawn == before.roots[0].search.causes
    assert "withdrawn (multiplied by ¼): with PORT's value in it C itself gives 87.5, not 21.875" in headline(result)
    assert result.verdict is before.verdict is Verdict.DIFFER


@needs_gdb
@pytest.mark.parametrize(
    ("arguments", "pixel", "probes", "reason", "said"),
    [
        ("8", (1, 2), PROBES, NotTried.OTHER_RUN, "the program gives reading 100"),
        ("7", (1, 3), PROBES, NotTried.OTHER_RUN, "another pixel"),
        ("7", (9, 2), PROBES, NotTried.INCOMPLETE, "no turn row=9 of its loop"),
        ("7", (1, 2), PROBES.replace(', gain = "gain"', ""), NotTried.NO_PROBE, "no probe gives gain"),
        ("7", (1, 2), PROBES.replace('gain = "gain"', 'gain = "gain + 0"'), NotTried.NOT_WRITABLE, "'gain + 0'"),
        (
            "7",
            (1, 2),
            PROBES.replace(', gain = "gain"', "").replace('power = "power"', 'gain = "gain", power = "power"'),
            NotTried.TOO_LATE,
            "behind its use",
        ),
    ],
    ids=["flags", "pixel", "off", "probe", "computed", "late"],
)
def test_what_cannot_be_tried_is_said_and_the_explanation_stays(
    tmp_path: Path, arguments: str, pixel: tuple[int, int], probes: str, reason: NotTried, said: str
) -> None:
    before = explained(log())
    result = proved(before, request(tmp_path, arguments, pixel=pixel, probes=probes))
    proof = proof_of(result)
    assert (proof.outcome, proof.reason) == (ProofOutcome.NOT_TRIED, reason)
    assert said in proof.text
    assert "no trace was written" not in proof.text
    assert result.roots[0].cause == before.roots[0].cause
    assert "proven" not in headline(result)


def test_the_right_value_in_the_port_gives_the_references_number(tmp_path: Path) -> None:
    result = proved(explained(DOUBLED, RIGHT), port_request(tmp_path), tmp_path / "outputs", Side.PY)
    proof = result.proof_in(Side.PY)
    assert proof is not None
    assert (proof.outcome, proof.match, proof.side) == (ProofOutcome.CONFIRMED, NumberMatch.BITS, InjectedSide.RIGHT)
    assert [(value.key, value.before, value.after) for value in proof.values] == [("gain", (6.0,), (3.0,))]
    assert (proof.before, proof.after, proof.target) == (504.0, 126.0, 126.0)
    assert (proof.others, proof.host, proof.program) == (0, Side.PY, str(tmp_path / "port.py"))
    plain, changed = (pixels(tmp_path / "outputs" / run / "image.bin") for run in (PLAIN, INJECTED))
    assert [at for at, (x, y) in enumerate(zip(plain, changed, strict=True)) if x != y] == [5 * 1 + 2]
    assert headline(result).endswith("proven: with that changed PORT itself gives C's number to the last bit")
    assert result.proof is None


def test_a_wrong_value_of_the_reference_gives_its_number_in_the_port(tmp_path: Path) -> None:
    """The right port of the program that has a stale value."""
    request = port_request(tmp_path)
    (tmp_path / "port.py").write_text(PORT.replace("(2 if col == 2 else 1)", "1"))
    proof = proved(explained(log()), request, None, Side.PY).proof_in(Side.PY)
    assert proof is not None
    assert (proof.outcome, proof.side) == (ProofOutcome.CONFIRMED, InjectedSide.REFERENCE)
    assert (proof.before, proof.after, proof.others) == (126.0, 87.5, 0)


def test_a_cause_that_the_port_contradicts_is_withdrawn(tmp_path: Path) -> None:
    """The gain is changed where nothing uses it any more, as if another quantity made the difference."""
    asked = port_request(tmp_path, probes=PORT_PROBES.replace('after = "gain"', 'after = "kept"'))
    kept = "    kept = [list(line) for line in gain]\n    depth ="
    (tmp_path / "port.py").write_text(PORT.replace("share = gain", "share = kept").replace("    depth =", kept))
    result = proved(explained(DOUBLED, RIGHT), asked, None, Side.PY)
    (root,) = result.roots
    assert root.proofs[Side.PY].outcome is ProofOutcome.REFUTED
    assert root.cause is None
    assert "withdrawn (multiplied by 2): with the right value in it PORT itself gives 504, not 126" in headline(result)


def test_a_port_that_is_captured_no_more_is_not_tried(tmp_path: Path) -> None:
    probes = PORT_PROBES.replace('gain = "gain[s][f]"', 'gain = "gain[s][f] + 0"')
    result = proved(explained(DOUBLED, RIGHT), port_request(tmp_path, probes=probes), None, Side.PY)
    proof = result.proof_in(Side.PY)
    assert proof is not None
    assert (proof.outcome, proof.reason) == (ProofOutcome.NOT_TRIED, NotTried.NOT_WRITABLE)
    assert result.roots[0].cause is not None


def test_several_roots_are_changed_one_by_one_and_then_together(tmp_path: Path) -> None:
    """The dose is set anew in every turn of a loop, of which the probe visits one: it is changed in all of them."""
    asked = port_request(tmp_path)
    (tmp_path / "port.py").write_text(PORT.replace("dose = 1.5", "dose = 3.0"))
    result = proved(explained(log(gain=6.0, dose=3.0), RIGHT), asked, tmp_path / "outputs", Side.PY)
    singles = {root.quantity: root.proofs[Side.PY] for root in result.roots}
    assert set(singles) == {"gain", "dose"}
    assert {proof.outcome for proof in singles.values()} == {ProofOutcome.PARTLY}
    together = result.together[Side.PY]
    assert (together.outcome, together.match) == (ProofOutcome.CONFIRMED, NumberMatch.BITS)
    assert {value.key: value.times for value in together.values} == {"gain": 1, "dose": 4}
    assert (together.before, together.after, together.target) == (1008.0, 126.0, 126.0)
    assert {node.name for node in together.roots} == {"gain", "dose"}
    assert "changed together PORT itself gives C's number to the last bit" in headline(result)
    assert pixels(tmp_path / "outputs" / INJECTED / "image.bin")[7] == 126.0


def test_a_value_that_further_turns_have_otherwise_refutes_nothing(tmp_path: Path) -> None:
    """The dose is another one in the turns that the log does not show, and these are left as they are."""
    asked = port_request(tmp_path)
    varying = PORT.replace(" * (2 if col == 2 else 1)", "").replace("dose = 1.5", "dose = 3.0 if step == 0 else 2.75")
    (tmp_path / "port.py").write_text(varying)
    result = proved(explained(log(dose=3.0, power=9 * (3.0 + 3 * 2.75)), RIGHT), asked, None, Side.PY)
    proof = next(root.proofs[Side.PY] for root in result.roots if root.quantity == "dose")
    assert (proof.outcome, proof.untouched) == (ProofOutcome.PARTLY, 3)
    assert proof.expected is not None
    assert proof.done is not None
    assert proof.done < 0.5 * proof.expected


def test_several_roots_together_are_not_refuted(tmp_path: Path) -> None:
    """None of them moves the number; each claims less than half of it, all three the whole."""
    asked = port_request(tmp_path, probes=PORT_PROBES.replace('after = "gain"', 'after = "kept"'))
    unused = PORT.replace("share = gain", "share = kept").replace("* dose", "* 4.5").replace("dose = 1.5", "dose = 4.5")
    unused = unused.replace("    depth =", "    kept = [list(line) for line in gain]\n    depth =")
    (tmp_path / "port.py").write_text(unused.replace("col: loss *", "col: 2 * loss *"))
    result = proved(explained(log(gain=6.0, dose=4.5, damping=2.0), RIGHT), asked, None, Side.PY)
    together = result.together[Side.PY]
    assert {node.name for node in together.roots} == {"gain", "dose", "damping"}
    assert (together.outcome, together.done, together.others) == (ProofOutcome.PARTLY, 0.0, 0)
    assert together.expected == pytest.approx(1.0)


@needs_gdb
@pytest.mark.parametrize("factor", [1.0, 1 + 1e-9], ids=["same", "same in the image"])
def test_what_needs_no_change_is_confirmed_by_none(tmp_path: Path, factor: float) -> None:
    """The image holds 87.5 in single precision, whatever is written into the program."""
    result = proved(explained(log(reading=87.5 * factor)), request(tmp_path))
    proof = proof_of(result)
    assert (proof.outcome, proof.reason) == (ProofOutcome.NOT_TRIED, NotTried.SAME_NUMBER)
    assert "the program gives reading 87.5 as it is" in proof.text


def test_two_logs_without_a_root_ask_nothing_of_the_program(tmp_path: Path) -> None:
    (tmp_path / "probes.toml").write_text(PROBES)
    nothing = CaptureRequest(tmp_path / "no program", (), read_probe_file(tmp_path / "probes.toml"))
    proof = proof_of(proved(explained(STALE.replace("TRACE_C", "TRACE_PORT")), nothing))
    assert (proof.outcome, proof.reason) == (ProofOutcome.NOT_TRIED, NotTried.NO_ROOT)


def test_a_program_that_cannot_be_captured_loses_nothing_of_the_explanation(tmp_path: Path) -> None:
    (tmp_path / "probes.toml").write_text(PROBES)
    (tmp_path / "script").write_text("#!/bin/sh\necho 1\n")
    script = CaptureRequest(tmp_path / "script", (), read_probe_file(tmp_path / "probes.toml"))
    before = explained(log())
    result = proved(before, script)
    assert proof_of(result).reason in {NotTried.CALL, NotTried.PROGRAM}  # the latter where gdb is missing
    assert result.roots[0].search == before.roots[0].search
