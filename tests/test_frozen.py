"""A frozen value behaves as one of `dataclass(frozen=True)` does."""

import copy
import inspect
import pickle
from dataclasses import FrozenInstanceError, dataclass, field, fields, is_dataclass, replace
from functools import cached_property
from typing import Any

import pytest

from nbtrace.frozen import frozen, frozen_apart


@frozen
class Ours:
    """A value."""

    a: int
    b: tuple[float, ...] = (1.0,)
    c: list[int] = field(default_factory=list, compare=False)
    d: str = field(default="d", kw_only=True, repr=False)

    @cached_property
    def doubled(self) -> int:
        """Twice the number."""
        return 2 * self.a


@dataclass(frozen=True)
class Theirs:
    """The same."""

    a: int
    b: tuple[float, ...] = (1.0,)
    c: list[int] = field(default_factory=list, compare=False)
    d: str = field(default="d", kw_only=True, repr=False)


@frozen
class Checked(Ours):
    """One more field, and a check."""

    e: int = 0

    def __post_init__(self) -> None:
        if self.e < 0:
            raise ValueError("negative")

    def __repr__(self) -> str:
        return "mine"


CALLS: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
    ((1,), {}),
    ((1, (2.0,)), {"d": "x"}),
    ((1,), {"c": [3]}),
    ((), {"a": 1}),
    ((), {}),
    ((1, (2.0,), [], "too many"), {}),
    ((1,), {"a": 1}),
    ((1,), {"unknown": 1}),
    ((), {"unknown": 1}),
]


def made(kind: Any, words: tuple[Any, ...], named: dict[str, Any]) -> Any:
    try:
        return kind(*words, **named)
    except TypeError:
        return None


@pytest.mark.parametrize(("words", "named"), CALLS)
def test_it_takes_and_shows_what_a_dataclass_does(words: tuple[Any, ...], named: dict[str, Any]) -> None:
    ours, theirs = made(Ours, words, named), made(Theirs, words, named)
    assert (ours is None) == (theirs is None)
    if ours is not None:
        assert vars(ours) == vars(theirs)
        assert repr(ours) == repr(theirs).replace("Theirs", "Ours")
        assert hash(ours) == hash(theirs)


def test_equality_goes_by_the_class_and_what_is_compared() -> None:
    assert Ours(1, c=[1]) == Ours(1, c=[2])
    assert Ours(1) != Ours(2)
    assert Ours(1) != Checked(1)
    same: object = Theirs(1)
    assert Ours(1) != same
    nan = float("nan")
    assert Ours(1, (nan,)) == Ours(1, (nan,))


def test_it_cannot_be_changed() -> None:
    value = Ours(1)
    for name in ("a", "new"):
        with pytest.raises(FrozenInstanceError):
            setattr(value, name, 2)
    with pytest.raises(FrozenInstanceError):
        del value.a
    assert (value.a, value.doubled) == (1, 2)
    assert value.c is not Ours(1).c


def test_it_is_a_dataclass_to_others() -> None:
    value = Ours(1, d="x")
    assert is_dataclass(value)
    assert [item.name for item in fields(Ours)] == ["a", "b", "c", "d"]
    assert replace(value, a=2) == Ours(2, d="x")
    assert copy.deepcopy(value) == pickle.loads(pickle.dumps(value)) == value
    match value:
        case Ours(number, floats):
            assert (number, floats) == (1, (1.0,))


def test_a_class_keeps_its_own_methods_and_checks() -> None:
    assert repr(Checked(1)) == "mine"
    assert (Checked(1, e=4).e, Checked(1).d) == (4, "d")
    with pytest.raises(ValueError, match="negative"):
        Checked(1, e=-1)


class Extended(Ours):
    """A class of somebody else, with attributes of its own."""


class Called(Ours):
    """A class that is called otherwise."""

    def __init__(self, number: int) -> None:
        super().__init__(number)


@dataclass(frozen=True)
class Further(Ours):
    """A dataclass of somebody else."""

    f: int = 0


def test_help_shows_its_fields() -> None:
    assert str(inspect.signature(Ours)) == str(inspect.signature(Theirs))
    assert str(inspect.signature(Checked)) == str(inspect.signature(Theirs)).replace(", *,", ", e: int = 0, *,")
    assert str(inspect.signature(Further)) == str(inspect.signature(Theirs)).replace(", *,", ", f: int = 0, *,")
    assert str(inspect.signature(Called)) == "(number: int) -> None"
    called: Any = Ours
    with pytest.raises(TypeError, match="Ours: missing a required argument: 'a'"):
        called()


def test_a_class_of_others_adds_attributes_and_changes_none() -> None:
    value: Any = Extended(1)
    value.seen = 3
    assert (value.seen, value.a) == (3, 1)
    del value.seen
    with pytest.raises(FrozenInstanceError):
        value.a = 2
    with pytest.raises(FrozenInstanceError):
        del value.a


def test_what_the_shared_methods_do_not_hold_is_refused() -> None:
    class Slotted:
        __slots__ = ("a",)

    class Worked(Slotted):
        b: int

    class Later:
        b: int = field(init=False, default=1)

    for kind in (Worked, Later):
        with pytest.raises(TypeError, match="has slots, or a field that is not given"):
            frozen(kind)


def test_a_class_with_its_own_equality_has_a_hash() -> None:
    @frozen
    class Rounded:  # noqa: PLW1641 - which this is about
        number: float

        def __eq__(self, other: object) -> bool:
            return isinstance(other, Rounded) and round(self.number) == round(other.number)

    assert Rounded(1.2) == Rounded(1.4)
    assert len({Rounded(1.2), Rounded(1.2)}) == 1


def test_a_class_that_cannot_be_made_leaves_its_bases_frozen() -> None:
    with pytest.raises(ValueError, match="mutable default"):

        @frozen
        class Wrong(Theirs):
            more: list[int] = []  # noqa: RUF012 - as a beginner writes it

    with pytest.raises(TypeError, match="cannot inherit non-frozen"):

        @dataclass
        class Thawed(Theirs):  # type: ignore[misc]
            more: int = 0


def test_a_field_without_a_default_does_not_follow_one_with() -> None:
    with pytest.raises(TypeError, match="a field without a default follows 'b', which has one"):

        @frozen
        class Wrong(Ours):
            required: int  # type: ignore[misc]

    @frozen
    class Right(Ours):
        required: int = field(kw_only=True)

    assert Right(1, required=2).required == 2


@frozen_apart
class Apart:
    """A value that is equal to itself alone."""

    a: int


def test_values_apart_are_equal_to_themselves_alone() -> None:
    one, other = Apart(1), Apart(1)
    assert one == one  # noqa: PLR0124 - what is asked here
    assert one != other
    assert len({one, other}) == 2
    assert replace(one, a=2).a == 2
    assert repr(one) == "Apart(a=1)"
    with pytest.raises(FrozenInstanceError):
        one.a = 3  # type: ignore[misc]
