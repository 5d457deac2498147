"""T12 [D]: the fully synthetic Gaussian loop without correction, as a product of independent Wishart matrices.

Each generation multiplies the covariance by a sample covariance of k points of N(0, I), so its logarithm drifts by the
Lyapunov exponents, in one dimension by the mean of a log chi^2: it collapses almost surely, also where its expectation
stays put. Exponents are per generation, in natural units of log variance.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import special

from theory.formulas import transport_distance
from theory.hypotheses import whole
from theory.polynomial import Polynomial, monomials, variables

Normalisation = Literal["mle", "unbiased"]
Floats = NDArray[np.float64]


def lyapunov_exponents(k: int, d: int, normalisation: Normalisation = "mle", bias: float = 1.0) -> Floats:
    """Exponents of the covariance, (d,), the largest first: psi((k-1-i)/2) + ln(2 bias/D), D = k or k - 1.

    Args:
        k: synthetic points of each generation, more than d.
        d: dimension.
        bias: factor in (0, 1] on the covariance of the samples.

    Raises:
        ValueError: fewer than d + 1 points (the covariance is singular at once: exponents -inf), bad bias or name.
    """
    _checked(k, d, bias)
    divisor = {"mle": k, "unbiased": k - 1}.get(normalisation)
    if divisor is None:
        raise ValueError(f"normalisation must be 'mle' or 'unbiased', got {normalisation!r}; choose one of them")
    return np.asarray(special.digamma((k - 1 - np.arange(d)) / 2) + math.log(2 * bias / divisor))


def logdet_drift(k: int, d: int, normalisation: Normalisation = "mle", bias: float = 1.0) -> float:
    """Expected change of log det of the covariance in one generation: the sum of the exponents."""
    return float(lyapunov_exponents(k, d, normalisation, bias).sum())


def logdet_variance(k: int, d: int) -> float:
    """Variance of the change of log det in one generation: sum of psi'((k-1-i)/2); any normalisation and bias."""
    _checked(k, d, 1.0)
    return float(special.polygamma(1, (k - 1 - np.arange(d)) / 2).sum())


def c4(k: int) -> float:
    """E of the unbiased sample's standard deviation over the true one, k points of a Gaussian [1-D].

    sqrt(2/(k-1)) Gamma(k/2)/Gamma((k-1)/2): without real data E sigma_t = c4(k)^t (alpha(n) of Bertrand et al.).
    """
    return 1 - _shortfall(k)


def _shortfall(k: int) -> float:
    """1 - c4(k) to full precision: logarithms of the gamma function would lose a digit with each of k's."""
    whole("k", k, 2, "a standard deviation needs two points")
    x = (k - 1) / 2
    if k < 300:
        return 1 - math.gamma(k / 2) / (math.gamma(x) * math.sqrt(x))
    y = 1 / x  # Stirling's series; the next term is below 1e-16 of the first
    return y * (1 / 8 - y * (1 / 128 + y * (5 / 1024 - y * (21 / 32768 + y * 399 / 262144))))


def w2_squared(k: int, generations: int) -> float:
    """E W2^2 to the target after so many generations: t/k + 2(1 - c4(k)^t) [1-D, unbiased, no real data, gamma = 0].

    Generation 0 is the target itself; units of the target variance.
    """
    whole("generations", generations, 0, "count generations from 0")
    return float(transport_distance(generations, k, c4(k)))


def w2_fourth(k: int, generations: int) -> float:
    """E W2^4 of the same loop, for the exact standard error of a simulated E W2^2.

    The monomials mu^i e^j, i + j <= 4, e = sigma - 1, map linearly into themselves: mu' = mu + sigma z/sqrt(k) and
    sigma' = sigma c, with c^2 (k-1) chi^2 of k-1 degrees of freedom; W2^2 = mu^2 + e^2. In e, not in sigma, nothing
    cancels for large k. Grows without limit: inf beyond the floats.
    """
    generations = whole("generations", generations, 0, "count generations from 0")
    chi = _sd_moments(k)
    gauss = (1.0, 0.0, 1.0, 0.0, 3.0)
    mu, e, z, f = variables(4)  # f = c - 1
    new_mu, new_e = mu + (1 + e) * z * (1 / math.sqrt(k)), e + f + e * f
    keys = monomials((1, 1), 4)
    matrix = np.zeros((len(keys), len(keys)))
    for row, (i, j) in enumerate(keys):
        moved: Polynomial = new_mu**i * new_e**j
        for (*state, m, q), value in moved.terms.items():
            matrix[row, keys.index(tuple(state))] += value * gauss[m] * chi[q]
    with np.errstate(over="ignore", invalid="ignore"):
        power = np.linalg.matrix_power(matrix, generations)[:, keys.index((0, 0))]  # the start: mu = e = 0
    found = float(power[keys.index((4, 0))] + 2 * power[keys.index((2, 2))] + power[keys.index((0, 4))])
    return found if math.isfinite(found) else math.inf


def _sd_moments(k: int) -> tuple[float, ...]:
    """E (c - 1)^q, q = 0 to 4, for c = sqrt(chi^2_{k-1}/(k-1)): from E c, E c^2 = 1, E c^3 = k/(k-1) E c and so on."""
    d, h = _shortfall(k), 1 / (k - 1)
    return 1.0, -d, 2 * d, h * (1 - d) - 4 * d, 8 * d - 2 * h + 4 * h * d


def _checked(k: int, d: int, bias: float) -> None:
    whole("d", d, 1, "choose a dimension")
    whole("k", k, d + 1, f"the covariance of fewer points is singular in {d} dimensions")
    if not 0 < bias <= 1:
        raise ValueError(f"bias must lie in (0, 1] (1 = unbiased sampling), got {bias!r}; choose such a value")
