"""Results of a bundle in the forms that CI systems read: JUnit XML, SARIF, GitHub workflow commands."""

from nbtrace.report.ci.render import CiFormat, render_ci

__all__ = ["CiFormat", "render_ci"]
