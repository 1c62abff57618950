"""The causes of a difference between two images as parts of a JSON document."""

from nbtrace.compare.images.relation import ImageRelation
from nbtrace.compare.images.rounding import Rounding
from nbtrace.explanation.images.image_causes import ImageCauses
from nbtrace.explanation.images.known_factors import RatioFactors
from nbtrace.explanation.images.reproduced import Fit, ImageReproduction
from nbtrace.records import Side
from nbtrace.report.documents.models.image_causes import (
    FactorPower,
    FactorsEntry,
    ImageCausesEntry,
    ImageRelationEntry,
    ImageRunEntry,
    RelationStepEntry,
    RoundingEntry,
    RunFitEntry,
)
from nbtrace.report.views.image_causes_view import factors_words, model_words
from nbtrace.vocabulary.sides import Names

_SIDES = {Side.C: "c", Side.PY: "py"}


def relation_entry(relation: ImageRelation, names: Names) -> ImageRelationEntry:
    """Return how one image is made from the other."""
    return ImageRelationEntry(
        text=relation.text(names),
        made=_SIDES[relation.made],
        steps=tuple(
            RelationStepEntry(kind=step.kind.value, words=step.words, parameters=dict(step.parameters))
            for step in relation.steps
        ),
        exact=relation.exact,
        left=relation.left,
        left_relative=relation.left_relative,
        explained=relation.explained,
        pixels=relation.pixels,
        fitted=relation.free,
    )


def rounding_entry(rounding: Rounding) -> RoundingEntry:
    """Return what rounding to whole numbers leaves to tell."""
    return RoundingEntry(
        made=_SIDES[rounding.made],
        largest=rounding.largest,
        told=rounding.told,
        blind=rounding.blind,
        factors=rounding.factors,
        enough=rounding.tells,
    )


def causes_entry(causes: ImageCauses, names: Names) -> ImageCausesEntry:
    """Return what runs of a simulator say of two images."""
    return ImageCausesEntry(
        refused=causes.refused or None,
        telling_pixels=causes.telling,
        runs_tried=causes.tried,
        unfinished=causes.unfinished,
        py_laid=causes.laid or None,
        runs={_SIDES[side]: _run(item) for side, item in causes.reproductions.items()},
        factors=None if causes.factors is None else _factors(causes.factors, names),
    )


def _run(item: ImageReproduction) -> ImageRunEntry:
    return ImageRunEntry(
        text=model_words(item),
        changes=tuple(change.text for change in item.changes),
        names=tuple(change.name for change in item.changes),
        as_well=tuple(change.text for change in item.as_well),
        factor=item.factor,
        factor_is=item.named or None,
        offset=item.offset,
        holds=item.holds,
        configured=_fit(item.configured),
        telling=_fit(item.few),
        verified=None if item.whole is None else _fit(item.whole),
        correlation=item.correlation,
        pixels=item.pixels,
        all_pixels=item.all,
        off=item.off,
    )


def _fit(fit: Fit) -> RunFitEntry:
    return RunFitEntry(held=fit.held, typical=fit.typical, worst=fit.worst)


def _factors(factors: RatioFactors, names: Names) -> FactorsEntry:
    return FactorsEntry(
        text=factors_words(factors, names),
        powers=tuple(
            FactorPower(name=power.name, exponent=power.exponent, share=power.share) for power in factors.powers
        ),
        number=factors.number,
        number_is=factors.named or None,
        number_share=factors.number_share,
        explained=factors.explained,
        left=factors.left,
        worst=factors.worst,
        exact=factors.exact,
        pixels=factors.pixels,
        rest=factors.rest,
    )
