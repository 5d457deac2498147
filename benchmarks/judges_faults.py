"""Which measure sees which planted fault: `python -m benchmarks.judges_faults [--preset smoke|laptop] [--n 300]`.

Claim: every fault that a generator can have of those planted here (variance shrunk by a tenth, an action missing, a
memorised training set, mirrored sides, slowed motions, jitter, ignored captions) is seen by some measure, and faultless
motions are seen as often as chance has it. Trains an evaluator on motions of its own; minutes on one core.
"""

from __future__ import annotations

import argparse
import sys
import time

import numpy as np
import torch

from motion.evaluation.text_motion_training import EvaluatorConfig, train_evaluator
from motion.experiment.dataset import draw_procedural
from motion.experiment.fault_table import fault_table
from motion.experiment.presets import preset_named


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--preset", default="laptop", help="kinds and length of the motions")
    parser.add_argument("--n", type=int, default=300, help="samples, held-out and training motions")
    parser.add_argument("--trained-on", type=int, default=1500, help="other motions that the evaluator learns from")
    parser.add_argument("--nulls", type=int, default=100, help="faultless sets")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    preset = preset_named(asked.preset)
    start = time.process_time()
    learned = draw_procedural(asked.trained_on, preset, np.random.default_rng([asked.seed, 1]))
    pool = draw_procedural(4 * asked.n, preset, np.random.default_rng([asked.seed, 2]))
    print(f"drawn {len(learned)} and {len(pool)} motions: {time.process_time() - start:.0f} CPU-s")
    start = time.process_time()
    embedder = train_evaluator(learned, EvaluatorConfig())
    print(f"evaluator {embedder.fingerprint[:12]}: {time.process_time() - start:.0f} CPU-s")
    start = time.process_time()
    table = fault_table(pool, embedder, asked.n, missing="wave right", nulls=asked.nulls, seed=asked.seed)
    print(f"measures: {time.process_time() - start:.0f} CPU-s; outside the range of real against real is marked\n")
    faults = list(table.values)
    print(f"{'measure':22}{'range, 99 %':>21}" + "".join(f"{fault[:14]:>16}" for fault in faults))
    for i, name in enumerate(table.measures):
        cells = [f"{table.values[fault][i]:.3g}{'*' if name in table.caught_by(fault) else ' '}" for fault in faults]
        between = f"{table.low[i]:.3g} .. {table.high[i]:.3g}"
        print(f"{name:22}{between:>21}" + "".join(f"{cell:>16}" for cell in cells))
    missed = [fault for fault in faults if not table.caught_by(fault)]
    print()
    for fault in faults:
        print(f"{fault} ({table.about[fault]}): seen by {len(table.caught_by(fault))} of {len(table.measures)}")
    alarms = table.outside(table.null)
    each = alarms.mean(axis=1)
    print(
        f"faultless: {alarms.mean():.4f} of the values outside, expected {table.rate:.4f}, standard error "
        f"{each.std(ddof=1) / np.sqrt(len(each)):.4f} over {len(each)} sets"
    )
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
