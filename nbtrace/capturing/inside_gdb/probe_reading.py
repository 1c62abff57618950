"""What is done where a probe is reached: whether the hit counts, what is read, what is written into the program."""

import json

import gdb

from .program_values import elements

MOST_TURNS = 10000


class ProbeReader:
    """Reads the probes of a plan, and counts: hits, arrivals, what could not be read, what was written.

    `program` gives the values of expressions where it stands.
    """

    def __init__(self, plan, hits, program):
        self.plan, self._hits, self._program, self._evaluate = plan, hits, program, program.evaluate
        self.loops = plan["selection"]["loops"]
        self.counts = {probe["number"]: 0 for probe in plan["probes"]}
        self.arrivals = {probe["number"]: {} for probe in plan["probes"]}
        self.unread, self.written = {}, []
        self.total = 0
        self._first = set()
        self._pending_writes = list(plan["writes"])

    def new_turn(self):
        """Begin a selected turn, whose first hit is still to come."""
        self._first.clear()

    def read(self, probe, code, thread):
        """Read a probe at which the program stands, if it counts."""
        try:
            at = self._selected(code)
            if at is None:
                return
            turns = tuple(int(self._evaluate(text)) for text, _ in probe["when"])
            self._count_arrival(probe, turns)
            self._write_elsewhere(probe, code, turns)
            if turns != tuple(wanted for _, wanted in probe["when"]):
                return
            if probe["first"] and probe["number"] in self._first:
                return
            self._first.add(probe["number"])
            index = {name: int(self._evaluate(text)) for name, text in probe["index"]}
            self._write_into(probe, code)
            values = [self._value(quantity, code) for quantity in probe["quantities"]]
            hit = {"probe": probe["number"], "values": values, "index": index, "at": at, "thread": thread}
            if self.plan["image"] and probe["number"] == self.plan["image"]["probe"]:
                hit["width"] = int(self._evaluate(self.plan["image"]["width"]))
        except (gdb.error, ValueError, OverflowError) as error:
            self.unread.setdefault(probe["number"], str(error))
            return
        self.counts[probe["number"]] += 1
        self.total += 1
        self._hits.write(json.dumps(hit) + "\n")

    def _selected(self, code):
        """Return what the variables of the selected loops are; None in another turn than the selected one."""
        if code.function is not None and code.function.name != self.plan["selection"]["function"]:
            return {}
        at = {}
        for loop in self.loops:
            at[loop["variable"]] = int(self._evaluate(loop["variable"]))
            if loop["value"] is not None and at[loop["variable"]] != loop["value"]:
                return None
        return at

    def _value(self, quantity, code):
        numbers = []
        for expression in quantity["expressions"]:
            for text in elements(expression, code.returned, self._evaluate):
                try:
                    numbers.append(self._program.number(text, root=expression["root"]))
                except (gdb.error, ValueError, OverflowError) as error:
                    shown = "return" if text == code.returned else text
                    msg = "{}: {}: {}".format(quantity["name"], shown, str(error).rstrip("."))
                    raise gdb.error(msg) from None
        return [quantity["name"], numbers, quantity["unit"]]

    def _count_arrival(self, probe, turns):
        seen = self.arrivals[probe["number"]]
        place = turns if turns in seen or len(seen) < MOST_TURNS else ()
        seen[place] = seen.get(place, 0) + 1

    def _write_elsewhere(self, probe, code, turns):
        """Write what is meant for every turn of some loops, wherever the program has the value that is to go."""
        for write in self._pending_writes:
            if write["probe"] != probe["number"] or write["over"] is None:
                continue
            held = dict(zip((text for text, _ in probe["when"]), turns))  # noqa: B905 - of Python 3.10
            if any(held[text] != wanted for text, wanted in probe["when"] if text not in write["free"]):
                continue
            if any(int(self._evaluate(text)) != wanted for text, wanted in write["index"]):
                continue
            if [float(text) for text in self._value(write["quantity"], code)[1]] == write["over"]:
                self._write(write, code)

    def _write_into(self, probe, code):
        for write in list(self._pending_writes):
            if write["probe"] != probe["number"] or write["over"] is not None:
                continue
            if any(int(self._evaluate(text)) != wanted for text, wanted in write["index"]):
                continue
            if write["after"]:
                write["after"] -= 1
                continue
            self._write(write, code)
            if not write["every"]:
                self._pending_writes.remove(write)

    def _write(self, write, code):
        before = self._value(write["quantity"], code)[1]
        texts = [text for part in write["targets"] for text in elements(part, code.returned)]
        if len(texts) != len(write["numbers"]):
            raise gdb.error(f"{len(write['numbers'])} numbers for the {len(texts)} of {write['quantity']['name']}")
        for text, number in zip(texts, write["numbers"]):  # noqa: B905 - of Python 3.10
            gdb.execute(f"set var {text} = {number}")
        after = self._value(write["quantity"], code)[1]
        self.written.append({"write": write["number"], "before": before, "after": after})
