"""What every comparing command does with its result: print it, write it, file it, and say how it ended."""

import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nbtrace.cli.destinations import REPORT, STDOUT, SUMMARY, Destinations
from nbtrace.cli.next_commands import runnable
from nbtrace.errors import ExitCode, UsageError
from nbtrace.files import write_new
from nbtrace.report import terminal
from nbtrace.report.short_form import on_a_screen, short_form
from nbtrace.report.view import View, clean
from nbtrace.verdicts.status import Verdict

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from nbtrace.evidence.provenance import Provenance

EXIT_OF = {Verdict.AGREE: ExitCode.AGREE, Verdict.DIFFER: ExitCode.DIFFER, Verdict.NOT_COMPARABLE: ExitCode.MISMATCH}
"""How a command ends by its verdict, where nothing else tells."""


@dataclass(eq=False, repr=False)
class Delivery:
    """A command under way: its inputs, its destinations, the reference program if one takes part, its start."""

    name: str
    inputs: tuple[str, ...]
    to: Destinations
    device: str | None = None
    dtype: str | None = None
    reference: Path | None = None
    screen: int | None = None
    """Lines that the printed report may have, where it is cut to a screen."""

    def __post_init__(self) -> None:
        if self.inputs.count("-") > 1:
            raise UsageError("standard input (-) can be read once: give the other log as a file")
        self.to.check(self.inputs)
        self._started = time.perf_counter()

    def deliver(
        self,
        view: View,
        document: Callable[[], Mapping[str, object]],
        *,
        printed: str | Callable[[], Iterable[str]] | None = None,
        outputs: Mapping[str, str | bytes] | None = None,
        draw: Callable[[Mapping[str, object]], "Figure"] | None = None,
        code: ExitCode | None = None,
        shown: View | None = None,
    ) -> ExitCode:
        """Print, write and file a result; return how the command ends.

        Parameters
        ----------
        view : View
        document : callable
            Makes the JSON document, where one is wanted.
        printed : str or callable, optional
            Stands in place of the terminal report, such as a unified diff; or what gives it in pieces.
        outputs : mapping, optional
            Further files for the bundle and the folder, name → content.
        draw : callable, optional
            Makes the figure of a document where one is wanted.
        code : ExitCode, optional
            How the command ends, where the verdict alone does not tell.
        shown : View, optional
            A shorter one, which is printed in its place unless all is asked for; files hold the whole.
        """
        code = EXIT_OF[view.verdict] if code is None else code
        view = runnable(view)
        shown = None if shown is None else runnable(shown)
        if self.to.plot is not None and draw is not None:
            self._plot(draw(document()), self.to.plot)
        if self.to.text not in {None, STDOUT}:
            whole = printed if printed is None or isinstance(printed, str) else "".join(printed())
            self._write(self.to.text, terminal.render(view, closes=True) if whole is None else whole)
        filed = ""
        if self.to.md or self.to.json or self.to.bundle or self.to.folder:
            filed = self._documents(view, document(), code, outputs or {})
        if self.to.prints_report:
            self._print(view if shown is None or self.to.whole else shown, printed)
        sys.stderr.write(filed)
        return code

    def _plot(self, figure: "Figure", path: Path) -> None:
        from nbtrace.report.figures.style import save  # noqa: PLC0415 - matplotlib

        save(figure, path, force=self.to.force)

    def _print(self, view: View, printed: str | Callable[[], Iterable[str]] | None) -> None:
        if printed is not None:
            sys.stdout.writelines([printed] if isinstance(printed, str) else printed())
            return
        console = terminal.console_for(sys.stdout)
        if not self.to.whole:
            view = short_form(view) if self.screen is None else on_a_screen(view, console.width, self.screen)
        terminal.print_view(view, console, closes=True)

    def _documents(
        self,
        view: View,
        document: Mapping[str, object],
        code: ExitCode,
        outputs: Mapping[str, str | bytes],
    ) -> str:
        """Write and file the documents; return what is to be said of it."""
        # What only files need.
        from nbtrace.documents import pieces  # noqa: PLC0415
        from nbtrace.evidence.provenance import FileRecord  # noqa: PLC0415
        from nbtrace.report import markdown  # noqa: PLC0415
        from nbtrace.report.provenance_lines import provenance_lines  # noqa: PLC0415

        provenance = self._provenance()
        wanted = self.to.md or self.to.bundle or self.to.folder
        report = markdown.render(view, provenance=provenance_lines(provenance)) if wanted else ""
        written = [] if self.to.md is None else [self._write(self.to.md, report)]
        written += self._into_folder({**outputs, REPORT: report})
        records = [FileRecord.of(path) for path in written if path is not None]
        whole = {**document, "answer": view.headline, "provenance": provenance.document(records)}
        if self.to.json is not None:
            self._write(self.to.json, pieces(whole))
        summary = self._summary(whole, len(outputs) + 2)
        if self.to.bundle is None:
            return summary
        from nbtrace.evidence.bundle import Bundle  # noqa: PLC0415
        from nbtrace.evidence.result_files import copyable  # noqa: PLC0415
        from nbtrace.report.documents.view_document import view_document  # noqa: PLC0415 - its models

        inputs = {record.path: record for record in provenance.inputs} if self.to.copy_inputs else {}
        copied, left = copyable(inputs)
        paths = Bundle.open_or_create(self.to.bundle).add_result(
            self.name,
            metrics=whole,
            summary_md=report,
            view=view_document(view),
            provenance=provenance,
            outputs=outputs,
            copied=copied,
            exit_code=int(code),
            wall_seconds=time.perf_counter() - self._started,
        )
        said = "".join(f"{clean(text)}\n" for text in left)
        names = ", ".join(path.name for path in paths)
        return f"{summary}{said}filed in {clean(str(self.to.bundle))}: {clean(names)}\n"

    def _into_folder(self, contents: Mapping[str, str | bytes]) -> list[Path | None]:
        """Write files into the folder, if there is one."""
        folder = self.to.folder
        if folder is None:
            return []
        return [write_new(folder / name, content, force=self.to.force) for name, content in contents.items()]

    def _summary(self, document: Mapping[str, object], count: int) -> str:
        """Write the document into the folder, if there is one; return what is to be said of it."""
        if self.to.folder is None:
            return ""
        from nbtrace.documents import pieces  # noqa: PLC0415 - see above

        write_new(self.to.folder / SUMMARY, pieces(document), force=self.to.force)
        return f"written to {clean(str(self.to.folder))}: {count} files\n"

    def _write(self, path: Path, content: str | Iterable[str]) -> Path | None:
        if path == STDOUT:
            sys.stdout.writelines((content,) if isinstance(content, str) else content)
            return None
        return write_new(path, content, force=self.to.force)

    def _provenance(self) -> "Provenance":
        from nbtrace.evidence.provenance import Provenance  # noqa: PLC0415 - see above

        return Provenance.collect(
            inputs=[Path(name) for name in dict.fromkeys(self.inputs)],
            reference=self.reference,
            device=self.device,
            dtype=self.dtype,
        )
