import ast
import inspect

from nbtrace.compare.images import gates
from nbtrace.verdicts.gate_names import GATES


def test_they_are_those_that_gates_are_made_with() -> None:
    calls = [node for node in ast.walk(ast.parse(inspect.getsource(gates))) if isinstance(node, ast.Call)]
    named = [call.args[0] for call in calls if isinstance(call.func, ast.Name) and call.func.id in {"Gate", "_ratio"}]
    assert {word.value for word in named if isinstance(word, ast.Constant)} == GATES
