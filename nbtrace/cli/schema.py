"""`nbtrace schema`: what the JSON documents hold."""

import json
import sys
from difflib import get_close_matches
from typing import Annotated

import typer

from nbtrace.errors import UsageError

EXAMPLE = "Example: nbtrace schema diff > diff.schema.json"


def schema_command(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="A document: diff, phi, …; without, they are listed.")
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
        (near,) = get_close_matches(name, DOCUMENTS, 1, 0.0)
        raise UsageError(f"there is no document {name!r}; the nearest is called {near}")
    sys.stdout.write(f"{json.dumps(schema_of(name), indent=2, ensure_ascii=False)}\n")
