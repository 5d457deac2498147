"""Which solver draws the motions: `python benchmarks/motion_solver.py EXPERIMENT [--count 512] [--steps 8 ...]`.

EXPERIMENT is a folder that `scsc motion run` or `train` made (seed 0). Its generation 0 draws `count` motions from the
same noise by dpm++2m and adams at so many evaluations each and at 200 (of the solvers that --fine names). Per row:
network-free Frechet distance to each of the fine sets and to real motions, by how much the latter differs from that of
the first fine set; root mean square distance of features to the fine sets, motion by motion, as a share of their
spread. "other noise" is another draw of the same law. Minutes on one thread; with 5,000 motions a quarter of an hour.
"""

import argparse
from pathlib import Path

import numpy as np

from generative.distances import frechet
from generative.samplers import SamplerConfig, Solver
from loop.records import read_config
from motion.batch import MotionBatch
from motion.experiment.dataset import load
from motion.experiment.measures import Ruler
from motion.model.generator import MotionModel, sample

FINE = 200


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("experiment", type=Path)
    parser.add_argument("--count", type=int, default=512)
    parser.add_argument("--steps", type=int, nargs="+", default=[8, 12, 16], metavar="EVALUATIONS")
    parser.add_argument("--fine", nargs="+", choices=("adams", "dpm++2m"), default=["adams", "dpm++2m"])
    chosen = parser.parse_args()
    run = chosen.experiment / "shared" / "seed-0000"
    guidance = read_config(run)["identity"]["problem"]["preset"]["guidance"]
    reference = load(chosen.experiment / "data").reference
    model = MotionModel.load(run / "gen-0000" / "model")
    asked = reference.take(np.arange(chosen.count) % len(reference))
    ruler = Ruler.fit(reference)

    def drawn(solver: Solver, steps: int, seed: int) -> MotionBatch:
        config = SamplerConfig(steps=steps, guidance=guidance, solver=solver)
        return asked.with_features(sample(model, asked.captions, asked.lengths, config, np.random.default_rng(seed)))

    fine = {solver: drawn(solver, FINE, 0) for solver in chosen.fine}
    known = {solver: ruler.kinematics(batch) for solver, batch in fine.items()}
    first = fine[chosen.fine[0]]
    unit = model.normaliser.std * float(model.normaliser.apply(first.features).std())
    aim = ruler.frechet(first)

    def show(name: str, batch: MotionBatch) -> None:
        features = ruler.kinematics(batch)
        near = [frechet(features, known[solver]).value for solver in fine]
        apart = [float(np.sqrt(np.mean(((batch.features - one.features) / unit) ** 2))) for one in fine.values()]
        print(
            f"{name:<22} {words(near, 3)} {(real := ruler.frechet(batch)):9.3f} {100 * (real / aim - 1):+7.2f} %"
            f"   {words(apart, 4)}",
            flush=True,
        )

    def words(values: list[float], digits: int) -> str:
        return " ".join(f"{value:8.{digits}f}" for value in values)

    heads = " ".join(f"{solver:>8}" for solver in fine)
    print(f"{'distance to':<22} {heads}   to real  differs     {heads}  (root mean square)")
    for solver in fine:
        show(f"{solver} {FINE}", fine[solver])
    solvers: tuple[Solver, ...] = ("dpm++2m", "adams")
    for steps in chosen.steps:
        for coarse in solvers:
            for seed in (0, 1):
                show(f"{coarse} {steps}" + (", other noise" if seed else ""), drawn(coarse, steps, seed))
    show("adams 64, other noise", drawn("adams", 64, 1))


if __name__ == "__main__":
    main()
