"""`nbtrace explain`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nbtrace.cli import completed_values
from nbtrace.cli.given_waivers import GivenWaivers, waived_code, waiver_files
from nbtrace.cli.groups import Outputs, grouped
from nbtrace.cli.options import (
    CLog,
    ConfigurationName,
    Lenient,
    PolicyFile,
    PyLog,
    Tolerances,
    VocabularyName,
)
from nbtrace.cli.output import EXIT_OF, Delivery
from nbtrace.cli.panels import OUTPUT
from nbtrace.cli.program_flags import with_leniency
from nbtrace.cli.proof_options import ProofOptions, proof_files, proved_by
from nbtrace.cli.side_labels import two_sided
from nbtrace.cli.tolerances import refuse_misspelt
from nbtrace.cli.waiver_options import WaiverOptions
from nbtrace.embedded.configurations import configuration_file
from nbtrace.errors import InputError, UsageError
from nbtrace.longlogs.long_files import PAYING
from nbtrace.parsers import read_pair
from nbtrace.report.views.waivers_view import waived_view
from nbtrace.temporary import temporary_folder
from nbtrace.verdicts.case_names import pair_case
from nbtrace.verdicts.tolerance import resolve_policy
from nbtrace.verdicts.waivers import WaiverReport
from nbtrace.vocabulary.chosen import Chosen, chosen

if TYPE_CHECKING:
    from nbtrace.explanation.explain import Explanation
    from nbtrace.explanation.simulations.run import Simulate
    from nbtrace.parsers.given_logs import Log
    from simulator.config import Config

EXAMPLE = "Example: nbtrace explain c.log py.log --json causes.json"


@two_sided
@grouped
def explain_command(
    c_log: CLog,
    py_log: PyLog,
    flags: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="-- FLAGS",
            help="The reference's flags that both were run with.",
            autocompletion=completed_values.flags_of_run,
        ),
    ] = None,
    *,
    config: ConfigurationName = None,
    lenient: Lenient = False,
    hypotheses: Annotated[
        Path | None,
        typer.Option(
            "--hypotheses", metavar="FILE", help="Append a dated block to this Markdown file.", rich_help_panel=OUTPUT
        ),
    ] = None,
    tolerance: Tolerances = None,
    policy: PolicyFile = None,
    vocabulary: VocabularyName = None,
    waived: WaiverOptions,
    proof: ProofOptions,
    outputs: Outputs,
) -> None:
    """Say who is wrong, and why, with proof.

    Every quantity is computed anew from the same side's own logged inputs. Each root gets the causes that fit, each
    with the residual that it leaves, and its share of the final ratio.

    With --prove ./PROGRAM -- FLAGS the reference itself is asked: it runs once as it is, once captured, and once with
    the value of the first root changed at its place, which either makes its number that of the other program or not.
    Where a configuration value differs, it runs with the other flag. Several roots are changed one by one, and then
    together. --prove-port 'python port.py ARGS' asks the port. A cause that a program contradicts is withdrawn. The
    exit status does not depend on it.
    """
    # The catalogue of causes, which no other command needs.
    from nbtrace.explanation.explain import explain  # noqa: PLC0415
    from nbtrace.report.documents.explain_document import explain_document  # noqa: PLC0415
    from nbtrace.report.documents.waivers_document import with_waivers  # noqa: PLC0415
    from nbtrace.report.views.explain_view import explain_view  # noqa: PLC0415
    from nbtrace.report.views.hypotheses import hypotheses_block  # noqa: PLC0415

    typed = flags or []
    flags = with_leniency(typed, lenient=lenient)
    words = chosen(vocabulary, Path())
    program = proof.program()
    runs = proof.runs(proof.probe_files(words.vocabulary), typed)
    configured = configured_by(config, _of_configuration(flags, config, words, proves=program is not None), words)
    inputs = (c_log, py_log, *words.inputs)
    inputs += tuple(str(path) for path in (proof.probes, proof.port_probes) if path is not None)
    waivers = waived.given(words.vocabulary)
    inputs += waiver_files(waivers)
    destinations = outputs.destinations(notes=hypotheses)
    delivery = Delivery("explain", inputs, destinations, reference=program)
    limits = resolve_policy(tolerance or [], policy, Path(), words.vocabulary)
    logs: tuple[Log, Log] = c_log, py_log
    if waivers is not None:  # which are held against every value
        logs = read_pair(c_log, py_log, words.vocabulary)
    result = explain(
        *logs,
        configured,
        policy=limits,
        simulate=simulator_of(configured),
        vocabulary=words.vocabulary,
        every_turn=bool(runs),
        columns_from=PAYING,
    )
    refuse_misspelt(limits, result.diff.notices)
    with temporary_folder() as folder:
        kept = folder / "outputs" if destinations.bundle is not None else None
        for run in runs:
            result = proved_by(proof, run, result, None if kept is None else kept / run.host)
        report = explained_waivers(waivers, waived.case, result)
        view, files = waived_view(explain_view(result), report), proof_files(result, kept)
        code = waived_code(EXIT_OF[result.verdict], report)
        code = delivery.deliver(view, lambda: with_waivers(explain_document(result), report), outputs=files, code=code)
    if hypotheses is not None:
        _append(hypotheses, hypotheses_block(result))
    raise typer.Exit(code)


def explained_waivers(waivers: GivenWaivers | None, case: str | None, result: "Explanation") -> WaiverReport | None:
    """Hold waivers against an explanation; None without any."""
    if waivers is None:
        return None
    from nbtrace.cli.compared_parts import ComparedPart  # noqa: PLC0415 - few projects have waivers
    from nbtrace.explanation.judged_traces import judged_traces  # noqa: PLC0415 - the catalogue of causes

    name = case or pair_case(result.diff.c.source, result.diff.py.source)
    return waivers.judge([judged_traces(name, result.diff, result)], ComparedPart.TRACES)


def _of_configuration(flags: list[str], config: str | None, words: Chosen, *, proves: bool) -> list[str]:
    """Return the flags that tell the configuration; those of a program that is to be run may be its arguments alone."""
    return [] if proves and (config is not None or not words.is_default) else flags


def configured_by(config: str | None, flags: list[str], words: Chosen) -> "Config | None":
    """Return the configuration of a call, None without one; the table of the reference's flags takes a while to set up.

    Raises
    ------
    UsageError
        If it is given twice, or the vocabulary of the logs knows none.
    """
    if config is not None and flags:
        raise UsageError("give either --config or flags after --, not both")
    if (config is not None or flags) and not words.is_default:
        what = "flags after --" if flags else "--config"
        raise UsageError(f"{what}: configurations are those of nanoBragg; the vocabulary {words.name} knows none")
    if config is None and not flags:
        return None
    from nbtrace.physics.nanobragg.configuration import configuration  # noqa: PLC0415

    return configuration(None if config is None else configuration_file(config), flags)


def simulator_of(config: "Config | None") -> "Simulate | None":
    """Return what runs a pixel of the configuration; None without one, so that torch is not imported."""
    if config is None:
        return None
    from nbtrace.embedded.available_runs import runs_of_pixels  # noqa: PLC0415 - imports the simulator

    return runs_of_pixels()


def _append(path: Path, block: str) -> None:
    """Add a block at the end of a file, after an empty line."""
    if path.exists() and not path.is_file():
        raise UsageError(f"{path} is not a regular file; give another name")
    try:
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        path.parent.mkdir(parents=True, exist_ok=True)
        gap = "" if not before else "\n" if before.endswith("\n") else "\n\n"
        with path.open("a", encoding="utf-8") as stream:
            stream.write(gap + block)
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be appended to: {getattr(error, 'strerror', None) or error}") from None
