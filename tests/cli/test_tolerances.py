"""Which tolerances that apply to nothing are refused: those of this call, whatever the notice of them says."""

from pathlib import Path

import pytest

from nbtrace.cli.tolerances import refuse_misspelt
from nbtrace.errors import UsageError
from nbtrace.verdicts.notices import Notice, Subject, Weight
from nbtrace.verdicts.tolerance import Limit, PolicySettings, resolve_policy
from nbtrace.vocabulary.quantity import Basis


def notice(quantity: str, text: str = "in other words") -> Notice:
    return Notice(Subject.TOLERANCE, Weight.WARNING, text, quantity)


def test_one_that_an_option_gave_is_refused() -> None:
    policy = resolve_policy(["poler=1e-3"], None, Path("/"))
    with pytest.raises(UsageError, match="in other words"):
        refuse_misspelt(policy, [notice("poler")])


def test_one_that_a_file_gave_is_not() -> None:
    option = "--tolerance poler=1e-3"
    settings = PolicySettings(quantities={"omga": Limit(0.5, Basis.RELATIVE)})
    policy = resolve_policy(["poler=1e-3"], None, Path("/")).updated(settings, option)
    refuse_misspelt(policy, [notice("omga", f"the tolerance of omga ({option}) applies to nothing")])


def test_a_notice_of_another_subject_is_not() -> None:
    policy = resolve_policy(["poler=1e-3"], None, Path("/"))
    refuse_misspelt(policy, [Notice(Subject.UNIT, Weight.WARNING, "(--tolerance poler=1e-3)", "poler")])


def test_one_that_some_of_several_comparisons_know_is_not_and_one_that_none_knows_is() -> None:
    policy = resolve_policy(["poler=1e-3", "mine=1e-3"], None, Path("/"))
    refuse_misspelt(policy)
    refuse_misspelt(policy, [notice("mine"), notice("poler")], [])
    refuse_misspelt(policy, [notice("mine")], [notice("poler")])
    with pytest.raises(UsageError, match="the nearest is polar"):
        refuse_misspelt(policy, [notice("poler", "the nearest is polar")], [notice("poler", "another one is near")])
