"""The human-motion experiment of Gillman et al. (ICML 2024) as their code does it, a switch for each of its quirks.

`PAPER` has every switch where the authors' code has it; `SWITCHES` says what else it can be and why one might want it.
The step counts of the paper's four sizes of training set stand in `motion.experiment.named`.

What of theirs concerns only their evaluation, their corrector or their files is not repeated (theirs: here):

- judged by the T2M evaluator, once, on 546 samples, too few for a covariance of 512 dimensions: by the measures of
  every other preset, which need no network, on 546 samples; T2M's afterwards, by `scsc motion evaluate`;
- the corrector plays 20 frames a second at 30, so 1.5 times too fast: ours keeps time;
- where the humanoid fails it is put back onto the reference, uncounted, and forces hold it: ours keeps the sample and
  counts it, and reports the forces;
- a batch is corrected as one problem, so results depend on batch mates: each motion by itself;
- a synthetic motion whose file is missing is left out without a word: nothing is left out;
- after a crash in drawing, training goes on with what is there: a generation is whole or absent;
- features are normalised by mean and deviation of all 2,794 motions: by those of the n training motions;
- the sets of 64, 128 and 256 are lists of names: drawn once from the folder's train.txt, the same in every run;
- the motions are those of one source without those that sit down: whatever the folder's lists name;
- lengths count rows of features, of which a file has as many as frames: T frames are T-1 rows here, so 39 to 196.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from motion.experiment.named import PAPER_SIZES
from motion.experiment.preset import Preset
from motion.model.mdm import PUBLISHED
from motion.model.published import SAMPLER, TRAINING

PAPER = Preset(
    # Data: HumanML3D's lengths, drawn from its list of training motions and judged against its list of tests.
    frames=PUBLISHED.frames, min_frames=40, longest=199, splits="given", captions="all", crops=TRAINING.crops,
    reference=546, evaluation=546, text="clip", **PAPER_SIZES[64],
    # Model and training: MDM's.
    architecture="mdm", patch=1, width=PUBLISHED.width, layers=PUBLISHED.layers, heads=PUBLISHED.heads,
    dropout=PUBLISHED.dropout, attend_padding=PUBLISHED.attend_padding, alike_layers=PUBLISHED.alike_layers,
    objective=TRAINING.objective, levels=TRAINING.levels, drop_caption=TRAINING.drop_caption,
    batch_size=TRAINING.batch_size, batches=TRAINING.batches, learning_rate=TRAINING.learning_rate,
    fine_learning_rate=TRAINING.learning_rate, decay=TRAINING.schedule, warmup=TRAINING.warmup,
    fine_warmup=TRAINING.warmup, clip=TRAINING.clip, ema=TRAINING.ema, beta2=TRAINING.beta2,
    weight_decay=TRAINING.weight_decay,
    # Drawing: MDM's sampler. Its guidance is set and never reaches the model.
    solver=SAMPLER.solver, sampler_steps=SAMPLER.steps, guidance=1.0,
    # The loop.
    generations=50, start="finetune", optimiser="fresh", count="down", noise="same",
)  # fmt: skip
"""The smallest of the four: 65 motions, which the paper calls 64."""


@dataclass(frozen=True)
class Switch:
    """A field in which the authors' code does what one may not want. ours: another value, as --set takes it."""

    field: str
    ours: str
    why: str


SWITCHES = (
    Switch("n", "64", "their list of 64 names has 65"),
    Switch(
        "noise", "new", "their seed is fixed anew in every process, so each generation draws and trains on one noise"
    ),
    Switch("guidance", str(SAMPLER.guidance), "MDM's own; theirs is set, but what would apply it is commented out"),
    Switch("batches", "drawn", "theirs leave out what fills no batch (one motion of 65, by lot) and add steps: 1,001"),
    Switch("count", "round", "they cut lam n to a whole number: 48 of 48.75"),
    Switch("attend_padding", "false", "their model attends to the frames beyond a motion's end"),
    Switch("alike_layers", "false", "all layers begin as copies of one"),
    Switch("optimiser", "carried", "its state is written in each generation and never read"),
    Switch("start", "scratch", "they go on from the last weights, which they call the best"),
    Switch("ema", "0.9999", "they draw from the last weights: later versions of MDM average them"),
    Switch("clip", "1.0", "gradients are not clipped"),
    Switch("warmup", "50", "the first step has the full rate"),
    Switch("fine_warmup", "10", "and so it is in every later generation, with moments that are zero"),
    Switch("decay", "cosine", "the rate does not fall: the last weights are those of a noisy step"),
    Switch("beta2", "0.99", "torch's own 0.999 averages over as many steps as a generation has"),
    Switch("weight_decay", "0.01", "MDM's AdamW is told 0, which makes it Adam"),
    Switch("captions", "one", "they train on all captions of a motion and ask for the first"),
    Switch("crops", "false", "they train on stretches of motions, with captions of the whole"),
    Switch("min_frames", "none", "shorter motions are left out and others keep their length; none: all of one length"),
    Switch("longest", "none", "longer motions are left out; none: they are cut up"),
    Switch("splits", "drawn", "training and test sets are the folder's own lists"),
    Switch("solver", "dpm++2m", "a thousand evaluations a motion; small models do with a dozen (sampler_steps=12)"),
)


def paper_preset(n: int) -> Preset:
    """`PAPER` at one of the paper's sizes: n in the paper's words, 64, 128, 256 or 2794."""
    return replace(PAPER, **PAPER_SIZES[n])
