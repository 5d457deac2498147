"""`scsc rates`: the contraction rates of one loop and what each rests on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scsc.console import out, show_table, write_json

if TYPE_CHECKING:
    from theory.rates import Rate


@dataclass(frozen=True)
class Rates:
    """Contraction rates per generation: exact, tight, Euclidean and published (Theorem 4.3).

    By default the model is an exponential family in natural parameters (lipschitz 0); otherwise give eps, lipschitz
    and alpha for the bounds, and mu for the exact rate.
    """

    lam: float = 0.5
    """Synthetic samples per real sample, >= 0; inf = no real data."""
    gamma: float = 0.0
    """Correction strength, >= 0; 0 = none, inf = every synthetic sample is corrected."""
    eps: float = 0.0
    """W1 distance between the best model and the data law, >= 0 [units of x]."""
    lipschitz: float = 0.0
    """L, Lipschitz constant in x of the Hessian of the log-likelihood, >= 0 [1/(units of x)]; inf = not Lipschitz."""
    alpha: float = 1.0
    """Smallest curvature of the data log-likelihood at the optimum, > 0 [as the Hessian]."""
    mu: float | None = None
    """Largest eigenvalue of A^-1 B for the exact rate, >= 0; 1 (an exponential family) if not given."""
    json: Path | None = None
    """File to write to: exact, tight, euclidean, published, lam_max (null: no statement), half_life (of exact)."""

    def run(self) -> int:
        from theory import rates
        from theory.hypotheses import TAGS, HypothesisError

        if self.mu is None:
            exact = rates.rate_exponential_family(self.lam, self.gamma)
        else:
            exact = rates.rate_from_spectrum(self.lam, self.gamma, self.mu)
        rates.relative_gap(0.0, 0.0, self.alpha)  # a wrong alpha is an error; a bound that does not apply is n/a
        found: dict[str, Rate | None] = {"exact": exact}
        why = {"exact": "" if self.mu is not None else "for an exponential family; else give --mu"}

        def attempt(name: str, bound: Callable[[float], Any]) -> Any:
            try:
                return bound(self._gap())
            except HypothesisError as problem:
                why[name] = str(problem)
                return None

        found["tight"] = attempt("tight", lambda e: rates.rate_tight(self.lam, self.gamma, e))
        found["euclidean"] = attempt("euclidean", lambda e: rates.rate_euclidean(self.lam, self.gamma, e))
        found["published"] = attempt("published", lambda e: rates.rate_published(self.lam, self.gamma, e))
        lam_max = attempt("lam_max", lambda e: rates.lam_max_published(self.gamma, e))
        half_life = rates.half_life(exact.value)

        rows: list[list[Any]] = []
        for name, rate in found.items():
            if rate is None:
                rows.append([name, "n/a", None, None, why[name]])
            else:
                rows.append([name, rate.value, rate.status, rate.tag, rate.reason or why.get(name, "")])
        if lam_max is None:
            rows.append(["lam_max", "n/a", None, None, why["lam_max"]])
        else:
            rows.append(["lam_max", lam_max, "theorem", "R", "published"])
        rows.append(["half_life", half_life, "derived", "D", "generations, at the exact rate"])
        show_table(f"lam = {self.lam:g}, gamma = {self.gamma:g}", ("quantity", "value", "status", "tag", "note"), rows)
        held = [
            [name, item.name, item.left, item.right, item.holds]
            for name, rate in found.items()
            if rate is not None
            for item in rate.hypotheses
        ]
        if held:
            show_table("Hypotheses", ("rate", "hypothesis", "left", "right", "holds"), held)
        tags = dict.fromkeys([*(rate.tag for rate in found.values() if rate is not None), "R"])
        out.print("tag: " + "; ".join(f"{tag} = {TAGS[tag]}" for tag in tags))
        values = {name: None if rate is None else rate.value for name, rate in found.items()}
        write_json(self.json, {**values, "lam_max": lam_max, "half_life": half_life})
        return 0

    def _gap(self) -> float:
        """e = eps L/alpha, at least what mu shows it to be."""
        from theory import rates
        from theory.hypotheses import HypothesisError

        e = rates.relative_gap(self.eps, self.lipschitz, self.alpha)
        if self.mu is not None and self.mu > (1 + e) * (1 + 1e-9):
            raise HypothesisError(
                f"mu = {self.mu:g} exceeds 1 + eps*L/alpha = {1 + e:g}: the bounds need eps, lipschitz and alpha "
                "that cover this loop"
            )
        return e
