"""What the point-wise toy commands share: a choice of correctors beside the schedules."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from loop.progress import Report
from scsc.toy_sweep import ToySweep

if TYPE_CHECKING:
    from pathlib import Path

    from loop.ensemble import Curves, EnsembleConfig


@dataclass(frozen=True)
class PointSweep(ToySweep):
    """A sweep of a loop without theory, run by run through the engine; all schedules and correctors."""

    share_first: ClassVar[bool] = False
    """Whether all strengths of a seed start from one folder's generation 0."""

    schedule: tuple[str, ...] = ("replace",)
    """What a generation trains on, one or several: augment | replace | fresh | accumulate | accumulate-subsample |
    ramp-accumulate | mix."""
    corrector: tuple[str, ...] = ("ideal",)
    """One or several, each with its own curves: ideal | wrong-target | shrink | transport | k-means | curation |
    likelihood-rank (the last two choose one of two candidates, then the ideal corrector follows)."""

    @abstractmethod
    def problem(self) -> Any:
        """The loop's problem, on points in the plane; has `truth` and `n`."""

    def parts(self) -> dict[str, tuple[str, str]]:
        several = len(self.corrector) > 1 or self.corrector != ("ideal",)
        return {
            f"{schedule}-{corrector}" if several else schedule: (schedule, corrector)
            for schedule in dict.fromkeys(self.schedule)
            for corrector in dict.fromkeys(self.corrector)
        }

    def loop(self, part: tuple[str, str], gammas: tuple[float, ...], lams: tuple[float, ...]) -> Any:
        from loop.schedule import SCHEDULES
        from toy.cells import check_cells
        from toy.named import choice_named

        schedule, corrector = part
        problem = self.problem()
        check_cells(gammas, lams, schedule, problem.n, self.least, tuple(SCHEDULES))
        return problem, choice_named(corrector, problem.truth, 2), gammas, lams, schedule

    @property
    def least(self) -> int:
        """Synthetic samples that a generation needs if it has nothing else to train on."""
        return 2

    def curves(
        self, loop: Any, config: EnsembleConfig, folder: Path, report: Report, extra: Mapping[str, Any]
    ) -> Curves:
        from toy.sweep import run_sweep

        problem, choice, gammas, lams, schedule = loop
        return run_sweep(
            problem, choice.corrector, gammas, lams, schedule, config, folder, report, extra,
            selector=choice.selector, share_first=self.share_first,
        )  # fmt: skip

    def expected(self, loop: Any) -> Mapping[str, Any]:
        return {}
