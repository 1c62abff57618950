"""Where the places of probes are in the compiled program."""

import re

import gdb

from .compiled_functions import CompiledFunction, quoted, source_names
from .control_flow import Way
from .plan_error import PlanError
from .program_values import NUMBER_CODES
from .source_places import after_assignment, before_assignment, first_of, nested, with_text


class PlaceCode:
    """Where a place is in the compiled program."""

    def __init__(self, function, way, line, returned=None):
        self.function, self.way, self.line, self.returned = function, way, line, returned

    @property
    def addresses(self):
        """The addresses of the place."""
        return self.way.addresses


class Resolver:
    """Finds the places of a plan in the program."""

    def __init__(self, plan, names=None):
        self.plan, self._names = plan, names
        self._functions = {}
        self._nest = None

    def function(self, name):
        """Return a function by its name."""
        if name not in self._functions:
            self._functions[name] = CompiledFunction(name, self._names)
        return self._functions[name]

    def nest(self):
        """Return the selected loops, and the function that they are in."""
        selection = self.plan["selection"]
        names = [loop["name"] for loop in selection["loops"]]
        if not names:
            return None, []
        if self._nest is None:
            function = self.function(selection["function"])
            own = [
                probe["place"] for probe in self.plan["probes"] if probe["place"]["function"] == selection["function"]
            ]
            wanted = tuple(place["loop"] for place in own if place["loop"] and place["loop"] not in names)
            self._nest = function, nested(function.body, tuple(names), tuple(dict.fromkeys(wanted)))
        return self._nest

    def levels(self):
        """Return where the turns of the selected loops begin."""
        function, loops = self.nest()
        found = []
        for loop in loops:
            code = self._between(function, first_of(loop))
            if code is None:
                raise PlanError("optimised", f"no code is left at the beginning of the loop in line {loop.first}")
            found.append(code)
        return found

    def probe(self, probe):
        """Return where a probe stands."""
        place = probe["place"]
        if place["line"]:
            return self._line(place)
        function = self.function(place["function"])
        block = self._block(function, place)
        if place["returned"]:
            return self._call(function, block, place)
        if place["text"]:
            last = max(function.body.last, function.body.first)
            at = with_text(function.lines, place["text"], function.body.first, last)
        elif place["before"]:
            at = before_assignment(block, place["before"])
        else:
            at = after_assignment(block, place["after"])
        code = self._on_line(function, at) if place["text"] else self._between(function, at)
        if code is None:
            raise PlanError("optimised", "the compiler has left no code at this place")
        return code

    @staticmethod
    def _on_line(function, at):
        line, addresses = function.code_of(at.spans)
        return PlaceCode(function, Way(addresses), line) if addresses else None

    @staticmethod
    def _between(function, at):
        """Return where the program comes to a statement from others: from one before it, or from anywhere."""
        flow = function.flow
        for lines in (*(range(first, last + 1) for first, last in at.spans), at.turns):
            if flow.has_code(lines):
                left = range(at.behind[0], at.behind[1] + 1) if at.behind else Outside(lines)
                way = flow.way(left, lines, all_ways=not at.behind and not at.repeats)
                return PlaceCode(function, way, lines[0]) if way else None
        return None

    def _line(self, place):
        name, line = place["line"]
        try:
            found = gdb.decode_line(f"{quoted(name)}:{line}")[1] or ()
        except gdb.error as error:
            raise PlanError("unknown", str(error).rstrip("."), name, source_names()) from None
        addresses = sorted({at.pc for at in found if at.pc and at.line == line})
        if not addresses:
            raise PlanError("unknown", f"no code was compiled for line {line} of {name}")
        return PlaceCode(None, Way(addresses), line)

    def _block(self, function, place):
        """Return the loop that a place is in, inside the selected ones where it can be; else the body."""
        name = place["loop"]
        owner, loops = self.nest()
        inside = loops if owner is function else []
        if not name:
            return function.body
        for loop in inside:
            if name.partition(":")[0] in loop.variables:
                return loop
        return nested(inside[-1] if inside else function.body, (name,))[0]

    def _call(self, function, block, place):
        name = place["returned"]
        called = self.function(name)
        sites = []
        for start, end in function.parts():
            for code in gdb.selected_inferior().architecture().disassemble(start, end - 1):
                target = re.search(rf"^(?:call\w*|bl)\s.*<{re.escape(name)}(?:@plt)?>", code["asm"])
                line = gdb.find_pc_line(code["addr"]).line
                if target and block.first <= line <= block.last:
                    sites.append((line, code["addr"] + code["length"]))
        if len(sites) < place["call"]:
            left = f"{len(sites)} call{'s' * (len(sites) != 1)} of {name}" if sites else f"no call of {name}"
            raise PlanError("optimised", f"the compiler has left {left} at this place")
        line, pc = sorted(sites)[place["call"] - 1]
        return PlaceCode(function, Way([pc]), line, returned_register(called.symbol.type.target()))


class Outside:
    """All lines but some."""

    def __init__(self, lines):
        self._lines = lines

    def __contains__(self, line):
        return line not in self._lines


def returned_register(kind):
    """Return the expression for what a function of this type has returned."""
    kind = kind.strip_typedefs()
    machine = gdb.selected_inferior().architecture().name()
    sort = NUMBER_CODES.get(kind.code)
    if sort is None or kind.sizeof > 8:
        raise PlanError("usage", f"a function that returns {kind} is not read")
    if "x86-64" in machine:
        floats = {8: "$xmm0.v2_double[0]", 4: "$xmm0.v4_float[0]"}
        return floats[kind.sizeof] if sort == "float" else f"({kind})$rax"
    if "aarch64" in machine:
        floats = {8: "$v0.d.f[0]", 4: "$v0.s.f[0]"}
        return floats[kind.sizeof] if sort == "float" else f"({kind})$x0"
    raise PlanError("usage", f"what a function returns is not read on {machine}")


def producer_of(code):
    """Return what the debug information says of the compiler."""
    return str(getattr(code.function.symtab, "producer", "") or "")
