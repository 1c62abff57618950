"""A provenance in words, for the end of a report."""

from nbtrace.documents import utc_text
from nbtrace.evidence.provenance import Provenance


def provenance_lines(provenance: Provenance) -> tuple[str, ...]:
    """Return a provenance as lines for people."""
    document = provenance.document()
    git = provenance.git.commit or provenance.git.reason or "unknown"
    environment = provenance.environment
    versions = f"nbtrace {environment.nbtrace}, Python {environment.python.split()[0]}, {environment.platform}"
    lines = [
        f"made {utc_text(provenance.time)} by: {document['command']}",
        f"git {git}{' with uncommitted changes' if provenance.git.dirty else ''}",
        versions,
    ]
    lines += [f"input {record.path}: sha256 {record.sha256 or record.reason}" for record in provenance.inputs]
    if provenance.reference is not None:
        lines.append(f"reference {provenance.reference.path}: sha256 {provenance.reference.sha256}")
    return tuple(lines)
