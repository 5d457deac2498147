"""Drawn folders: packs like any other, whole, resumable, the same whatever happened; other folders are refused."""

from dataclasses import replace

import numpy as np
import pytest
from support import deterministic

from motion.data import draw as module
from motion.data.draw import draw
from motion.data.pack import kind_of, load_pack
from motion.data.prepare import prepare
from motion.data.procedural import LICENCE, Drawing, generate
from motion.kinematics.retarget import bone_vectors

WISH = Drawing(45, 3, ("walk", "bow", "kick left"))


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    monkeypatch.setattr(module, "BLOCK", 3)


def noted(clips):
    return [
        replace(clip, joints=clip.joints * np.float32(1.0), notes=("no",) if i else ()) for i, clip in enumerate(clips)
    ]


@pytest.mark.parametrize("bodies", [False, True])
def test_the_folder_is_a_pack(tmp_path, bodies):
    wish = replace(WISH, bodies=bodies, styles=("tired", "proud"))
    found = draw(wish, 7, tmp_path / "drawn")
    assert found.made == sum(found.kinds.values()) == 7 and found.unperformed == ()
    assert set(found.kinds) == set(wish.kinds) and set(found.kinds.values()) == {2, 3}
    assert kind_of(tmp_path / "drawn") == "npy"
    clips = generate(7, frames=45, seed=3, kinds=wish.kinds, styles=wish.styles)
    pack = load_pack(tmp_path / "drawn")
    assert pack.licence == LICENCE and pack.skipped == ()
    data = prepare([tmp_path / "drawn"], tmp_path / "out")
    assert data.manifest["counts"]["findings"] == {} and data.manifest["sources"][0]["licence"] == LICENCE
    for clip, read, entry in zip(clips, pack.clips, data.entries, strict=True):
        assert (read.name, read.captions, read.action) == (clip.name, clip.captions, clip.action)
        assert np.abs(read.joints - clip.joints).max() < 1e-5, "on the uniform body again"
        assert (entry.captions, entry.action, entry.licence) == (clip.captions, clip.action, LICENCE)
        assert np.array_equal(data.joints(entry), read.joints)
    stored = [np.load(path) for path in sorted((tmp_path / "drawn").glob("*.npy"))]
    shins = [float(np.linalg.norm(bone_vectors(joints), axis=-1)[0, 7]) for joints in stored]
    assert (np.std(shins) > 0.005) == bodies


def test_fewer_are_the_first_ones_and_more_may_be_added(tmp_path):
    for n in (4, 9):
        draw(WISH, n, tmp_path / str(n))
    few, many = deterministic(tmp_path / "4"), deterministic(tmp_path / "9")
    assert {name for name in few if few[name] != many[name]} == {"pack.json"}
    assert draw(WISH, 9, tmp_path / "4").made == 5
    assert deterministic(tmp_path / "4") == many
    with pytest.raises(ValueError, match="holds 9 motions of this drawing, 4 are asked for"):
        draw(WISH, 4, tmp_path / "4")
    assert deterministic(tmp_path / "4") == many


def test_again_nothing_is_drawn_and_an_interruption_changes_no_byte(tmp_path, monkeypatch):
    draw(WISH, 8, tmp_path / "whole")
    whole = deterministic(tmp_path / "whole")
    assert draw(WISH, 8, tmp_path / "whole").made == 0 and deterministic(tmp_path / "whole") == whole
    real = module.files.write_array

    def stops_at_the_fifth(path, array):
        if "00004" in path.name:
            raise KeyboardInterrupt
        real(path, array)

    monkeypatch.setattr(module.files, "write_array", stops_at_the_fifth)
    with pytest.raises(KeyboardInterrupt):
        draw(WISH, 8, tmp_path / "part")
    monkeypatch.undo()
    (tmp_path / "part" / f"{WISH.name(4)}.npy.partial").write_bytes(b"half")  # as a kill leaves it
    (tmp_path / "part" / f"{WISH.name(1)}.txt").unlink()
    with pytest.raises(ValueError, match="has no such motion"):
        load_pack(tmp_path / "part")
    assert draw(WISH, 8, tmp_path / "part").made == 5
    assert deterministic(tmp_path / "part") == whole


def test_a_kill_before_the_first_motion_is_no_obstacle(tmp_path):
    (tmp_path / ".lock").touch()
    (tmp_path / "pack.json.partial").write_text("{")
    assert draw(WISH, 2, tmp_path).made == 2


def test_performed_before_they_get_their_bodies(tmp_path):
    seen = []

    def performer(clips):
        seen.extend(clips)
        return noted(clips)

    found = draw(replace(WISH, bodies=True), 4, tmp_path / "a", performer=performer)
    lengths = np.linalg.norm(bone_vectors(np.stack([clip.joints for clip in seen])), axis=-1)
    assert np.ptp(lengths, axis=0).max() < 1e-5, "the performer sees the uniform body"
    assert found.unperformed == (WISH.name(1), WISH.name(2)), "notes tell what could not be performed"
    draw(replace(WISH, bodies=True), 4, tmp_path / "b")
    with pytest.raises(ValueError, match="performed: started with True, now False"):
        draw(replace(WISH, bodies=True), 4, tmp_path / "a")
    one, two = load_pack(tmp_path / "a"), load_pack(tmp_path / "b")
    assert all(np.array_equal(a.joints, b.joints) for a, b in zip(one.clips, two.clips, strict=True))


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"seed": 4}, "seed: started with 3, now 4"),
        ({"frames": 50}, "frames: started with 45, now 50"),
        ({"bodies": True}, "bodies: started with False, now True"),
        ({"styles": ("tired",)}, "styles"),
        ({"kinds": ("walk",)}, "kinds"),
    ],
)
def test_another_drawing_is_refused(tmp_path, change, text):
    draw(WISH, 3, tmp_path / "drawn")
    before = deterministic(tmp_path / "drawn")
    with pytest.raises(ValueError, match=text) as caught:
        draw(replace(WISH, **change), 3, tmp_path / "drawn")
    assert "choose a new --out" in str(caught.value) and "\n" not in str(caught.value)
    assert deterministic(tmp_path / "drawn") == before


def test_other_folders_are_refused_and_left_alone(tmp_path):
    for name in ("a.npy", "notes.txt", ".hidden", "pack.json"):
        folder = tmp_path / f"with {name}"
        folder.mkdir()
        (folder / name).write_text("{}")
        with pytest.raises(ValueError, match="holds other files"):
            draw(WISH, 3, folder)
        assert [path.name for path in folder.iterdir()] == [name]
    draw(WISH, 3, tmp_path / "drawn")
    np.save(tmp_path / "drawn" / "foreign.npy", np.zeros(3))
    with pytest.raises(ValueError, match=r"holds other files \(foreign.npy\)"):
        draw(WISH, 3, tmp_path / "drawn")
    (tmp_path / "file").touch()
    with pytest.raises(ValueError, match="is a file"):
        draw(WISH, 3, tmp_path / "file")


@pytest.mark.parametrize(("n", "seed"), [(0, 0), (-1, 0), (100_001, 0), (1, 2**63)])
def test_numbers_out_of_range(tmp_path, n, seed):
    with pytest.raises(ValueError, match="n must be 1 to 100000|seed must be below"):
        draw(replace(WISH, seed=seed), n, tmp_path / "new")
    assert not (tmp_path / "new").exists()
