"""What is claimed, by whom, and what decides it. The rules stand in `theory`, `digits`, `motion` and `knowledge`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Claim:
    """name: its id. text: a paraphrase. source: who claims it. rule: what decides it, in words. needs: commands."""

    name: str
    text: str
    source: str
    rule: str
    needs: str


_THEORY = "scsc theory --json FILE"
_VERDICT = "scsc motion run --preset verdict"
MAIN, OURS = "Gillman et al. 2024", "this project"

CLAIMS = (
    Claim("T-1", "With an ideal corrector the error shrinks at least by rho(lambda)/(1+gamma) a generation near the "
          "optimum", f"{MAIN}, theorem 4.3", "no statement of it fails", _THEORY),
    Claim("T-2", "More correction means exponentially more stability", MAIN, "no statement of it fails", _THEORY),
    Claim("T-3", "The published condition on lambda is sufficient", f"{MAIN}; Bertrand et al. 2024",
          "no statement of it fails", _THEORY),
    Claim("T-4", "The published condition on lambda is not necessary", OURS, "no statement of it fails", _THEORY),
    Claim("T-5", "Without real data and correction the Gaussian loop collapses; with any correction it has a "
          "stationary law", f"Alemohammad et al. 2024; {OURS}", "no statement of it fails", _THEORY),
    Claim("T-6", "With fresh data the limit forgets the first sample, and there is a largest useful synthetic size",
          "Alemohammad et al. 2024", "no statement of it fails", _THEORY),
    Claim("T-7", "Curation raises the expected reward and takes variance; with real data the law stays near",
          "Ferbach et al. 2024", "no statement of it fails", _THEORY),
    Claim("T-8", "The error first rises, then falls with more synthetic data", "Fu et al. 2024 (an analogue)",
          "no statement of it fails", _THEORY),
    Claim("T-9", "A constant share of real data bounds the recursion", "Fu et al. 2025 (an analogue)",
          "no statement of it fails", _THEORY),
    Claim("G-1", "Gaussian toy: the distance after many generations falls as gamma grows", MAIN,
          "W2 at generation 500 falls at every step of gamma; paired t over seeds, Holm, 5 %; no statement "
          "fails", "scsc toy preset official-gaussian"),
    Claim("G-2", "The distances of the published figure are partly its sampler's", OURS,
          "mean W2 with the authors' sampler above that with the exact mixture, paired 95 % interval above 0; no "
          "statement fails",
          "scsc toy preset official-gaussian and exact-gaussian"),
    Claim("D-1", "Digits: training on uncorrected samples degrades; k-means correction prevents it", MAIN,
          "at each lambda: uncorrected worse than the baseline, corrected better than uncorrected; paired t, Holm, 5 %",
          "scsc toy digits"),
    Claim("M-1", "Motion: uncorrected self-consuming training degrades, the more the larger lambda", MAIN,
          "growth of the network-free Frechet distance above the baseline's at each lambda (Holm, 5 %), and larger at "
          "the largest lambda than at the smallest", _VERDICT),
    Claim("M-2", "Motion: physics correction avoids collapse even without real data", MAIN,
          "the uncorrected arm meets the collapse rule, the corrected one does not", _VERDICT),
    Claim("M-3", "Motion: the corrected arm is better than the uncorrected one", MAIN,
          "paired difference of the network-free distance and of FID at the last generation, for each lambda; Holm "
          "over all, 5 %", _VERDICT),
    Claim("M-4", "It is the physics that helps, not filtering, the floor or a prior", OURS,
          "physics better than uncorrected, kinematic and reground, and physics+prior better than prior; Holm over "
          "all, 5 %", _VERDICT),
    Claim("M-5", "The physics corrector acts like an ideal corrector of some strength", OURS,
          "one gamma fits all directions and the truth stays (audit); arms end in the order of the smallest "
          "audited gammas",
          "scsc audit --truth motion --gamma inf --corrector physics --json FILE"),
    Claim("M-6", "Smaller sets of real data collapse faster", MAIN,
          "growth of the uncorrected arm's distance is larger at each smaller n; Welch, Bonferroni, 5 %",
          "scsc motion run --n N, for several N"),
    Claim("M-7", "A corrector helps in the loop if and only if it passes the one-step test", OURS,
          "both agree for every corrector that has both, on the same generator",
          "scsc motion correct --test --out RUN --json FILE, RUN the experiment's folder"),
    Claim("M-8", "What a prior knows helps beyond staying near generation 0", OURS,
          "prior and physics+prior better than anchor at the last generation; Holm, 5 %", _VERDICT),
)  # fmt: skip

COLLAPSE = (
    "collapse: the network-free Frechet distance at the last generation is at least twice that of generation 0, and "
    "its growth lies above that of the arm trained on real data alone, both with 95 % over seeds"
)
