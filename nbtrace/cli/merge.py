"""`nbtrace merge`: the parts of a suite put together."""

from pathlib import Path
from typing import Annotated

import typer

from nbtrace.cli.given_waivers import waived_code, waiver_files
from nbtrace.cli.groups import Outputs, grouped
from nbtrace.cli.output import Delivery
from nbtrace.cli.waiver_options import WaiverOptions
from nbtrace.errors import UsageError
from nbtrace.vocabulary.chosen import chosen

EXAMPLE = "Example: nbtrace merge results/"


@grouped
def merge_command(
    folders: Annotated[
        list[Path],
        typer.Argument(metavar="DIR", help="What nbtrace compare --suite … --results wrote.", readable=False),
    ],
    *,
    waived: WaiverOptions,
    outputs: Outputs,
) -> None:
    """Put together the results of a suite that ran in parts: one table, one verdict, one digest.

    A case that has no result yet is not compared, and the suite then does not agree. The digest is the same for a suite
    that ran at once, in shards, or was interrupted and went on.
    """
    from nbtrace.cli.suite_waivers import suite_waivers  # noqa: PLC0415
    from nbtrace.programs.case_store import LIST_NAME, CaseStore  # noqa: PLC0415 - numpy, as the rest of these
    from nbtrace.programs.suite_parts import merged  # noqa: PLC0415
    from nbtrace.report.documents.suite_document import suite_document  # noqa: PLC0415
    from nbtrace.report.documents.waivers_document import with_waivers  # noqa: PLC0415
    from nbtrace.report.views.suite_view import suite_view  # noqa: PLC0415
    from nbtrace.report.views.waivers_view import waived_view  # noqa: PLC0415

    if waived.case is not None:
        raise UsageError("--case names a single comparison; the cases of a suite have names of their own")
    stores = [CaseStore(folder) for folder in dict.fromkeys(folders)]
    waivers = waived.given(chosen(None, Path()).vocabulary)
    inputs = [str(store.folder / LIST_NAME) for store in stores]
    inputs += waiver_files(waivers)
    delivery = Delivery("compare", tuple(inputs), outputs.destinations())
    result = merged(stores)
    report = None
    if waivers is not None:
        # Cases that --only left out have names, too, which are not known here.
        names = [name for name, _, _ in result.named]
        report = suite_waivers(waivers, result, names, complete=not result.left_out)
    raise typer.Exit(
        delivery.deliver(
            waived_view(suite_view(result, merged=True), report),
            lambda: with_waivers(suite_document(result), report),
            code=waived_code(result.exit_code, report),
        )
    )
