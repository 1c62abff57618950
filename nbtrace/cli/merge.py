"""`nbtrace merge`: the parts of a suite put together."""

from pathlib import Path
from typing import Annotated

import typer

from nbtrace.cli.groups import Outputs, grouped
from nbtrace.cli.output import Delivery

EXAMPLE = "Example: nbtrace merge results/"


@grouped
def merge_command(
    folders: Annotated[
        list[Path],
        typer.Argument(metavar="DIR", help="What nbtrace compare --suite … --results wrote.", readable=False),
    ],
    *,
    outputs: Outputs,
) -> None:
    """Put together the results of a suite that ran in parts: one table, one verdict, one digest.

    A case that has no result yet is not compared, and the suite then does not agree. The digest is the same for a suite
    that ran at once, in shards, or was interrupted and went on.
    """
    from nbtrace.programs.case_store import LIST_NAME, CaseStore  # noqa: PLC0415 - numpy, as the rest of these
    from nbtrace.programs.suite_parts import merged  # noqa: PLC0415
    from nbtrace.report.documents.suite_document import suite_document  # noqa: PLC0415
    from nbtrace.report.views.suite_view import suite_view  # noqa: PLC0415

    stores = [CaseStore(folder) for folder in dict.fromkeys(folders)]
    delivery = Delivery("compare", tuple(str(store.folder / LIST_NAME) for store in stores), outputs.destinations())
    result = merged(stores)
    raise typer.Exit(delivery.deliver(suite_view(result), lambda: suite_document(result), code=result.exit_code))
