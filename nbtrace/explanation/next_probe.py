"""What would settle a difference that the logs do not decide, and the command that gets it."""

from nbtrace.compare.whereabouts import whereabouts
from nbtrace.explanation.audit.findings import Audit, Ground, Held
from nbtrace.explanation.audit.roots import Root
from nbtrace.explanation.physics import Wanted
from nbtrace.frozen import frozen
from nbtrace.records import Side
from nbtrace.vocabulary.formula import Lack

_TOLD_BY = {
    Lack.FACT: Wanted.CONFIGURATION,
    Lack.FORMULA: Wanted.CONFIGURATION,
    Lack.VALUE: Wanted.VALUES,
    Lack.TURN: Wanted.VALUES,
    Lack.NUMBER: Wanted.VALUES,
}


@frozen
class NextProbe:
    """What to look at next.

    Attributes
    ----------
    wanted : Wanted
    settles : str
        What would decide the difference, as a noun phrase.
    command : str
        What gets it; empty where no command of nbtrace does.
    """

    wanted: Wanted
    settles: str
    command: str


def next_probe(result: Audit, root: Root, *, configured: bool) -> NextProbe:
    """Return what would settle a root.

    Parameters
    ----------
    result : Audit
    root : Root
    configured : bool
        The configuration is known already, so that it cannot be what is wanted.
    """
    finding = root.findings[0]
    held = next((item for item in (finding.c, finding.py) if item.lack is not None), None)
    wanted = Wanted.VALUES
    if held is not None and held.lack is not None and finding.ground is not Ground.NO_FORMULA:
        wanted = _TOLD_BY[held.lack]
    if configured and wanted is Wanted.CONFIGURATION:
        wanted = Wanted.VALUES
    traces = [result.scenes[side].trace for side in (Side.C, Side.PY)]
    pixel = next((at for trace in traces if (at := whereabouts(trace).pixel) is not None), None)
    logs = (traces[0].source, traces[1].source)
    command = result.physics.probe(wanted, pixel, logs) if finding.ground is not Ground.NO_FORMULA else ""
    return NextProbe(wanted, _settles(root, held, wanted), command)


def _settles(root: Root, held: Held | None, wanted: Wanted) -> str:
    lacking = held.lacking if held is not None and held.lack not in {None, Lack.FORMULA} else ""
    if wanted is Wanted.CONFIGURATION:
        return f"the configuration, which tells {lacking or root.quantity}"
    return f"a log that prints {lacking}" if lacking else f"the values that {root.quantity} is computed from"
