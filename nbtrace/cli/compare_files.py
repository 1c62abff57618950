"""The files of a comparison: pictures, images, logs and traces."""

from collections.abc import Iterator, Mapping

from nbtrace.cli.image_files import picture_bytes
from nbtrace.images.numpy_files import ARRAYS_NAME, arrays_bytes
from nbtrace.programs.comparison import Comparison, SideRun


def comparison_files(result: Comparison, *, pictures: bool, percentile: float) -> Mapping[str, str | bytes]:
    """Return the files by name, but for report and summary; pictures need matplotlib."""
    return {
        ARRAYS_NAME: arrays_bytes(result.images.c.pixels, result.images.py.pixels),
        **(picture_bytes(result.images, ("png",), percentile) if pictures else {}),
        **dict(_logs("c", result.c)),
        **dict(_logs("py", result.py)),
        **dict(_traces(result)),
    }


def _logs(side: str, run: SideRun) -> Iterator[tuple[str, str]]:
    yield from ((f"{side}_{name}.log", text) for name, text in run.made.logs if text)


def _traces(result: Comparison) -> Iterator[tuple[str, str]]:
    for probe in result.probes:
        place = f"{probe.pixel[0]}_{probe.pixel[1]}"
        for side, trace in (("c", probe.c), ("py", probe.py)):
            if trace.text is not None:
                yield f"trace_{side}_{place}.log", trace.text
