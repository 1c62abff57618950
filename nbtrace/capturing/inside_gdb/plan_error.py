"""Why a plan cannot be carried out."""


class PlanError(Exception):
    """Why a plan cannot be carried out: what kind of reason, in words, and the names that there are."""

    def __init__(self, kind, text, word="", names=()):
        Exception.__init__(self, text)
        self.document = {"kind": kind, "text": text, "word": word, "names": list(names)[:5000]}
