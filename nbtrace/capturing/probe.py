"""Probes: what is to be captured of a program, where, and in which turns of its loops."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from nbtrace.capturing.expression import ProbeExpression


@dataclass(frozen=True)
class Place:
    """Where a probe stands in a program. One of `after`, `before`, `line`, `text` and `returned` is set.

    Attributes
    ----------
    function : str or None
        None where the selection names it.
    after : str or None
        A variable: the place is behind the last statement of the body of `loop` that assigns it.
    before : str or None
        A variable: the place is before the first statement of the body of `loop` that assigns it.
    loop : str or None
        The variable of a loop; None for the body of the function.
    line : (str, int) or None
        Name of a source file and number of a line: the place is before that line runs.
    text : str or None
        What stands in one line of the source, and in no other: the place is before that line runs.
    returned : str or None
        A function: the place is where it has returned to `function`.
    call : int
        Which of the calls of `returned` in the body of `loop`, in the order of the source, from 1.
    """

    function: str | None = None
    after: str | None = None
    before: str | None = None
    loop: str | None = None
    line: tuple[str, int] | None = None
    text: str | None = None
    returned: str | None = None
    call: int = 1

    @property
    def words(self) -> str:
        """The place in words, for messages."""
        inside = f" in the loop of {self.loop}" if self.loop else ""
        if self.after is not None:
            return f"after {self.after}{inside}"
        if self.before is not None:
            return f"before {self.before}{inside}"
        if self.returned is not None:
            return f"call {self.call} of {self.returned}{inside}"
        if self.line is not None:
            return f"{self.line[0]}:{self.line[1]}"
        return f"the line with {self.text!r}"


@dataclass(frozen=True)
class ProbedQuantity:
    """A quantity and the expressions that give its numbers.

    Attributes
    ----------
    name : str
        What its trace lines call it.
    expressions : tuple of ProbeExpression
        In the order in which their numbers are printed.
    unit : str
        Empty where none is printed.
    text : str
        As the probe file has it.
    """

    name: str
    expressions: tuple[ProbeExpression, ...]
    unit: str = ""
    text: str = ""


@dataclass(frozen=True)
class Probe:
    """Quantities that are captured at a place.

    Attributes
    ----------
    place : Place
    quantities : tuple of ProbedQuantity
    when : mapping of str to int
        Expressions, as a rule loop variables, and what they must be.
    first : bool
        Only the first hit in the selected turn counts.
    index : mapping of str to str
        Name of a loop in the trace lines, and the expression that gives its turn.
    optional : bool
        The program may pass the place by; else a probe without a hit makes the capture incomplete.
    number : int
        Its place in the file, from 1.
    """

    place: Place
    quantities: tuple[ProbedQuantity, ...]
    when: Mapping[str, int] = field(default_factory=dict)
    first: bool = False
    index: Mapping[str, str] = field(default_factory=dict)
    optional: bool = False
    number: int = 1

    @property
    def words(self) -> str:
        """What messages call it."""
        return f"probe {self.number} ({self.place.words})"


@dataclass(frozen=True)
class Selection:
    """Which turn of the outer loops is captured.

    Attributes
    ----------
    function : str or None
        Where the loops are.
    loops : tuple of str
        Their variables, from the outermost to the innermost.
    pixel : (str, str) or None
        Those of them that `--pixel SLOW FAST` sets, slow first. In a Python program a name that is none of them is no
        loop but an index: expressions use it, as in `fluence[s, f]`.
    header : str
        A line of the log that tells the selected turn, with `{variable}` for its value; empty for none.
    """

    function: str | None = None
    loops: tuple[str, ...] = ()
    pixel: tuple[str, str] | None = None
    header: str = ""


@dataclass(frozen=True)
class ImageCheck:
    """How the certificate knows that the captured pixel is the one of the image that the program writes.

    Attributes
    ----------
    quantity : str
        The captured quantity that the image holds at the pixel.
    flags : tuple of str
        Arguments of the program behind which the name of the image stands; the last one given counts.
    default : str
        Its name where none is given.
    dtype : str
        `float32` or `float64`, in the order of bytes of this machine; the file holds nothing else, or is an npy file.
    width : str
        Expression for the number of pixels along the fast axis, evaluated with the quantity.
    """

    quantity: str
    flags: tuple[str, ...]
    default: str
    dtype: str
    width: str


@dataclass(frozen=True)
class ProbeFile:
    """What is captured of a program.

    Attributes
    ----------
    probes : tuple of Probe
    selection : Selection
    image : ImageCheck or None
    prefix : str
        What the trace lines begin with, without a colon.
    path : Path or None
        The file that it was read from.
    shipped : bool
        Whether it came with nbtrace.
    """

    probes: tuple[Probe, ...]
    selection: Selection = field(default_factory=Selection)
    image: ImageCheck | None = None
    prefix: str = "TRACE_C"
    path: Path | None = None
    shipped: bool = False

    @property
    def quantities(self) -> Iterator[tuple[Probe, ProbedQuantity]]:
        """Every quantity with its probe."""
        return ((probe, quantity) for probe in self.probes for quantity in probe.quantities)
