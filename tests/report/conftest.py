import pytest

from nbtrace import Trace
from tests.one_trace import one

HOSTILE = (
    "a|b",
    "`code`",
    "<script>alert(1)</script>",
    "<!-- x -->",
    "[text](http://example.org)",
    "![image](x.png)",
    "<http://example.org>",
    "**bold**",
    "_it_",
    "# heading",
    "&lt;b&gt;",
    "\x1b[31mred\x1b[0m",
    "\x9b31m",
    "\u202ereversed",
    "\\|",
    "---",
    "~~gone~~",
    "$x$",
    "1. one",
    "- item",
)
"""Text that a log might print, and that a terminal or a page might obey."""


@pytest.fixture(params=HOSTILE)
def hostile(request: pytest.FixtureRequest) -> str:
    text: str = request.param
    return text


def hostile_log(prefix: str, text: str, value: float) -> str:
    """A log that prints `text` wherever a log can print text."""
    return (
        f"{prefix}:detector_convention={text}\n"
        f"{prefix}:{text}={value}\n"
        f"{prefix}: {text} {value}\n"
        f"{prefix}: polar {value} \n"
        f"{prefix}: I_before_scaling {value}\n"
        f"{prefix}: steps {text}\n"
        f"{prefix}_PHI phi_tic=0 phi_deg=0 k_frac={value} F_latt_b=1 F_latt={text}\n"
        f"{prefix}_PHI phi_tic=0 phi_deg=0 k_frac={value} F_latt_b=1 F_latt=1\n"
    )


@pytest.fixture
def hostile_pair(hostile: str) -> tuple[Trace, Trace]:
    """A pair of such logs, from files whose names are no better."""
    return (
        one(hostile_log("TRACE_C", hostile, 0.25), f"{hostile}.log"),
        one(hostile_log("TRACE_PY", hostile + "2", 0.75), hostile),
    )
