"""How far a quantity magnifies what its inputs are uncertain by."""

from nbtrace.compare.evaluate import evaluate, formula_of
from nbtrace.compare.scene import scene
from nbtrace.explanation.physics import physics_of
from nbtrace.records import Side, Trace
from nbtrace.vocabulary.formula import UnloggedError


def conditions(trace: Trace) -> dict[str, float]:
    """Return the condition number of each quantity whose formula the trace's own values allow to evaluate.

    It is the relative change of the result over that of the inputs, each moved by the last digit that the log is sure
    of and their effects added; of several φ steps or samples the largest counts.
    """
    side = trace.side if trace.side is not Side.UNKNOWN else Side.PY
    values = scene(trace, side, physics_of(trace.vocabulary).facts(trace, trace, None))
    by_input: dict[str, float] = {}
    for node in values.values:
        if formula_of(values, node) is None:
            continue
        try:
            condition = evaluate(values, values.values, node).condition
        except UnloggedError:
            continue
        if condition > 0:
            by_input[node.name] = max(condition, by_input.get(node.name, 0.0))
    return by_input
