"""The documents by name, and their JSON schemas."""

from collections.abc import Mapping
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from nbtrace.history.history_line import HistoryLine
from nbtrace.report.documents.models.arrays import ArraysDocument
from nbtrace.report.documents.models.bisect import BisectDocument
from nbtrace.report.documents.models.capture import CaptureDocument
from nbtrace.report.documents.models.check import CheckDocument
from nbtrace.report.documents.models.compare import CompareDocument
from nbtrace.report.documents.models.compare_candidates import CompareCandidatesDocument
from nbtrace.report.documents.models.detector import DetectorDocument
from nbtrace.report.documents.models.diff import DiffDocument
from nbtrace.report.documents.models.explain import ExplainDocument
from nbtrace.report.documents.models.format import FormatDocument
from nbtrace.report.documents.models.gradients import GradientsDocument
from nbtrace.report.documents.models.images import ImagesDocument
from nbtrace.report.documents.models.phi import PhiDocument
from nbtrace.report.documents.models.reduce import ReduceDocument
from nbtrace.report.documents.models.reflections import ReflectionsDocument
from nbtrace.report.documents.models.scaling import ScalingDocument
from nbtrace.report.documents.models.several_logs import SeveralLogsDocument
from nbtrace.report.documents.models.steps import StepsDocument
from nbtrace.report.documents.models.suite import SuiteDocument
from nbtrace.report.documents.models.sweep import SweepDocument
from nbtrace.report.documents.models.trend import TrendDocument
from nbtrace.report.documents.models.trust import TrustDocument
from nbtrace.schema import DocumentPart

DOCUMENTS: Mapping[str, type[DocumentPart]] = {
    "diff": DiffDocument,
    "diff_several": SeveralLogsDocument,
    "phi": PhiDocument,
    "steps": StepsDocument,
    "scaling": ScalingDocument,
    "explain": ExplainDocument,
    "check": CheckDocument,
    "format": FormatDocument,
    "sweep": SweepDocument,
    "images": ImagesDocument,
    "arrays": ArraysDocument,
    "compare": CompareDocument,
    "compare_candidates": CompareCandidatesDocument,
    "suite": SuiteDocument,
    "trust": TrustDocument,
    "gradients": GradientsDocument,
    "capture": CaptureDocument,
    "reduce": ReduceDocument,
    "reflections": ReflectionsDocument,
    "detector": DetectorDocument,
    "history": HistoryLine,
    "trend": TrendDocument,
    "bisect": BisectDocument,
}
"""Name → model: that of the command, `diff_several` for `nbtrace diff` on more than two logs, `detector` for
`nbtrace diff --all-pixels`, `compare_candidates` for `nbtrace compare` with several candidates, `suite` for `nbtrace
compare --suite`, `format` for `nbtrace check --format`, `reflections` for `nbtrace diff` on two tables of structure
factors, `history` for a line of `history.jsonl`."""


class _Untitled(GenerateJsonSchema):
    """Makes schemas in which fields have descriptions and no titles, which would only repeat their keys."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        del schema
        return False


def schema_of(name: str) -> dict[str, Any]:
    """Return the JSON schema of a document, keys in the order in which the document has them.

    Raises
    ------
    KeyError
        If there is no document of that name.
    """
    schema = DOCUMENTS[name].model_json_schema(schema_generator=_Untitled)
    return {"$schema": GenerateJsonSchema.schema_dialect, **schema}
