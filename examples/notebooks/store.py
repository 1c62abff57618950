"""Runs the notebooks of this folder and keeps their code and what it prints, without markup, times and versions.

Called as `python examples/notebooks/store.py`, after a change of a notebook or of what is printed.
"""

from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

FOLDER = Path(__file__).parent


def executed(path: Path) -> Any:
    """Return a notebook with its outputs as text."""
    notebook = nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)  # type: ignore[no-untyped-call]
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(path.parent)}}).execute()
    notebook.metadata = {
        "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
        "language_info": {"name": "python"},
    }
    for cell in notebook.cells:
        cell.metadata = {}
        for output in cell.get("outputs", []):
            if "data" in output:
                output["data"] = {"text/plain": output["data"]["text/plain"]}
    return notebook


def main() -> None:
    """Write every notebook anew."""
    for path in sorted(FOLDER.glob("*.ipynb")):
        notebook = executed(path)
        text = nbformat.writes(notebook)  # type: ignore[no-untyped-call]
        path.write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
