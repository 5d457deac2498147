"""Archives of poses: joints from a body model made here, and one line for what is missing or wrong."""

import io
import os
import pickle
import zipfile

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from motion.data.amass import Body, posed, read_body
from motion.data.pack import kind_of, licence_of, load_pack
from motion.data.procedural import generate
from motion.kinematics.retarget import retarget
from motion.kinematics.skeleton import BONE_LENGTHS, PARENTS, RAW_DIRECTIONS

WALK = generate(1, frames=40, seed=5, kinds=("walk",))[0]


def model(joints=52, seed=0):
    """A body of 60 vertices whose regressor gives the uniform body's joints in SMPL's pose, y up and facing +z."""
    rng = np.random.default_rng(seed)
    rest = np.zeros((joints, 3))
    parents = [*PARENTS, *range(20, joints - 2)]
    for j in range(1, 22):
        rest[j] = rest[parents[j]] + RAW_DIRECTIONS[j] * BONE_LENGTHS[j]
    regressor = rng.normal(size=(joints, 60))
    shapes = rng.normal(size=(60, 3, 16)) * 0.01
    vertices = np.linalg.pinv(regressor) @ rest
    tree = np.array([parents, range(joints)])
    tree[0, 0] = 2**32 - 1
    return {"v_template": vertices, "shapedirs": shapes, "J_regressor": regressor,
            "kintree_table": tree.astype(np.uint32), "f": np.array([None], object)}  # fmt: skip


def poses_of(joints):
    """Axis times angle (T, 156) and trans (T, 3) of a motion (y up) on the uniform body, turned to z up."""
    up = Rotation.from_matrix(np.array([[-1.0, 0, 0], [0, 0, 1], [0, 1, 0]]))  # its own inverse
    poses = np.zeros((len(joints), 52, 3))
    for t, places in enumerate(joints):
        turns = []
        for j in range(22):
            children = [c for c in range(22) if PARENTS[c] == j]
            above = turns[PARENTS[j]] if j else Rotation.identity()
            own = above
            if children:
                bones = np.array([places[c] - places[j] for c in children])
                own = Rotation.align_vectors(up.apply(bones), RAW_DIRECTIONS[children])[0]
            turns.append(own)
            poses[t, j] = (above.inv() * own).as_rotvec()
    return poses.reshape(len(joints), -1), up.apply(joints[:, 0])


@pytest.fixture
def folder(tmp_path):
    poses, trans = poses_of(WALK.joints.astype(float))
    write(tmp_path / "walk_poses.npz", poses=poses, trans=trans)
    (tmp_path / "walk_poses.txt").write_text("a person walks\n")
    (tmp_path / "body_model" / "male").mkdir(parents=True)
    np.savez(tmp_path / "body_model" / "male" / "model.npz", **model())
    np.savez(tmp_path / "shape.npz", betas=np.zeros(16))
    return tmp_path


def write(path, **changes):
    arrays = {"poses": np.zeros((6, 156)), "trans": np.zeros((6, 3)), "betas": np.zeros(16), "gender": "male",
              "mocap_framerate": 20.0, "dmpls": np.array([None], object)} | changes  # fmt: skip
    np.savez(path, **{name: value for name, value in arrays.items() if value is not None})


def test_joints_are_those_of_the_chain_by_hand():
    rng = np.random.default_rng(1)
    body = Body(rng.normal(size=(22, 3)), rng.normal(size=(22, 3, 4)))
    poses, trans, betas = rng.normal(size=(5, 156)), rng.normal(size=(5, 3)), rng.normal(size=10)
    poses[0] = 0
    got = posed(body, betas, poses, trans)
    rest = body.mean + sum(body.change[..., k] * betas[k] for k in range(4))
    assert np.allclose(got[0], rest + trans[0])
    for t in range(5):
        world = [np.eye(4)] * 22
        for j, parent in enumerate(PARENTS):
            local = np.eye(4)
            local[:3, :3] = Rotation.from_rotvec(poses[t, 3 * j : 3 * j + 3]).as_matrix()
            local[:3, 3] = rest[j] - (rest[parent] if j else 0)
            world[j] = local if parent < 0 else world[parent] @ local
        assert np.allclose(got[t], np.array(world)[:, :3, 3] + trans[t])


def test_a_model_gives_its_joints(tmp_path):
    arrays = model()
    np.savez(tmp_path / "model.npz", **arrays)
    body = read_body(tmp_path / "model.npz")
    betas = np.random.default_rng(3).normal(size=16)
    wanted = arrays["J_regressor"] @ (arrays["v_template"] + arrays["shapedirs"] @ betas)
    assert np.allclose(body.mean + body.change @ betas, wanted[:22])
    assert np.allclose(np.linalg.norm(body.mean - body.mean[[0, *PARENTS[1:]]], axis=-1), BONE_LENGTHS)


def test_a_walk_comes_back_upright(folder):
    assert kind_of(folder) == "amass"
    got = load_pack(folder)
    assert [c.name for c in got.clips] == ["walk_poses"] and "non-commercial" in got.licence
    assert licence_of("amass") == got.licence
    # Hips and chest turn as one piece in SMPL, and bones of one joint apart in ours: a few centimetres remain.
    away = np.linalg.norm(got.clips[0].joints - retarget(WALK.joints.astype(float)), axis=-1)
    assert np.median(away) < 0.05 and got.clips[0].joints[:, 15, 1].min() > 1.2
    swapped = got.clips[0].joints[:, 10] - got.clips[0].joints[:, 11]
    assert np.sign(swapped[:, 2] * (WALK.joints[:, 10] - WALK.joints[:, 11])[:, 2]).mean() > 0.8  # not mirrored
    np.savez(folder / "body_model" / "male" / "model.npz", **model(seed=9))
    assert load_pack(folder).fingerprint != got.fingerprint
    write(folder / "walk_poses.npz", poses=np.zeros((12, 165)), trans=np.zeros((12, 3)), mocap_framerate=None,
          mocap_frame_rate=60, gender=np.array([b"NEUTRAL"]))  # fmt: skip
    np.savez(folder / "body_model" / "SMPLX_NEUTRAL.npz", **model(55))
    assert len(load_pack(folder).clips[0]) == 4


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"poses": None}, "'poses' is missing"),
        ({"mocap_framerate": None}, "'mocap_framerate' is missing"),
        ({"poses": np.zeros((6, 150))}, "expected poses of shape"),
        ({"poses": np.float64(3)}, "expected poses of shape"),
        ({"poses": np.full((6, 156), np.nan)}, "expected finite numbers below 1e6 in 'poses'"),
        ({"poses": np.array(["a"])}, "expected numbers in 'poses'"),
        ({"poses": np.array([None], object)}, "without pickled objects"),
        ({"trans": np.zeros((5, 3))}, "expected trans"),
        ({"trans": np.full((6, 3), 1e5)}, "expected finite metres"),
        ({"mocap_framerate": 0.0}, "expected mocap_framerate between 1 and 1000"),
        ({"gender": "robot"}, "expected gender to be female, male, neutral"),
        ({"gender": 3}, "expected gender"),
        ({"gender": "female"}, "need a SMPLH body model; put or link one as body_model/SMPLH_FEMALE.npz or"),
        ({"poses": np.zeros((6, 165))}, "need a SMPLX body model"),
    ],
)
def test_what_is_wrong_or_missing_is_said(folder, changes, message):
    write(folder / "walk_poses.npz", **changes)
    with pytest.raises(ValueError, match=message) as caught:
        load_pack(folder)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"J_regressor": np.zeros((52, 61))}, "expected a body of V vertices"),
        ({"v_template": np.full((60, 3), np.inf)}, "expected finite numbers"),
        ({"kintree_table": np.zeros((2, 52))}, "another tree"),
        ({"shapedirs": np.array([None], object)}, "without pickled objects"),
        ({"v_template": np.float32(1)}, "expected a body of V vertices"),
    ],
)
def test_wrong_models_are_refused(folder, changes, message):
    np.savez(folder / "body_model" / "male" / "model.npz", **(model() | changes))
    with pytest.raises(ValueError, match=message):
        load_pack(folder)


class Trap:
    def __reduce__(self):
        return (os.mkdir, ("unpickled",))


def test_archives_run_nothing_and_stay_small(folder, monkeypatch):
    monkeypatch.chdir(folder)
    good = (folder / "walk_poses.npz").read_bytes()
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("poses.npy", pickle.dumps(Trap()))
        archive.writestr("../../out.npy", b"x")
    rng = np.random.default_rng(0)
    cases = [stream.getvalue(), pickle.dumps(Trap()), b"", good[:100], b"PK\x05\x06" + bytes(18)]
    for _ in range(300):
        bad = bytearray(good)
        for _ in range(rng.integers(1, 4)):
            at = int(rng.integers(0, len(bad)))
            if rng.random() < 0.5:  # in the directory at the end, or among the headers
                at = int(rng.integers(max(0, len(bad) - 700), len(bad))) if rng.random() < 0.7 else at % 200
            bad[at] ^= 1 << int(rng.integers(0, 8))
        cases.append(bytes(bad[: rng.integers(1, len(bad))] if rng.random() < 0.2 else bad))
    before = sorted(folder.rglob("*"))
    for bad in cases:
        (folder / "walk_poses.npz").write_bytes(bad)
        try:
            load_pack(folder)
        except (ValueError, OSError) as problem:
            assert "\n" not in str(problem)
    assert sorted(folder.rglob("*")) == before


def test_bombs_are_refused(folder, monkeypatch):
    monkeypatch.setattr("motion.data.arrays.MAX_BYTES", 2**20)
    with zipfile.ZipFile(folder / "walk_poses.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("poses.npy", bytes(2**22))
    with pytest.raises(ValueError, match="expected 'poses' of at most 1 MiB, found more"):
        load_pack(folder)
