"""What a capture gives, and what a run with values written into it gives."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from nbtrace.capturing.back_end import BackEnd
from nbtrace.capturing.capture_request import CaptureRequest
from nbtrace.capturing.certificate import Certificate
from nbtrace.capturing.hits import Arrivals, CapturedValue, Hit
from nbtrace.capturing.image_pixels import ImageMoves
from nbtrace.capturing.injection import Injection
from nbtrace.presentable import Presentable


@dataclass(frozen=True, repr=False)
class CaptureResult(Presentable):
    """What was captured, and its certificate.

    Attributes
    ----------
    request : CaptureRequest
    certificate : Certificate
    hits : tuple of Hit
    back_end : BackEnd
    back_end_version : str
    twin : bool
        The values are those of a twin that was built for it.
    plain_seconds, captured_seconds : float
        Time of the plain run of the given program, and of the captured run.
    output : Path or None
        Folder in which what the captured run wrote is kept.
    printed : str
        What the captured run printed, as far as a log repeats it.
    in_place : tuple of str
        Files that the runs wrote outside of their private folder.
    producer : str
        The compiler, as the debug information names it; empty where it does not.
    compiled_otherwise : tuple of str or None
        What a Python program whose functions were not compiled, at the user's word, writes otherwise than compiled;
        None for any other one.
    file : Path or None
        The file whose digest the certificate has, where an interpreter runs it; None for a program of its own.
    arrivals : mapping
        How often the places of probes were reached, in which turns: :data:`~nbtrace.capturing.hits.Arrivals`.
    declined : str
        Why tracepoints were tried and could not be relied on, so that breakpoints read the values; empty if they were
        not tried, or have read them.
    """

    request: CaptureRequest
    certificate: Certificate
    hits: tuple[Hit, ...]
    back_end: BackEnd
    back_end_version: str
    twin: bool
    plain_seconds: float
    captured_seconds: float
    output: Path | None = None
    printed: str = ""
    in_place: tuple[str, ...] = ()
    producer: str = ""
    compiled_otherwise: tuple[str, ...] | None = None
    file: Path | None = None
    arrivals: Arrivals = field(default_factory=dict)
    declined: str = ""

    presented_as = "capture"

    def counted(self) -> tuple[str, ...]:
        """Return what was counted."""
        same, probes = len(self.certificate.same), self.certificate.probes
        reached = sum(probe.hits > 0 for probe in probes)
        return (f"{len(self.values)} values; {reached} of {len(probes)} probes reached; {same} outputs the same bytes",)

    @property
    def quantities(self) -> tuple[str, ...]:
        """Names of the captured quantities, in the order of the trace."""
        return tuple(dict.fromkeys(value.quantity for hit in self.hits for value in hit.values))

    @property
    def values(self) -> tuple[tuple[Hit, CapturedValue], ...]:
        """Every value with its hit, in the order in which the program came to them."""
        return tuple((hit, value) for hit in self.hits for value in hit.values)


@dataclass(frozen=True)
class WrittenValue:
    """A value that was written into the program.

    Attributes
    ----------
    injection : Injection
    before, after : tuple of float
        What the program had there, and what it had then: `after` is what was asked for, as its variables hold it.
    """

    injection: Injection
    before: tuple[float, ...]
    after: tuple[float, ...]


@dataclass(frozen=True)
class InjectedRun:
    """A run of a program with values written into it, against its plain run.

    Attributes
    ----------
    request : CaptureRequest
    written : tuple of WrittenValue
        In the order in which they were written; every injection was written at least once.
    image : ImageMoves or None
        What moved in the image; None where the probes name none.
    changed : tuple of str
        What the program wrote otherwise than in its plain run: names of files, `stdout`, `stderr`.
    hits : tuple of Hit
        The values that the probes read in this run, those computed from the injected ones included.
    output : Path or None
        Folder in which what this run wrote is kept.
    digests : mapping of str to str
        SHA-256 of everything that this run wrote.
    """

    request: CaptureRequest
    written: tuple[WrittenValue, ...]
    image: ImageMoves | None
    changed: tuple[str, ...]
    hits: tuple[Hit, ...]
    output: Path | None = None
    digests: Mapping[str, str] = field(default_factory=dict)
