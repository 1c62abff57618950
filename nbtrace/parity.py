"""Comparisons as pytest assertions: what the `parity` fixture does."""

import hashlib
import os
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias

import pytest

from nbtrace.compare.diff import DiffResult, diff_traces
from nbtrace.errors import NbtraceError, UsageError
from nbtrace.evidence.bundle import Bundle
from nbtrace.evidence.provenance import Provenance
from nbtrace.files import read_bytes
from nbtrace.images.file_names import IMAGE_SUFFIXES, suffix_of
from nbtrace.parsers import read_trace
from nbtrace.records import Side, Trace
from nbtrace.report import markdown, terminal
from nbtrace.report.view import View, clean
from nbtrace.report.views.diff_view import diff_view
from nbtrace.verdicts.status import Verdict
from nbtrace.verdicts.tolerance import resolve_policy
from nbtrace.vocabulary import registry
from nbtrace.vocabulary.chosen import Chosen, chosen
from nbtrace.vocabulary.vocabulary import Vocabulary

if TYPE_CHECKING:
    from nbtrace.compare.images import ImagesResult
    from nbtrace.images.image import Image, Pixels

Log: TypeAlias = Trace | str | os.PathLike[str]
Picture: TypeAlias = "Image | Pixels | str | os.PathLike[str]"
Tolerance: TypeAlias = float | str | Sequence[str]
Words: TypeAlias = Vocabulary | str | os.PathLike[str]

_QUICK = 2000
"""Records of both traces together up to which looking for the cause takes a second or two."""

_SECONDS = 10.0
"""Time that a session gives to looking for causes; many tests may fail of one."""

_NARROW, _WIDE = 80, 120
_SLUG = 80
_unsafe = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass
class Causes:
    """Looks for the causes of differences as long as the whole session has `seconds` left for it."""

    seconds: float = _SECONDS

    def of(self, result: DiffResult) -> "tuple[str, _Failure] | None":
        """Return the answer of `nbtrace explain` in one line, and its result; None where there is none, or no time."""
        size = len(result.c.records) + len(result.py.records)
        if self.seconds <= 0 or size > _QUICK or result.verdict is not Verdict.DIFFER:
            return None
        # The catalogue of causes, which no test that passes needs.
        from nbtrace.explanation.explain import explain  # noqa: PLC0415
        from nbtrace.report.documents.explain_document import explain_document  # noqa: PLC0415
        from nbtrace.report.views.explain_view import explain_view, headline  # noqa: PLC0415

        started = time.perf_counter()
        try:
            explanation = explain(result.c, result.py, policy=result.policy)
        except NbtraceError:
            # The difference is what fails the test; without its cause it is still one.
            return None
        finally:
            self.seconds -= time.perf_counter() - started
        return (
            (headline(explanation), _Failure("explain", explain_view(explanation), explain_document(explanation)))
            if explanation.ranked
            else None
        )


@dataclass
class Parity:
    """Compares two traces or two images; a difference fails the test with nbtrace's report.

    Attributes
    ----------
    node : str
        The node id of the test.
    project : Path
        The folder whose `pyproject.toml` may set tolerances, and name the vocabulary.
    report : Path or None
        Where the bundle of a failure is filed.
    width : int
        Columns of the terminal.
    causes : Causes
        Shared by the tests of a session.
    compared : int
        Comparisons made so far.
    """

    node: str
    project: Path
    report: Path | None = None
    width: int = _NARROW
    causes: Causes = field(default_factory=Causes)
    compared: int = 0

    def __call__(self, c: "Log | Picture", py: "Log | Picture", **options: Any) -> "DiffResult | ImagesResult":
        """Compare two images if one of them is an image, an array or a file named like one, else two traces.

        The options are those of :meth:`images` or :meth:`traces`.
        """
        __tracebackhide__ = True
        compare: Any = self.images if _is_picture(c) or _is_picture(py) else self.traces
        result: DiffResult | ImagesResult = compare(c, py, **options)
        return result

    def traces(
        self,
        c: Log,
        py: Log,
        *,
        tolerance: Tolerance = (),
        policy: Path | None = None,
        strict: bool = False,
        vocabulary: Words | None = None,
    ) -> DiffResult:
        """Compare two traces, as `nbtrace diff` does.

        Parameters
        ----------
        c, py : Trace or path
            The reference's and the port's.
        tolerance : float, str or sequence of str
            The relative tolerance, or what `--tolerance` takes: `"F_cell=1e-3"`, `"hkl_frac=abs:1e-4"`.
        policy : Path, optional
            A TOML file with tolerances.
        strict : bool
            A quantity that only one side has is a difference, too.
        vocabulary : Vocabulary, str or path, optional
            What the lines of files mean: a vocabulary, its name, or its file; by default that of a Trace given beside
            the file, else what `pyproject.toml` names, else nanoBragg's.

        Returns
        -------
        DiffResult
            Of traces that agree; else the test has failed.
        """
        __tracebackhide__ = True
        _refuse_itself(c, py)
        with _refusing():
            words = self._words(vocabulary, c, py)
            limits = resolve_policy(_options(tolerance), policy, self.project, words.vocabulary)
            traces = _trace(c, Side.C, words.vocabulary), _trace(py, Side.PY, words.vocabulary)
            result = diff_traces(*traces, limits, strict=strict)
        self.compared += 1
        if result.verdict is not Verdict.AGREE:
            named = {} if words.file is None else {words.file.name: words.file}
            self._fail_of_traces(result, {**_files(c=c, py=py), **named})
        return result

    def _words(self, vocabulary: Words | None, *logs: Log) -> Chosen:
        """Return the vocabulary in force."""
        if isinstance(vocabulary, Vocabulary):
            return Chosen(vocabulary)
        carried = next((log.vocabulary for log in logs if isinstance(log, Trace)), None)
        if vocabulary is None and carried is not None:
            return Chosen(carried)
        return chosen(None if vocabulary is None else os.fspath(vocabulary), self.project)

    def images(
        self,
        c: Picture,
        py: Picture,
        *,
        tolerance: float | None = None,
        shape: tuple[int, int] | None = None,
        **options: Any,
    ) -> "ImagesResult":
        """Compare two images, as `nbtrace images` does.

        Parameters
        ----------
        c, py : Image, ndarray of shape (slow, fast), or path
            The reference's and the port's.
        tolerance : float, optional
            Largest relative difference of a pixel, the field `relative` of ImageOptions.
        shape : (int, int), optional
            Pixels along slow and fast of files without a header.
        **options
            Any other field of :class:`nbtrace.compare.images.ImageOptions`.

        Returns
        -------
        ImagesResult
            Of images that agree; else the test has failed.
        """
        __tracebackhide__ = True
        # numpy and the comparison of images, which tests of traces do not need.
        from nbtrace.compare.images import ImageOptions, compare_images  # noqa: PLC0415
        from nbtrace.images.numpy_files import ARRAYS_NAME, arrays_bytes  # noqa: PLC0415
        from nbtrace.report.documents.images_document import images_document  # noqa: PLC0415
        from nbtrace.report.views.images_view import images_view  # noqa: PLC0415

        if tolerance is not None:
            options["relative"] = tolerance
        _refuse_itself(c, py)
        with _refusing():
            pictures = _image(c, Side.C, shape), _image(py, Side.PY, shape)
            options.setdefault("names", chosen(None, self.project).vocabulary.names)
            result = compare_images(*pictures, ImageOptions(**options))
        self.compared += 1
        if result.verdict is not Verdict.AGREE:
            arrays = [picture.pixels for picture in pictures]
            archive = {ARRAYS_NAME: arrays_bytes(*arrays)} if self.report is not None else {}
            view = images_view(result)
            self._fail(view, [_Failure("images", view, images_document(result), _files(c=c, py=py), archive)])
        return result

    def _fail_of_traces(self, result: DiffResult, files: Mapping[str, Path]) -> NoReturn:
        """Fail with what differs, the cause in front of it; file both, and the explanation that tells the cause."""
        __tracebackhide__ = True
        # The models of documents, which no test that passes needs.
        from nbtrace.report.documents.trace_documents import diff_document  # noqa: PLC0415

        shown = diff_view(result, brief=True)
        failures = [_Failure("diff", diff_view(result), diff_document(result), files)]
        known = self.causes.of(result)
        if known is not None:
            words, explanation = known
            shown = replace(shown, facts=(f"Cause: {words}", *shown.facts))
            failures.append(explanation)
        self._fail(shown, failures)

    def _fail(self, shown: View, failures: Sequence["_Failure"]) -> NoReturn:
        """Fail with a report; the results go into the bundle."""
        __tracebackhide__ = True
        text = terminal.render(shown, min(max(self.width, _NARROW), _WIDE)).rstrip("\n")
        filed = "" if self.report is None else f"\n\n{_filed(failures, self.report, self.node)}"
        pytest.fail(text + filed, pytrace=False)


@contextmanager
def _refusing() -> Iterator[None]:
    """Fail a comparison that cannot be made: in one line, and without a bundle, since there is no result."""
    __tracebackhide__ = True
    try:
        yield
    except NbtraceError as error:
        raise pytest.fail.Exception(f"nbtrace: {clean(str(error))}", pytrace=False) from None


def _refuse_itself(c: object, py: object) -> None:
    """Fail a comparison of one object with itself, which always agrees; one file may hold both sides."""
    __tracebackhide__ = True
    if c is py and not isinstance(c, str | os.PathLike):
        pytest.fail(f"nbtrace: both sides are the same {type(c).__name__} object, which tells nothing", pytrace=False)


@dataclass(frozen=True)
class _Failure:
    """A result that is no agreement, as a bundle takes it.

    `files` are what was compared, where it is a file; `outputs` what the bundle holds of it, by default those files.
    """

    name: str
    view: View
    document: Mapping[str, object]
    files: Mapping[str, Path] = field(default_factory=dict)
    outputs: Mapping[str, bytes] | None = None

    def kept(self) -> Mapping[str, bytes]:
        """Return the content of the further files of the bundle."""
        if self.outputs is not None:
            return self.outputs
        return {name: read_bytes(path) for name, path in self.files.items()}


def folder_name(node: str) -> str:
    """Return the name of a test's folder: letters that every file system takes, and a digest that tells tests apart."""
    slug = _unsafe.sub("-", node.replace("::", "--")).strip("-.")[-_SLUG:].lstrip("-.") or "test"
    return f"{slug}-{hashlib.sha256(node.encode('utf-8', 'surrogatepass')).hexdigest()[:12]}"


def _filed(failures: Sequence[_Failure], report: Path, node: str) -> str:
    """File results, and say where; a folder that cannot be written must not hide why the test fails."""
    from nbtrace.report.documents.view_document import view_document  # noqa: PLC0415 - its models

    folder = report / folder_name(node)
    try:
        for failure in failures:
            provenance = Provenance.collect(command=["pytest", node], inputs=failure.files.values())
            Bundle.open_or_create(folder).add_result(
                failure.name,
                metrics={**failure.document, "answer": failure.view.headline, "provenance": provenance.document()},
                summary_md=markdown.render(failure.view),
                view=view_document(failure.view),
                provenance=provenance,
                outputs=failure.kept(),
            )
    except NbtraceError as error:
        return f"not filed: {clean(str(error))}"
    return f"filed in {clean(str(folder))}"


def _options(tolerance: Tolerance) -> list[str]:
    """Return a tolerance as `--tolerance` takes it."""
    if isinstance(tolerance, str):
        return [tolerance]
    return [repr(float(tolerance))] if isinstance(tolerance, float | int) else list(tolerance)


def _trace(log: Log, side: Side, vocabulary: Vocabulary) -> Trace:
    return log if isinstance(log, Trace) else read_trace(log, side, vocabulary=vocabulary)


def _is_picture(compared: object) -> bool:
    """Tell whether something is an image: an array, an Image, or a file named like one; any other file is a trace."""
    if isinstance(compared, str | os.PathLike):
        return suffix_of(Path(compared)) in IMAGE_SUFFIXES
    return not isinstance(compared, Trace)


def _image(picture: Picture, side: Side, shape: tuple[int, int] | None) -> "Image":
    import numpy as np  # noqa: PLC0415

    from nbtrace.images.image import Image  # noqa: PLC0415
    from nbtrace.images.read import read_image  # noqa: PLC0415

    if isinstance(picture, Image):
        return picture
    if isinstance(picture, str | os.PathLike):
        return read_image(Path(picture), shape=shape, side=side)
    pixels, name = np.asarray(picture), registry.default().names.of(side)
    if pixels.ndim != 2 or pixels.dtype.kind not in "uif":
        kind = f"{type(picture).__name__} of shape {pixels.shape} and type {pixels.dtype.name}"
        raise UsageError(f"{name}: an image is a two-dimensional array of real numbers, not {kind}")
    return Image(pixels, f"{name} array", "in memory")


def _files(**compared: object) -> dict[str, Path]:
    """Return those of the compared things that are files, by the name that a bundle gives them."""
    paths = {side: Path(item) for side, item in compared.items() if isinstance(item, str | os.PathLike)}
    return {f"{side}{''.join(path.suffixes[-2:])}": path for side, path in paths.items()}
