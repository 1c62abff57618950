from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

import nbtrace
from nbtrace.errors import InputError, NbtraceError, UsageError
from nbtrace.verdicts.tolerance import resolve_policy
from nbtrace.vocabulary import registry
from nbtrace.vocabulary.chosen import chosen
from nbtrace.vocabulary.vocabulary import SideName, Vocabulary
from tests.vocabulary.places import ROD


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with a project that names the vocabulary of a folder in it."""
    (tmp_path / "words").mkdir()
    (tmp_path / "words" / "rod.toml").write_text(ROD)
    (tmp_path / "other.toml").write_text(ROD.replace('name = "rod"', 'name = "other"'))
    (tmp_path / "pyproject.toml").write_text('[tool.nbtrace]\nvocabulary = "words/rod.toml"\n')
    return tmp_path


def test_the_default_where_nothing_is_said(tmp_path: Path) -> None:
    found = chosen(None, tmp_path)
    assert (found.name, found.is_default, found.inputs) == ("nanobragg", True, ())


def test_the_project_names_a_file_as_seen_from_its_own(project: Path) -> None:
    found = chosen(None, project)
    assert (found.name, found.is_default) == ("rod", False)
    assert found.inputs == (str(project / "words" / "rod.toml"),)


def test_what_is_asked_for_wins_over_the_project(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project)
    assert chosen("other.toml", Path()).name == "other"
    assert chosen("nanobragg", Path()).is_default
    assert chosen(None, Path()).inputs == ("words/rod.toml",)


@pytest.mark.parametrize(
    ("stated", "kind", "said"),
    [
        ("vocabulary = 3", UsageError, "tool.nbtrace.vocabulary is no text"),
        ("vocabulary = ['rod.toml']", UsageError, "tool.nbtrace.vocabulary is no text"),
        ("vocabulary = true", UsageError, "tool.nbtrace.vocabulary is no text"),
        ("vocabulary = ''", UsageError, "there is no vocabulary ''"),
        ("vocabulary = 'nosuch'", UsageError, "there is no vocabulary 'nosuch'"),
        ("vocabulary = 'nosuch.toml'", InputError, "pyproject.toml: vocabulary: "),
        ("vocabulary = 'pyproject.toml'", UsageError, "pyproject.toml"),
    ],
)
def test_a_project_that_names_none(tmp_path: Path, stated: str, kind: type[NbtraceError], said: str) -> None:
    (tmp_path / "pyproject.toml").write_text(f"[tool.nbtrace]\n{stated}\n")
    with pytest.raises(kind) as raised:
        chosen(None, tmp_path)
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


def test_tolerances_of_a_project_are_of_its_vocabulary(project: Path) -> None:
    with (project / "pyproject.toml").open("a") as file:
        file.write("[tool.nbtrace.tolerance.quantities]\nflux_W_cm2 = { absolute = 2 }\n")
    policy = resolve_policy(["dilution_factor=0.5"], None, project, chosen(None, project).vocabulary)
    assert policy.of("flux_W_m2").value == 2e4
    assert policy.of("dilution").value == 0.5
    assert policy.of("power_W").value == 1e-9


@pytest.mark.parametrize("key", ["vocabularies", "sides"])
def test_a_misspelt_key_of_the_project_is_refused(project: Path, key: str) -> None:
    (project / "pyproject.toml").write_text(f"[tool.nbtrace]\n{key} = 'rod.toml'\n")
    with pytest.raises(UsageError, match=r"it reads \[tolerance\], vocabulary and names"):
        resolve_policy([], None, project)


def test_a_policy_file_names_no_vocabulary(tmp_path: Path) -> None:
    (tmp_path / "policy.toml").write_text("vocabulary = 'rod.toml'\n")
    with pytest.raises(UsageError, match=r"'vocabulary' is no section that nbtrace knows; it reads \[tolerance\]$"):
        resolve_policy([], tmp_path / "policy.toml", tmp_path)


OFFERED = Vocabulary("offered", "", (SideName("one", ("1>",)), SideName("two", ("2>",))), {})


def test_an_installed_package_offers_one_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    points = [
        EntryPoint("offered", "tests.vocabulary.test_chosen:OFFERED", registry.GROUP),
        EntryPoint("wrong", "tests.vocabulary.test_chosen:ROD", registry.GROUP),
        EntryPoint("gone", "tests.vocabulary.test_chosen:NOWHERE", registry.GROUP),
    ]
    monkeypatch.setattr("importlib.metadata.entry_points", lambda *, group: [p for p in points if p.group == group])
    found = chosen("offered", tmp_path)
    assert (found.name, found.inputs, found.is_default) == ("offered", (), False)
    (tmp_path / "pyproject.toml").write_text("[tool.nbtrace]\nvocabulary = 'offered'\n")
    assert chosen(None, tmp_path).name == "offered"
    for name in ("wrong", "gone"):
        with pytest.raises(UsageError, match=name):
            chosen(name, tmp_path)
    with pytest.raises(UsageError, match="did you mean offered"):
        chosen("ofered", tmp_path)


def test_the_library_loads_and_reads_with_it(project: Path) -> None:
    words = nbtrace.load_vocabulary(project / "words" / "rod.toml")
    assert isinstance(words, nbtrace.Vocabulary)
    (trace,) = nbtrace.parse_trace("jax> step=1 cell=2 T_K 300 K\n", vocabulary=words)
    assert trace.vocabulary is words
    assert [record.quantity for record in trace.records] == ["T_K"]


def test_two_vocabularies_do_not_compare(project: Path) -> None:
    file = project / "other.toml"
    (one,) = nbtrace.parse_trace("TRACE_F90: dx_m 1 m\n", vocabulary=nbtrace.load_vocabulary(file))
    (two,) = nbtrace.parse_trace("jax> dx_m 1 m\n", vocabulary=nbtrace.load_vocabulary(file))
    with pytest.raises(UsageError, match="load one and give it to both"):
        nbtrace.diff(one, two)


def test_a_policy_of_another_vocabulary_takes_that_of_the_logs(project: Path) -> None:
    words = nbtrace.load_vocabulary(project / "other.toml")
    (one,) = nbtrace.parse_trace("TRACE_F90: area_m2 1 m2\n", vocabulary=words)
    (two,) = nbtrace.parse_trace("jax> area_m2 1.0000000005 m2\n", vocabulary=words)
    result = nbtrace.diff(one, two, nbtrace.Policy())
    assert [row.tolerance.value for row in result.rows] == [1e-9]
    assert result.verdict is nbtrace.Verdict.AGREE
