"""What is said where a package that a report needs is not installed."""

from nbtrace.errors import UsageError

_DISTRIBUTIONS = {"markdown_it": "markdown-it-py"}
"""Names under which modules are installed, where it is another than their own."""


def needs_package(what: str, module: str | None) -> UsageError:
    """Return the error for something that needs a module which is not installed; its name may be unknown."""
    if module is None:
        return UsageError(f"{what} needs a package that is not installed")
    name = _DISTRIBUTIONS.get(module, module)
    return UsageError(f"{what} needs {name}, which is not installed; install it with: pip install {name}")
