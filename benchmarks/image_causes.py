"""How long it takes to name the cause of a difference between two images of 2463 x 2527 pixels, with flags.

`python benchmarks/image_causes.py` makes both images with the embedded simulator, the second with φ at mid-step, and
prints the time of each part and the answer.
"""

import shlex
import time

import numpy as np

from nbtrace.compare.images import compare_images
from nbtrace.embedded.choice import parsed_flags
from nbtrace.embedded.image_runs import EmbeddedImages, image_experiments
from nbtrace.explanation.images.image_causes import image_causes
from nbtrace.images.image import Image
from nbtrace.report.views.image_causes_view import cause_headline

FLAGS = (
    "-default_F 100 -cell 60 70 80 90 90 90 -lambda 1 -N 5 -distance 100 -detpixels_x 2463 -detpixels_y 2527 "
    "-pixel 0.172 -oversample 1 -osc 1 -phisteps 2"
)


def made(flags: str) -> Image:
    """Return the image of flags in single precision."""
    config, simulator = parsed_flags(shlex.split(flags)), EmbeddedImages()
    values = simulator.values(config, simulator.visited(config)).astype(np.float32)
    return Image(values.reshape(config.shape_slow_fast), flags[-8:], "computed")


def main() -> None:
    """Make, compare, explain; print the times."""
    c, py = made(f"{FLAGS} -phi 0"), made(f"{FLAGS} -phi 0.25")
    clock = time.perf_counter()
    result = compare_images(c, py)
    compared = time.perf_counter()
    causes = image_causes(result, parsed_flags(shlex.split(f"{FLAGS} -phi 0")), image_experiments())
    explained = time.perf_counter()
    print(f"compared in {compared - clock:.1f} s, explained in {explained - compared:.1f} s")
    print(cause_headline(result, causes))


if __name__ == "__main__":
    main()
