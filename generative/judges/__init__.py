"""Judges of a generator: measures of embeddings with intervals and real-versus-real floors. `judge` asks them all."""

from generative.judges.estimate import Estimate, TooFew
from generative.judges.fid import fid, fid_infinity
from generative.judges.floor import AgainstFloor, Replications, against_floor, replicated
from generative.judges.kernel import kid_with_error
from generative.judges.memorisation import Memorisation, memorisation
from generative.judges.neighbours import Neighbours, expected_coverage, neighbours
from generative.judges.spread import diversity_with_error, multimodality
from generative.judges.t2m import Drawn, t2m
from generative.judges.text_match import TextMatch, text_match
from generative.judges.verdict import Row, Verdict, judge

__all__ = [
    "AgainstFloor", "Drawn", "Estimate", "Memorisation", "Neighbours", "Replications", "Row", "TextMatch", "TooFew",
    "Verdict",
    "against_floor", "diversity_with_error", "expected_coverage", "fid", "fid_infinity", "judge", "kid_with_error",
    "memorisation", "multimodality", "neighbours", "replicated", "t2m", "text_match",
]  # fmt: skip
