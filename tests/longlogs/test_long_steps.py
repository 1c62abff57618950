"""The turns of a loop in long logs by columns, against the ordinary comparison: the same documents and reports."""

import math
import pickle
import random
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from nbtrace.compare.steps import StepsResult, ToldTurn, compare_steps
from nbtrace.documents import dump
from nbtrace.errors import InputError, UsageError
from nbtrace.longlogs import streamed_log
from nbtrace.longlogs.lacked_values import LackedInTurn
from nbtrace.longlogs.long_steps import compare_long_steps
from nbtrace.records import Side
from nbtrace.report.documents.steps_document import steps_document
from nbtrace.report.short_form import short_form
from nbtrace.report.views.steps_view import steps_view
from nbtrace.verdicts.status import Verdict
from nbtrace.verdicts.tolerance import Limit, Policy, PolicySettings
from nbtrace.vocabulary.quantity import Basis
from tests.places import PAIRS

_PROGRAMS = ("TRACE_C", "TRACE_PY")
_KEYS = ("k_frac", "F_latt_b", "F_latt")
_OF_SOURCES = ("source_lambda_angstroms", "source_F_latt", "source_polar", "unknown")
_OTHERS = (("h_frac",), ("S_x",), ("F_cell", "S_x"), (), ())


class _Run:
    """The lines of one computation: pixels, of each some sampled points, each with the turns of two loops."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._digits = chance.choice([15, 15, 7, 3])
        self._stale = chance.random() < 0.4
        self._others = chance.choice(_OTHERS)
        self._rotated = chance.random() < 0.3
        self._counts = [chance.choice(counts) for counts in ((1, 1, 2, 4), (1, 1, 2, 3), (0, 1, 5, 9), (0, 2, 3))]

    def lines(self) -> Iterator[str]:
        """Yield them, with `{}` for the program that prints them."""
        blocks, samples, steps, sources = self._counts
        for block in range(blocks):
            yield f"{{}}: pix0_vector_meters 0.1 0.2 {0.3 + block}"
            yield f"{{}}: pixel_pos_meters 0.1 0.2 {block * 1e-3:.6g}"
            for sample in range(samples):
                yield f"{{}}: hkl_frac 1.5 {sample + block * 0.5} {3.25 + sample}"
                yield from self._of_sources(0 if sample else sources)
                yield from self._of_steps(steps, sample + 3 * block)
                yield f"{{}}: F_latt {self._shown(2.5 + sample)}"
            yield f"{{}}: floatimage_accumulated {self._shown(3.5 + block)}"

    def _of_sources(self, sources: int) -> Iterator[str]:
        for source in range(sources):
            for key in _OF_SOURCES:
                apart = 0.25 if self._stale and key != "source_polar" else 0.1 * source
                yield f"{{}}_SOURCE {source}: {key} {self._shown(1.2345 + apart)}"

    def _of_steps(self, steps: int, of_sample: int) -> Iterator[str]:
        for step in range(steps):
            turned = 1.2345678901234 + (0 if self._stale and step in {3, 4} else step) / 7 + of_sample
            keys = (*_KEYS, *self._others)
            shown = " ".join(f"{key}={self._shown(turned * len(key))}" for key in keys)
            yield f"{{}}_PHI phi_tic={step} phi_deg={step * 0.1:.6g} {shown}"
            if self._rotated:
                vectors = " ".join(f"{key}={self._shown(turned)}" for key in ("ap_y", "bp_y", "cp_y"))
                yield f"TRACE_PY_ROTSTAR phi_tic={step} {vectors}"

    def _shown(self, number: float) -> str:
        return f"{number:.{self._digits}g}"


class _Printer:
    """A program that prints these lines with faults of its own, one or the other of which it may not have."""

    def __init__(self, side: str, chance: random.Random) -> None:
        self._side, self._chance = side, chance
        self._wrong, self._lost, self._odd, self._few = (
            chance.choice(rates) for rates in ((0, 0, 0.02, 0.3), (0, 0, 0, 0.05), (0, 0, 0.03), (0, 0, 0.2))
        )
        self._lacked = f" phi_tic={chance.randrange(9)} " if chance.random() < 0.2 else "nothing"

    def log(self, lines: Iterator[str]) -> bytes:
        """Return the whole log; it may be cut, or have two lines exchanged."""
        printed = [text for line in lines for text in self._printed(line.format(self._side))]
        if self._chance.random() < 0.15:
            one, other = (self._chance.randrange(len(printed)) for _ in range(2))
            printed[one], printed[other] = printed[other], printed[one]
        whole = "".join(f"{line}\n" for line in printed)
        kept = self._chance.randrange(len(whole) // 2, len(whole)) if self._chance.random() < 0.15 else len(whole)
        return whole[:kept].encode()

    def _printed(self, line: str) -> Iterator[str]:
        is_another = line.startswith("TRACE_PY") and self._side == "TRACE_C"
        if is_another or self._lacked in line or self._chance.random() < self._lost:
            return
        words = line.split(" ")
        if "_PHI " in line and self._chance.random() < self._few:
            words = [word for word in words if not word.startswith(("S_x", "h_frac"))]
        words = [self._word(word) if at > 1 else word for at, word in enumerate(words)]
        yield self._edited(" ".join(words)) if self._chance.random() < self._odd else " ".join(words)

    def _word(self, word: str) -> str:
        name, is_assigned, text = word.rpartition("=")
        if self._chance.random() >= self._wrong or name == "phi_tic" or not text[-1].isdigit():
            return word
        return f"{name}{is_assigned}{float(text) * (1 + self._chance.choice([1e-3, 1e-9, 1, 1e-5])):.15g}"

    def _edited(self, line: str) -> str:
        step = f"{self._side}: phi_tic={self._chance.randrange(9)}"
        return self._chance.choice(
            [
                f"{line} junk",
                f"2026-01-02 03:04:05,123 - port - INFO - {line}",
                line[: self._chance.randrange(len(line))],
                f"{line.rpartition('=')[0]}=nan",
                f"{line.rpartition(' ')[0]} NOT_EXTRACTED",
                f"{step} k_frac 1.25",
                f"{step} another 1.25",
                f"{line}\n{line}",
                f"[1] {line}",
            ]
        )


def _same(folder: Path, seed: int, index: str | None) -> bool:
    """Hold both ways against each other; return whether columns gave a result."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    lines = list(_Run(chance).lines())
    names = str(folder / "a.log"), str(folder / "b.log")
    for name, side in zip(names, _PROGRAMS[:: chance.choice([1, 1, -1])], strict=True):
        Path(name).write_bytes(_Printer(side, chance).log(iter(lines)))
    chunk = chance.choice([200, 1000, 3000, 1 << 20])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(streamed_log, "LONG_SWEEP", chance.choice([2, 2000]))
        by_columns = _outcome(lambda: compare_long_steps(*names, index, Policy(), chunk=chunk))
    if by_columns is None:
        return False
    ordinary = _outcome(lambda: compare_steps(*names, index))
    if isinstance(by_columns, str) or isinstance(ordinary, str):
        assert by_columns == ordinary
        return False
    assert ordinary is not None
    _are_alike(by_columns, ordinary)
    return True


def _outcome(comparison: Callable[[], StepsResult | None]) -> StepsResult | str | None:
    """Return a result, or how it was refused."""
    try:
        return comparison()
    except (InputError, UsageError) as refused:
        return f"{type(refused).__name__}: {refused}"


def _are_alike(by_columns: StepsResult, ordinary: StepsResult) -> None:
    assert dump(steps_document(by_columns)) == dump(steps_document(ordinary))
    whole = steps_view(by_columns)
    assert whole == steps_view(ordinary)
    assert short_form(steps_view(by_columns, whole=False)) == short_form(whole)
    for mine, other in zip(by_columns.turns, ordinary.turns, strict=True):
        assert repr(mine.first) == repr(other.first)
        assert (mine.status, mine.diverges) == (other.status, other.status is not type(other.status).PASS)
        for side in (Side.C, Side.PY):
            assert list(mine.lacked(side)) == list(other.lacked(side))
        lacking = [(list(turn.lacking_c), list(turn.lacking_py)) for turn in (mine, other)]
        assert repr(lacking[0]) == repr(lacking[1])


_indices = st.sampled_from(["phi_tic"] * 8 + ["source"] * 4 + ["mosaic domain", "repeat", "rank", "nosuch", None])


@pytest.mark.parametrize("examples", [25, pytest.param(500, marks=pytest.mark.slow)])
def test_documents_and_reports_are_the_same(tmp_path: Path, examples: int) -> None:
    compared = []

    @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))
    @given(seed=st.integers(0, 10**9), index=_indices)
    @example(seed=50279, index="phi_tic")  # of one line, a side lacks values in columns and others that are records
    def compare(seed: int, index: str | None) -> None:
        compared.append(_same(tmp_path, seed, index))

    compare()
    assert sum(compared) > 1


@pytest.mark.parametrize("long_sweep", [2, 2000])
def test_a_recorded_pair_is_compared_by_columns(monkeypatch: pytest.MonkeyPatch, long_sweep: int) -> None:
    monkeypatch.setattr(streamed_log, "LONG_SWEEP", long_sweep)
    folder = PAIRS / "custom_vectors_mat_hkl_phi__24_51"
    names = str(folder / "c.log"), str(folder / "py.log")
    by_columns = compare_long_steps(*names, "phi_tic", Policy())
    assert by_columns is not None
    _are_alike(by_columns, compare_steps(*names, "phi_tic"))


def _pair(
    folder: Path,
    steps: int,
    *,
    wrong: float = 0.0,
    stale: tuple[int, int] | None = None,
    points: range = range(3),
    without: range = range(0),
) -> tuple[str, str]:
    """Write the logs of a pixel of three sampled points with so many steps each.

    The port's has a factor that is wrong in the second half of the steps of the last two points, a step that prints
    at some points what another one does, and none of some steps.
    """
    names = str(folder / "c.log"), str(folder / "py.log")
    for name, side in zip(names, _PROGRAMS, strict=True):
        is_port = side == "TRACE_PY"
        lines = [f"{side}: polar 0.5"]
        for point in range(3):
            lines.append(f"{side}: hkl_frac 1 {point} 3")
            for step in range(steps):
                is_stale = stale is not None and is_port and step == stale[0] and point in points
                at = stale[1] if stale is not None and is_stale else step
                k, factor = 1.5 + (at + point) / 1024, 2.0 + at / 512
                factor *= 1 + (wrong if is_port and point > 0 and step >= steps // 2 else 0)
                if not (is_port and step in without):
                    values = f"k_frac={k!r} F_latt_b={factor!r} F_latt={factor * 3!r}"
                    lines.append(f"{side}_PHI phi_tic={step} phi_deg={step / 8} {values}")
        Path(name).write_text("\n".join([*lines, f"{side}: omega_pixel 1e-6"]) + "\n")
    return names


def _found(names: tuple[str, str], chunk: int = 1 << 20) -> StepsResult:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(streamed_log, "LONG_SWEEP", 2)
        found = compare_long_steps(*names, "phi_tic", Policy(), chunk=chunk)
    assert found is not None
    return found


@pytest.mark.parametrize("wrong", [1e-5, 1e-3, 0.5, -1.0])
@pytest.mark.parametrize("limits", [{}, {"phi_F_latt_b": Limit(1e-5, Basis.ABSOLUTE)}])
def test_turns_are_told_by_columns_as_their_records_tell_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: float, limits: dict[str, Limit]
) -> None:
    names = _pair(tmp_path, 60, wrong=wrong)
    policy = Policy().updated(PolicySettings(quantities=limits), "a test")
    ordinary = list(compare_steps(*names, "phi_tic", policy).told())
    monkeypatch.setattr(streamed_log, "LONG_SWEEP", 2)
    result = compare_long_steps(*names, "phi_tic", policy)
    assert result is not None
    told = [ToldTurn.of(turn, "phi_tic") for turn in result.turns]
    copy: StepsResult = pickle.loads(pickle.dumps(result))
    assert list(copy.told()) == list(copy.told(0)) == told
    monkeypatch.setattr(ToldTurn, "of", None)  # which no turn of these needs
    assert list(result.told()) == told == ordinary
    assert sum(turn.status != "PASS" for turn in told) == 30
    assert list(result.told(47)) == told[47:]


def test_a_value_of_zero_is_told_by_columns_with_its_infinite_difference(tmp_path: Path) -> None:
    """So is one of a negative zero, and what is infinite is told in the document."""
    lines = "TRACE_C_PHI phi_tic={0} phi_deg={0}.5 k_frac=1.2345678{0} F_latt_b={1} F_latt=2.5{0}12345\n"
    texts = []
    for values in (("0", "-0", "0.0", "1.25"), ("0.125", "0.125", "-0.125", "1.25")):
        steps = (lines.format(number, value) for number, value in enumerate(values))
        texts.append("TRACE_C: hkl_frac 1 2 3\n" + "".join(steps) + "TRACE_C: omega_pixel 1e-6\n")
    result = _alike(tmp_path, (texts[0], texts[1].replace("TRACE_C", "TRACE_PY")), 2)
    assert [turn.relative for turn in result.told()][:3] == [math.inf, math.inf, -math.inf]
    assert dump(steps_document(result)).count('"rel_delta": "-inf"') == 1


def test_every_turn_is_counted_and_the_first_value_that_diverges_is_kept(tmp_path: Path) -> None:
    result = _found(_pair(tmp_path, 300, wrong=1e-3))
    assert [turn.ordinal for turn in result.turns] == list(range(300))
    assert {turn.compared for turn in result.turns} == {3 * 4}
    assert [turn.diverging for turn in result.turns] == [0] * 150 + [4] * 150
    first = result.first_divergence
    assert first is not None
    assert first.first is not None
    assert (first.ordinal, first.first.quantity, first.first.index.sample) == (150, "phi_F_latt_b", 1)
    assert first.first.c.value.text == repr(2.0 + 150 / 512)
    assert not result.diff.has_whole_blocks


@pytest.mark.parametrize("repeat", [(7, 6), (5, 2), (0, 11)])
def test_a_turn_that_repeats_another_is_told_once(tmp_path: Path, repeat: tuple[int, int]) -> None:
    """By columns and by records: not as a step of the sweep, too, of which the later one is named second."""
    names = _pair(tmp_path, 12, stale=repeat)
    for result in (_found(names), compare_steps(*names, "phi_tic")):
        assert [(item.side, item.ordinal, item.of) for item in result.repeats] == [(Side.PY, *repeat)]
        told = [notice.text for notice in result.notices if " repeats " in notice.text]
        assert told == [f"Py phi_tic {repeat[0]} repeats phi_tic {repeat[1]}: the same values from other inputs"]


def test_a_step_that_repeats_another_at_some_points_alone_is_told_as_a_step(tmp_path: Path) -> None:
    names = _pair(tmp_path, 12, stale=(0, 11), points=range(2))
    for result in (_found(names), compare_steps(*names, "phi_tic")):
        assert result.repeats == ()
        told = [notice.text for notice in result.notices if " repeats " in notice.text]
        assert told == ["Py phi_tic 0 repeats phi_tic 11 in 2 of 3 samples: the same values at another angle"]


def test_a_step_that_repeats_a_turn_at_some_points_alone_is_told_beside_it(tmp_path: Path) -> None:
    names = _pair(tmp_path, 12, stale=(5, 0))
    lines = Path(names[1]).read_text().splitlines()
    first, last = ([at for at, line in enumerate(lines) if f"phi_tic={tic} " in line] for tic in (0, 11))
    for of, at in zip(first[:2], last[:2], strict=True):
        lines[at] = f"{lines[at].split(' k_frac')[0]} k_frac{lines[of].split(' k_frac')[1]}"
    Path(names[1]).write_text("\n".join(lines) + "\n")
    for result in (_found(names), compare_steps(*names, "phi_tic")):
        told = [notice.text.split(":")[0] for notice in result.notices if " repeats " in notice.text]
        assert told == [
            "Py phi_tic 5 repeats phi_tic 0",
            "Py phi_tic 0 repeats phi_tic 11 in 2 of 3 samples",
            "Py phi_tic 5 repeats phi_tic 11 in 2 of 3 samples",
        ]


def test_turns_of_one_log_alone_differ_and_what_they_lack_is_read_again(tmp_path: Path) -> None:
    names = _pair(tmp_path, 300, without=range(250, 300))
    result = _found(names)
    assert result.verdict is Verdict.DIFFER
    assert [turn.ordinal for turn in result.turns if turn.only_on is Side.C] == list(range(250, 300))
    turn = result.turns[280]
    assert isinstance(turn.lacking_py, LackedInTurn)
    assert list(turn.lacked(Side.PY)) == ["phi_deg", "phi_k_frac", "phi_F_latt_b", "phi_F_latt"] * 3
    assert [record.index.sample for record in turn.lacking_py] == [0] * 4 + [1] * 4 + [2] * 4
    assert turn.lacking_py[1:2][0].value.numbers == (1.5 + 280 / 1024,)
    assert turn.lacking_c == ()


def _alike(folder: Path, texts: tuple[str, str], long_sweep: int, index: str = "phi_tic") -> StepsResult:
    """Compare two logs in both ways; return what columns give."""
    names = str(folder / "c.log"), str(folder / "py.log")
    for name, text in zip(names, texts, strict=True):
        Path(name).write_text(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(streamed_log, "LONG_SWEEP", long_sweep)
        found = compare_long_steps(*names, index, Policy())
    assert found is not None
    _are_alike(found, compare_steps(*names, index))
    return found


def _steps(side: str, words: str = "") -> list[str]:
    values = "k_frac={k} F_latt_b=1.5 F_latt=2.5"
    return [f"{side}_PHI phi_tic={at} phi_deg={at / 8} {values.format(k=at / 7 + 1)}{words}" for at in range(4)]


def test_a_quantity_in_the_loop_and_outside_of_it_is_told_apart(tmp_path: Path) -> None:
    texts = []
    for side, last in zip(_PROGRAMS, ("1.25", "1.75"), strict=True):
        lines = []
        for value in ("1.25", "1.25", last):
            lines += [f"{side}: pix0_vector_meters 0.1 0.2 0.3", *_steps(side, " S_x=4.5"), f"{side}: phi_S_x {value}"]
            lines.append(f"{side}: floatimage_accumulated 2.5")
        texts.append("\n".join([*lines, ""]))
    result = _alike(tmp_path, (texts[0], texts[1]), 2)
    assert result.verdict is Verdict.AGREE
    assert "outside of phi_tic, phi_S_x differs, too" in [notice.text for notice in result.notices]


def test_turns_that_prefixes_name_are_told_from_one_another(tmp_path: Path) -> None:
    texts = []
    for side, last in zip(_PROGRAMS, ("3.25", "3.5"), strict=True):
        lines = [f"{side}: hkl_frac 1 2 3"]
        for source, value in enumerate(("1.25", "2.25", last)):
            lines += [f"{side}_SOURCE {source}: source_F_latt {value}", f"{side}_SOURCE {source}: source_polar 0.5"]
        texts.append("\n".join([*lines, f"{side}: floatimage_accumulated 3.5", ""]))
    result = _alike(tmp_path, (texts[0], texts[1]), 2000, "source")
    assert [(turn.ordinal, turn.compared, turn.diverging) for turn in result.turns] == [(0, 2, 0), (1, 2, 0), (2, 2, 1)]


def test_a_value_of_a_turn_that_the_other_log_has_torn_is_lacking(tmp_path: Path) -> None:
    texts = []
    for side, form in zip(
        _PROGRAMS, (": phi_tic=2 another 1.25", "_PHI phi_tic=2 phi_deg=0.25 another=1.2"), strict=True
    ):
        blocks = [
            [f"{side}: pix0_vector_meters 0.1 0.2 0.3", *_steps(side), f"{side}: floatimage_accumulated 2.5"]
            for _ in range(4)
        ]
        blocks[2].insert(4, f"{side}{form}")
        texts.append("\n".join([line for block in blocks for line in block] + [""]))
    result = _alike(tmp_path, (texts[0], texts[1]), 2000)
    assert result.verdict is Verdict.DIFFER
    assert [list(turn.lacked(Side.PY)) for turn in result.turns] == [[], [], ["phi_another"], []]


def test_a_loop_that_neither_vocabulary_nor_log_names_is_refused_without_records(tmp_path: Path) -> None:
    names = _pair(tmp_path, 10)
    with pytest.raises(UsageError, match="no loop is called 'nosuch': there is source, phi_tic, mosaic domain"):
        compare_long_steps(*names, "nosuch", Policy())
    with pytest.raises(InputError, match=r"c\.log has no turn of source; its lines state turns of phi_tic"):
        compare_long_steps(*names, "source", Policy())


def test_memory_does_not_grow_with_the_steps_but_for_their_counts(tmp_path: Path) -> None:
    peaks = []
    for steps in (40, 40, 340):  # the first time modules are loaded
        names = _pair(tmp_path, steps, wrong=1e-3)
        tracemalloc.start()
        assert _found(names, 10_000).verdict is Verdict.DIFFER
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    # Records of a turn of three points take some 30,000 bytes; how far the two readers are ahead varies by some 5,000.
    assert peaks[2] < peaks[1] + 300 * 10_000
