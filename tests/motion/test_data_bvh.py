"""The BVH reader: exact numbers, and one clear line for whatever is wrong."""

import gzip

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import BVH_HEAD

from motion.data.bvh import MAX_BYTES, parse_bvh, read_bvh
from motion.data.decimals import parse_rows
from motion.kinematics.hierarchy import forward

TEXT = (
    BVH_HEAD
    + """Frames: 3
Frame Time: 0.01666667
0 1 0 90 0 0 0.5 -0.25 +3
1 1 0 0 0 0 0 0 0
2.125 1 -.5 0 0. 0 0 0 0
"""
)


def parse(text):
    return parse_bvh(text.encode() if isinstance(text, str) else text, "walk.bvh")


def replaced(old, new, count=1):
    assert old in TEXT
    return TEXT.replace(old, new, count)


def test_a_small_file_is_read_whole():
    bvh = parse(TEXT)
    assert bvh.tree.names == ("hip", "knee", "knee.end") and bvh.tree.parents == (-1, 0, 1)
    assert bvh.fps == pytest.approx(60, rel=1e-6)
    assert bvh.values.shape == (3, 9) and bvh.values[2, 2] == -0.5 and bvh.values[0, 8] == 3
    positions, _ = forward(bvh.tree, bvh.values)
    # 90 degrees about z: the knee below the hip swings to +x; the hip stands where the channels say.
    assert np.allclose(positions[0, :2], [[0, 1, 0], [4.5, 1, 0]])


def test_layout_and_compression_do_not_matter(tmp_path):
    plain = parse(TEXT).values
    for other in (TEXT.replace("\n", "\r\n"), TEXT.replace(" ", "\t"), TEXT.rstrip("\n"), TEXT + "\n \n",
                  TEXT.replace("ROOT hip\n{", "ROOT hip {"), TEXT.replace("Frame Time:", "Frame  time:")):  # fmt: skip
        assert np.array_equal(parse(other).values, plain)
    (tmp_path / "a.bvh.gz").write_bytes(gzip.compress(TEXT.encode()))
    (tmp_path / "a.bvh").write_text(TEXT)
    assert np.array_equal(read_bvh(tmp_path / "a.bvh.gz").values, read_bvh(tmp_path / "a.bvh").values)


BROKEN = {
    "no motion": (TEXT.split("MOTION")[0], "expected a line MOTION"),
    "empty": ("", "expected a line MOTION"),
    "not bvh": ("MOTION\nFrames: 1\nFrame Time: 0.1\n1\n", "expected `HIERARCHY`, found the end"),
    "binary": (bytes(range(256)) + b"\nMOTION\nFrames: 1\n", "expected `HIERARCHY`"),
    "brace missing": (replaced("    }\n  }\n", "    }\n"), "expected JOINT, End Site or `}`, found the end"),
    "brace extra": (replaced("MOTION", "}\nMOTION"), "line 16: expected MOTION after the hierarchy"),
    "offset word": (replaced("-4.5", "up"), "line 8: expected a finite number, found 'up'"),
    "offset nan": (replaced("-4.5", "nan"), "line 8: expected a finite number"),
    "offset huge": (replaced("-4.5", "1e300"), "line 8: expected a finite number"),
    "channel name": (replaced("Xposition", "Wposition"), "line 5: expected 6 channels"),
    "channel twice": (replaced("Zrotation Xrotation", "Xrotation Xrotation"), "line 9: expected 3 channels, each once"),
    "channel count": (replaced("CHANNELS 3", "CHANNELS 30"), "line 9: expected a number of channels from 0 to 6"),
    "negative count": (replaced("CHANNELS 3", "CHANNELS -3"), "line 9: expected a number of channels"),
    "joint twice": (replaced("JOINT knee", "JOINT hip"), "line 6: expected another name"),
    "two roots": (replaced("MOTION", "ROOT b\n{\nOFFSET 0 0 0\nCHANNELS 0\n}\nMOTION"), "one root only"),
    "few numbers": (replaced("1 1 0 0 0 0 0 0 0", "1 1 0 0 0 0 0 0"), "line 20: expected 9 numbers"),
    "many numbers": (replaced("1 1 0 0 0 0 0 0 0", "1 1 0 0 0 0 0 0 0 0"), "line 20: expected 9 numbers"),
    "shifted rows": (
        replaced("1 1 0 0 0 0 0 0 0\n2.125 ", "1 1 0 0 0 0 0 0 0 2.125\n"),
        "line 20: expected 9 numbers, one for each channel, found 10",
    ),
    "word": (replaced("2.125", "2.1.5"), "line 21: expected a finite number, found '2.1.5'"),
    "nan": (replaced("2.125", "nan"), "line 21: expected a finite number, found 'nan'"),
    "infinite": (replaced("2.125", "1e999"), "line 21: expected a finite number"),
    "underscore": (replaced("2.125", "2_1"), "line 21: expected a finite number"),
    "comma": (replaced("2.125", "2,125"), "line 21: expected a finite number, found '2,125'"),
    "sign alone": (replaced("2.125", "-"), "line 21: expected a finite number, found '-'"),
    "fewer frames": (replaced("Frames: 3", "Frames: 4"), "expected 4 rows of numbers, as `Frames:` says, found 3"),
    "more frames": (replaced("Frames: 3", "Frames: 2"), "expected 2 rows of numbers, as `Frames:` says, found 3"),
    "no frames": (replaced("Frames: 3", "Frames: 0"), "expected `Frames:` between 1 and"),
    "absurd frames": (replaced("Frames: 3", "Frames: 99999999999999"), "expected `Frames:` between 1 and"),
    "frames word": (replaced("Frames: 3", "Frames: x"), "expected `Frames:` between 1 and"),
    "frames missing": (replaced("Frames: 3\n", ""), "line 17: expected `Frames: ...`, found 'Frame Time:"),
    "time zero": (replaced("0.01666667", "0"), "expected `Frame Time:` in seconds"),
    "time nan": (replaced("0.01666667", "nan"), "expected `Frame Time:` in seconds"),
    "cut": (TEXT[: TEXT.index("Frame Time")], "expected `Frame Time: ...`, found ''"),
    "no channels": (
        "HIERARCHY\nROOT a\n{\nOFFSET 0 0 0\nCHANNELS 0\n}\nMOTION\nFrames: 1\nFrame Time: 0.1\n",
        "at least one channel",
    ),
    "under an end": (replaced("OFFSET 0 0 1e0", "OFFSET 0 0 1e0 End Site { OFFSET 0 0 0 }"), "after an end site"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_file_says_in_one_line_what_is_wrong(case):
    text, message = BROKEN[case]
    with pytest.raises(ValueError) as caught:
        parse(text)
    assert message in str(caught.value) and str(caught.value).startswith("walk.bvh") and "\n" not in str(caught.value)


def test_deep_and_wide_trees_stop_at_the_cap():
    many = "".join(f"JOINT j{i} {{ OFFSET 0 0 0 CHANNELS 0 " for i in range(2000)) + "}" * 2000
    with pytest.raises(ValueError, match="at most 1000 joints"):
        parse(replaced("  JOINT knee", many + "\n  JOINT knee"))


def test_packed_files_that_are_cut_or_explode_are_refused(tmp_path, monkeypatch):
    whole = gzip.compress(TEXT.encode())
    (tmp_path / "cut.bvh.gz").write_bytes(whole[:-12])
    with pytest.raises(ValueError, match="cut.bvh.gz: expected a whole gzip file"):
        read_bvh(tmp_path / "cut.bvh.gz")
    damaged = bytearray(whole)
    damaged[len(whole) // 2] ^= 0xFF
    (tmp_path / "bad.bvh.gz").write_bytes(bytes(damaged))
    with pytest.raises(ValueError, match="bad.bvh.gz"):
        read_bvh(tmp_path / "bad.bvh.gz")
    assert MAX_BYTES <= 2**28
    monkeypatch.setattr("motion.data.bvh.MAX_BYTES", 2**20)
    (tmp_path / "bomb.bvh.gz").write_bytes(gzip.compress(bytes(2**22)))
    with pytest.raises(ValueError, match="bomb.bvh.gz: expected at most 1 MiB"):
        read_bvh(tmp_path / "bomb.bvh.gz")
    with pytest.raises(OSError):
        read_bvh(tmp_path / "none.bvh")


@settings(max_examples=300)
@given(st.data())
def test_any_mutation_is_read_or_refused_in_one_line(data):
    text = bytearray(TEXT.encode())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text) - 1))
        action = data.draw(st.sampled_from(["change", "cut", "double", "drop"]))
        if action == "change":
            text[at] = data.draw(st.integers(0, 255))
        elif action == "cut":
            del text[at:]
        elif action == "drop":
            del text[at : at + data.draw(st.integers(1, 30))]
        else:
            text[at:at] = text[at : at + data.draw(st.integers(1, 60))]
        if not text:
            break
    try:
        bvh = parse(bytes(text))
    except ValueError as problem:
        assert "\n" not in str(problem) and str(problem).startswith("walk.bvh")
    else:
        positions, _ = forward(bvh.tree, bvh.values)
        assert np.isfinite(positions).all()


decimals = st.one_of(
    st.floats(-1e6, 1e6).map(lambda x: f"{x:.3f}"),
    st.floats(-400, 400).map(lambda x: f"{x:.2f}"),
    st.integers(-(10**14), 10**14).map(str),
    st.sampled_from(["0", "-0", "+7", ".5", "5.", "-.25", "00012.50", "123456789012.345"]),
)
others = st.one_of(st.floats(allow_nan=False, allow_infinity=False).map(repr), st.sampled_from(["1e5", "-2.5E-3"]))


@given(st.lists(st.lists(decimals, min_size=3, max_size=3), max_size=6), st.booleans(), others)
def test_numbers_are_those_of_float_bit_for_bit(rows, odd, word):
    if odd:  # one word that needs the slow way
        rows = [*rows, [word, "1", "-0"]]
    block = "\n".join("  ".join(row) + " " for row in rows).encode()
    got = parse_rows(block, 3, where="f", first_line=1)
    wanted = np.array([[float(word) for word in row] for row in rows]).reshape(-1, 3)
    assert got.tobytes() == wanted.tobytes()
