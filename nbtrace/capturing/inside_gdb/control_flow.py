"""From which instruction to which the program goes where it leaves one statement and comes to another.

A line of the source may be reached in several ways: the increment of a loop behind the last statement of its body, by a
`continue` that stands before it, from the loop's beginning. Which way it was is what the last instruction before tells.
"""

import re
from typing import NamedTuple

import gdb

from .plan_error import PlanError


class Instruction(NamedTuple):
    """An instruction: where it is, where the next one is, its line, what follows it, and where it jumps to.

    The line is 0 where it is of another file, the target of a jump where it is not known.
    """

    pc: int
    after: int
    line: int
    flow: str
    target: int


ON, CALL, JUMP, BRANCH, AWAY = "on", "call", "jump", "branch", "away"
"""What follows an instruction: the next one, that after a call, another one, one of both, none of this function."""

_TARGET = re.compile(r"(?:^|[\s,])(?:0x)?([0-9a-f]+)\s+<")
_MACHINES = {
    "x86-64": {
        AWAY: re.compile(r"(?:rep\w*\s+|notrack\s+|bnd\s+)*(?:ret\w*|hlt|ud2)\b"),
        CALL: re.compile(r"(?:notrack\s+|bnd\s+)*call"),
        JUMP: re.compile(r"(?:notrack\s+|bnd\s+)*jmp"),
        BRANCH: re.compile(r"(?:bnd\s+)?(?:j[a-z]+|loop\w*)\b"),
    },
    "aarch64": {
        AWAY: re.compile(r"(?:ret\w*|eret|brk|udf)\b"),
        CALL: re.compile(r"(?:bl|blr\w*)\s"),
        JUMP: re.compile(r"(?:b|br\w*)\s"),
        BRANCH: re.compile(r"(?:b\.\w+|cbn?z|tbn?z)\s"),
    },
}


class Way:
    """How a place is reached from the statements that it stands behind.

    Attributes
    ----------
    addresses : list of int
        Those of the place.
    sources : dict of int to bool
        Instructions that lead to it, and whether what follows them counts; empty where all that reaches it counts.
    counts : bool
        Whether the place counts where none of these has run.
    framed : bool
        Whether the frame that an instruction has run in has to be known.
    """

    def __init__(self, addresses, sources=(), *, counts=True, framed=False):
        self.addresses, self.sources, self.counts, self.framed = addresses, dict(sources), counts, framed


class ControlFlow:
    """The instructions of a function and how they follow each other."""

    def __init__(self, ranges, file, begun=None):
        """Take the first and the last address of each part, and the file of its lines.

        `begun` are the addresses at which lines begin, of a function of which parts are compiled as functions.
        """
        machine = gdb.selected_inferior().architecture()
        name = next((name for name in _MACHINES if name in machine.name()), None)
        if name is None:
            raise PlanError("usage", f"the code of {machine.name()} is not read; name the place by line or text")
        self._kinds, self._file, self._begun, self._known = _MACHINES[name], file, begun or (), (0, 0, 0)
        self.code = {}
        for start, end in ranges:
            for found in machine.disassemble(start, end - 1):
                pc, text = found["addr"], found["asm"]
                flow = next((kind for kind, pattern in self._kinds.items() if pattern.match(text)), ON)
                target = _TARGET.search(text) if flow in (JUMP, BRANCH) else None
                self.code[pc] = Instruction(
                    pc, pc + found["length"], self._line(pc), flow, int(target[1], 16) if target else 0
                )
        self._before = {}
        for instruction in self.code.values():
            for following in self.following(instruction):
                self._before.setdefault(following, []).append(instruction.pc)
        for pc in sorted(self.code) if begun else ():
            self._place_by_origin(pc)

    def _place_by_origin(self, pc):
        """Give code without a line of its own that of where it is reached from, if only other lines lead there.

        What a compiler adds by itself, such as the end of a parallel loop, stands behind the code of any line.
        """
        instruction = self.code[pc]
        origins = [self.code[before].line for before in self._before.get(pc, ())]
        if origins and instruction.line not in origins and pc not in self._begun:
            self.code[pc] = instruction._replace(line=origins[0])

    def _line(self, pc):
        low, high, line = self._known
        if not low <= pc < high:
            row = gdb.find_pc_line(pc)
            line = row.line if row.symtab is not None and row.symtab.fullname() == self._file else 0
            self._known = row.pc, (row.last or pc) + 1, line
        return line

    @staticmethod
    def following(instruction):
        """Return the addresses of what may run next in the function, as far as they are known."""
        if instruction.flow == AWAY:
            return ()
        if instruction.flow == JUMP:
            return (instruction.target,) if instruction.target else ()
        return (instruction.after, instruction.target) if instruction.flow == BRANCH else (instruction.after,)

    def has_code(self, lines):
        """Tell whether anything was compiled for lines."""
        return any(instruction.line in lines for instruction in self.code.values())

    def way(self, leaves, reaches, *, all_ways=False):
        """Return how the program comes from lines to others; None where it does not.

        Parameters
        ----------
        leaves, reaches : container of int
            The lines that are left, and those that are reached.
        all_ways : bool
            The place counts wherever the program comes from.
        """
        places = {
            following
            for instruction in self.code.values()
            if instruction.line in leaves
            for following in self.following(instruction)
            if following in self.code and self.code[following].line in reaches
        }
        if not places:
            return None
        if all_ways:
            return Way(sorted(places))
        unknown = [item for item in self.code.values() if item.flow == JUMP and not item.target]
        known = [self.code[before] for place in places for before in self._before[place]]
        leaving = {item for item in (*known, *unknown) if item.line in leaves}
        others = {item for item in (*known, *unknown) if item.line not in leaves}
        return self._told_apart(sorted(places), leaving, others)

    def _told_apart(self, places, leaving, others):
        if not others:
            return Way(places)
        for side, counts in ((leaving, True), (others, False)):
            if all(self._is_sure(item, places) for item in side):
                return Way(places, {item.pc: counts for item in side}, counts=not counts)
        sources = {item.pc: True for item in leaving}
        sources.update({item.pc: False for item in others})
        return Way(places, sources, counts=False, framed=True)

    def _is_sure(self, instruction, places):
        """Tell whether one of the places is the very next that runs."""
        if instruction.flow == ON:
            return instruction.after in places
        return instruction.flow == JUMP and instruction.target in places
