"""Breakpoints of one turn of the selected loops, armed level by level, so that the program stops nowhere else."""

from functools import partial

import gdb

from .place_check import mixed_lines
from .place_code import Resolver, producer_of
from .place_watch import LiveProgram, PlaceWatch
from .plan_error import PlanError
from .probe_reading import ProbeReader

MOST_HITS = 1000000
PENDING = ("main",)
"""What stands for the functions of a program in an error; all of its libraries' take long to list."""


class Capture:
    """A run of the program in which the values of the selected turn are read.

    `program` is what places are armed in and values read from: the program that runs, or what was kept of its run.
    """

    def __init__(self, plan, hits, program=LiveProgram):
        self.plan, self._hits, self._program = plan, hits, program
        self.reader = ProbeReader(plan, hits, program)
        self.loops = plan["selection"]["loops"]
        self.level_codes, self.codes, self.missing = [], [], {}
        self._resolver, self._opened, self._found = Resolver(plan, PENDING), False, set()
        self.seen, self.flooded, self.finished = [False] * len(self.loops), False, False
        self._levels, self._probes, self._todo = [[] for _ in self.loops], [], []
        self._inside = [False] * len(self.loops)

    @property
    def producer(self):
        """What the debug information says of the compiler."""
        return next((producer_of(code) for _, code in self.codes if code.function is not None), "")

    def begin(self):
        """Find the places, and arm what is armed from the start."""
        self._find_levels()
        self._arm_probes(self._find_probes(), None, armed_now=not self.loops)
        self._opened = bool(self.missing)
        gdb.execute(f"set stop-on-solib-events {int(self._opened)}", to_string=True)

    def complete(self):
        """Find what a library holds that the program has opened now; give up what is in one that it has closed."""
        if not self._opened:
            return
        if not all(map(_is_there, self._all_codes())):
            self._forget()
        self._find_levels()
        inside = all(self._inside)
        thread = self._levels[-1][0].thread if self.loops and inside else None
        self._arm_probes(self._find_probes(), thread, armed_now=inside)

    def _forget(self):
        """Give up what was in a library that the program has closed."""
        if any(self._inside):
            raise PlanError("lost", "it closes a library that probes are in, in the selected turn")
        self.disarm()
        self._resolver = Resolver(self.plan, PENDING)
        self.level_codes = self.level_codes if all(map(_is_there, self.level_codes)) else []
        self.codes = [(probe, code) for probe, code in self.codes if _is_there(code)]
        if self.level_codes:
            self._arm_level(0, None)
        self._arm_probes(self.codes, None, armed_now=not self.loops)

    def _find(self, number):
        """Note that a place is found: gdb loses those of a library that is opened again."""
        if number in self._found:
            raise PlanError("lost", "it closes a library that probes are in, and opens it again, where they are lost")
        self._found.add(number)
        self.missing.pop(number, None)

    def _all_codes(self):
        return [*self.level_codes, *(code for _, code in self.codes)]

    def _find_levels(self):
        if self.level_codes or not self.loops:
            return
        try:
            self.level_codes = self._resolver.levels()
        except PlanError as error:
            self._lack(None, error)
        else:
            self._find(None)
            self._arm_level(0, None)

    def _find_probes(self):
        found, known = [], {probe["number"] for probe, _ in self.codes}
        for probe in self.plan["probes"]:
            if probe["number"] not in known and (self.level_codes or not self.loops):
                try:
                    found.append((probe, self._resolver.probe(probe)))
                except PlanError as error:
                    self._lack(probe["number"], error)
        for probe, code in found:
            self._find(probe["number"])
            if mixed := mixed_lines(code):
                raise PlanError("optimised", mixed)
        self.codes += found
        return found

    def _lack(self, number, error):
        """Go on without what may be in a library that the program has not opened yet."""
        if error.document["kind"] != "unknown":
            raise error
        if number not in self._found:
            self.missing[number] = error

    @property
    def waiting(self):
        """Whether the program stands still for something that is to be done."""
        return bool(self._todo)

    def settle(self):
        """Do what a stop has left to be done: breakpoints change only while the program stands still."""
        while self._todo:
            what, level, thread = self._todo.pop(0)
            if what == "enter":
                self._enter(level, thread)
            elif what == "leave":
                self._leave(level)
            else:
                self.disarm()
                self.finished = True

    def disarm(self):
        """Take back everything that is armed."""
        self._clear(0)
        self._drop(self._probes)

    def again(self):
        """Return the capture of the same plan in the same program, loaded anew."""
        return Capture(self.plan, self._hits)

    def _arm_level(self, level, thread):
        watch = PlaceWatch(self.level_codes[level].way, partial(self._turn, level))
        self._levels[level] = self._program.armed([watch], thread)
        return self._levels[level]

    def _arm_probes(self, codes, thread, *, armed_now=True):
        watches = [PlaceWatch(code.way, partial(self._at_probe, probe, code)) for probe, code in codes]
        self._probes += self._program.armed(watches, thread) if armed_now else []
        return self._probes

    def _turn(self, level, thread):
        """Tell whether to stop where a turn of a selected loop begins."""
        wanted = self.loops[level]["value"]
        if wanted is None or int(self._program.evaluate(self.loops[level]["variable"])) == wanted:
            if self._inside[level]:
                self.reader.new_turn()
                return False
            self._todo.append(("enter", level, thread))
            return True
        if self._inside[level]:
            over = all(loop["value"] is not None for loop in self.loops[:level])
            self._inside[level] = False
            self._todo.append(("over" if over else "leave", level, thread))
            return True
        return False

    def _enter(self, level, thread):
        self.seen[level] = self._inside[level] = True
        self.reader.new_turn()
        if all(loop["value"] is not None for loop in self.loops[: level + 1]):
            for bp in self._levels[level]:  # other threads have no business here any more
                bp.thread = thread
        else:
            thread = None
        here = self._program.pc()
        deeper = level + 1 < len(self.loops)
        for bp in list(self._arm_level(level + 1, thread) if deeper else self._arm_probes(self.codes, thread)):
            if bp.pc == here:  # the program has stopped here already, and goes on behind it
                bp.begin()

    def _leave(self, level):
        self._clear(level + 1)
        self._drop(self._probes)

    def _clear(self, level):
        for deeper in range(level, len(self.loops)):
            self._inside[deeper] = False
            self._drop(self._levels[deeper])

    @staticmethod
    def _drop(armed):
        for bp in armed:
            bp.delete()
        del armed[:]

    def _at_probe(self, probe, code, thread):
        self.reader.read(probe, code, thread)
        if self.reader.total < MOST_HITS:
            return False
        self.flooded = True
        self._todo.append(("over", 0, thread))
        return True


def _is_there(code):
    return code.function is None or code.function.symtab.is_valid()
