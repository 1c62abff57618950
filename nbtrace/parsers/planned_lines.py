"""How the lines of each skeleton of a log without a prefix are read, once that is known, so that only numbers are left.

The plan of a line is made from what :class:`UntaggedReader` says of lines that have its skeleton and other numbers.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, TypeAlias

from nbtrace.parsers.bare_lines import BareLines
from nbtrace.parsers.dialect import Dialect
from nbtrace.parsers.log_prefixes import LogPrefix
from nbtrace.parsers.outcome import Field, Fields, Outcome, fitting
from nbtrace.parsers.skeletons import Learned, Trial, holds_number, template_of, trials
from nbtrace.parsers.untagged import UntaggedForm, UntaggedReader
from nbtrace.parsers.values import ordinal
from nbtrace.records import Value
from nbtrace.vocabulary.quantity import Quantity
from nbtrace.vocabulary.vocabulary import Vocabulary

Numbers: TypeAlias = Sequence[str]


@dataclass(frozen=True, slots=True)
class ValuePlan:
    """One value of the lines of a skeleton.

    Attributes
    ----------
    field : Field
        That of one of the lines.
    places : tuple of int
        Which of the line's numbers it has.
    template : str
        Its text, with `%s` for numbers.
    in_text : tuple of int
        Which of the line's numbers those are.
    loops : tuple of (str, int)
        The loops whose ordinals are numbers of the line, and which ones.
    alone : int or None
        Which of the line's numbers it is, where it is one, and its text, too.
    known : Quantity or None
        What the vocabulary says of its quantity.
    """

    field: Field
    places: tuple[int, ...]
    template: str
    in_text: tuple[int, ...]
    loops: tuple[tuple[str, int], ...]
    alone: int | None
    known: Quantity | None

    @property
    def form(self) -> tuple[object, ...]:
        """What all lines of the skeleton have in common, but for which number is where."""
        field, value = self.field, self.field.value
        loops = tuple(name for name, _ in self.loops)
        fixed = replace(field.index, loops=())
        known = field.key, field.meaning, fixed, field.starts_blocks, value.shape, value.names, value.unit
        return (*known, len(self.places), self.template, loops)

    def value(self, numbers: Numbers) -> Value:
        """Return the value of a line."""
        like = self.field.value
        if self.alone is not None:
            token = numbers[self.alone]
            return Value(like.shape, (float(token),), (token,), token, like.names, like.unit)
        tokens = tuple([numbers[place] for place in self.places])
        text = self.template % tuple([numbers[place] for place in self.in_text])
        return Value(like.shape, tuple(map(float, tokens)), tokens, text, like.names, like.unit)

    def turned(self, numbers: Numbers) -> Field | None:
        """Return the field with the ordinals of a line, of which no placement asks the value; None if one is none."""
        turns = [(name, ordinal(numbers[place])) for name, place in self.loops]
        loops = tuple((name, turn) for name, turn in turns if turn is not None)
        if len(loops) < len(turns):
            return None
        return replace(self.field, index=replace(self.field.index, loops=loops))


@dataclass(frozen=True, slots=True)
class LinePlan:
    """What the lines of a skeleton give: values in a form, or nothing, whether their numbers are left out or not."""

    values: tuple[ValuePlan, ...] = ()
    form: UntaggedForm | None = None
    leaves_out: bool = False

    def fields(self, numbers: Numbers) -> tuple[Field, ...] | None:
        """Return the values of a line; None where they cannot be read in this way."""
        fields = []
        for plan in self.values:
            field = plan.turned(numbers) if plan.loops else plan.field
            if field is None:
                return None
            fields.append(field)
        return tuple(fields)

    def read(self, numbers: Numbers) -> Fields | None:
        """Return what a line gives; None where it gives nothing, or cannot be read in this way."""
        fields = self.fields(numbers)
        if not fields:
            return None
        values = [plan.value(numbers) for plan in self.values]
        return Fields(tuple(replace(field, value=value) for field, value in zip(fields, values, strict=True)))

    def told(self, *, apart: bool) -> object:
        """Return what all lines have in common; which number is where, if all of them are different."""
        places = [(value.places, value.in_text, value.loops) for value in self.values] if apart else None
        return self.form, self.leaves_out, [value.form for value in self.values], places


class ReadLine(NamedTuple):
    """A line without a trace prefix, read.

    Attributes
    ----------
    outcome : Outcome or None
        What it gives; None for nothing, and where there is a plan.
    form : UntaggedForm or None
    text : str
        The line behind what a logger put in front of it.
    prefix : LogPrefix or None
        What that is.
    leaves_out : bool
        Whether the numbers of a line that gives nothing are those of the machine, or times.
    plan : LinePlan or None
        How it is read.
    fields : tuple of Field
        Those of the plan, at the line's turns of loops.
    numbers : sequence of str
        What the plan takes.
    """

    outcome: Outcome | None
    form: UntaggedForm | None
    text: str
    prefix: LogPrefix | None
    leaves_out: bool = False
    plan: LinePlan | None = None
    fields: tuple[Field, ...] = ()
    numbers: Numbers = ()


class PlannedLines:
    """Reads the lines of a log without a prefix, each as its reader does."""

    def __init__(self, untagged: UntaggedReader, dialect: Dialect) -> None:
        self._untagged = untagged
        self._dialect = dialect
        self._lines = BareLines(dialect.vocabulary)
        self._plans = Learned[LinePlan]()

    def read(self, line: str) -> ReadLine:
        """Return what the next line gives."""
        text, prefix, skeleton, numbers = self._lines.parted(line)
        if self._dialect.statistics(text) or self._dialect.banner(text):
            return ReadLine(None, None, text, prefix, self._untagged.leaves_out(text))
        if skeleton is None:
            return self._plainly(text, prefix)
        place = skeleton, self._untagged.context(text)
        plan = self._plans.get(place)
        if plan is _UNPLANNED:
            return self._plainly(text, prefix)
        if plan is not None:
            fields = plan.fields(numbers)
            if fields is not None:
                return ReadLine(
                    None, plan.form, text, prefix, plan.leaves_out, plan if fields else None, fields, numbers
                )
        learns = plan is None and self._plans.comes_again(place)
        before = self._untagged.apart() if learns else None
        read = self._plainly(text, prefix)
        if before is not None:
            self._plans.learn(place, self._plan(skeleton, numbers, read, before))
        return read

    def _plainly(self, text: str, prefix: LogPrefix | None) -> ReadLine:
        read = self._untagged.whole(text)
        if read is None:
            return ReadLine(None, None, text, prefix, self._untagged.leaves_out(text))
        return ReadLine(fitting(read[0], self._dialect.vocabulary), read[1], text, prefix)

    def _plan(self, skeleton: str, numbers: Numbers, read: ReadLine, before: UntaggedReader) -> LinePlan:
        """Return how the lines of a skeleton are read; the reader `before` is as it was when the line came."""
        plan = _UNPLANNED
        for trial in trials(skeleton):
            after = before.apart()
            own = _plan_of(after.whole(trial.text), trial, after.leaves_out, self._dialect)
            if own is None or not after.stands_like(self._untagged) or not after.stands_like(before):
                return _UNPLANNED
            if plan is _UNPLANNED:
                plan = own
            if own.told(apart=trial.apart) != plan.told(apart=trial.apart):
                return _UNPLANNED
        same = plan.read(numbers) == read.outcome and (plan.form, plan.leaves_out) == (read.form, read.leaves_out)
        return plan if same else _UNPLANNED


_UNPLANNED = LinePlan()
"""Lines of a skeleton that are read one by one."""


def _plan_of(
    read: tuple[Outcome, UntaggedForm] | None, trial: Trial, leaves_out: Callable[[str], bool], dialect: Dialect
) -> LinePlan | None:
    """Return the plan of a line; None if what it gives does not come from its numbers and its skeleton alone."""
    if read is None:
        return LinePlan(leaves_out=leaves_out(trial.text))
    outcome = fitting(read[0], dialect.vocabulary)
    if not isinstance(outcome, Fields) or outcome.pixel is not None or not outcome.fields:
        return None
    place = {number: at for at, number in enumerate(trial.numbers)}
    values = [_value_plan(field, place, dialect.vocabulary) for field in outcome.fields]
    return None if None in values else LinePlan(tuple(value for value in values if value is not None), read[1])


def _value_plan(field: Field, place: dict[str, int], vocabulary: Vocabulary) -> ValuePlan | None:
    value = field.value
    template, numbers = template_of(value.text)
    ordinals = {int(number): at for number, at in place.items() if number.isdigit()}
    loops = [(name, ordinals.get(turn)) for name, turn in field.index.loops]
    fixed = (field.key, value.unit or "", *value.names)
    if not {*numbers, *value.tokens} <= place.keys() or None in dict(loops).values() or any(map(holds_number, fixed)):
        return None
    places = tuple(place[token] for token in value.tokens)
    in_text = tuple(place[number] for number in numbers)
    alone = places[0] if len(places) == 1 and template == "%s" else None
    turns = tuple((name, at) for name, at in loops if at is not None)
    known = vocabulary.quantities.get(field.meaning.quantity)
    return ValuePlan(field, places, template, in_text, turns, alone, known)
