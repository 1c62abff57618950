"""An explanation with what the reference itself says of its causes."""

from collections.abc import Mapping
from dataclasses import replace

from nbtrace.explanation.audit.roots import Root
from nbtrace.explanation.explain import Explanation
from nbtrace.explanation.proof import Proof, ProofOutcome


def proven(result: Explanation, proofs: Mapping[int, Proof], unproven: Proof | None = None) -> Explanation:
    """Return an explanation whose roots carry their proofs; a cause that the reference contradicts is withdrawn.

    Parameters
    ----------
    result : Explanation
    proofs : mapping of int to Proof
        By the number of the root in `result.roots`.
    unproven : Proof, optional
        Why nothing was tried, where there is no root to try.
    """
    roots = tuple(_with_proof(root, proofs.get(at)) for at, root in enumerate(result.roots))
    return replace(result, roots=roots, unproven=unproven)


def _with_proof(root: Root, proof: Proof | None) -> Root:
    if proof is None:
        return root
    if proof.outcome is not ProofOutcome.REFUTED:
        return replace(root, proof=proof)
    search = replace(root.search, causes=())
    return replace(root, proof=proof, search=search, withdrawn=root.search.causes)
