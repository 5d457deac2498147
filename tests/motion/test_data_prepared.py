"""Prepared data: whole, resumable, idempotent, mapped; what is damaged, hostile or of other data is refused."""

import json
from dataclasses import replace

import numpy as np
import pytest
from support import deterministic

from motion.data import prepare as making
from motion.data.pack import load_pack, source_fingerprint
from motion.data.prepare import prepare, split_of
from motion.data.prepared import Prepared
from motion.data.procedural import generate


def write_pack(folder, count=5, seed=0, bad=()):
    folder.mkdir(parents=True)
    for i, clip in enumerate(generate(count, frames=50, seed=seed)):
        joints = clip.joints.astype(float)
        if i in bad:
            joints[10, 20] += 5.0
        np.save(folder / f"clip{i}.npy", joints)
        (folder / f"clip{i}.txt").write_text("\n".join(clip.captions))
    return folder


@pytest.fixture
def packs(tmp_path, monkeypatch):
    monkeypatch.setattr(making, "BLOCK", 2)
    return [write_pack(tmp_path / "one", 5), write_pack(tmp_path / "two", 3, seed=1)]


def test_everything_is_kept_as_it_was_read(packs, tmp_path):
    found = prepare(packs, tmp_path / "out")
    counts = found.manifest["counts"]
    assert (
        counts["clips"] == 8
        and counts["skipped"] == 0
        and counts["frames"] == 8 * 50
        and sum(counts["splits"].values()) == 8
    )
    assert [one["name"] for one in found.manifest["sources"]] == ["one", "two"]
    assert len(found.manifest["shards"]) == 3 + 2 and found.damaged() == []
    read = {f"{p.name}/{clip.name}": clip for pack in packs for p in [pack] for clip in load_pack(pack).clips}
    for entry in found.entries:
        clip = found.clip(entry)
        assert np.array_equal(clip.joints, read[entry.name].joints) and clip.captions == read[entry.name].captions
        assert isinstance(found.joints(entry), np.memmap) and not found.joints(entry).flags.writeable
    assert [clip.name for clip in found] == [entry.name for entry in found.entries]


def test_again_nothing_is_made_and_an_interruption_changes_no_byte(packs, tmp_path, monkeypatch):
    whole = deterministic(prepare(packs, tmp_path / "whole").folder)
    made = []
    real = making._make
    monkeypatch.setattr(making, "_make", lambda block, skip_bad: (made.append(block.shard.name), real(block, skip_bad)))
    prepare(packs, tmp_path / "whole")
    assert made == [] and deterministic(tmp_path / "whole") == whole

    def interrupted(block, skip_bad):
        if len(made) == 2:
            raise KeyboardInterrupt
        made.append(block.shard.name)
        real(block, skip_bad)

    monkeypatch.setattr(making, "_make", interrupted)
    with pytest.raises(KeyboardInterrupt):
        prepare(packs, tmp_path / "run")
    assert not (tmp_path / "run" / "manifest.json").exists()
    monkeypatch.setattr(making, "_make", lambda block, skip_bad: (made.append(block.shard.name), real(block, skip_bad)))
    prepare(packs, tmp_path / "run")
    assert len(made) == 5 and len(set(made)) == 5, "finished blocks are not made again"
    assert deterministic(tmp_path / "run") == whole


@pytest.mark.parametrize("kind", ["npy", "humanml3d"])
def test_words_that_change_after_an_interruption_are_read_anew(tmp_path, monkeypatch, kind):
    monkeypatch.setattr(making, "BLOCK", 2)
    pack, texts = write_pack(tmp_path / "pack", 4), tmp_path / "pack"
    if kind == "humanml3d":
        (pack / "new_joints").mkdir()
        (texts := pack / "texts").mkdir()
        for path in [*pack.glob("*.npy"), *pack.glob("*.txt")]:
            path.rename((texts if path.suffix == ".txt" else pack / "new_joints") / path.name)
        (pack / "train.txt").write_text("\n".join(f"clip{i}" for i in range(4)))
    first = prepare([pack], tmp_path / "out")
    (tmp_path / "out" / "manifest.json").unlink()  # as if interrupted after the last block
    (texts / "clip3.txt").write_text("other words\n")
    made = []
    real = making._make
    monkeypatch.setattr(making, "_make", lambda block, skip_bad: (made.append(block.shard.name), real(block, skip_bad)))
    again = prepare([pack], tmp_path / "out")
    assert made == ["pack-0001.npy"], "the block of other words, and no other"
    assert [entry.captions for entry in again.entries][3] == ("other words",)
    assert again.manifest["sources"][0]["fingerprint"] != first.manifest["sources"][0]["fingerprint"]


def test_workers_change_no_byte(packs, tmp_path):
    one, two = prepare(packs, tmp_path / "one-out"), prepare(packs, tmp_path / "two-out", workers=2)
    assert deterministic(one.folder) == deterministic(two.folder)


def test_a_bad_clip_stops_the_work_or_is_listed(tmp_path, monkeypatch):
    pack = write_pack(tmp_path / "pack", 4, bad=(2,))
    with pytest.raises(ValueError, match="clip2.npy.*--skip-bad") as caught:
        prepare([pack], tmp_path / "out")
    assert str(caught.value).count("\n") == 0
    found = prepare([pack], tmp_path / "out", skip_bad=True)
    (left,) = found.manifest["skipped"]
    assert left["name"] == "clip2" and left["file"] == "clip2.npy" and "bone length at frame" in left["reason"]
    assert found.manifest["counts"]["clips"] == 3 and found.manifest["counts"]["skipped"] == 1
    with pytest.raises(ValueError, match="left out before"):
        prepare([pack], tmp_path / "out")


def test_changed_sources_and_other_data_are_noticed(packs, tmp_path):
    prepare(packs, tmp_path / "out")
    with pytest.raises(ValueError, match="holds other data.*two differ"):
        prepare(packs[:1], tmp_path / "out")
    (packs[0] / "clip0.txt").write_text("somebody else")
    with pytest.raises(ValueError, match="holds other data.*one differ"):
        prepare(packs, tmp_path / "out")
    with pytest.raises(ValueError, match="different folder names"):
        prepare([packs[0], packs[0]], tmp_path / "new")
    with pytest.raises(ValueError, match="at least one"):
        prepare([], tmp_path / "new")
    with pytest.raises(FileNotFoundError):
        prepare([tmp_path / "nowhere"], tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_damage_is_found_and_named(packs, tmp_path):
    found = prepare(packs, tmp_path / "out")
    path = found.folder / "shards" / "one-0001.npy"
    content = bytearray(path.read_bytes())
    content[-5] ^= 1
    path.write_bytes(bytes(content))
    assert found.damaged() == [f"{path} does not match its fingerprint"]
    path.write_bytes(bytes(content[:300]))
    entry = next(entry for entry in found.entries if entry.shard == path.name)
    with pytest.raises(ValueError, match="one-0001.npy"):
        found.joints(replace(entry, start=10_000))
    path.unlink()
    assert found.damaged() == [f"{path} is missing"]
    with pytest.raises(ValueError, match="no clip 'one/clip9'"):
        found.entry("one/clip9")


@pytest.mark.parametrize(
    "change",
    [
        lambda m: m.update(format=2),
        lambda m: m.update(kind="x"),
        lambda m: m["clips"][0].update(shard="../../etc/passwd.npy"),
        lambda m: m["clips"][0].update(start=-1),
        lambda m: m["clips"][0].update(captions="text"),
        lambda m: m["clips"][0].pop("frames"),
        lambda m: m["clips"].append(m["clips"][0]),
        lambda m: m.pop("clips"),
    ],
)
def test_a_hostile_manifest_is_refused(packs, tmp_path, change):
    found = prepare(packs[:1], tmp_path / "out")
    path = found.folder / "manifest.json"
    stored = json.loads(path.read_text())
    change(stored)
    path.write_text(json.dumps(stored))
    with pytest.raises(ValueError, match="manifest.json"):
        Prepared.open(found.folder)
    with pytest.raises(ValueError, match="holds no prepared data"):
        Prepared.open(tmp_path)


def test_a_pickled_shard_is_refused(packs, tmp_path):
    found = prepare(packs[:1], tmp_path / "out")
    np.save(found.folder / "shards" / "one-0000.npy", np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(ValueError, match="not a readable shard"):
        found.joints(found.entries[0])


def test_splits_depend_on_the_name_alone_and_have_their_shares():
    names = [split_of("pack", f"clip{i}") for i in range(4000)]
    for split, share in (("train", 0.8), ("val", 0.05), ("test", 0.15)):  # within 5 standard errors
        assert abs(names.count(split) / 4000 - share) < 5 * (share * (1 - share) / 4000) ** 0.5
    assert split_of("pack", "clip7") == names[7]
    assert {split_of("pack", name) for name in ("000123", "M000123", "A_000123", "B_M000123")} == {
        split_of("pack", "000123")
    }


@pytest.mark.slow
def test_real_packs_are_prepared_whole(shared_data, tmp_path):
    """Counts in, counts out; what is left out has a reason; the same joints as the readers give."""
    found = prepare([shared_data / "cmu", shared_data / "bandai"], tmp_path / "out", workers=2)
    counts = found.manifest["counts"]
    into = sum(source["clips"] for source in found.manifest["sources"])
    assert into == 165 + 1003 == counts["clips"] + counts["skipped"]
    assert all(one["reason"].startswith("no caption") for one in found.manifest["skipped"])
    clip = load_pack(shared_data / "bandai", limit=1).clips[0]
    assert np.array_equal(found.joints(found.entry(f"bandai/{clip.name}")), clip.joints)
    assert found.damaged() == []


def test_a_prepared_folder_is_a_pack_too(packs, tmp_path):
    found = prepare(packs, tmp_path / "out")
    pack = load_pack(found.folder)
    assert [clip.name for clip in pack.clips] == [entry.name for entry in found.entries] and pack.name == "out"
    assert np.array_equal(pack.clips[3].joints, found.joints(found.entries[3]))
    assert pack.clips[0].split == found.entries[0].split and len(load_pack(found.folder, limit=3).clips) == 3
    assert source_fingerprint(found.folder) == pack.fingerprint
    with pytest.raises(ValueError, match="prepared already"):
        prepare([found.folder], tmp_path / "again")
    path = found.folder / "shards" / "one-0000.npy"
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(ValueError, match="does not match its fingerprint; prepare it again"):
        load_pack(found.folder)
