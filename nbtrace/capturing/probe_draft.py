"""A probe file drafted from the debug information of a program: its loops, and what is assigned in them."""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nbtrace.capturing.gdb_run import drafted
from nbtrace.capturing.launch import Launch
from nbtrace.capturing.python_draft import printable
from nbtrace.errors import IncompleteError
from nbtrace.temporary import temporary_folder

_MOST_OTHERS = 40


def probe_draft(program: Path, named: str, function: str | None) -> str:
    """Return the text of a probe file that can be used as it stands.

    Parameters
    ----------
    program : Path
        Whole path.
    named : str
        As the user named it, for the example in the file.
    function : str or None
        The function that it is about; None for the one whose loops are nested deepest.

    Raises
    ------
    IncompleteError
        If the program has no debug information, or nothing that is assigned in a loop can be read.
    ProgramError
        If gdb is missing or fails.
    UsageError
        If there is no such function.
    """
    with temporary_folder() as work:
        report = drafted(Launch(program, (), Path.cwd(), work, 60.0), function)
    drafts = [draft for draft in report["drafts"] if any(_usable(chain) for chain in _chains(draft["loops"]))]
    if not drafts:
        where = f"function {function}" if function else f"{named}"
        raise IncompleteError(
            f"no loop of {where} assigns a number that can be read; build it with -O0 -g, and leave its source in place"
        )
    best = max(drafts, key=lambda draft: max(map(len, filter(_usable, _chains(draft["loops"])))))
    chain = max(filter(_usable, _chains(best["loops"])), key=lambda loops: (len(loops), _assigned_count(loops)))
    return "\n".join([*_heading(named, best, chain, report["functions"]), *_select(best, chain), *_probes(chain), ""])


def _chains(loops: Sequence[Mapping[str, Any]]) -> list[tuple[Mapping[str, Any], ...]]:
    """Return each loop with those around it, from the outermost."""
    chains: list[tuple[Mapping[str, Any], ...]] = []
    for loop in loops:
        around = [chain for chain in chains if chain[-1]["line"] <= loop["line"] and loop["last"] <= chain[-1]["last"]]
        deepest: tuple[Mapping[str, Any], ...] = max(around, key=len, default=())
        chains.append((*deepest, loop))
    return chains


def _usable(chain: Sequence[Mapping[str, Any]]) -> bool:
    return all(loop["variables"] for loop in chain) and bool(_quantities(chain[-1], chain))


def _assigned_count(chain: Sequence[Mapping[str, Any]]) -> int:
    return sum(len(loop["assigned"]) for loop in chain)


def _name(loop: Mapping[str, Any]) -> str:
    return f"{loop['variables'][0]}:{loop['line']}"


def _quantities(loop: Mapping[str, Any], chain: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    turning = {name for other in chain for name in other["variables"]}
    found = {}
    for name, kind in loop["assigned"].items():
        if name in turning or not kind:
            continue
        found[name] = f"{name}{kind}" if kind[0] in "[(" else name
    return found


def _heading(
    named: str, draft: Mapping[str, Any], chain: Sequence[Mapping[str, Any]], names: Sequence[str]
) -> list[str]:
    outer = [loop["variables"][0] for loop in chain[:-1]]
    at = "".join(f" --at {name}=0" for name in outer)
    others = [name for name in names if name != draft["name"]]
    shown = ", ".join(others[:_MOST_OTHERS]) + (", …" if len(others) > _MOST_OTHERS else "")
    named = printable(named)
    return [
        f"# Drafted from the debug information of {named}: {draft['name']} in {os.path.basename(draft['file'])}.",  # noqa: PTH119
        f"# nbtrace capture --probes THIS_FILE{at} -o c.log -- {named} ARGS",
        "# Give the quantities the names that the other program uses, and leave out what it does not compute.",
        *([f"# Other functions (--function NAME): {shown}"] if others else []),
        "",
    ]


def _select(draft: Mapping[str, Any], chain: Sequence[Mapping[str, Any]]) -> list[str]:
    loops = [_name(loop) for loop in chain[:-1]]
    return ["[select]", f"function = {json.dumps(draft['name'])}", f"loops = {json.dumps(loops)}", ""]


def _probes(chain: Sequence[Mapping[str, Any]]) -> list[str]:
    lines: list[str] = []
    for place, loop in enumerate(chain):
        quantities = _quantities(loop, chain)
        own = {
            name: text
            for name, text in quantities.items()
            if place == len(chain) - 1 or name not in _inner(chain, place)
        }
        if not own or (place < len(chain) - 2):
            continue
        inner = place == len(chain) - 1
        for name, text in own.items():
            lines += ["[[probe]]", f"after = {json.dumps(name)}", f"loop = {json.dumps(_name(loop))}"]
            if inner:
                variable = loop["variables"][0]
                lines.append(f"index = {{ {variable} = {json.dumps(variable)} }}")
            lines += ["optional = true", f"quantities = {{ {name} = {json.dumps(text)} }}", ""]
    return lines


def _inner(chain: Sequence[Mapping[str, Any]], place: int) -> set[str]:
    return {name for loop in chain[place + 1 :] for name in loop["assigned"]}
