"""Console blocks of documents: what they call, what they show of the answer, and whether the answer has it."""

import re

LEFT_OUT = "…"
"""Stands for any lines."""


def sessions(markdown: str) -> list[list[tuple[str, list[str]]]]:
    """Return the blocks that can be run: commands, each with the lines that are shown of what it prints."""
    found = []
    for block in re.findall(r"^```console\n(.*?)^```", markdown, re.DOTALL | re.MULTILINE):
        calls: list[tuple[str, list[str]]] = []
        for line in block.splitlines():
            if line.startswith("$ "):
                calls.append((line.removeprefix("$ nbtrace "), []))
            else:
                calls[-1][1].append(line)
        if all(not call.startswith("$ ") for call, _ in calls) and any("examples/" in call for call, _ in calls):
            found.append(calls)
    return found


def follow(printed: list[str], expected: list[str]) -> str | None:
    """Return the first line that is not printed in its place; `…` stands for any lines."""
    place, anywhere = 0, False
    for line in expected:
        if line == LEFT_OUT:
            anywhere = True
        elif anywhere and line in printed[place:]:
            place, anywhere = printed.index(line, place) + 1, False
        elif not anywhere and printed[place : place + 1] == [line]:
            place += 1
        else:
            return line
    return None
