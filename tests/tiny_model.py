"""A model that is trained in a second, and commands on it: what the tests of `scsc motion train` and others share."""

from support import is_refused

from motion.experiment import presets
from scsc.main import main
from scsc.training_log import LOG

TINY = presets.Preset(
    frames=32, n=6, reference=16, evaluation=12, generations=1, first_steps=30, steps=3, width=16, layers=1, heads=2,
    batch_size=4, sampler_steps=3, kinds=presets.FEW_KINDS,
)  # fmt: skip
MODEL = "shared/seed-0000/gen-0000/model"


def call(capsys, *args):
    code = main(["motion", *map(str, args)])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def refused(capsys, text, *args):
    is_refused(call(capsys, *args), text)


def own(files):
    """Without what may differ between runs: costs, and the log of loss and speed."""
    return {name: content for name, content in files.items() if not name.endswith(LOG)}
