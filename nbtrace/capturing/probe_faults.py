"""Why probes do not fit a program, and what helps."""

from collections.abc import Sequence
from dataclasses import dataclass

from nbtrace.capturing.probe import ProbeFile
from nbtrace.errors import IncompleteError, UsageError
from nbtrace.nearness import nearest

BUILD_REMEDY = "build the program with -O0 -g, or give --build 'COMMAND' to have a twin of it built so"


@dataclass(frozen=True)
class Fault:
    """Why a probe cannot be read in a program.

    Attributes
    ----------
    probe : int
    quantity : str or None
    kind : str
        `unknown`, `optimised`, `place`, `debug`, `source` or `usage`.
    text : str
    word : str
        The unknown name.
    names : tuple of str
        Those that there are.
    """

    probe: int
    quantity: str | None
    kind: str
    text: str
    word: str = ""
    names: tuple[str, ...] = ()

    @property
    def is_of_the_build(self) -> bool:
        """Whether another build of the same program may not have it."""
        return self.kind in {"optimised", "debug", "source"}


def refuse_faults(faults: Sequence[Fault], probes: ProbeFile, *, of_the_build: bool) -> None:
    """Refuse probes that do not fit a program; those that another build may have only where there is none.

    Raises
    ------
    IncompleteError
        If something is optimised out; all of it is listed, with the remedy.
    UsageError
        If a name is unknown.
    """
    words = {probe.number: probe.words for probe in probes.probes}
    for fault in faults:
        if not fault.is_of_the_build:
            origin = f"{probes.path}: " if probes.path and not probes.shipped else ""
            raise UsageError(f"{origin}{words[fault.probe]}: {fault.text}{near_hint(fault.word, fault.names)}")
    if faults and of_the_build:
        names = {probe.number: [item.name for item in probe.quantities] for probe in probes.probes}
        parts = ([fault.quantity] if fault.quantity else names[fault.probe] for fault in faults)
        lost = list(dict.fromkeys(name for part in parts for name in part))
        texts = list(dict.fromkeys(fault.text for fault in faults))
        more = f" and {len(lost) - 12} more" if len(lost) > 12 else ""
        raise IncompleteError(
            f"{len(lost)} of the probes' quantities cannot be read ({', '.join(lost[:12])}{more}): "
            f"{'; '.join(texts[:3])}; {BUILD_REMEDY}"
        )


def near_hint(word: str, names: Sequence[str]) -> str:
    """Return what a word was meant to be, as the end of a sentence; nothing where no name is near."""
    near = nearest(word, names)
    return f"; did you mean {near}?" if near else ""
