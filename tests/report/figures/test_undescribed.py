"""matplotlib without its help texts draws the same."""

import hashlib
import subprocess
import sys
from typing import Any

from matplotlib import artist

from nbtrace.report.figures.undescribed import undescribed

DRAWN = """
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
import io

figure = Figure((2, 2))
axes = figure.add_subplot()
axes.imshow([[1, 2], [3, 4]])
axes.set(xlim=(0, 1), title="T")
axes.plot([0, 1], [0, 1], label="a")[0].set(linewidth=3, marker="x")
axes.legend(loc="upper left")
stream = io.BytesIO()
FigureCanvasAgg(figure).print_png(stream, metadata={"Software": None})
"""

ALONE = f"""
from nbtrace.report.figures.undescribed import undescribed

with undescribed():
    import matplotlib.figure
{DRAWN}
import hashlib
from matplotlib import artist, lines

assert lines.Line2D.set.__doc__ is None
assert "linewidth" in artist.kwdoc(lines.Line2D)
class Later(artist.Artist): pass
assert Later.set.__doc__.startswith("Set multiple properties at once")
print(hashlib.sha256(stream.getvalue()).hexdigest())
"""


def test_the_same_is_drawn_and_what_is_made_later_is_described() -> None:
    here: dict[str, Any] = {}
    exec(DRAWN, here)  # noqa: S102 - the text above
    alone = subprocess.run([sys.executable, "-c", ALONE], capture_output=True, text=True, check=False)
    assert alone.stdout.strip() == hashlib.sha256(here["stream"].getvalue()).hexdigest(), alone.stderr


def test_afterwards_everything_is_described_again() -> None:
    before = artist.kwdoc, vars(artist.Artist)["_update_set_signature_and_docstring"]
    with undescribed():
        assert artist.kwdoc(artist.Artist) == ""
    assert (artist.kwdoc, vars(artist.Artist)["_update_set_signature_and_docstring"]) == before
