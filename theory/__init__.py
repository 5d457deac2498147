"""Formulas of self-consuming loops and their proofs. Imports numpy at once, sympy only inside `proofs`.

`updates` holds the rules as plain arithmetic, `rates` the contraction rates with the hypotheses they need, `models`
what these need of a model and `comparison` all of them side by side, `moments` the exact finite-sample moments of the
Gaussian loop, `fourth` those up to weight 4, `collapse` the loop without real data, `proofs` and `checks` what
`scsc theory` runs. Symbols: README.md.
"""

from theory.collapse import c4, logdet_drift, logdet_variance, lyapunov_exponents
from theory.comparison import Comparison, compare
from theory.fourth import FourthMoments, FourthPath
from theory.hessians import hessian_gap
from theory.hypotheses import Hypothesis, HypothesisError, shares
from theory.models import ModelAtOptimum
from theory.moments import Moments, Stationary, moments, spectral_radius, stationary
from theory.rates import (
    Limit,
    Rate,
    half_life,
    lam_max_euclidean,
    lam_max_exact,
    lam_max_published,
    lam_max_tight,
    rate_euclidean,
    rate_exact,
    rate_exponential_family,
    rate_from_spectrum,
    rate_published,
    rate_tight,
    relative_gap,
)

__all__ = [
    "Comparison",
    "FourthMoments",
    "FourthPath",
    "Hypothesis",
    "HypothesisError",
    "Limit",
    "ModelAtOptimum",
    "Moments",
    "Rate",
    "Stationary",
    "c4",
    "compare",
    "half_life",
    "hessian_gap",
    "lam_max_euclidean",
    "lam_max_exact",
    "lam_max_published",
    "lam_max_tight",
    "logdet_drift",
    "logdet_variance",
    "lyapunov_exponents",
    "moments",
    "rate_euclidean",
    "rate_exact",
    "rate_exponential_family",
    "rate_from_spectrum",
    "rate_published",
    "rate_tight",
    "relative_gap",
    "shares",
    "spectral_radius",
    "stationary",
]
