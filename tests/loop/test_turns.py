"""The order of tasks: each once, none before what it is after, none waits without need, few runs end together."""

from collections import defaultdict
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from loop.campaign import FEW, PARTS, SHARED, Plan, Task, _after, in_turns
from loop.turns import Turns

COSTS = st.lists(st.integers(1, 9), min_size=1, max_size=12)


def worked(tasks, after, workers, seconds, dies=()):
    """(begin, end, task), as `workers` processes run them; places in `dies` are lost once, when they end."""
    turns, now, running, found, lost = Turns(tasks, after), 0.0, {}, [], set()
    while True:
        while len(running) < workers and (place := turns.take()) is not None:
            running[place] = (now, now + seconds(tasks[place]))
        if not running:
            return found
        place = min(running, key=lambda place: running[place][1])
        begin, now = running.pop(place)
        if place in dies and place not in lost:
            lost.add(place)
            turns.again(place)
        else:
            turns.end(place)
            found.append((begin, now, tasks[place]))


@given(
    COSTS, st.lists(st.sampled_from("abc"), min_size=12, max_size=12), st.integers(1, 4), st.sets(st.integers(0, 11))
)
def test_none_begins_before_what_it_is_after(costs, names, workers, dies):
    tasks = [
        Task(Path(str(place)), name, cost, 0, None)
        for place, (cost, name) in enumerate(zip(costs, names, strict=False))
    ]
    after = {task.name: {tasks[place // 2].name, task.name} for place, task in enumerate(tasks)}
    found = worked(tasks, lambda task: after[task.name], workers, lambda task: task.seed, dies)
    assert sorted(task.out.name for _, _, task in found) == sorted(task.out.name for task in tasks)
    ends = {task: end for _, end, task in found}
    for begin, _, task in found:
        for earlier in tasks[: tasks.index(task)]:
            assert earlier.name not in after[task.name] or ends[earlier] <= begin


def tasks_of(out, arms, generations, seeds=(0,)):
    plan = Plan(out, arms, seeds, generations)
    shared = [Task(out, SHARED, seed, 0, None) for seed in plan.seeds]
    return shared + [Task(out, arm, seed, generations, None) for arm in plan.arms for seed in plan.seeds]


@given(COSTS, st.integers(0, 13), st.integers(2, 4), st.lists(st.integers(0, 5), min_size=1, max_size=3, unique=True))
def test_parts_of_arms(costs, generations, workers, seeds):
    """Each arm's parts follow one another to its last generation, after its own seed's generation 0 alone."""
    pace = {str(k): cost for k, cost in enumerate(costs)}
    tasks = tasks_of(Path("nowhere"), tuple(pace), generations, tuple(seeds))
    turns = in_turns(tasks, pace.__getitem__, workers)
    found = worked(turns, _after, workers, lambda task: 1.0 if task.is_shared else float(pace[task.arm]))
    ends, parts = {}, defaultdict(list)
    for begin, end, task in found:
        if not task.is_shared:
            assert begin >= ends[SHARED, task.seed]
            assert begin >= ends.get((task.arm, task.seed), 0.0)
            parts[task.arm, task.seed].append(task.generations)
        ends[task.arm, task.seed] = end
    assert set(parts) == {(arm, seed) for arm in pace for seed in seeds}
    for reached in parts.values():
        assert reached == sorted(set(reached)) and reached[-1] == generations and len(reached) <= PARTS


def test_few_runs_end_together(tmp_path):
    """Nine arms of unlike length on two cores, 20 generations: 1.95 times as fast as on one, more than whole."""
    pace = {str(k): 1 + k % 5 * (1.5 if k < 5 else 0.3) for k in range(9)}
    tasks = tasks_of(tmp_path, tuple(pace), 20)

    def ratio(turns):
        before = {}

        def seconds(task):
            steps = task.generations - before.get(task.arm, 0)
            before[task.arm] = task.generations
            return 0.0 if task.is_shared else pace[task.arm] * steps

        return sum(pace.values()) * 20 / max(end for _, end, _ in worked(turns, _after, 2, seconds))

    assert ratio(in_turns(tasks, pace.__getitem__, 2)) >= 1.95
    whole = sorted(tasks, key=lambda task: (not task.is_shared, -pace.get(task.arm, 0)))
    assert ratio(whole) < ratio(in_turns(tasks, pace.__getitem__, 2))


def test_many_runs_stay_whole(tmp_path):
    arms = tuple(str(k) for k in range(2 * FEW + 1))
    assert len(in_turns(tasks_of(tmp_path, arms, 20), lambda arm: 1.0, 2)) == 1 + len(arms)
    assert len(in_turns(tasks_of(tmp_path, arms[1:], 20), lambda arm: 1.0, 2)) == 1 + PARTS * (len(arms) - 1)
    assert len(in_turns(tasks_of(tmp_path, arms[:3], 20), lambda arm: 1.0, 1)) == 1 + 3
