"""One door to the renderers: contents of a bundle in, text out."""

from enum import StrEnum

from nbtrace.errors import UsageError
from nbtrace.evidence.contents import Contents
from nbtrace.report.ci import github, junit, sarif
from nbtrace.report.ci.items import suites


class CiFormat(StrEnum):
    """A form that CI systems read."""

    JUNIT = "junit"
    SARIF = "sarif"
    GITHUB = "github"


_RENDERERS = {CiFormat.JUNIT: junit.render, CiFormat.SARIF: sarif.render, CiFormat.GITHUB: github.render}


def render_ci(contents: Contents, format: str) -> str:  # noqa: A002 - the name of the option
    """Return the results of a bundle for a CI system.

    Parameters
    ----------
    contents : Contents
    format : {'junit', 'sarif', 'github'}
        JUnit XML with a test case per quantity, SARIF 2.1.0 with a result per failure, or GitHub workflow commands.

    Raises
    ------
    UsageError
        If the format is another.
    """
    try:
        renderer = _RENDERERS[CiFormat(format)]
    except ValueError:
        raise UsageError(f"format {format!r} is unknown; give {', '.join(CiFormat)}") from None
    return renderer(suites(contents))
