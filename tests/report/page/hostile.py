"""Texts that try to be markup, script or another letter order, and a result that is full of one."""

from nbtrace.report.view import Column, Line, Section, Table, View
from nbtrace.verdicts.notices import Notice, Subject, Weight
from nbtrace.verdicts.status import Status, Verdict

HOSTILE = (
    "</script><script>window.hacked = 1</script>",
    "<img src=x onerror='window.hacked = 1'>",
    '"><svg onload="window.hacked = 1">',
    "' onmouseover='window.hacked = 1' x='",
    "javascript:window.hacked=1 [click](javascript:window.hacked=1) ![i](http://example.invalid/i.png)",
    "{{ 7 * 7 }} {% raw %} <!-- ]]> --> </style><style>*{display:none}</style>",
    "\u202egnp.exe\u202c \u2066bidi\u2069 \x1b[31mred\x07 \x00nul \udcff \ufeff",
)


def hostile_view(text: str) -> View:
    table = Table((Column(text), Column("status")), (Line((text, "CRITICAL"), Status.CRITICAL), Line((text, text))))
    return View(
        title=text,
        verdict=Verdict.DIFFER,
        headline=text,
        facts=(text,),
        notices=(Notice(Subject.UNIT, Weight.WARNING, text),),
        sections=(Section(text, sentences=(text,), items=(text,), table=table),),
    )
