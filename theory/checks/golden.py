"""Golden numbers: values computed once by independent scripts, compared to half a unit of their last digit."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from theory.checks.check import Check, Measured
from theory.collapse import c4, logdet_drift, logdet_variance, lyapunov_exponents, w2_squared
from theory.formulas import half_sample_gamma, mad_threshold_both, mad_threshold_variance, tilted_path
from theory.fourth import FourthMoments
from theory.logistic import logistic_density, logistic_grid, logistic_hessian, logistic_mu
from theory.mad import first_fit_distance
from theory.models import logistic
from theory.moments import moments, stationary
from theory.rates import (
    half_life,
    lam_max_published,
    rate_euclidean,
    rate_exponential_family,
    rate_from_spectrum,
    rate_published,
    rate_tight,
    relative_gap,
)
from theory.updates import curved_fit, jacobian_eigenvalue

HALF_UNIT = 1.0 + 1e-6  # deviations below are in half units of the last digit given; 1e-6 for their own rounding


def _deviation(pairs: Iterable[tuple[float, str]]) -> Measured:
    """Largest |value - golden| in half units of the golden number's last digit."""
    units = [abs(value - float(text)) / (0.5 * 10.0 ** -len(text.partition(".")[2])) for value, text in pairs]
    return Measured(max(units), len(units))


LAM_MAX = {0.0: ".500000", 0.1: ".523810", 0.3: ".565217", 1.0: ".666667", 5.0: ".857143"}
RATES = (  # lam, gamma, exact, published at e = 0
    (0.5, 0.0, ".333333", "1.000000"),
    (0.5, 0.3, ".256410", ".769231"),
    (0.5, 1.0, ".166667", ".500000"),
    (0.25, 0.1, ".181818", ".303030"),
)


def _rates(theory: Callable[..., Any], seed: int, quick: bool) -> Measured:
    pairs = [(lam_max_published(theory(gamma), 0.0), text) for gamma, text in LAM_MAX.items()]
    for lam, gamma, exact, published in RATES:
        pairs.append((rate_exponential_family(lam, theory(gamma)).value, exact))
        pairs.append((rate_published(lam, theory(gamma), 0.0).value, published))
    pairs.append((rate_exponential_family(1.0, theory(1.0)).value, ".250000"))
    pairs.append((half_life(rate_exponential_family(1.0, theory(1.0)).value), ".500000"))
    return _deviation(pairs)


def _as_share(gamma: float) -> float:
    """The strength whose correction applies to min(gamma, 1) of the samples: gamma misread as that share."""
    return gamma / (1 - gamma) if gamma < 1 else float("inf")


def _logistic(theory: Callable[..., Any], seed: int, quick: bool) -> Measured:
    """Data N(0, 9): A, W1 distance, e, mu and the four rates at lam = gamma = 1."""
    x, data = logistic_grid(3.0)
    model3 = logistic(3.0)
    dx = x[1] - x[0]
    A = float((data * logistic_hessian(x)).sum() * dx)
    model = logistic_density(x)
    eps = float(np.abs(np.cumsum(data - model)).sum() * dx * dx)  # W1 = integral of |F - G|
    e = relative_gap(eps, theory(), -A)
    mu = logistic_mu(x, data)
    return _deviation(
        [
            (A, "-.229676"),
            (eps, "1.00736"),
            (e, ".84409"),
            (mu, "1.451321"),
            (-model3.alpha, "-.229676"),
            (model3.eps or 0.0, "1.00736"),
            (relative_gap(model3.eps or 0.0, theory(), model3.alpha), ".84409"),
            (model3.mu, "1.451321"),
            (rate_from_spectrum(1.0, 1.0, mu).value, ".296028"),
            (rate_tight(1.0, 1.0, e).value, ".3242"),
            (rate_euclidean(1.0, 1.0, e).value, ".7977"),
            (rate_from_spectrum(1.0, 1.0, logistic_mu(*logistic_grid(6.0))).value, ".361729"),
        ]
    )


def _logistic_lipschitz() -> float:
    """L of the logistic location: the largest |third derivative|, 1/(3 sqrt 3), found on a fine grid."""
    x = np.linspace(0, 10, 200_001)
    return float(np.abs(np.gradient(logistic_hessian(x), x)).max())


STATIONARY = {0.0: ".0248756", 0.1: ".023099", 0.3: ".020775", 1.0: ".017352", 5.0: ".014422"}
FIRST = (".0200000000", ".0214332676", ".0209977605", ".0208354088")


def _moments(theory: Callable[..., Any], seed: int, quick: bool) -> Measured:
    """`theory` maps n to the real points believed to be used; n = 50, k = 25 and the settings named here."""
    n = theory(50)
    pairs = [(stationary(n, 25, gamma).M, text) for gamma, text in STATIONARY.items()]
    pairs += list(zip(moments(n, 25, 0.3, 3).M.tolist(), FIRST, strict=True))
    alone = stationary(50, 30, 0.1, "none")
    fresh, biased = (stationary(100, 900, 0.0, "fresh", "unbiased", bias) for bias in (1.0, 0.8))
    pairs += [(alone.M, ".165753"), (alone.S, ".834247")]
    pairs += [(fresh.M, ".00528571"), (fresh.S, "1.0047619"), (biased.M, ".00188199"), (biased.S, ".35774839")]
    pairs += [(1 / (100 * fresh.M), "1.891892"), (moments(50, 25, 0.0, 0).M[0], ".02")]
    return _deviation(pairs)


FOURTH_STATIONARY = {0.0: ".049237", 0.1: ".045735", 0.3: ".041157", 1.0: ".034416", 5.0: ".028640"}
FOURTH_FIRST = (".0396", ".0424076725", ".0415916835", ".0412766824")


def _fourth(theory: Callable[..., Any], seed: int, quick: bool) -> Measured:
    """E (v-1)^2 and E delta^2 of the weight-4 system, n = 50, k = 25; `theory` maps k to the synthetic points used."""
    k = theory(25)
    pairs = [(float(FourthMoments(50, k, g).stationary().variance_error), x) for g, x in FOURTH_STATIONARY.items()]
    pairs += [(float(FourthMoments(50, k, g).stationary().delta2), text) for g, text in STATIONARY.items()]
    path = FourthMoments(50, k, 0.3).path(3)
    pairs += list(zip(path.variance_error.tolist(), FOURTH_FIRST, strict=True))
    pairs += list(zip(path.delta2.tolist(), FIRST, strict=True))
    return _deviation(pairs)


def _collapse(theory: Callable[..., Any], seed: int, quick: bool) -> Measured:
    """Drifts of log det, exponents, c4, E W2^2, half-sample gammas; `theory` maps k to the points used."""
    drift = [(logdet_drift(theory(50), 2, "unbiased"), "-.0621442"), (logdet_drift(theory(50), 2, "mle"), "-.1025497")]
    ends = [
        (60 * logdet_drift(theory(10), 2, "unbiased"), "-21.790"),
        (60 * logdet_drift(theory(10), 2, "mle"), "-34.433"),
        (60 * logdet_variance(theory(10), 2), "31.95"),
    ]
    exponents = lyapunov_exponents(theory(12), 3, "unbiased").tolist()
    pairs = [*drift, *ends, *zip(exponents, ("-.093655", "-.198630", "-.315877"), strict=True)]
    pairs += [(c4(theory(20)), ".9869343"), (w2_squared(theory(20), 40), "2.81816")]
    pairs += [(half_sample_gamma(theory(k), sqrt=math.sqrt), x) for k, x in ((10, ".060660"), (100, ".0050891"))]
    return _deviation(pairs)


def _closed(theory: Callable[..., Any], seed: int, quick: bool) -> Measured:
    """Curved family at (m1, m2) = (-1, 1), thresholds of R13, tilted Gaussian of R17; `theory` is the square root."""
    best = curved_fit(-1.0, 1.0, sqrt=theory)
    slope = jacobian_eigenvalue(3 / (2 - 1 / best), s=1 / 3, a=1.0)
    mean, v = tilted_path(0.0, 1.0, 20, centre=1.0, tau2=theory(16.0))
    pairs = [(best, "1.618034"), (3 / (2 - 1 / best), "2.170820"), (slope, ".52047803")]
    pairs += [(mean, ".833333"), (v, ".166667")]
    bias = [theory(x * x) for x in (0.7, 0.85, 0.9)]
    pairs += [(mad_threshold_variance(b), x) for b, x in zip(bias, ("33.6", "113.6", "238"), strict=True)]
    pairs += [(first_fit_distance(100, round(theory(10_000.0))), "31.2")]
    pairs += [(mad_threshold_both(b), x) for b, x in zip(bias, ("91.3", "318", "678"), strict=True)]
    return _deviation(pairs)


CHECKS = (
    Check(
        codes=("T4", "golden"),
        statement="golden rates: exact, published and the published limit on lam at e = 0",
        paper="Gillman et al., Theorem 4.3; this project",
        status="D",
        inputs="lam 0.25 to 1, gamma 0 to 5",
        quantity="difference in half units of the last digit",
        bound=HALF_UNIT,
        theory=lambda gamma: gamma,
        wrong_name="gamma misread as the share of samples corrected",
        wrong_theory=_as_share,
        measure=_rates,
    ),
    Check(
        codes=("T3", "R3", "golden"),
        statement="golden logistic location: A, W1, e, mu and the rates",
        paper="this project",
        status="D",
        inputs="data N(0, 9) and N(0, 36), lam = gamma = 1",
        quantity="difference in half units of the last digit",
        bound=HALF_UNIT,
        theory=_logistic_lipschitz,
        wrong_name="L of a Gaussian in natural parameters, 0",
        wrong_theory=lambda: 0.0,
        measure=_logistic,
    ),
    Check(
        codes=("T9", "golden"),
        statement="golden moments: stationary and first generations, three data regimes",
        paper="this project",
        status="D",
        inputs="n = 50, k = 25 and the settings of MAD's figure",
        quantity="difference in half units of the last digit",
        bound=HALF_UNIT,
        theory=lambda n: n,
        wrong_name="one degree of freedom less: n - 1 real points",
        wrong_theory=lambda n: n - 1,
        measure=_moments,
    ),
    Check(
        codes=("T13", "golden"),
        statement="golden fourth moments: E (v-1)^2 and E delta^2, stationary and first generations",
        paper="this project",
        status="D",
        inputs="n = 50, k = 25, gamma = 0 to 5, fixed real set, maximum likelihood",
        quantity="difference in half units of the last digit",
        bound=HALF_UNIT,
        theory=lambda k: k,
        wrong_name="one synthetic point less",
        wrong_theory=lambda k: k - 1,
        measure=_fourth,
    ),
    Check(
        codes=("T12", "R7", "R8", "golden"),
        statement="golden numbers of the fully synthetic loop: exponents, log det, c4, E W2^2, half-sample gamma",
        paper="this project",
        status="D",
        inputs="k = 10 to 100, d = 1, 2, 3",
        quantity="difference in half units of the last digit",
        bound=HALF_UNIT,
        theory=lambda k: k,
        wrong_name="one point more",
        wrong_theory=lambda k: k + 1,
        measure=_collapse,
        claims=("T-5",),
    ),
    Check(
        codes=("T5", "R4", "R13", "R17", "golden"),
        statement="golden numbers in closed form: curved family, MAD's thresholds, tilted Gaussian",
        paper="this project",
        status="D",
        inputs="(m1, m2) = (-1, 1); b = .7, .85, .9; tau^2 = 4, t = 20",
        quantity="difference in half units of the last digit",
        bound=HALF_UNIT,
        theory=math.sqrt,
        wrong_name="a cube root in place of the square root",
        wrong_theory=lambda x: x ** (1 / 3),
        measure=_closed,
    ),
)
