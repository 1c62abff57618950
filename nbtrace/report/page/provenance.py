"""Where the results of a bundle come from, and the digests of its files, as tables of a page."""

from collections.abc import Mapping, Sequence
from typing import Any

from nbtrace.evidence.contents import Contents, FiledResult
from nbtrace.evidence.verification import FileStatus
from nbtrace.report.page.tables import PageCell, PageColumn, PageTable

_CONDITIONS = {
    "git_sha": "git commit",
    "git_dirty": "uncommitted changes",
    "nbtrace_version": "nbtrace",
    "python_version": "Python",
    "torch_version": "torch",
    "platform": "platform",
    "device": "device",
    "dtype": "dtype",
    "folder": "folder",
}


def command_table(results: Sequence[FiledResult]) -> PageTable:
    """Return the commands in order of time, and how each ended."""
    columns = (
        PageColumn("time (UTC)"),
        PageColumn("result"),
        PageColumn("command", code=True),
        PageColumn("exit", numeric=True),
        PageColumn("wall time, s", numeric=True),
    )
    rows = tuple(
        (
            PageCell(result.time or "–"),
            PageCell(result.name),
            PageCell(result.command or "–"),
            PageCell("–" if result.exit_code is None else str(result.exit_code)),
            PageCell("–" if result.seconds is None else f"{result.seconds:.3f}"),
        )
        for result in results
    )
    return PageTable("Commands", columns, rows)


def input_table(results: Sequence[FiledResult]) -> PageTable:
    """Return what the results were made from, each file once: logs, images, the reference program."""
    users: dict[tuple[str, str, str, str], list[str]] = {}
    for result in results:
        for role, record in _inputs(result.metadata):
            key = (str(record.get("path", "?")), role, _size(record.get("size")), _digest(record))
            names = users.setdefault(key, [])
            if result.name not in names:
                names.append(result.name)
    columns = (
        PageColumn("file", code=True),
        PageColumn("role"),
        PageColumn("used by"),
        PageColumn("bytes", numeric=True),
        PageColumn("sha256", code=True),
    )
    rows = tuple(
        (PageCell(path), PageCell(role), PageCell(", ".join(names)), PageCell(size), PageCell(digest))
        for (path, role, size, digest), names in users.items()
    )
    return PageTable("Inputs", columns, rows)


def _inputs(metadata: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    inputs = metadata.get("inputs")
    listed = inputs if isinstance(inputs, list) else []
    found: list[tuple[str, Mapping[str, Any]]] = [("input", item) for item in listed if isinstance(item, dict)]
    for role, key in (("reference", "reference_binary"), ("program", "program")):
        if isinstance(metadata.get(key), dict):
            found.append((role, metadata[key]))
    return found


def _size(value: object) -> str:
    return str(value) if isinstance(value, int) else "–"


def _digest(record: Mapping[str, Any]) -> str:
    return str(record.get("sha256") or record.get("reason") or "–")


def conditions_table(results: Sequence[FiledResult]) -> PageTable:
    """Return versions, machine and commit; a column per set of conditions, headed by the results made under it."""
    sets: dict[tuple[str, ...], list[str]] = {}
    names = dict(_CONDITIONS)
    for result in results:
        variables = result.metadata.get("variables")
        if isinstance(variables, dict):
            names |= {f"variables.{key}": f"${key}" for key in variables}
    for result in results:
        values = tuple(_condition(result.metadata, key) for key in names)
        made = sets.setdefault(values, [])
        if result.name not in made:
            made.append(result.name)
    columns = (PageColumn("condition"), *(PageColumn(", ".join(made)) for made in sets.values()))
    rows = tuple(
        (PageCell(title), *(PageCell(values[place]) for values in sets))
        for place, title in enumerate(names.values())
        if any(values[place] != "–" for values in sets)
    )
    return PageTable("Conditions", columns, rows)


def _condition(metadata: Mapping[str, Any], key: str) -> str:
    if key.startswith("variables."):
        variables = metadata.get("variables")
        value = variables.get(key.removeprefix("variables.")) if isinstance(variables, dict) else None
    else:
        value = metadata.get(key)
    if key == "git_sha" and value is None:
        value = metadata.get("git_reason")
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "–" if value is None else str(value)


def file_table(contents: Contents) -> PageTable:
    """Return every file of the bundle with its digest and whether it verifies."""
    owners: dict[str, list[str]] = {}
    for result in contents.results:
        for item in result.files:
            owners.setdefault(item.name, []).append(f"{result.name} {item.role.value}")
    for file in contents.files:
        owners.setdefault(file.name, ["no result" if file.name in contents.loose else "the bundle"])
    columns = (
        PageColumn("file", code=True),
        PageColumn("state"),
        PageColumn("belongs to"),
        PageColumn("bytes", numeric=True),
        PageColumn("sha256", code=True),
    )
    rows = tuple(
        (
            PageCell(file.name),
            PageCell(_state(contents, file.name)),
            PageCell(", ".join(dict.fromkeys(owners[file.name]))),
            PageCell(str(file.size)),
            PageCell(_found_digest(contents, file.name)),
        )
        for file in contents.files
    )
    return PageTable("Files of the bundle", columns, rows)


def _state(contents: Contents, name: str) -> str:
    """Return what was found of a file; of the manifest, which nothing lists, that it is itself."""
    found = contents.findings.get(name)
    return (FileStatus.SELF if found is None else found.status).value


def _found_digest(contents: Contents, name: str) -> str:
    found = contents.findings.get(name)
    return "–" if found is None or found.digest is None else found.digest
