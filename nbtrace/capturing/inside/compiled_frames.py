"""Compiled code in a Python program: what runs otherwise than as Python, where no probe can see it.

torch.compile runs other code in place of a function, and of all that it calls; TorchScript, numba and Cython call no
Python at all; a CUDA graph and a tracer of JAX run the Python once, and then only repeat what it did.
"""

from __future__ import annotations

import importlib.machinery
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, ModuleType
    from typing import Any

UNCOMPILED = {
    "TORCH_COMPILE_DISABLE": "1",
    "TORCHDYNAMO_DISABLE": "1",
    "PYTORCH_JIT": "0",
    "NUMBA_DISABLE_JIT": "1",
    "JAX_DISABLE_JIT": "1",
}
"""What an environment holds in which these compile nothing."""

_DYNAMO = "torch._dynamo.symbolic_convert"
_KINDS = {
    "ScriptFunction": "torch.jit",
    "ScriptMethod": "torch.jit",
    "CPUDispatcher": "numba",
    "CUDADispatcher": "numba",
    "CUDAUFuncDispatcher": "numba",
    "DUFunc": "numba",
    "cython_function_or_method": "Cython",
    "fused_cython_function": "Cython",
    "PjitFunction": "jax.jit",
    "builtin_function_or_method": "an extension",
}


def obstacle() -> str:
    """Return what records or traces the running code, so that its values are none of the run; empty for nothing."""
    torch = sys.modules.get("torch")
    inner = getattr(torch, "_C", None)
    if inner is None or torch is None:
        return ""
    state = getattr(inner, "_get_tracing_state", None)
    if state is not None and state() is not None:
        return "torch.jit.trace"
    capturing = getattr(inner, "_cuda_isCurrentStreamCapturing", None)
    if capturing is not None and torch.cuda.is_initialized() and capturing():
        return "a CUDA graph"
    return ""


def kind_of(function: Any) -> str:
    """Return what compiles a function, by the type of the object; empty if it is Python's own."""
    return _KINDS.get(type(function).__name__, "")


def were_compiled() -> bool:
    """Tell whether torch.compile has translated functions in this process, of which the results are still used."""
    frames = getattr(sys.modules.get("torch._dynamo.convert_frame"), "input_codes", None)
    return bool(getattr(frames, "seen", ()))


def is_translated(code: CodeType) -> bool:
    """Tell whether torch.compile runs something else in place of a code object."""
    dynamo = getattr(getattr(sys.modules.get("torch"), "_C", None), "_dynamo", None)
    entries = getattr(getattr(dynamo, "eval_frame", None), "_debug_get_cache_entry_list", None)
    return "torch._dynamo.convert_frame" in sys.modules and entries is not None and bool(entries(code))


def compiled_function(modules: dict[str, Any], file: str, scope: str) -> str:
    """Return what compiles a function of a file, looked up in the module that was loaded from it; empty for nothing."""
    for module in list(modules.values()):
        if getattr(module, "__file__", None) == file:
            found: Any = module
            for name in scope.replace(".<locals>", "").split("."):
                found = vars(found).get(name) if hasattr(found, "__dict__") else None
            return kind_of(found)
    return ""


class TranslationWatch:
    """Has every code object told that torch.compile translates, those of functions that it inlines included."""

    def __init__(self, notice: Callable[[CodeType, str], None]) -> None:
        self._notice = notice
        self._translator: Any = None
        self._began: Any = None

    def begin(self) -> None:
        """Begin, now or when the program loads what translates."""
        module = sys.modules.get(_DYNAMO)
        if module is not None:
            self._wrap(module)
        else:
            sys.meta_path.insert(0, self)

    def end(self) -> None:
        """End it, and leave no trace."""
        if self in sys.meta_path:
            sys.meta_path.remove(self)
        if self._translator is not None:
            self._translator.__init__ = self._began

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> importlib.machinery.ModuleSpec | None:
        """Return the spec of one module, which is wrapped when it has been loaded; None for any other."""
        del target
        if name != _DYNAMO:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        if spec is not None and spec.loader is not None:
            load = spec.loader.exec_module

            def exec_module(module: ModuleType) -> None:
                load(module)
                self._wrap(module)

            spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec

    def _wrap(self, module: Any) -> None:
        translator = getattr(module, "InstructionTranslatorBase", None)
        if translator is None:
            return
        begin, notice = translator.__init__, self._notice
        self._translator, self._began = translator, begin

        def begun(this: Any, *args: Any, **kwargs: Any) -> None:
            code = kwargs.get("f_code")
            if code is not None:
                notice(code, "torch.compile")
            begin(this, *args, **kwargs)

        translator.__init__ = begun
