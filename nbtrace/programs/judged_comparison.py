"""Two programs on the same flags as waivers and histories see them: the gates of the images, the traced quantities."""

from collections.abc import Iterable
from dataclasses import replace

from nbtrace.compare.images.judged_images import judged_images
from nbtrace.explanation.judged_traces import judged_traces
from nbtrace.programs.comparison import Comparison
from nbtrace.verdicts.status import Verdict
from nbtrace.verdicts.waivers import JudgedCase, JudgedQuantity


def judged_comparison(name: str, result: Comparison) -> JudgedCase:
    """Return a comparison as a case; a quantity that several pixels have stands for the worst of them."""
    probes = [
        (probe.pixel, judged_traces(name, probe.diff, probe.explanation))
        for probe in result.probes
        if probe.diff is not None
    ]
    others = tuple(f"pixel {slow} {fast}: {text}" for (slow, fast), case in probes for text in case.others)
    traced = (item for _, case in probes for item in case.quantities)
    return JudgedCase(
        name, (*judged_images(result.images), *_worst(traced)), others, agrees=result.verdict is Verdict.AGREE
    )


def _worst(quantities: Iterable[JudgedQuantity]) -> tuple[JudgedQuantity, ...]:
    found: dict[str, JudgedQuantity] = {}
    for item in quantities:
        other = found.get(item.quantity)
        found[item.quantity] = item if other is None else _joined(other, item)
    return tuple(found.values())


def _joined(first: JudgedQuantity, second: JudgedQuantity) -> JudgedQuantity:
    """Return what two pixels say of one quantity: the larger sizes, and a side or a cause only where both agree."""
    if first.status.diverges is not second.status.diverges:
        return first if first.status.diverges else second
    worse = second if (second.relative or 0.0) > (first.relative or 0.0) else first
    known = None not in {first.relative, second.relative, first.absolute, second.absolute}
    digits = [item.digits for item in (first, second) if item.digits is not None]
    return replace(
        worse,
        relative=max(first.relative or 0.0, second.relative or 0.0) if known else None,
        absolute=max(first.absolute or 0.0, second.absolute or 0.0) if known else None,
        digits=min(digits, default=None),
        side=first.side if first.side == second.side else "",
        cause=first.cause if first.cause == second.cause else "",
        inherited=first.inherited and second.inherited,
    )
