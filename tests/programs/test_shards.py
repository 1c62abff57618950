import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbtrace.errors import UsageError
from nbtrace.programs.shards import Shard


@given(st.integers(0, 50), st.integers(1, 12))
def test_the_shards_of_a_list_are_all_of_it_each_once(size: int, count: int) -> None:
    parts = [Shard(number, count).of(range(size)) for number in range(1, count + 1)]
    assert sorted(item for part in parts for item in part) == list(range(size))
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


@pytest.mark.parametrize(
    ("word", "variables", "shard"),
    [
        ("1/1", {}, "1/1"),
        ("2/8", {"SLURM_PROCID": "5"}, "2/8"),
        ("auto", {"SLURM_ARRAY_TASK_ID": "7", "SLURM_ARRAY_TASK_MIN": "1", "SLURM_ARRAY_TASK_COUNT": "9"}, "7/9"),
        ("auto", {"SLURM_ARRAY_TASK_ID": "0", "SLURM_ARRAY_TASK_MIN": "0", "SLURM_ARRAY_TASK_COUNT": "2"}, "1/2"),
        (
            "auto",
            {
                "SLURM_ARRAY_TASK_ID": "16",
                "SLURM_ARRAY_TASK_MIN": "4",
                "SLURM_ARRAY_TASK_STEP": "4",
                "SLURM_ARRAY_TASK_COUNT": "4",
                "SLURM_PROCID": "0",
            },
            "4/4",
        ),
        ("auto", {"SLURM_PROCID": "0", "SLURM_NTASKS": "4"}, "1/4"),
    ],
)
def test_the_share_that_a_word_names(word: str, variables: dict[str, str], shard: str) -> None:
    assert str(Shard.read(word, variables)) == shard


@pytest.mark.parametrize(
    ("word", "variables", "said"),
    [
        *[(word, {}, "give K/N") for word in ("0/2", "3/2", "1", "1/0", "a/b", "-1/2", "1/2/3", "", "²/3")],
        ("auto", {}, "no task of Slurm"),
        ("auto", {"SLURM_PROCID": "x"}, "no numbers"),
        ("auto", {"SLURM_PROCID": "4", "SLURM_NTASKS": "4"}, "task 5 of 4"),
        ("auto", {"SLURM_ARRAY_TASK_ID": "4", "SLURM_ARRAY_TASK_MIN": "9", "SLURM_ARRAY_TASK_COUNT": "2"}, "give K/N"),
    ],
)
def test_a_word_that_names_none_is_refused(word: str, variables: dict[str, str], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        Shard.read(word, variables)
