"""What a second log of the reference differs by from the first: a floor for tolerances, in any vocabulary."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from nbtrace.compare.diff import diff_traces
from nbtrace.compare.judge import Row
from nbtrace.errors import UsageError
from nbtrace.frozen import frozen
from nbtrace.records import Side, Trace
from nbtrace.verdicts.notices import Notice, Subject, Weight
from nbtrace.verdicts.tolerance import Policy, Tolerance
from nbtrace.vocabulary.quantity import Basis
from nbtrace.vocabulary.sides import Names

ROUNDING = 1.0 + 1e-9
"""A difference as large as the floor is within it, whatever rounding made of either."""


def not_below(policy: Policy, quantity: str, floor: tuple[float | None, float], origin: str) -> Policy:
    """Return a policy in which a quantity's tolerance is not below a floor (relative, absolute)."""
    before = policy.of(quantity)
    least = floor[0] if before.basis is Basis.RELATIVE else floor[1]
    if least is None or least * ROUNDING <= before.value:
        return policy
    raised = Tolerance(least * ROUNDING, before.basis, origin, overridden=True)
    return replace(policy, overrides={**policy.overrides, quantity: raised})


@frozen
class Repeatability:
    """What each quantity moves by from one log of the reference to another.

    Attributes
    ----------
    name : str
        The second log, which reports give as origin.
    relative, absolute : mapping of str to float
        The largest difference of each quantity that differs at all, in its unit, and relative to the largest value that
        the first log has of it: one value close to 0 excuses none of the others.
    """

    name: str
    relative: Mapping[str, float]
    absolute: Mapping[str, float]

    def applied(self, policy: Policy) -> Policy:
        """Return a policy in which no tolerance is below the floor; a raised one names its origin."""
        origin = f"{self.name}: {policy.vocabulary.names.reference} against itself"
        for name, absolute in self.absolute.items():
            policy = not_below(policy, name, (self.relative.get(name), absolute), origin)
        return policy

    def told(self, before: Policy, after: Policy) -> Notice:
        """Return what a report says of the floors: which tolerances they raise, and to what."""
        raised = [name for name in self.absolute if after.of(name) != before.of(name)]
        limits = ", ".join(f"{name} to {after.of(name).value:.1e}" for name in raised)
        text = f"{self.name}: {before.vocabulary.names.reference} against itself raises "
        text += f"the tolerances of {limits}" if raised else "no tolerance"
        return Notice(Subject.TOLERANCE, Weight.WARNING if raised else Weight.INFO, text)


def repeatability(c: Trace, again: Trace, py: Trace) -> Repeatability:
    """Return what `again`, a second log of the reference, differs by from `c`.

    Raises
    ------
    UsageError
        If it is a log of the other program, or the very values of `py`: what is compared would excuse itself.
    InputError
        If it has nothing in common with `c`.
    """
    if again.side is Side.PY or (_values(again) == _values(py) != _values(c)):
        raise excuses_itself(again.source, c.vocabulary.names)
    port = replace(again, records=tuple(replace(record, side=Side.PY) for record in again.records))
    return moved_by(diff_traces(c, port).rows, again.source)


def excuses_itself(name: str, names: Names) -> UsageError:
    """Return what is said of a log of the candidate in place of a second one of the reference."""
    return UsageError(
        f"--noise {name}: is a log of {names.candidate}; give a second log of {names.reference}, "
        "made with the same inputs"
    )


def moved_by(rows: Iterable[Row], name: str) -> Repeatability:
    """Return what rows tell of two logs of the reference, the second of that name."""
    sizes: dict[str, float] = {}
    absolute: dict[str, float] = {}
    for row in rows:
        if row.difference is not None:
            sizes[row.quantity] = max(sizes.get(row.quantity, 0.0), row.difference.norm_c)
            apart = abs(row.difference.delta[row.difference.worst])
            absolute[row.quantity] = max(absolute.get(row.quantity, 0.0), apart)
    moved = {name: apart for name, apart in absolute.items() if apart}
    relative = {name: apart / sizes[name] for name, apart in moved.items() if sizes[name]}
    return Repeatability(name, relative, moved)


def _values(trace: Trace) -> list[tuple[str, str]]:
    """Return the values of a trace as text, in which a NaN is another one's equal."""
    return [(record.quantity, repr(record.numbers)) for record in trace.records]
