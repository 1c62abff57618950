"""Where the places of probes are in the compiled program."""

import re

import gdb

from .compiled_functions import CompiledFunction, code_bounds, quoted, source_names
from .plan_error import PlanError
from .program_values import NUMBER_CODES
from .source_places import after_assignment, before_assignment, first_of, nested, with_text


class PlaceCode:
    """Where a place is in the compiled program."""

    def __init__(self, function, addresses, line, through=(), returned=None, *, jumps=True):
        self.function, self.addresses, self.line = function, addresses, line
        self.through, self.returned, self.jumps = through, returned, jumps


class Resolver:
    """Finds the places of a plan in the program."""

    def __init__(self, plan):
        self.plan = plan
        self._functions = {}
        self._nest = None

    def function(self, name):
        """Return a function by its name."""
        if name not in self._functions:
            self._functions[name] = CompiledFunction(name)
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
            line, addresses = function.code_of(first_of(loop).spans)
            if not addresses:
                raise PlanError("optimised", f"no code is left at the beginning of the loop in line {loop.first}")
            found.append(PlaceCode(function, addresses, line))
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
        line, addresses = function.code_of(at.spans)
        through = ()
        if not addresses and at.loop:
            line, addresses = function.behind(at.through, at.loop)
            through = function.code_of((at.through,))[1][:1]
        if not addresses:
            raise PlanError("optimised", "the compiler has left no code at this place")
        return PlaceCode(function, addresses, line, through, jumps=at.jumps)

    def _line(self, place):
        name, line = place["line"]
        try:
            found = gdb.decode_line(f"{quoted(name)}:{line}")[1] or ()
        except gdb.error as error:
            raise PlanError("unknown", str(error).rstrip("."), name, source_names()) from None
        addresses = sorted({at.pc for at in found if at.pc and at.line == line})
        if not addresses:
            raise PlanError("unknown", f"no code was compiled for line {line} of {name}")
        return PlaceCode(None, addresses, line)

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
        for start, end in sorted({code_bounds(pc) for pc, _ in function.table()}):
            for code in gdb.selected_inferior().architecture().disassemble(start, end - 1):
                target = re.search(rf"^(?:call\w*|bl)\s.*<{re.escape(name)}(?:@plt)?>", code["asm"])
                line = gdb.find_pc_line(code["addr"]).line
                if target and block.first <= line <= block.last:
                    sites.append((line, code["addr"] + code["length"]))
        if len(sites) < place["call"]:
            left = f"{len(sites)} call{'s' * (len(sites) != 1)} of {name}" if sites else f"no call of {name}"
            raise PlanError("optimised", f"the compiler has left {left} at this place")
        line, pc = sorted(sites)[place["call"] - 1]
        return PlaceCode(function, [pc], line, returned=returned_register(called.symbol.type.target()))


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
