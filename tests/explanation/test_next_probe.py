"""What would settle a difference, and the command that gets it."""

from nbtrace.explanation.explain import explain
from nbtrace.explanation.next_probe import next_probe
from nbtrace.explanation.physics import Physics, Wanted
from nbtrace.parsers import parse_trace
from nbtrace.physics.nanobragg.next_command import probe_command
from nbtrace.physics.nanobragg.vocabulary import VOCABULARY

C = "# Tracing pixel: (slow=7, fast=9)\nTRACE_C: F_cell {}\nTRACE_C: hkl_rounded 1 2 3\nTRACE_C: I_pixel_final 1\n"


def test_the_flags_are_asked_for_once_and_then_a_trace_with_everything() -> None:
    c = parse_trace(C.format(100), "my c.log")[0]
    py = parse_trace(C.format(120).replace("TRACE_C", "TRACE_PY"), "py.log")[0]
    result = explain(c, py)
    (root,) = result.roots
    first = next_probe(result.audit, root, configured=False)
    assert (first.wanted, first.settles) == (Wanted.CONFIGURATION, "the configuration, which tells reflections")
    assert first.command == "nbtrace explain 'my c.log' py.log -- FLAGS"
    then = next_probe(result.audit, root, configured=True)
    assert (then.wanted, then.settles) == (Wanted.VALUES, "a log that prints reflections")
    assert then.command.startswith(
        "nbtrace harness --pixel 7 9 --emit-all --output ours.log -- FLAGS && nbtrace explain"
    )


def test_letters_stand_for_a_pixel_that_no_log_tells() -> None:
    assert "--pixel S F " in probe_command(Wanted.VALUES, None, ("c.log", "py.log"))


def test_a_computation_without_a_program_has_no_command() -> None:
    assert Physics(VOCABULARY).probe(Wanted.VALUES, None, ("a", "b")) == ""
