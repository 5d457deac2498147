"""Closed forms that follow from the update rules, as plain arithmetic like these."""

from __future__ import annotations

from collections.abc import Callable

from theory.updates import Number


def wright(k: Number, a: Number) -> Number:
    """T9: stationary M without real data, 1/(k - a^2(k-1)): Wright's drift-migration formula."""
    return 1 / (k - a**2 * (k - 1))


def stationary_fixed(N: Number, n: Number, s: Number, r: Number, k: Number) -> Number:
    """T9: stationary M with a fixed real set (maximum likelihood, bias 1)."""
    limit_P = (1 - s) / (n * (1 - r))
    return (1 / N + 2 * (1 - s) * r * limit_P) / (1 - r * r * (1 - 1 / k))


def stationary_fresh(N: Number, r: Number, k: Number) -> Number:
    """T9: stationary M with fresh real data each generation (maximum likelihood, bias 1)."""
    return (1 / N) / (1 - r * r * (1 - 1 / k))


# ---- finite samples


def uncorrected_limit(s: Number, n: Number) -> Number:
    """T9 [D]: n M_inf with a fixed real set at gamma = 0, (1+2s)/(1+s+s/n): from 1 to 3/2, never below 1."""
    return (1 + 2 * s) / (1 + s + s / n)


def conditional_limit(gamma: Number, lam: Number) -> Number:
    """T9 [D]: E delta_inf given the real sample, in units of its own error: (1+gamma)/(1+gamma+lam gamma) <= 1."""
    return 1 / (1 + lam * (1 - 1 / (1 + gamma)))  # divided by 1 + gamma: gamma = inf is an ordinary value


def half_sample_gamma(k: Number, *, sqrt: Callable[[Number], Number]) -> Number:
    """T10 [D]: the gamma at which E Sigma without real data settles at half the target's, about 1/(2k); k > 2."""
    return sqrt((k - 1) / (k - 2)) - 1


def explosion_gamma(k: Number, *, sqrt: Callable[[Number], Number]) -> Number:
    """T11 [D]: without real data the *unbiased* covariance explodes in mean for 0 < gamma below this; k(1-a^2) = a."""
    return 2 * k / (sqrt(1 + 4 * k * k) - 1) - 1


def transport_distance(generation: Number, k: Number, c: Number) -> Number:
    """T12 [D]: E W2^2 in one dimension without real data and correction, t/k + 2(1 - c^t); c = c4(k), unbiased."""
    return generation / k + 2 * (1 - c**generation)


def fourth_edge(normalisation: str) -> Number:
    """T11 [D]: lim k gamma up to which E v^2 and E delta^4 diverge without real data, though E v settles.

    1/2 (maximum likelihood) or 3/2 (unbiased), for many points k.
    """
    if normalisation not in ("mle", "unbiased"):
        raise ValueError(f"normalisation must be 'mle' or 'unbiased', got {normalisation!r}; choose one of them")
    return 0.5 if normalisation == "mle" else 1.5


# ---- correctors that are not ideal


def wrong_weight(s: Number, a: Number) -> Number:
    """T6 [D]: the share w of the corrector's own law in the limit, s(1-a)/(1-s a) = lam gamma/(1+gamma+lam gamma)."""
    return s * (1 - a) / (1 - s * a)


def shrink_limit(s: Number, a: Number) -> Number:
    """T7 [D]: variance where the shrinking corrector settles, (1-s)/(1-s a^2): below 1, under-dispersed."""
    return (1 - s) / (1 - s * a * a)


# ---- accumulation, as the authors' toy does it


def ramp_path(g: Number, a: Number, *, gamma: Callable[[Number], Number]) -> Number:
    """T14 [D]: error at generation g in units of the first one if ramp weights i/g accumulate and no real data stay.

    2a Gamma(g+2a)/(Gamma(1+2a) Gamma(g+2)) ~ g^(2a-2) = g^(-2 gamma/(1+gamma)): a power, no exponential.
    gamma: the gamma function of the kind of number in use.
    """
    return 2 * a * gamma(g + 2 * a) / (gamma(1 + 2 * a) * gamma(g + 2))


def forgetting_exponent(gamma: Number) -> Number:
    """T14 [D]: 2 gamma/(1+gamma), the power with which accumulation forgets; with a real set at most 1."""
    return 2 * (1 - 1 / (1 + gamma))


# ---- how much synthetic data


def fresh_gain(s: Number) -> Number:
    """R12 [D]: effective over true number of real points for the mean in the fresh loop, many points: 1 + s < 2."""
    return 1 + s


def mad_threshold_variance(b: Number) -> Number:
    """R13 [D]: most synthetic points that do not worsen E(v-1)^2, fresh real data without limit: 2(2-b^2)/(1-b)^2."""
    return 2 * (2 - b * b) / (1 - b) ** 2


def mad_threshold_both(b: Number, d: Number = 1) -> Number:
    """R13 [D for d = 1, else H]: the same for E delta^2 + E(v-1)^2/4: [4(2-b) + (d+1)(2-b^2)]/(1-b)^2."""
    return (4 * (2 - b) + (d + 1) * (2 - b * b)) / (1 - b) ** 2


def excess_error(n: Number, k: Number, generations: Number) -> Number:
    """R18 [D], analogue of Fu 2024: mean-squared error above 1/n with a fixed real set, no correction, sigma known.

    k/(n(n+2k)) (1 - (k/(n+k))^(2T)): rises, then falls with k; after infinitely many generations it only rises.
    """
    return k / (n * (n + 2 * k)) * (1 - (k / (n + k)) ** (2 * generations))


# ---- kernel density estimates


def kde_limit(kernel: Number, r: Number) -> Number:
    """R19 [D]: limit of the expected characteristic function over the target's, (1-r) K/(1 - r K)."""
    return (1 - r) * kernel / (1 - r * kernel)


def kde_second_moment(generation: Number, *, r: Number, width: Number, target: Number = 1) -> Number:
    """R19 [D]: expected second moment, target + h^2 (1 - r^(t+1))/(1-r) for every n; h = `width` of the kernel."""
    return target + width * width * (1 - r ** (generation + 1)) / (1 - r)


# ---- one real point replaced


def sensitivity_limit(s: Number, r: Number) -> Number:
    """R20 [D]: share of a moved point's first effect that stays with a fixed real set, (1-s)/(1-r); 1 at gamma = 0."""
    return (1 - s) / (1 - r)


# ---- curation (Ferbach et al.)


def two_point_ratio(K: Number, advantage: Number) -> Number:
    """R16 [D]: factor on a vanishing bad mass in one round, K/(1 + (K-1) e^D); D: reward of good minus bad, as e^D."""
    return K / (1 + (K - 1) * advantage)


def curation_sup(K: Number, lam: Number) -> Number:
    """[2nd]: limit of sup p_t/p_ref under curation with real data, 1/(1 - lam(K-1)) for lam < 1/(K-1)."""
    return 1 / (1 - lam * (K - 1))


def quoted_gain(lam: Number) -> Number:
    """[2nd] With real data E_t e^r exceeds E_ref e^r by this times ((K-1)/K) Var_ref(e^r)/e^max r: lam(1+lam)^-3."""
    return lam / (1 + lam) ** 3


def sharper_gain(lam: Number) -> Number:
    """[D] The same with lam/(1+lam), from the first generation on: Var_0 = Var_ref, later Var_t >= Var_ref/(1+lam)."""
    return lam / (1 + lam)


def tilted_gaussian(mean: Number, v: Number, *, centre: Number, tau2: Number) -> tuple[Number, Number]:
    """R17 [D]: N(mean, v) after one round of perfect curation (K = inf) by r = -(x-centre)^2/(2 tau2)."""
    new_v = 1 / (1 / v + 1 / tau2)
    return new_v * (mean / v + centre / tau2), new_v


def tilted_path(mean: Number, v: Number, rounds: Number, *, centre: Number, tau2: Number) -> tuple[Number, Number]:
    """R17 [D]: the same after 0 to inf rounds: variance 1/(1/v + t/tau2) falls like 1/t, not exponentially."""
    kept = 1 / (1 + rounds * v / tau2)
    return centre + kept * (mean - centre), kept * v
