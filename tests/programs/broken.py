"""References that are broken, each in one way: small scripts in plain Python that take the reference's flags."""

import stat
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

_HEAD = """#!/usr/bin/env python3
import array, os, signal, subprocess, sys, time

words = sys.argv[1:]
name = words[words.index("-floatfile") + 1]
values = array.array("f", [float(1 + n % 7) for n in range(64)])


def write(path=name, what=values):
    with open(path, "wb") as stream:
        what.tofile(stream)


def trace(slow, fast):
    position = " ".join(f"{x:.15g}" for x in (0.1, 1e-4 * (fast + 0.5), 1e-4 * (slow + 0.5)))
    print("TRACE_C: pix0_vector_meters 0.1 0 0")
    print("TRACE_C: fdet_vec 0 1 0")
    print("TRACE_C: sdet_vec 0 0 1")
    print(f"TRACE_C: pixel_pos_meters {position}")
    print("TRACE_C: R_distance_meters 0.1")
    print("TRACE_C: omega_pixel_sr 1e-06")
    print("TRACE_C: close_distance_meters 0.1")
    for key in ("I_before_scaling", "I_pixel_final"):
        print(f"TRACE_C: {key} {values[8 * slow + fast]:.15g}")


asked = None
if "-trace_pixel" in words:
    at = words.index("-trace_pixel")
    asked = int(words[at + 1]), int(words[at + 2])
"""

_BODIES = {
    "good": "write()\nif asked: trace(*asked)\n",
    "no_file": "",
    "no_file_but_exit_1": "sys.exit(1)\n",
    "empty_file": "write(what=values[:0])\n",
    "half_a_file": "write(what=values[:31])\n",
    "other_shape": "write(what=values * 4)\n",
    "huge_sparse": "write()\nos.truncate(name, 1 << 42)\n",
    "sparse_by_one": "write()\nos.truncate(name, 257)\n",
    "all_nan": "write(what=array.array('f', [float('nan')] * 64))\nif asked: trace(*asked)\n",
    "all_inf": "write(what=array.array('f', [float('inf')] * 64))\n",
    "hangs": "write()\ntime.sleep(600)\n",
    "hangs_deaf": "signal.signal(signal.SIGTERM, signal.SIG_IGN)\nwrite()\ntime.sleep(600)\n",
    "hangs_silent": "os.close(1)\nos.close(2)\ntime.sleep(600)\n",
    "busy": "while True: pass\n",
    "floods_stdout": "while True: sys.stdout.write('x' * 65536)\n",
    "floods_stderr": "while True: sys.stderr.write('y\\n' * 32768)\n",
    "killed": "write()\nsys.stdout.flush()\nos.kill(os.getpid(), signal.SIGKILL)\n",
    "aborts": "write()\nos.abort()\n",
    "binary_junk": "sys.stdout.buffer.write(bytes(range(256)) * 99)\n",
    "stdin": "write()\nif sys.stdin.read() or sys.stdin.isatty(): sys.exit(3)\n",
    "deletes_folder": "write()\nos.remove(name)\nos.rmdir(os.getcwd())\n",
    "elsewhere": "write(os.environ['ELSEWHERE'])\n",
    "symlink": "write(os.environ['ELSEWHERE'])\nos.symlink(os.environ['ELSEWHERE'], name)\n",
    "hard_link": "write(os.environ['ELSEWHERE'])\nos.link(os.environ['ELSEWHERE'], name)\n",
    "dangling": "os.symlink('nothing', name)\n",
    "fifo": "os.mkfifo(name)\n",
    "folder_as_file": "os.mkdir(name)\n",
    "socket": "import socket; socket.socket(socket.AF_UNIX).bind(name)\n",
    "older": "write()\nos.utime(name, (1e9, 1e9))\n",
    "unreadable": "write()\nos.chmod(name, 0)\n",
    "exit_7_with_image": "write()\nprint('reached')\nsys.exit(7)\n",
    "constant": "write(what=array.array('f', [3.0] * 64))\n",
    "all_zero": "write(what=array.array('f', [0.0] * 64))\n",
    "text": "open(name, 'w').write('no image at all\\n')\n",
    "moves": "values[5] += time.time() % 10\nwrite()\n",
    "other_pixel": "write()\nif asked: trace((asked[0] + 1) % 8, asked[1])\n",
    "transposed_pixel": "write()\nif asked: trace(asked[1], asked[0])\n",
    "two_pixels": "write()\nif asked: trace(*asked); trace((asked[0] + 1) % 8, asked[1])\n",
    "junk_trace": "write()\nif asked: print('TRACE_C: \\x07 \\x1b[31m ??? not a value')\n",
    "half_a_trace": "write()\nif asked: print('TRACE_C: I_before_sc', end='')\n",
    "nan_trace": "write()\nif asked: values = [float('nan')] * 64; trace(*asked)\n",
    "binary_trace": "write()\nif asked: trace(*asked); print(bytes(range(128)).decode())\n",
    "outlived": (
        "child = subprocess.Popen(['sleep', '600'])\nopen(os.environ['CHILD'], 'w').write(str(child.pid))\nwrite()\n"
    ),
    "changes_mode": "write()\nos.chmod('.', 0)\n",
}

BODIES: Mapping[str, str] = MappingProxyType(_BODIES)
"""What each does once it has its flags."""


def make(name: str, folder: Path) -> Path:
    """Write a broken reference and return its path."""
    path = folder / "nanoBragg"
    path.write_text(_HEAD + BODIES[name])
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def own_processes(parent: int) -> list[int]:
    """Return the running processes that a process has started; none where the system does not tell."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, ancestor = entry.read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        if int(ancestor) == parent and state != "Z":
            found.append(int(entry.parent.name))
    return found
