"""What a draft of a probe file is made of: the functions of the program, the loops and variables of one."""

import gdb

from .compiled_functions import FORTRAN, CompiledFunction, function_names
from .place_check import in_scope
from .plan_error import PlanError
from .program_values import NUMBER_CODES
from .source_places import after_assignment, assigns, first_of
from .source_statements import SourceError, StatementKind


def draft(plan, report):
    """Tell the functions, and of one its loops and variables."""
    names = function_names()
    report["functions"] = names[:500]
    wanted = [plan["function"]] if plan["function"] else names[:200]
    report["drafts"] = []
    for name in wanted:
        try:
            report["drafts"].append(_drafted(CompiledFunction(name)))
        except (PlanError, SourceError) as error:
            if plan["function"]:
                raise error if isinstance(error, PlanError) else PlanError("place", str(error)) from None


def _drafted(function):
    loops = [item for item in function.body.walk() if item.kind is StatementKind.LOOP]
    brackets = "()" if function.file.lower().endswith(FORTRAN) else "[]"
    told = []
    for loop in loops:
        _, addresses = function.code_of(first_of(loop).spans)
        scope = in_scope(addresses[0]) if addresses else {}
        kinds = {name: _sort(symbol, brackets) for name, symbol in scope.items()}
        assigned = [name for name, kind in kinds.items() if kind and _is_assigned(loop, name)]
        told.append(
            {
                "line": loop.first,
                "last": loop.last,
                "variables": [name for name in loop.variables if kinds.get(name) == "int"],
                "assigned": {name: kinds[name] for name in assigned},
            }
        )
    return {"name": function.name, "file": function.file, "line": function.symbol.line, "loops": told}


def _is_assigned(loop, name):
    try:
        after_assignment(loop, name)
    except SourceError:
        return False
    return any(assigns(item, name) for item in loop.inner if item.kind is not StatementKind.LOOP)


def _sort(symbol, brackets):
    kind = symbol.type.strip_typedefs()
    if kind.code == gdb.TYPE_CODE_ARRAY and NUMBER_CODES.get(kind.target().strip_typedefs().code):
        low, high = kind.range()
        return brackets[0] + f"{low}..{high}" + brackets[1] if 0 <= high - low < 16 else ""
    return NUMBER_CODES.get(kind.code, "") if symbol.is_variable or symbol.is_argument else ""
