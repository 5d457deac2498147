"""`scsc rates`: the contraction rates of one loop, what each rests on, and up to which lam it holds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from scsc.console import check_json, write_json
from scsc.rates_report import entry, show

if TYPE_CHECKING:
    from theory.models import ModelAtOptimum

NUMBERS = ("eps", "lipschitz", "alpha", "mu")
FLAGS_OF = {
    "gaussian": ("dimension", "parameters"),
    "logistic": ("width",),
    "curved": ("m1", "m2"),
    "hessians": ("hessians",),
}
OPTIONAL = ("dimension", "parameters")


@dataclass(frozen=True)
class Rates:
    """Contraction rates per generation: exact, tight, Euclidean and published (Theorem 4.3).

    The model is given by numbers (--eps --lipschitz --alpha --mu; by default an exponential family) or by --model. With
    numbers beyond Theorem 4.3 (eps L >= alpha) the other rates are shown and the exit status is 2.
    """

    lam: float = 0.5
    """Synthetic samples per real sample, >= 0; inf = no real data."""
    gamma: float = 0.0
    """Correction strength, >= 0; 0 = none, inf = every synthetic sample is corrected."""
    eps: float | None = None
    """W1 distance between the best model and the data law, >= 0 [units of x]; 0 if not given."""
    lipschitz: float | None = None
    """L, Lipschitz constant in x of the Hessian of the log-likelihood, >= 0 [1/(units of x)]; inf = not Lipschitz; 0 if
    not given."""
    alpha: float | None = None
    """Smallest curvature of the data log-likelihood at the optimum, > 0 [as the Hessian]; 1 if not given."""
    mu: float | None = None
    """Largest eigenvalue of A^-1 B for the exact rate, >= 0; 1 (an exponential family) if not given."""
    model: Literal["gaussian", "logistic", "curved", "hessians"] | None = None
    """A model whose numbers are known: the Gaussian family, a logistic location on Gaussian data, N(theta, theta^2), or
    your own from --hessians."""
    dimension: int | None = None
    """gaussian: dimension of x, 1 to 40; 1 if not given."""
    parameters: Literal["natural", "mean-covariance"] | None = None
    """gaussian: its parameters; natural if not given."""
    width: float | None = None
    """logistic: standard deviation of the data, 0.001 to 10000; the model has scale 1."""
    m1: float | None = None
    """curved: mean of the data."""
    m2: float | None = None
    """curved: mean square of the data, >= m1^2."""
    hessians: Path | None = None
    """JSON file {"A": [[...]], "B": [[...]]}, optional "eps", "lipschitz": E_data and E_model of the Hessian of the
    log-likelihood at the optimum."""
    json: Path | None = None
    """File to write to; lam_max is the published limit and half_life that of the exact rate, null: no statement."""

    def run(self) -> int:
        from theory.comparison import compare
        from theory.hypotheses import HypothesisError

        check_json(self.json)
        model = self._model()
        found = compare(self.lam, self.gamma, model)
        show(self.lam, self.gamma, model, found)
        write_json(self.json, entry(model, found))
        published = found.stated[-1]
        if model.name == "numbers" and found.e is not None and found.e >= 1:
            # asked for with numbers that cannot have it: what is valid is shown, and scripts are told
            raise HypothesisError(f"{published.reason}; the other rates above stand")
        return 0

    def _model(self) -> ModelAtOptimum:
        """The model that the flags name; flags of two kinds are an error."""
        from theory import models

        kind = self.model or ("hessians" if self.hessians is not None else None)
        given = [name for name in (*NUMBERS, *sum(FLAGS_OF.values(), ())) if getattr(self, name) is not None]
        if kind is None:
            lost = [name for name in given if name not in NUMBERS]
            if lost:
                owner = next(name for name, flags in FLAGS_OF.items() if lost[0] in flags)
                raise ValueError(f"--{lost[0]} belongs to --model {owner}, which is not given; add it or drop the flag")
            numbers = {name: getattr(self, name) for name in given}
            return models.from_numbers(**numbers)
        flag = f"--model {kind}" if self.model else "--hessians"
        clash = [f"--{name}" for name in given if name not in FLAGS_OF[kind]]
        if clash:
            raise ValueError(
                f"{flag} clashes with {', '.join(clash)}: it brings its own numbers; give one or the other"
            )
        missing = [f"--{name}" for name in FLAGS_OF[kind] if name not in given and name not in OPTIONAL]
        if missing:
            raise ValueError(f"{flag} needs {' and '.join(missing)}; add what is missing")
        if kind == "hessians":
            from scsc.hessian_file import read_hessians

            assert self.hessians is not None
            return read_hessians(self.hessians)
        build: Any = {"gaussian": models.gaussian, "logistic": models.logistic, "curved": models.curved}[kind]
        model: ModelAtOptimum = build(**{name: getattr(self, name) for name in given})
        return model
