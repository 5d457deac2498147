"""`scsc audit`: the effective strength of a corrector, and the loop that it predicts, run and compared."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from scsc import console

if TYPE_CHECKING:
    from loop import Corrector
    from loop.audit import AuditConfig
    from loop.audit_report import Audit
    from toy.audit import Agreement, LoopConfig

T = TypeVar("T")


@dataclass(frozen=True)
class AuditCommand:
    """Effective strength gamma of a corrector, from samples: per direction, with its bias; verified by the loop.

    Exit status 1 if a gamma fits and yet the loop's rate or limit differs from the prediction.
    """

    corrector: str = "ideal"
    """ideal | wrong-target | shrink | transport | k-means (digits only). With a = 1/(1+gamma): redraws the share 1-a of
    the samples, redraws it 0.5 beside the truth, multiplies by a, goes the share 1-a of the way to the truth, projects
    the share 1-a on centres of its digit. Of motions, on the share 1-a: none | reground | kinematic | physics |
    projection | prior | physics+prior | ideal."""
    gamma: float = 1.0
    """Nominal strength, >= 0; inf = always. The audit does not know it."""
    lam: float = 0.5
    """Synthetic samples per real one of the loop, > 0 (schedule augment)."""
    truth: str = "gaussian"
    """gaussian (standard, any dimension) | mixture (three modes on a line, which can be lost) | digits (the embedded
    images; correctors ideal and k-means) | motion (procedural ones of ten kinds, two seconds each; no loop is run)."""
    dimension: int = 2
    """Dimension of the Gaussian."""
    n: int | None = None
    """Real samples of the loop, default 2000; the audit's batches are as large as the synthetic ones, lam n >= 20. Of
    motions: those of a batch, >= 20, default 20."""
    batches: int | None = None
    """Independent batches of the audit, >= 8; standard errors come from their spread. Default 32; of motions 8."""
    amplitudes: tuple[float, ...] | None = None
    """Sizes of the perturbations, two or more, not 0 [the direction's own moment; the truth's deviation is 1]; default
    0.1 and 0.2 with both signs, of motions twice that. Jitter of motions can only be added: one must be above 0."""
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
        return self._motions() if self.truth == "motion" else self._points()

    def _points(self) -> int:
        """Audit and loop of a truth whose samples are arrays."""
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
            n=_or(self.n, 2000), lam=self.lam, runs=self.runs, generations=self.generations, seed=self.seed,
        )  # fmt: skip
        config = AuditConfig(
            loop.k, _or(self.batches, 32), _or(self.amplitudes, (-0.2, -0.1, 0.1, 0.2)), tolerance=self.tolerance,
            seed=self.seed,
        )  # fmt: skip
        begin = time.perf_counter()
        with console.progress() as report:
            found = audit(truth, corrector, config, report)
            rows = verify(truth, corrector, found, loop, report)
        seconds = time.perf_counter() - begin

        bound = z_bound(2 * len(rows), self.runs, config.error_rate)
        worst = max(max(abs(row.z_rate), abs(row.z_limit)) for row in rows)
        self._show(found, config)
        self._show_loop(rows, loop)
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

    def _motions(self) -> int:
        """The audit alone: a loop of motions takes a generator, `scsc motion run` has one."""
        from loop.audit import AuditConfig, audit
        from motion.experiment.audit_correctors import motion_corrector
        from motion.experiment.audit_truth import MotionTruth, check_settings

        n, amplitudes = _or(self.n, 20), _or(self.amplitudes, (-0.4, -0.2, 0.2, 0.4))
        check_settings(n, amplitudes)
        config = AuditConfig(n, _or(self.batches, 8), amplitudes, tolerance=self.tolerance, seed=self.seed)
        truth = MotionTruth()
        begin = time.perf_counter()
        with console.progress() as report:
            corrector = motion_corrector(self.corrector, self.gamma, truth, report=report)
            found = audit(truth, corrector, config, report)
        seconds = time.perf_counter() - begin
        self._show(found, config)
        units = {moment: truth.units[moment] for d in truth.perturbations for moment in d.weights}
        console.out.print(f"amplitude 1: {', '.join(f'{moment} {unit:.3g}' for moment, unit in units.items())}")
        console.out.print(f"{found.verdict}; no loop is run on motions here; {seconds:.1f} s")
        console.write_json(self.json, {"audit": found.to_json(), "rows": [], "units": units, "seconds": seconds})
        return 0

    def _show(self, found: Audit, config: AuditConfig) -> None:
        console.show_table(
            f"Audit of {self.corrector} (nominal gamma {self.gamma:g}) on the {self.truth}, {config.batches} batches "
            f"of {config.samples}: retention rho and strength gamma",
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
        if found.failed:
            console.out.print(f"failed on {found.failed:.3g} of the truth's samples, which it left as they were")

    def _show_loop(self, rows: tuple[Agreement, ...], loop: LoopConfig) -> None:
        console.show_table(
            f"The loop, lam = {self.lam:g}, n = {loop.n}, {self.runs} runs: predicted by the audit and measured",
            ("direction", "rate", "measured", "+- (1 SE)", "z", "limit", "measured", "+- (1 SE)", "z"),
            [
                [r.name, r.rate.value, r.measured_rate.value, r.measured_rate.se, r.z_rate, r.limit.value,
                 r.measured_limit.value, r.measured_limit.se, r.z_limit]
                for r in rows
            ],
        )  # fmt: skip


def _or(given: T | None, default: T) -> T:
    return default if given is None else given
