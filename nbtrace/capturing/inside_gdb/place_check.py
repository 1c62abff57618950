"""What is checked before the program runs: every place is there, and every variable has a value there."""

import re

import gdb

from .place_code import Resolver
from .plan_error import PlanError
from .source_statements import SourceError


def check(plan, report):
    """Find every place and every variable before the program runs."""
    resolver, faults = Resolver(plan), []
    try:
        resolver.levels()
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
            faults.append(
                {
                    "probe": probe["number"],
                    "quantity": None,
                    "kind": "place",
                    "text": str(error),
                    "word": "",
                    "names": [],
                }
            )
            continue
        for quantity, name, kind, names in check_probe(probe, code, loops):
            text = f"{name} is optimised out" if kind == "optimised" else f"{code_name(code)} has no {name} here"
            faults.append(
                {
                    "probe": probe["number"],
                    "quantity": quantity,
                    "kind": kind,
                    "text": text,
                    "word": name,
                    "names": names,
                }
            )
        report["places"].append({"probe": probe["number"], "line": code.line, "addresses": len(code.addresses)})
    report["faults"] = faults


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
