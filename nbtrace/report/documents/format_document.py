"""The JSON document of `nbtrace check --format`."""

from nbtrace.parsers.format_check import FormatCheck
from nbtrace.parsers.trace_format import VERSION
from nbtrace.report.documents.models.format import FormatDocument, FormatFaultEntry, FormatLineAccount
from nbtrace.report.documents.models.parts import FORMAT_VERSION
from nbtrace.report.documents.parts import Document
from nbtrace.report.views.format_view import format_verdict


def format_document(result: FormatCheck) -> Document:
    """Return a log held against the trace format."""
    return FormatDocument(
        format="nbtrace check --format",
        format_version=FORMAT_VERSION,
        verdict=format_verdict(result).value,
        trace_format=VERSION,
        log=result.source,
        valid=result.is_valid,
        lines=FormatLineAccount(
            total=result.total,
            version=result.versions,
            valid=result.valid,
            comments=result.comments,
            other=result.other,
            not_valid=result.not_valid,
        ),
        faults=tuple(
            FormatFaultEntry(line=fault.line, text=fault.text, reason=fault.reason, mend=fault.mend)
            for fault in result.faults
        ),
        notes=result.notes,
    ).written()
