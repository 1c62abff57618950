"""What is checked before the program runs: every place is there, and every variable has a value there."""

import re

import gdb

from .compiled_functions import CompiledFunction, code_bounds, function_names, is_outlined
from .place_code import Resolver
from .plan_error import PlanError
from .source_statements import SourceError
from .traced_program import load_libraries

_OPTIMISED = re.compile(r"\s-O(\w*)")


def check(plan, report):
    """Find every place and every variable before the program runs."""
    names = function_names()
    later = _not_loaded_yet(plan)
    plan = {**plan, "probes": [probe for probe in plan["probes"] if not later & _functions(probe["place"])]}
    if plan["selection"]["function"] in later:
        plan["probes"] = []
        return
    resolver, faults = Resolver(plan, names), []
    try:
        levels = resolver.levels()
    except SourceError as error:
        raise PlanError("place", str(error)) from None
    loops = {
        "function": plan["selection"]["function"],
        "names": [loop["variable"] for loop in plan["selection"]["loops"]],
    }
    for probe in plan["probes"]:
        try:
            code = resolver.probe(probe)
        except PlanError as error:
            if error.document["kind"] in {"debug", "source"}:
                raise
            faults.append({"probe": probe["number"], "quantity": None, **error.document})
            continue
        except SourceError as error:
            faults.append(_fault(probe, "place", str(error)))
            continue
        missing = check_probe(probe, code, loops)
        for quantity, name, kind, names in missing:
            text = f"{name} is optimised out" if kind == "optimised" else f"{code_name(code)} has no {name} here"
            faults.append(_fault(probe, kind, text, quantity, name, names))
        mixed = next(filter(None, map(mixed_lines, (code, *levels))), "")
        if mixed and not missing:
            faults += [_fault(probe, "optimised", mixed, quantity["name"]) for quantity in probe["quantities"]]
        report["places"].append({"probe": probe["number"], "line": code.line, "addresses": len(code.addresses)})
    report["faults"] = faults


def _functions(place):
    return {place[key] for key in ("function", "returned") if place[key]}


def _not_loaded_yet(plan):
    """Return functions that may be in libraries which the program opens as it runs; let it load those that it has."""
    named = set().union(*(_functions(probe["place"]) for probe in plan["probes"]))
    named.update([plan["selection"]["function"]] if plan["selection"]["loops"] else [])
    lacking = set(filter(_is_lacking, named))
    if not lacking:
        return lacking
    opens = "dlopen" in gdb.execute("info functions -q dlopen", to_string=True)
    load_libraries()
    return set(filter(_is_lacking, lacking)) if opens else set()


def _is_lacking(name):
    try:
        CompiledFunction(name, ("main",))
    except PlanError:
        return True
    return False


def _fault(probe, kind, text, quantity=None, word="", names=()):
    return {
        "probe": probe["number"],
        "quantity": quantity,
        "kind": kind,
        "text": text,
        "word": word,
        "names": list(names),
    }


def mixed_lines(code):
    """Return why the code of a place does not follow the lines of the source; nothing where it does.

    An optimising compiler moves parts of one line among those of others: at a place between two statements a variable
    may have the value of either. With -Og it keeps them in order, but for those of parallel loops.
    """
    pc = code.addresses[0]
    level = _OPTIMISED.findall(str(getattr(gdb.find_pc_line(pc).symtab, "producer", "") or ""))
    if level and level[-1] != "0" and (level[-1] != "g" or is_outlined(code_bounds(pc))):
        return f"it was compiled with -O{level[-1]}, which mixes the lines of the source"
    if not level and "multi-location" in gdb.execute(f"info scope *0x{pc:x}", to_string=True):
        return "it was compiled with optimisation, which mixes the lines of the source"
    return ""


def code_name(code):
    """Return what the place is called in a message."""
    return code.function.name if code.function is not None else f"line {code.line}"


def in_scope(pc):
    """Return the symbols that can be named at an address, those of the innermost block first."""
    found = {}
    block = gdb.block_for_pc(pc)
    while block is not None:
        for symbol in block:
            if symbol.is_variable or symbol.is_argument or symbol.is_constant:
                found.setdefault(symbol.name, symbol)
        block = block.superblock
    return found


def availability(pc):
    """Return, of the variables of the function at an address, whether each has a value there, as far as is known."""
    text = gdb.execute(f"info scope *0x{pc:x}", to_string=True)
    told = {}
    for part in re.split(r"^Symbol ", text, flags=re.MULTILINE)[1:]:
        name = part.split(" ", 1)[0]
        if name in told:  # an inner variable hides it
            continue
        if "optimized out" in part.split("\n")[0]:
            told[name] = False
        elif "multi-location" in part:
            ranges = re.findall(r"Range 0x([0-9a-f]+)-0x([0-9a-f]+): (.*)", part)
            told[name] = any(
                int(low, 16) <= pc < int(high, 16) and "optimized out" not in what for low, high, what in ranges
            )
    return told


def check_probe(probe, code, loops):
    """Return what is not to be read of a probe: (quantity or None, variable, reason, names in scope)."""
    missing = []
    for pc in code.addresses[:1]:
        known, told = in_scope(pc), availability(pc)
        for quantity, name in _variables(probe, code, loops):
            if name in known:
                if told.get(name, True) is False:
                    missing.append((quantity, name, "optimised", []))
            elif gdb.lookup_symbol(name, gdb.block_for_pc(pc))[0] is None:
                missing.append((quantity, name, "unknown", sorted(known)))
    return missing


def _variables(probe, code, loops):
    for quantity in probe["quantities"]:
        for name in quantity["names"]:
            yield quantity["name"], name
    for name in probe["names"]:
        yield None, name
    if code.function is not None and code.function.name == loops.get("function"):
        for name in loops["names"]:
            yield None, name
