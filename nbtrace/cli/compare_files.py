"""The files of a comparison: pictures, images, logs and traces."""

from collections.abc import Iterator, Mapping

from nbtrace.running.comparison import Comparison, Run


def comparison_files(result: Comparison, *, percentile: float) -> Mapping[str, str | bytes]:
    """Return the files by name, but for report and summary; the scale of the pictures ends at `percentile`."""
    return {
        **_pictures(result, percentile),
        **dict(_side_files("c", result.c)),
        **dict(_side_files("py", result.py)),
        **dict(_traces(result)),
    }


def _pictures(result: Comparison, percentile: float) -> Mapping[str, bytes]:
    return {}


def _side_files(side: str, run: Run) -> Iterator[tuple[str, str | bytes]]:
    yield f"{side}_float.bin", run.made.image.pixels.tobytes()
    if run.made.stdout:
        yield f"{side}_stdout.log", run.made.stdout
    if run.made.stderr:
        yield f"{side}_stderr.log", run.made.stderr


def _traces(result: Comparison) -> Iterator[tuple[str, str]]:
    for probe in result.probes:
        place = f"{probe.pixel[0]}_{probe.pixel[1]}"
        for side, trace in (("c", probe.c), ("py", probe.py)):
            if trace.text is not None:
                yield f"trace_{side}_{place}.log", trace.text
