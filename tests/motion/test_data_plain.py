"""A `pack.json` beside the motions of a plain folder: actions and terms are kept; what is wrong is one line."""

import json
import shutil

import pytest

from motion.data.pack import load_pack, source_fingerprint
from motion.data.plain import PACK_FILE
from motion.data.prepare import prepare


@pytest.mark.parametrize("kind", ["npy", "bvh", "gz", "amc"])
def test_actions_and_terms_are_kept(folders, tmp_path, kind):
    folder = shutil.copytree(folders[kind], tmp_path / "pack")
    name = "07_01" if kind == "amc" else "a"
    plain, before = load_pack(folder), source_fingerprint(folder)
    assert plain.clips[0].action == "" and "terms not stated" in plain.licence
    (folder / PACK_FILE).write_text(json.dumps({"licence": "CC BY 4.0, by me", "actions": {name: "walk"}}))
    pack = load_pack(folder)
    assert pack.clips[0].action == "walk" and pack.licence == pack.clips[0].licence == "CC BY 4.0, by me"
    assert source_fingerprint(folder) == pack.fingerprint != before
    found = prepare([folder], tmp_path / "out")
    assert found.entries[0].action == "walk" and found.entries[0].licence == "CC BY 4.0, by me"
    assert found.manifest["sources"][0]["licence"] == "CC BY 4.0, by me"
    (folder / PACK_FILE).write_text(json.dumps({"actions": {name: "run"}}))
    assert "terms not stated" in load_pack(folder).licence
    with pytest.raises(ValueError, match="holds other data"):
        prepare([folder], tmp_path / "out")


def test_terms_that_a_kind_states_stay():
    from motion.data import amass
    from motion.data.plain import licence_of

    assert licence_of({"licence": "free for all"}, amass.LICENCE) == amass.LICENCE


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("{", "expected JSON"),
        ("[" * 100_000, "expected JSON"),
        ("[]", "expected an object"),
        ('{"license": "x"}', "expected an object"),
        ('{"licence": 5}', '"licence"'),
        ('{"licence": "  "}', '"licence"'),
        ('{"licence": "a\\nb"}', '"licence"'),
        (json.dumps({"licence": "x" * 301}), '"licence"'),
        ('{"actions": ["walk"]}', '"actions"'),
        ('{"actions": {"a": 5}}', "action of 'a'"),
        ('{"actions": {"b": "walk"}}', "names 'b' and the folder has no such motion"),
        ('{"drawing": 5}', '"drawing"'),
    ],
)
def test_what_is_wrong_is_one_line(folders, tmp_path, content, text):
    folder = shutil.copytree(folders["npy"], tmp_path / "pack")
    (folder / PACK_FILE).write_text(content)
    for read in (load_pack, source_fingerprint, lambda one: prepare([one], tmp_path / "out")):
        with pytest.raises(ValueError) as caught:
            read(folder)
        message = str(caught.value)
        assert text in message and message.startswith(PACK_FILE) and "\n" not in message and len(message) < 400
    assert not (tmp_path / "out").exists()
