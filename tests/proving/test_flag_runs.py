"""A configuration value that differs is proven by the program with another flag, without a debugger."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nbtrace.explanation.physics import Physics
from nbtrace.explanation.proof import ChangedFlag, FlagChange, NotTried, NumberMatch, Proof, ProofOutcome
from nbtrace.proving.flag_runs import flag_change
from nbtrace.proving.prove import INJECTED, PLAIN, proved
from nbtrace.report.views.explain_proof import proof_words
from nbtrace.vocabulary.sides import Side
from tests.proving.meter import DOUBLED, PROBES, RIGHT, STALE, explained, log, request

needs_gcc = pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")
pytestmark = needs_gcc


@pytest.fixture
def scale_flag(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets the physics know that the only argument of the meter sets its scale; and takes gdb away."""

    def changed(
        _: Physics, arguments: Sequence[str], needed: Mapping[str, tuple[float, ...]], told: object
    ) -> FlagChange | None:
        del told
        if set(needed) != {"scale"}:
            return None
        value = f"{needed['scale'][0]:.12g}"
        return FlagChange((value,), (ChangedFlag(arguments[0], value),), 5)

    monkeypatch.setattr(Physics, "changed_flags", changed)
    monkeypatch.setattr("nbtrace.capturing.gdb_run.shutil.which", lambda _: None)


def other_scale(scale: float) -> str:
    return log(gain=2.5, scale=scale)


def proof_of(port: str, where: Path, outputs: Path | None = None) -> Proof:
    proof = proved(explained(port), request(where), outputs).proof
    assert proof is not None
    return proof


@pytest.mark.usefixtures("scale_flag")
def test_the_other_flag_gives_the_ports_number_without_a_debugger(tmp_path: Path) -> None:
    proof = proof_of(other_scale(8.0), tmp_path, tmp_path / "outputs")
    assert (proof.outcome, proof.match) == (ProofOutcome.CONFIRMED, NumberMatch.BITS)
    assert (proof.before, proof.after, proof.target) == (87.5, 100.0, 100.0)
    assert (proof.flags, proof.changed_command[1:]) == ((ChangedFlag("7", "8"),), ("8",))
    assert proof.values == ()
    words = proof_words(proof, explained(other_scale(8.0)).names)
    assert words == "with 8 in place of 7 C itself gives PORT's number to the last bit (87.5 → 100 at pixel 1 2)"
    images = [(tmp_path / "outputs" / run / "image.bin").read_bytes() for run in (PLAIN, INJECTED)]
    assert images[0] != images[1]
    assert {item.name for item in proof.outputs if item.plain != item.injected} == {"image.bin"}


@pytest.mark.usefixtures("scale_flag")
def test_a_flag_that_gives_another_number_refutes(tmp_path: Path) -> None:
    """The port's log claims a number that its own scale does not make."""
    result = proved(explained(log(gain=2.5, scale=8.0, reading=504.0)), request(tmp_path))
    proofs = {root.quantity: root.proofs[Side.C] for root in result.roots if Side.C in root.proofs}
    assert proofs["scale"].outcome is not ProofOutcome.CONFIRMED
    assert proofs["scale"].after == 100.0


@pytest.mark.usefixtures("scale_flag")
def test_a_program_that_computes_something_else_is_not_tried(tmp_path: Path) -> None:
    asked = replace(request(tmp_path), arguments=("6",))
    proof = proved(explained(other_scale(8.0)), asked).proof
    assert proof is not None
    assert (proof.outcome, proof.reason) == (ProofOutcome.NOT_TRIED, NotTried.OTHER_RUN)
    assert "the program gives reading 75, the reference's log has 87.5" in proof.text


@pytest.mark.usefixtures("scale_flag")
def test_without_an_image_and_a_trace_there_is_no_number(tmp_path: Path) -> None:
    probes = PROBES.replace('default = "image.bin"', 'default = "other.bin"')
    proof = proved(explained(other_scale(8.0)), request(tmp_path, probes=probes)).proof
    assert proof is not None
    assert proof.outcome is ProofOutcome.NOT_TRIED


@pytest.mark.usefixtures("scale_flag")
def test_a_trace_that_the_program_prints_is_read_in_double_precision(tmp_path: Path) -> None:
    """An image would hold the same number in both, in single precision."""
    port = other_scale(7.0000000007)
    number = port.split()[-1]
    program = tmp_path / "printing"
    program.write_text(f'#!/bin/sh\ncase "$1" in 7) n=87.5;; *) n={number};; esac\necho "TRACE_C: reading $n"\n')
    program.chmod(0o755)
    proof = proved(explained(port, STALE), replace(request(tmp_path), program=program)).proof
    assert proof is not None
    assert (proof.outcome, proof.after, proof.image) == (ProofOutcome.CONFIRMED, float(number), None)


@pytest.mark.usefixtures("scale_flag")
def test_an_image_that_holds_one_number_for_both_programs_confirms_nothing(tmp_path: Path) -> None:
    """The flag changes nothing, and in single precision both programs have the same number from the beginning."""
    np.full(20, 87.5, dtype=np.float32).tofile(tmp_path / "ready.bin")
    program = tmp_path / "printing"
    program.write_text(f"#!/bin/sh\necho 'TRACE_C: reading 87.5'\ncp {tmp_path}/ready.bin image.bin\n")
    program.chmod(0o755)
    proof = proved(explained(other_scale(7.0000000007), STALE), replace(request(tmp_path), program=program)).proof
    assert proof is not None
    assert (proof.before, proof.after) == (87.5, 87.5)
    assert proof.image is not None
    assert proof.image.before == proof.image.after == 87.5
    assert proof.outcome is not ProofOutcome.CONFIRMED


def test_no_flag_gives_the_reference_the_ports_value_where_the_reference_is_wrong(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    change = FlagChange(("8",), (ChangedFlag("7", "8"),), 5)
    monkeypatch.setattr(Physics, "changed_flags", lambda *_: change)
    for result, asked in ((explained(log()), None), (explained(DOUBLED, RIGHT), change)):
        assert flag_change(result, [result.ranked[0][0]], ("7",)) == asked
