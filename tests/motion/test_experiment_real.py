"""On real motion capture: the generator follows captions, judged by real clips of other captures."""

import pytest
import torch

from loop import stream
from motion.experiment import dataset
from motion.experiment.presets import Preset
from motion.experiment.problem import MotionProblem

PRESET = Preset(
    frames=40, n=160, reference=192, evaluation=192, generations=0, first_steps=500, steps=1, width=96, layers=2,
    heads=4,
)  # fmt: skip


@pytest.mark.slow
def test_samples_follow_real_captions_four_times_as_often_as_chance(tmp_path, shared_data):
    """Bandai-Namco clips; the lower 95 % bound counts. Chance is what the same labels reach without any relation."""
    torch.set_num_threads(1)
    data = dataset.prepare(tmp_path / "data", PRESET, shared_data / "bandai", skip_bad=False)
    problem = MotionProblem(data, PRESET)
    model = problem.fit(None, data.train, stream(0, 0, "fit"))
    measured = problem.measure(model, None, None, stream(0, 0, "measure"))
    assert measured["action_accuracy_low"] >= 4 * measured["action_chance"], measured
    # With the captions of other clips the agreement is chance: it is the caption that decides.
    drawn = problem.draw(model, data.reference, stream(0, 0, "measure"))
    shifted = data.reference.actions[50:] + data.reference.actions[:50]
    ruler = problem._ruler
    control = ruler.action_agreement(ruler.kinematics(drawn), shifted)
    assert control["action_accuracy_low"] < 2 * control["action_chance"], control


def test_parts_and_mirror_images_of_a_motion_stay_in_one_set():
    from motion.experiment.dataset import capture_of

    names = ("000123@0", "M000123@40", "A_000123@0", "B_M000123@20")
    assert {capture_of(name) for name in names} == {"000123"}
    assert {capture_of(f"pack/{name}") for name in names} == {"pack/000123"}
    assert capture_of("07_01@0") == "07_01" != capture_of("07_02@0")
