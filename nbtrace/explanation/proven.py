"""An explanation with what the two programs themselves say of its causes."""

from collections.abc import Mapping
from dataclasses import replace

from nbtrace.explanation.audit.roots import Root
from nbtrace.explanation.explain import Explanation
from nbtrace.explanation.proof import Proof
from nbtrace.records import Side


def proven(
    result: Explanation,
    proofs: Mapping[int, Proof],
    unproven: Proof | None = None,
    together: Proof | None = None,
    host: Side = Side.C,
) -> Explanation:
    """Return an explanation whose roots carry their proofs; a cause that a program contradicts is withdrawn.

    Parameters
    ----------
    result : Explanation
    proofs : mapping of int to Proof
        By the number of the root in `result.roots`.
    unproven : Proof, optional
        Why nothing was tried, where there is no root to try.
    together : Proof, optional
        What the program gives with several roots changed together.
    host : Side
        The program that was run.
    """
    roots = tuple(_with_proof(root, proofs.get(at), host) for at, root in enumerate(result.roots))
    others = {side: proof for side, proof in result.unproven.items() if side is not host}
    joint = {side: proof for side, proof in result.together.items() if side is not host}
    return replace(
        result,
        roots=roots,
        unproven={**others, **({host: unproven} if unproven is not None else {})},
        together={**joint, **({host: together} if together is not None else {})},
    )


def _with_proof(root: Root, proof: Proof | None, host: Side) -> Root:
    """Return a root with a proof; its causes are withdrawn where a program contradicts them, and none confirms them."""
    if proof is None:
        return root
    causes = root.withdrawn or root.search.causes
    proved = replace(root, proofs={**root.proofs, host: proof})
    refuted = proved.is_refuted
    search = replace(root.search, causes=() if refuted else causes)
    return replace(proved, search=search, withdrawn=causes if refuted else ())
