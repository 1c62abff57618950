"""Breakpoints of one turn of the selected loops, armed level by level, so that the program stops nowhere else."""

from functools import partial

import gdb

from .place_code import producer_of
from .place_watch import PlaceWatch, armed
from .probe_reading import ProbeReader
from .program_values import evaluate

MOST_HITS = 1000000


class Capture:
    """A run of the program in which the values of the selected turn are read."""

    def __init__(self, plan, resolver, hits):
        self.plan, self._hits = plan, hits
        self.reader = ProbeReader(plan, hits)
        self.loops = plan["selection"]["loops"]
        self.level_codes = resolver.levels()
        self.codes = [(probe, resolver.probe(probe)) for probe in plan["probes"]]
        self.producer = next((producer_of(code) for _, code in self.codes if code.function is not None), "")
        self.seen, self.flooded, self.finished = [False] * len(self.loops), False, False
        self._levels, self._probes, self._todo = [[] for _ in self.loops], [], []
        self._inside = [False] * len(self.loops)

    def begin(self):
        """Arm what is armed from the start."""
        if self.loops:
            self._arm_level(0, None)
        else:
            self._arm_probes(None)

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

    def again(self, resolver):
        """Return the capture of the same plan in the same program, loaded anew."""
        return Capture(self.plan, resolver, self._hits)

    def _arm_level(self, level, thread):
        watch = PlaceWatch(self.level_codes[level].way, partial(self._turn, level))
        self._levels[level] = armed([watch], thread)
        return self._levels[level]

    def _arm_probes(self, thread):
        watches = [PlaceWatch(code.way, partial(self._at_probe, probe, code)) for probe, code in self.codes]
        self._probes += armed(watches, thread)
        return self._probes

    def _turn(self, level, thread):
        """Tell whether to stop where a turn of a selected loop begins."""
        wanted = self.loops[level]["value"]
        if wanted is None or int(evaluate(self.loops[level]["variable"])) == wanted:
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
        here = gdb.selected_frame().pc()
        deeper = level + 1 < len(self.loops)
        for bp in list(self._arm_level(level + 1, thread) if deeper else self._arm_probes(thread)):
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
