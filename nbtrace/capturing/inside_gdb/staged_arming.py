"""Breakpoints of one turn of the selected loops, armed level by level, so that the program stops nowhere else."""

import gdb

from .place_code import producer_of
from .probe_reading import ProbeReader
from .program_values import evaluate

MOST_HITS = 1000000


class Armed(gdb.Breakpoint):
    """A breakpoint that calls a function when it is reached; the program stops only where that returns True."""

    def __init__(self, pc, reached, thread=None):
        gdb.Breakpoint.__init__(self, f"*0x{pc:x}", gdb.BP_BREAKPOINT, internal=True)
        self.silent = True
        self.pc = pc
        self._reached = reached
        if thread is not None:
            self.thread = thread

    def stop(self):
        """Tell gdb whether to stop."""
        return self._reached(self.thread or gdb.selected_thread().global_num)


class Capture:
    """A run of the program in which the values of the selected turn are read."""

    def __init__(self, plan, resolver, hits):
        self.reader = ProbeReader(plan, hits)
        self.loops = plan["selection"]["loops"]
        self.level_codes = resolver.levels()
        self.codes = [(probe, resolver.probe(probe)) for probe in plan["probes"]]
        self.producer = next((producer_of(code) for _, code in self.codes if code.function is not None), "")
        self.seen, self.flooded, self.finished = [False] * len(self.loops), False, False
        self._through, self._levels, self._probes, self._todo = {}, [[] for _ in self.loops], [], []
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
            elif what == "prune":
                self._prune()
            else:
                self._clear(0)
                self._drop(self._probes)
                self.finished = True

    def _arm_level(self, level, thread):
        def reached(number, level=level):
            return self._turn(level, number)

        self._levels[level] = [Armed(pc, reached, thread) for pc in self.level_codes[level].addresses]
        return self._levels[level]

    def _arm_probes(self, thread):
        by_address = self._entries()
        for pc, entries in sorted(by_address.items()):

            def reached(number, entries=entries, pc=pc):
                return self._at_probes(entries, number, pc)

            self._probes.append(Armed(pc, reached, thread))
        return self._probes

    def _entries(self):
        """Return what is to be done at each address: probes, and statements that they come behind."""
        by_address = {}
        for probe, code in self.codes:
            for pc in code.through:
                by_address.setdefault(pc, []).append((None, probe, code))
            for pc in code.addresses:
                by_address.setdefault(pc, []).append((probe, probe, code))
        return by_address

    def _prune(self):
        """Give up the addresses of a loop's head that are not the first one behind its last statement."""
        wanted = self._entries()
        self._drop_some([bp for bp in self._probes if bp.pc not in wanted])

    def _drop_some(self, armed):
        for bp in armed:
            self._probes.remove(bp)
            bp.delete()

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
                bp.stop()

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

    def _at_probes(self, entries, thread, pc):
        stops = False
        for probe, owner, code in entries:
            if probe is None:
                self._through[owner["number"], thread] = True
            elif not code.through or (pc in code.addresses and self._through.pop((owner["number"], thread), False)):
                self.reader.read(probe, code, thread)
                if code.through and (len(code.addresses) > 1 or not code.jumps):
                    code.addresses = [pc]
                    code.through = code.through if code.jumps else ()
                    self._todo.append(("prune", 0, thread))
                    stops = True
        if self.reader.total >= MOST_HITS:
            self.flooded = True
            self._todo.append(("over", 0, thread))
            return True
        return stops
