"""Comparisons as pytest assertions: what the `parity` fixture does."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import CodeType
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias

import pytest

from nbtrace.calling_line import CallingLine, calling_lines
from nbtrace.compare.array_tolerances import ArrayTolerances, GivenTolerance, option_words
from nbtrace.compare.diff import DiffResult, diff_traces
from nbtrace.errors import NbtraceError
from nbtrace.failures import Causes, ExplainedCause, Failure, filed
from nbtrace.images.file_names import IMAGE_SUFFIXES, suffix_of
from nbtrace.parsers.given_logs import Log, Words, trace_pair
from nbtrace.records import Side, Trace
from nbtrace.report import terminal
from nbtrace.report.view import View, clean
from nbtrace.report.views.diff_view import diff_view
from nbtrace.verdicts.status import Verdict
from nbtrace.verdicts.tolerance import resolve_policy
from nbtrace.vocabulary.chosen import Chosen, chosen
from nbtrace.vocabulary.vocabulary import Vocabulary

if TYPE_CHECKING:
    from nbtrace.compare.arrays import ArraysResult
    from nbtrace.compare.images import ImagesResult
    from nbtrace.compare.named_arrays import Arrays
    from nbtrace.images.given_images import Picture

Tolerance: TypeAlias = GivenTolerance

_NARROW, _WIDE = 80, 120


@dataclass(frozen=True)
class FailedComparison:
    """A comparison that has failed its test.

    Attributes
    ----------
    error : Exception
        What fails the test.
    summary : str
        The answer in one line, for the short summary of a test run.
    call : CallingLine or None
        Where the test made the comparison.
    """

    error: BaseException
    summary: str
    call: CallingLine | None


@dataclass
class Parity:
    """Compares two traces, images or arrays; a difference fails the test with nbtrace's report.

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
    test : code or None
        Of the function of the test, whose line a failure shows.
    begun : int
        Comparisons begun so far.
    failed : FailedComparison or None
        The last one that has failed the test.
    """

    node: str
    project: Path
    report: Path | None = None
    width: int = _NARROW
    causes: Causes = field(default_factory=Causes)
    compared: int = 0
    test: CodeType | None = None
    begun: int = 0
    failed: FailedComparison | None = None

    def __repr__(self) -> str:
        return f"<parity: {self.begun} comparisons>"

    def __call__(
        self, c: "Log | Picture | Arrays", py: "Log | Picture | Arrays", **options: Any
    ) -> "DiffResult | ImagesResult | ArraysResult":
        """Compare two traces, two images, or arrays, as what is given tells.

        Traces are Trace objects, open files, and names of files that are not named like an image. An Image, a file that
        is named like one, and an array of two dimensions are images. All else is compared element by element: arrays of
        another number of dimensions, numbers, tables, mappings of arrays; and arrays of two dimensions where the
        tolerance is given by names. The options are those of :meth:`traces`, :meth:`images` or :meth:`arrays`.
        """
        __tracebackhide__ = True
        compare: Any = self.traces
        if not _is_log(c) or not _is_log(py):
            by_name = isinstance(options.get("tolerance", 0.0), str | Mapping)
            compare = self.arrays if _are_arrays(c, py, by_name=by_name) else self.images
        result: DiffResult | ImagesResult | ArraysResult = compare(c, py, **options)
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
        c, py : Trace, path or open file
            The reference's and the port's.
        tolerance : float, str, sequence of str, or mapping
            The relative tolerance, or what `--tolerance` takes: `"F_cell=1e-3"`, `"hkl_frac=abs:1e-4"`; or tolerances
            by name, `{"F_cell": 1e-3, "hkl_frac": "abs:1e-4"}`.
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
        with self._begun(c, py):
            words = self._words(vocabulary, c, py)
            limits = resolve_policy(option_words(tolerance), policy, self.project, words.vocabulary)
            result = diff_traces(*trace_pair(c, py, words.vocabulary), limits, strict=strict)
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
        c: "Picture",
        py: "Picture",
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
        from nbtrace.images.given_images import given_image  # noqa: PLC0415
        from nbtrace.images.numpy_files import ARRAYS_NAME, arrays_bytes  # noqa: PLC0415
        from nbtrace.report.documents.images_document import images_document  # noqa: PLC0415
        from nbtrace.report.views.images_view import images_view  # noqa: PLC0415

        if tolerance is not None:
            options["relative"] = tolerance
        with self._begun(c, py):
            names = options.setdefault("names", chosen(None, self.project).vocabulary.names)
            pictures = [given_image(given, side, names, shape) for given, side in ((c, Side.C), (py, Side.PY))]
            result = compare_images(pictures[0], pictures[1], ImageOptions(**options))
        self.compared += 1
        if result.verdict is not Verdict.AGREE:
            arrays = [picture.pixels for picture in pictures]
            archive = {ARRAYS_NAME: arrays_bytes(*arrays)} if self.report is not None else {}
            view = images_view(result)
            self._fail(view, [Failure("images", view, images_document(result), _files(c=c, py=py), archive)])
        return result

    def arrays(
        self,
        c: "Arrays",
        py: "Arrays",
        *,
        tolerance: GivenTolerance = (),
        relative: float | None = None,
        absolute: float | None = None,
        equal_nan: bool = False,
    ) -> "ArraysResult":
        """Compare arrays element by element; what is empty, is missing on a side or has another shape fails.

        Parameters
        ----------
        c, py : number, array of any shape, tensor, Series, DataFrame, or mapping of such by their names
            The reference's and the port's. The arrays of nested mappings are named with dots.
        tolerance : float, str, sequence of str, or mapping
            A relative tolerance; or by name, as `{"F_latt": 1e-9, "k": "abs:1e-4"}` or `"F_latt=1e-9"`. Integers, texts
            and times are compared exactly where no tolerance is given for them.
        relative, absolute : float, optional
            An element agrees if |Py − C| ≤ max(relative · max(|C|, |Py|), absolute); 1e-6 and 0 by default.
        equal_nan : bool
            Elements that are nan on both sides are left out, and counted; otherwise a nan is a difference.

        Returns
        -------
        ArraysResult
            Of arrays that agree; else the test has failed.
        """
        __tracebackhide__ = True
        from nbtrace.compare.arrays import compare_arrays  # noqa: PLC0415 - numpy
        from nbtrace.report.documents.arrays_document import arrays_document  # noqa: PLC0415
        from nbtrace.report.views.arrays_view import arrays_view  # noqa: PLC0415

        with self._begun(c, py):
            names = chosen(None, self.project).vocabulary.names
            limits = ArrayTolerances.of_words(tolerance, relative=relative, absolute=absolute)
            result = compare_arrays(c, py, limits, equal_nan=equal_nan, names=names)
        self.compared += 1
        if result.verdict is not Verdict.AGREE:
            from nbtrace.compare.named_arrays import archive_bytes  # noqa: PLC0415 - what no test that passes needs

            archive = {"arrays.npz": archive_bytes(c, py)} if self.report is not None else {}
            view = arrays_view(result)
            self._fail(view, [Failure("arrays", view, arrays_document(result), {}, archive)])
        return result

    @contextmanager
    def _begun(self, c: object, py: object) -> Iterator[None]:
        """Count a comparison, and fail one that tells nothing or cannot be made; it has no result, and no bundle."""
        __tracebackhide__ = True
        self.begun += 1
        if c is py and not isinstance(c, str | os.PathLike) and not callable(getattr(c, "read", None)):
            self._refuse(f"both sides are the same {type(c).__name__} object, which tells nothing")
        try:
            yield
        except NbtraceError as error:
            failure = self._refusal(clean(str(error)))
        else:
            return
        raise failure from None

    def _refuse(self, why: str) -> NoReturn:
        __tracebackhide__ = True
        raise self._refusal(why)

    def _refusal(self, why: str) -> BaseException:
        place, call = self._place()
        return self._failing("\n".join((f"nbtrace: {why}", *map(clean, place))), f"nbtrace: {why}", call)

    def _failing(self, text: str, summary: str, call: CallingLine | None) -> BaseException:
        """Return what fails the test with a text, and no traceback."""
        error = pytest.fail.Exception(text, pytrace=False)
        self.failed = FailedComparison(error, summary, call)
        return error

    def _place(self) -> tuple[tuple[str, ...], CallingLine | None]:
        """Return where the test made the comparison, in words and as a place."""
        calls = calling_lines(self.test)
        words = [line for call in calls for line in call.words(self.project)]
        if words:
            words[0] += f", comparison {self.begun} of the test"
        return tuple(words), (calls[0] if calls else None)

    def _fail_of_traces(self, result: DiffResult, files: Mapping[str, Path]) -> NoReturn:
        """Fail with what differs, the cause in front of it; file both, and the explanation that tells the cause."""
        __tracebackhide__ = True
        # The models of documents, which no test that passes needs.
        from nbtrace.report.documents.trace_documents import diff_document  # noqa: PLC0415

        shown = diff_view(result, brief=True)
        failures = [Failure("diff", diff_view(result), diff_document(result), files)]
        known = self.causes.of(result)
        if known is not None:
            shown = _with_cause(shown, known)
            failures.append(known.explanation)
        self._fail(shown, failures)

    def _fail(self, shown: View, failures: Sequence[Failure]) -> NoReturn:
        """Fail with a report; the results go into the bundle."""
        __tracebackhide__ = True
        place, call = self._place()
        placed = replace(shown, facts=(*place, *shown.facts))
        text = terminal.render(placed, min(max(self.width, _NARROW), _WIDE)).rstrip("\n")
        where = "" if self.report is None else f"\n\n{filed(failures, self.report, self.node)}"
        summary = f"{shown.verdict_word}  {clean(shown.headline)}"
        raise self._failing(text + where, summary, call) from None


def _with_cause(shown: View, cause: ExplainedCause) -> View:
    """Return a report with the cause in front: as its answer where a side is blamed, else as its first fact."""
    if not cause.blames:
        return replace(shown, facts=(f"Cause: {cause.words}", *shown.facts))
    told = f"{shown.headline[:1].upper()}{shown.headline[1:]}"
    return replace(shown, headline=cause.words, facts=(told, *shown.facts))


def _is_log(compared: object) -> bool:
    """Tell whether something is a trace, an open file, or the name of a file that is not named like an image."""
    if isinstance(compared, str | os.PathLike):
        return suffix_of(Path(compared)) not in IMAGE_SUFFIXES
    return isinstance(compared, Trace) or callable(getattr(compared, "read", None))


def _are_arrays(c: object, py: object, *, by_name: bool) -> bool:
    """Tell whether two things, which are no two logs, are compared as arrays rather than as images."""
    from nbtrace.compare.named_arrays import is_plane  # noqa: PLC0415 - numpy
    from nbtrace.images.image import Image  # noqa: PLC0415

    if any(isinstance(item, Image | Trace | str | os.PathLike) or _is_log(item) for item in (c, py)):
        return False
    return by_name or not (is_plane(c) and is_plane(py))


def _files(**compared: object) -> dict[str, Path]:
    """Return those of the compared things that are files, by the name that a bundle gives them."""
    paths = {side: Path(item) for side, item in compared.items() if isinstance(item, str | os.PathLike)}
    return {f"{side}{''.join(path.suffixes[-2:])}": path for side, path in paths.items()}
