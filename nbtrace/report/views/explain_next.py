"""What is next after an explanation: what settles a root that is open, else a page for others."""

from collections.abc import Iterator
from pathlib import Path

from nbtrace.capturing.capture_origin import read_origin
from nbtrace.explanation.explain import Explanation
from nbtrace.explanation.next_probe import next_probe
from nbtrace.explanation.physics import Wanted
from nbtrace.records import Side
from nbtrace.report.next_steps import FLAGS, FLAGS_MEANT, after_lacking, next_section, vocabulary_drafted
from nbtrace.report.view import Command, Section, logs_line
from nbtrace.verdicts.status import Verdict


def after_explain(result: Explanation) -> tuple[Section, ...]:
    """Return the section of commands; it is missing where both logs agree."""
    c, py = result.diff.c, result.diff.py
    vocabulary = c.vocabulary
    if result.verdict is Verdict.NOT_COMPARABLE:
        same = f"trace the same {vocabulary.block}, with the same configuration, on both sides; compare again"
        return next_section([same])
    commands = [*_settling(result), *_proving(result)]
    if not result.ranked:
        commands += after_lacking(result.diff)
    if result.verdict is Verdict.DIFFER:
        line = logs_line("explain", c.source, py.source, vocabulary=vocabulary, more="--bundle evidence")
        commands.append(Command(line, "keep the evidence; nbtrace report evidence then makes a page of it"))
    return next_section(commands=commands)


def _proving(result: Explanation) -> Iterator[Command]:
    """Yield the command that asks a program from which a log was captured, where it can say something."""
    logs = result.diff.c.source, result.diff.py.source
    if not any(read_origin(Path(source)) for source in logs):
        return
    from nbtrace.proving.offered_proofs import offered_proofs  # noqa: PLC0415 - it takes all that runs programs

    for options in offered_proofs(result):
        line = logs_line("explain", *logs, vocabulary=result.diff.c.vocabulary)
        yield Command(f"{line} {options}", "is that the cause? the program itself, run with it changed")


def _settling(result: Explanation) -> Iterator[Command]:
    """Yield the command that settles the first root that is open, where one does."""
    configured = result.simulated is not None
    logs = result.diff.c.source, result.diff.py.source
    for root, _ in result.ranked:
        if (root.side is not Side.UNKNOWN and root.cause is not None) or root.settings:
            continue
        if root.quantity not in result.diff.c.vocabulary.quantities:
            yield vocabulary_drafted(result.diff.c, result.diff.py)
            return
        with_flags = result.audit.physics.probe(Wanted.CONFIGURATION, None, logs)
        if root.side is Side.UNKNOWN and with_flags and not configured:
            question = f"whose {root.quantity} is right?{FLAGS_MEANT}"
            yield Command(with_flags, question)
            return
        probe = next_probe(result.audit, root, configured=configured)
        if probe.command:
            meant = FLAGS_MEANT if FLAGS in probe.command else ""
            yield Command(probe.command, f"{root.quantity}: {probe.settles}{meant}")
            return
