"""A process that only simulates loads what compilers need of torch when a compiler is imported."""

import subprocess
import sys

from simulator.torch_import import PUT_OFF, import_torch_to_simulate
from tests.places import ROOT

PROGRAM = f"""
import sys
from simulator.torch_import import import_torch_to_simulate
import_torch_to_simulate()
import torch
put_off = sys.modules.get({PUT_OFF!r})
before = put_off is None or "__getattr__" in put_off.__dict__
computed = float(torch.sin(torch.ones(3, dtype=torch.float64)).sum())
import torch._dynamo
after = put_off is None or "register_meta" in put_off.__dict__
print(before, computed, after)
"""


def test_what_is_put_off_is_loaded_before_a_compiler() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["True", "2.5244129544236893", "True"]


def test_a_torch_that_is_there_is_left_alone() -> None:
    import torch  # noqa: F401, PLC0415 - it shall be there

    finders = list(sys.meta_path)
    import_torch_to_simulate()
    assert sys.meta_path == finders
