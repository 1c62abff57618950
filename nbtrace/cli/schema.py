"""`nbtrace schema`: what the JSON documents hold."""

import json
import sys
from typing import Annotated

import typer

from nbtrace.cli import completed_values
from nbtrace.errors import UsageError
from nbtrace.nearness import nearest

EXAMPLE = "Example: nbtrace schema diff > diff.schema.json"


def schema_command(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[NAME]",
            help="A document: diff, phi, …; without, they are listed.",
            autocompletion=completed_values.documents,
        ),
    ] = None,
) -> None:
    """Print the JSON schema of a document that a command writes with --json: every key, what it means, its unit.

    Without a name the documents are listed.
    """
    # The models of all documents, which no other command needs.
    from nbtrace.report.documents.models.catalogue import DOCUMENTS, schema_of  # noqa: PLC0415

    if name is None:
        width = max(map(len, DOCUMENTS))
        told = ((title, (kind.__doc__ or "").partition("\n")[0]) for title, kind in DOCUMENTS.items())
        sys.stdout.write("".join(f"{title:{width}}  {text}\n" for title, text in told))
        return
    if name not in DOCUMENTS:
        near = nearest(name, DOCUMENTS)
        others = f"the nearest is called {near}" if near is not None else f"there are {', '.join(DOCUMENTS)}"
        raise UsageError(f"there is no document {name!r}; {others}")
    sys.stdout.write(f"{json.dumps(schema_of(name), indent=2, ensure_ascii=False)}\n")
