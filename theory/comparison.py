"""All rates of one loop side by side: what `scsc rates` prints."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from theory import rates
from theory.hessians import hessian_gap
from theory.hypotheses import Hypothesis, HypothesisError
from theory.models import ModelAtOptimum
from theory.rates import Rate

BERTRAND = (
    "published at gamma = 0: Bertrand et al.'s stability, for L*eps < alpha and lam*(1 + L*eps/alpha) < 1/2 [2nd]"
)
FERBACH = (
    "euclidean at gamma = 0: Ferbach et al.'s rate without curation, for L*eps < alpha and lam < alpha/(2*L*eps) [2nd]"
)
FROM_HESSIANS = (
    "from A and B: T3's bounds with e = max(mu - 1, 0) for tight, |A-B|_2/alpha for euclidean, without L [D]"
)


@dataclass(frozen=True)
class Row:
    """One rate of one loop.

    rate, lam_max: the factor, and the lam below which it is below 1; both None where the statement does not apply.
    reason: why it does not apply, or what the numbers alone do not say.
    hypotheses: what the statement rests on here; where it does not apply, what fails.
    """

    name: str
    rate: Rate | None
    lam_max: float | None
    reason: str
    hypotheses: tuple[Hypothesis, ...]

    @property
    def value(self) -> float | None:
        """The factor per generation."""
        return None if self.rate is None else self.rate.value

    @property
    def half_life(self) -> float | None:
        """Generations in which the error, or the bound on it, halves."""
        return None if self.rate is None else rates.half_life(self.rate.value)


@dataclass(frozen=True)
class Comparison:
    """The rates of a loop.

    stated: rows exact, tight, euclidean, published, the bounds with e = eps L/alpha.
    known: rows tight and euclidean with e from A and B themselves; empty where these are not known.
    e: eps L/alpha; None where there is no such bound.
    known_e: the e of each row of `known`.
    """

    stated: tuple[Row, ...]
    known: tuple[Row, ...]
    e: float | None
    known_e: tuple[float, ...]
    notes: tuple[str, ...]

    @property
    def rows(self) -> tuple[Row, ...]:
        return (*self.stated, *self.known)


def compare(lam: float, gamma: float, model: ModelAtOptimum) -> Comparison:
    """The rates of the loop (lam, gamma) with this model; a bound that does not apply becomes a row with its reason.

    Raises:
        ValueError, HypothesisError: lam or gamma is not admissible, see `hypotheses.shares`.
    """
    A, B = model.A, model.B
    if A is None or B is None:
        exact = rates.rate_from_spectrum(lam, gamma, model.mu)
    else:
        exact = rates.rate_exact(lam, gamma, A, B)
    most = rates.lam_max_exact(gamma)
    alpha = Hypothesis("alpha > 0", model.alpha, 0.0, True)

    def row(
        name: str, gap: Callable[[], float], rate: Callable[[float], Rate], lam_max: Callable[[float], float]
    ) -> Row:
        try:
            e = gap()
            found, limit = rate(e), lam_max(e)
        except HypothesisError as problem:
            return Row(name, None, None, str(problem), problem.failed)
        return Row(name, found, limit, found.reason, (alpha, *found.hypotheses))

    def tight(name: str, gap: Callable[[], float]) -> Row:
        found = row(name, gap, lambda e: rates.rate_tight(lam, gamma, e), lambda e: rates.lam_max_tight(gamma, e).value)
        return replace(found, reason=found.reason or most.reason)

    def euclidean(name: str, gap: Callable[[], float]) -> Row:
        return row(
            name, gap, lambda e: rates.rate_euclidean(lam, gamma, e), lambda e: rates.lam_max_euclidean(gamma, e)
        )

    def ours(found: Row) -> Row:
        """A bound with an e that no paper takes is no paper's statement, also at gamma = 0."""
        return replace(found, rate=None if found.rate is None else replace(found.rate, tag="D"))

    stated = (
        Row("exact", exact, most.value, exact.reason or most.reason, exact.hypotheses),
        tight("tight", model.gap),
        euclidean("euclidean", model.gap),
        row(
            "published",
            model.gap,
            lambda e: rates.rate_published(lam, gamma, e),
            lambda e: rates.lam_max_published(gamma, e),
        ),
    )
    known: tuple[Row, ...] = ()
    known_e: tuple[float, ...] = ()
    if A is not None and B is not None:
        known_e = hessian_gap(A, B), hessian_gap(A, B, "euclidean")
        known = (
            tight("tight (A, B)", lambda: known_e[0]),
            ours(euclidean("euclidean (A, B)", lambda: known_e[1])),
        )
    try:
        e = model.gap()
    except HypothesisError:
        e = None
    return Comparison(stated, known, e, known_e, _notes(gamma, model, (*stated, *known)))


def _notes(gamma: float, model: ModelAtOptimum, rows: tuple[Row, ...]) -> tuple[str, ...]:
    """The model's own, then each reason once with all rows it explains, then whose statement a row is."""
    reasons: dict[str, list[str]] = {}
    for row in rows:
        if row.reason:
            reasons.setdefault(row.reason, []).append(row.name)
    notes = [*model.notes, *(f"{', '.join(names)}: {reason}" for reason, names in reasons.items())]
    if gamma == 0:
        euclidean, published = (
            next(row.rate for row in rows if row.name == name) for name in ("euclidean", "published")
        )
        notes += [BERTRAND] if published is not None else []
        notes += [FERBACH] if euclidean is not None and euclidean.tag == "2nd" else []
    notes += [FROM_HESSIANS] if model.A is not None else []
    return tuple(notes)
