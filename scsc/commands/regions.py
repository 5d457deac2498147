"""`scsc regions`: maps over correction strength and synthetic share, published against exact."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from scsc.console import check_json, show_table, write_json
from scsc.console import out as terminal

if TYPE_CHECKING:
    from plots.regions import Maps, Plane

_LAMS = (0.1, 0.5, 1.0, 2.0, 10.0)
_GAMMAS = (0.0, 0.1, 0.3, 1.0, 5.0, float("inf"))


@dataclass(frozen=True)
class Regions:
    """Draw the stability region over (lambda, gamma), published against exact, and the exact stationary error."""

    n: int = 50
    """Real points, 1 to 1e9; a generation has k = lam n synthetic ones."""
    e: float = 0.0
    """eps*L/alpha of the published theorem, >= 0 and < 1 [no unit]; 0 for an exponential family."""
    mu: float = 1.0
    """Largest eigenvalue of A^-1 B for the exact rate, 0 to 1 + e [no unit]; 1 for an exponential family."""
    regime: Literal["fixed", "fresh"] = "fixed"
    """Real data of the stationary error: the same n points in every generation, or n new ones."""
    points: int = 121
    """Grid points along each axis, 16 to 1000; the JSON file grows with their square (121: 1 MB)."""
    lam_max: float = 100.0
    """Right end of the lambda axis, 10 to 1e6 [synthetic samples per real one]; it begins at 0.01."""
    gamma_max: float = 100.0
    """Upper end of the gamma axis, 1 to 1e6 [correction strength]; it begins at 0."""
    out: Path = Path("runs/regions")
    """Folder of the picture: regions.png and regions.pdf."""
    json: Path | None = None
    """File to write to: the axes, the grids (rows follow gamma; null: no statement) and the tables."""

    def run(self) -> int:
        check_json(self.json)
        from plots import regions
        from plots.regions_figure import draw

        plane = regions.Plane(
            n=self.n, e=self.e, mu=self.mu, regime=self.regime, points=self.points, lam_max=self.lam_max,
            gamma_max=self.gamma_max,
        )  # fmt: skip
        found = regions.maps(plane)
        tables = _tables(plane, found)
        picture = draw(plane, found, self.out)
        _show(plane, tables)
        terminal.print(f"picture (also as PDF): {picture.path}", markup=False)
        terminal.print(f"shows: {picture.title}", markup=False)
        for note in picture.notes:
            terminal.print(note, markup=False)
        if self.json is not None:
            settings = {name: getattr(plane, name) for name in plane.__dataclass_fields__}
            grids = {
                "lam": found.lam,
                "gamma": found.gamma,
                "published": _rows(found.published),
                "exact": _rows(found.exact),
                "stationary_error": _rows(found.stationary_error),
            }
            drawn = {"picture": str(picture.path), "pdf": str(picture.pdf), "shows": picture.title}
            write_json(self.json, {**drawn, "settings": settings, **tables, **grids, "notes": picture.notes})
        return 0


def _tables(plane: Plane, found: Maps) -> dict[str, list[dict[str, Any]]]:
    """The numbers behind the picture, under the names of the JSON file."""
    from plots.regions import certified_share, least_gamma, stable_share
    from theory.rates import lam_max_published

    return {
        "stable": [
            {"stable_by": "published (Theorem 4.3)", "share_of_plane": certified_share(found)},
            {"stable_by": "exact", "share_of_plane": stable_share(found)},
        ],
        "as_good_as_real": [
            {"lam": lam, "k": lam * plane.n, "least_gamma": least_gamma(lam, plane.n, plane.regime)} for lam in _LAMS
        ],
        "published_limit": [{"gamma": gamma, "lam_max": lam_max_published(gamma, plane.e)} for gamma in _GAMMAS],
    }


def _show(plane: Plane, tables: dict[str, list[dict[str, Any]]]) -> None:
    axes = f"lambda (log) 0.01 to {plane.lam_max:g}, gamma 0 to {plane.gamma_max:g}, as drawn"
    what = {
        "stable": f"Stable share of the plane: {axes}",
        "as_good_as_real": f"Least gamma with a stationary error <= 1/n, n = {plane.n}, {plane.regime} real data",
        "published_limit": f"The published theorem covers lam below lam_max, e = {plane.e:g}",
    }
    for name, rows in tables.items():
        terminal.print(f"[bold]{what[name]}[/bold]")  # wider than the table, where a title would be broken
        show_table("", list(rows[0]), [list(row.values()) for row in rows])


def _rows(grid: Any) -> list[list[float | None]]:
    """A grid for JSON, nan as null."""
    return [[None if value != value else value for value in row] for row in grid.tolist()]
