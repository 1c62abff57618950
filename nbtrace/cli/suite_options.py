"""Options of `nbtrace compare --suite`: how many processes run the cases, which cases, and where their results lie."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nbtrace.cli.destinations import must_be_folder
from nbtrace.cli.panels import SUITE
from nbtrace.errors import ProgramError, UsageError

if TYPE_CHECKING:
    from nbtrace.programs.shards import Shard
    from nbtrace.programs.suite_parts import Workers


@dataclass(frozen=True)
class SuiteOptions:
    """How the cases of a suite are run."""

    suite: Annotated[
        Path | None,
        typer.Option(
            "--suite",
            metavar="TOML",
            help="Run the cases of this file, those of its matrices included (nbtrace suite list shows them).",
            readable=False,
            rich_help_panel=SUITE,
        ),
    ] = None
    only: Annotated[
        str | None,
        typer.Option(
            "--only", metavar="PATTERN", help="Cases whose name matches, as in 'phi_*'.", rich_help_panel=SUITE
        ),
    ] = None
    jobs: Annotated[
        int | None,
        typer.Option(
            "--jobs",
            "-j",
            metavar="N",
            min=1,
            max=256,
            help="Processes that run cases (1).",
            rich_help_panel=SUITE,
        ),
    ] = None
    results: Annotated[
        Path | None,
        typer.Option(
            "--results",
            metavar="DIR",
            help="Keep the result of each case in this folder; what lies there of the same flags, programs, input "
            "files, versions and limits is not run again.",
            readable=False,
            rich_help_panel=SUITE,
        ),
    ] = None
    shard: Annotated[
        str | None,
        typer.Option(
            "--shard",
            metavar="K/N",
            help="Run the K-th of N parts only, into --results (nbtrace merge puts them together); auto is that of a "
            "Slurm task.",
            rich_help_panel=SUITE,
        ),
    ] = None
    reference_cache: Annotated[
        Path | None,
        typer.Option(
            "--reference-cache",
            metavar="DIR",
            help="Keep the reference's images and printed traces in this folder; where program, flags and input files "
            "are the same, they are taken from there.",
            readable=False,
            rich_help_panel=SUITE,
        ),
    ] = None
    scheduler: Annotated[
        str | None,
        typer.Option(
            "--scheduler",
            metavar="ADDRESS",
            help="Run the cases on the workers of this dask scheduler, as in tcp://host:8786; they see the same files.",
            rich_help_panel=SUITE,
        ),
    ] = None

    def checked(self) -> "SuiteOptions":
        """Return them.

        Raises
        ------
        UsageError
            If one is given without a suite, or without what it needs, or a folder cannot be one.
        """
        given = {
            "--only": self.only,
            "--jobs": self.jobs,
            "--results": self.results,
            "--reference-cache": self.reference_cache,
            "--shard": self.shard,
            "--scheduler": self.scheduler,
        }
        named = [option for option, value in given.items() if value is not None]
        if self.suite is None and named:
            raise UsageError(f"{named[0]} is about the cases of --suite; give a suite")
        if self.shard is not None and self.results is None:
            raise UsageError("--shard runs a part; give --results DIR, where its results are kept")
        if self.scheduler is not None and self.jobs is not None:
            raise UsageError("--scheduler has its own workers; leave out --jobs")
        for folder in (self.results, self.reference_cache):
            if folder is not None:
                must_be_folder(folder.absolute(), folder)
        if self.shard is not None:
            _ = self.part
        return self

    @property
    def part(self) -> "Shard | None":
        """The shard, None for all cases.

        Raises
        ------
        UsageError
            If the word for it is none.
        """
        from nbtrace.programs.shards import Shard  # noqa: PLC0415

        return None if self.shard is None else Shard.read(self.shard)

    @contextmanager
    def workers(self) -> "Iterator[Workers]":
        """Open what runs the cases.

        Raises
        ------
        UsageError
            If dask is not installed.
        ProgramError
            If no scheduler answers.
        """
        from nbtrace.programs.suite_parts import Workers  # noqa: PLC0415

        if self.scheduler is None:
            yield Workers(self.jobs or 1)
            return
        with _client(self.scheduler) as client:
            yield Workers(executor=client.get_executor(pure=False, retries=0))


@contextmanager
def _client(address: str) -> Iterator[Any]:
    try:
        from distributed import Client  # noqa: PLC0415 - of the extra cluster
    except ModuleNotFoundError:
        raise UsageError(
            "--scheduler needs dask.distributed; install it with: pip install 'nbtrace[cluster]'"
        ) from None
    try:
        connect: Any = Client  # distributed declares no types
        client = connect(address, timeout=_PATIENCE, set_as_default=False)
    except (OSError, ValueError) as error:
        raise ProgramError(f"no dask scheduler answers at {address}: {error}") from None
    with client:
        yield client


_PATIENCE = 10
"""Seconds in which a scheduler must answer."""
