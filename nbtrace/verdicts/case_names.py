"""What a case is called where nobody gives it a name: after the files that were compared, not after where they lie."""

from pathlib import PurePath


def pair_case(c: str, py: str) -> str:
    """Return the name of the case of two files: their names, with their folders where they have the same name."""
    first, second = PurePath(c), PurePath(py)
    if first.name == second.name and first.parent.name != second.parent.name:
        return f"{first.parent.name}/{first.name} {second.parent.name}/{second.name}"
    return f"{first.name} {second.name}"


def candidate_case(case: str, candidate: str) -> str:
    """Return the name of a case with one of several candidates."""
    return f"{case} [{candidate}]"
