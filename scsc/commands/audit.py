"""`scsc audit`: the effective strength of a corrector, and the loop that it predicts, run and compared."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scsc import console

if TYPE_CHECKING:
    from loop import Corrector
    from loop.audit_report import Audit
    from toy.audit import Agreement, LoopConfig


@dataclass(frozen=True)
class AuditCommand:
    """Effective strength gamma of a corrector, from samples: per direction, with its bias; verified by the loop.

    Exit status 1 if a gamma fits and yet the loop's rate or limit differs from the prediction.
    """

    corrector: str = "ideal"
    """ideal | wrong-target | shrink | transport | k-means (digits only). With a = 1/(1+gamma): redraws the share 1-a of
    the samples, redraws it 0.5 beside the truth, multiplies by a, goes the share 1-a of the way to the truth, projects
    the share 1-a on centres of its digit."""
    gamma: float = 1.0
    """Nominal strength, >= 0; inf = always. The audit does not know it."""
    lam: float = 0.5
    """Synthetic samples per real one of the loop, > 0 (schedule augment)."""
    truth: str = "gaussian"
    """gaussian (standard, any dimension) | mixture (three modes on a line, which can be lost) | digits (the embedded
    images; correctors ideal and k-means)."""
    dimension: int = 2
    """Dimension of the Gaussian."""
    n: int = 2000
    """Real samples of the loop; the audit's batches are as large as the synthetic ones, lam n >= 20."""
    batches: int = 32
    """Independent batches of the audit, >= 8; standard errors come from their spread."""
    amplitudes: tuple[float, ...] = (-0.2, -0.1, 0.1, 0.2)
    """Sizes of the perturbations, two or more, not 0 [the direction's own moment; the truth's deviation is 1]."""
    tolerance: float = 0.02
    """Differences in retention below this are no finding, >= 0."""
    runs: int = 32
    """Seeds of the loop, >= 8."""
    generations: int = 12
    """Generations after which the limit is compared, >= 4 (the prediction is that of this generation)."""
    seed: int = 0
    """Seed of all streams, >= 0."""
    json: Path | None = None
    """Also write everything there as JSON."""

    def run(self) -> int:
        console.check_json(self.json)
        from loop.audit import AuditConfig, audit
        from toy.audit import LoopConfig, verify, z_bound
        from toy.audit_correctors import corrector_named
        from toy.audit_truths import truth_named

        truth: Any
        corrector: Corrector[Any]
        if self.truth == "digits":
            from toy.digits.truth import DigitTruth, digit_corrector

            truth = DigitTruth.embedded()
            corrector = digit_corrector(self.corrector, self.gamma, truth)
        else:
            truth = truth_named(self.truth, self.dimension)
            corrector = corrector_named(self.corrector, self.gamma, truth)
        loop = LoopConfig(
            n=self.n, lam=self.lam, runs=self.runs, generations=self.generations, seed=self.seed,
        )  # fmt: skip
        config = AuditConfig(loop.k, self.batches, self.amplitudes, tolerance=self.tolerance, seed=self.seed)
        begin = time.perf_counter()
        with console.progress() as report:
            found = audit(truth, corrector, config, report)
            rows = verify(truth, corrector, found, loop, report)
        seconds = time.perf_counter() - begin

        bound = z_bound(2 * len(rows), self.runs, config.error_rate)
        worst = max(max(abs(row.z_rate), abs(row.z_limit)) for row in rows)
        self._show(found, rows, loop)
        agrees = worst <= bound
        words = "agree" if agrees else "differ"
        if not agrees and not found.one_gamma:
            words += ": without one gamma the moments need not settle one by one"
        console.out.print(f"largest |z| {worst:.3g}, chance explains {bound:.3g}: prediction and loop {words}")
        console.out.print(f"{found.verdict}; {seconds:.1f} s")
        value = {
            "audit": found.to_json(), "rows": [row.row() for row in rows], "s": loop.s, "largest_z": worst,
            "z_bound": bound, "agrees": agrees, "seconds": seconds,
        }  # fmt: skip
        console.write_json(self.json, value)
        return 1 if found.one_gamma and not agrees else 0

    def _show(self, found: Audit, rows: tuple[Agreement, ...], loop: LoopConfig) -> None:
        console.show_table(
            f"Audit of {self.corrector} (nominal gamma {self.gamma:g}) on the {self.truth}, {self.batches} batches of "
            f"{loop.k}: retention rho and strength gamma",
            ("direction", "rho", "+- (1 SE)", "gamma", "95 % from", "to", "residual", "linear"),
            [
                [d.name, d.rho, d.rho_se, d.gamma, *d.gamma_interval, d.residual, d.linear]
                for d in found.directions
            ],
        )  # fmt: skip
        (low, high), (all_low, all_high) = found.smallest_interval, found.gamma_interval
        common = f"common gamma {found.gamma:.4g}, from {all_low:.4g} to {all_high:.4g}"
        console.out.print(
            f"smallest gamma {found.smallest_gamma:.4g} ({found.slowest}), 95 % from {low:.4g} to {high:.4g}; "
            f"{common if found.one_gamma else 'no common gamma'}; rho differs by {found.spread:.4g}"
        )
        console.show_table(
            "Fixed-point bias: what the corrector does to the truth",
            ("moment", "truth", "bias", "95 % from", "to", "in deviations"),
            [[m.name, m.truth, m.bias, *m.interval, m.standardised] for m in found.moments],
        )
        console.out.print(
            f"energy distance to the truth {found.energy.distance:.3g}, p = {found.energy.p:.3g}; moved by "
            f"{found.bias_distance:.3g} deviations, p = {found.p_bias:.3g}"
        )
        console.show_table(
            f"The loop, lam = {self.lam:g}, n = {self.n}, {self.runs} runs: predicted by the audit and measured",
            ("direction", "rate", "measured", "+- (1 SE)", "z", "limit", "measured", "+- (1 SE)", "z"),
            [
                [r.name, r.rate.value, r.measured_rate.value, r.measured_rate.se, r.z_rate, r.limit.value,
                 r.measured_limit.value, r.measured_limit.se, r.z_limit]
                for r in rows
            ],
        )  # fmt: skip
