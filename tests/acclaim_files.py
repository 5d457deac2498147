"""The texts of Acclaim files (ASF, AMC) of a person with CMU's bones."""

import numpy as np

BONES = {  # parent, direction times length, axis: a person with CMU's bones, lengths in CMU's unit (made here)
    "lhipjoint": ("root", (1.8, -1.0, 0)), "lfemur": ("lhipjoint", (1, -7, 0)), "ltibia": ("lfemur", (0.5, -7.2, 0)),
    "lfoot": ("ltibia", (0, -0.8, 2.3)), "ltoes": ("lfoot", (0, 0, 1)),
    "lowerback": ("root", (0, 2, -0.2)), "upperback": ("lowerback", (0, 2, 0)), "thorax": ("upperback", (0, 2, 0.1)),
    "lowerneck": ("thorax", (0, 1.5, 0.2)), "upperneck": ("lowerneck", (0, 1.4, 0)), "head": ("upperneck", (0, 1.5, 0)),
    "lclavicle": ("thorax", (3, 1, 0)), "lhumerus": ("lclavicle", (5, 0, 0)), "lradius": ("lhumerus", (3.2, 0, 0)),
    "lwrist": ("lradius", (1.6, 0, 0)), "lhand": ("lwrist", (0.7, 0, 0)),
}  # fmt: skip
BONES |= {f"r{n[1:]}": (p if p in ("root", "thorax") else f"r{p[1:]}", (-v[0], *v[1:]))
          for n, (p, v) in BONES.items() if n[0] == "l" and n not in ("lowerback", "lowerneck")}  # fmt: skip
DOFS = {"ltibia": "rx", "rtibia": "rx", "lfoot": "rx rz", "rfoot": "rx rz", "lhipjoint": "", "rhipjoint": ""}


def asf(bones, axes, dofs, length="0.45"):
    """The text of a skeleton: bones {name: (parent, vector)}, axes {name: (x, y, z) [degrees]}."""
    data, tree = "", {}
    for number, (name, (parent, vector)) in enumerate(bones.items(), 1):
        size = float(np.linalg.norm(vector))
        direction = " ".join(f"{x / size if size else 0:.12g}" for x in vector)
        axis = " ".join(f"{x:g}" for x in axes.get(name, (0, 0, 0)))
        free = dofs.get(name, "rx ry rz")
        data += f"  begin\n     id {number}\n     name {name}\n     direction {direction}\n     length {size:.12g}\n"
        data += f"     axis {axis}  XYZ\n"
        if free:
            limits = "\n            ".join("(-160.0 20.0)" for _ in free.split())
            data += f"    dof {free}\n    limits {limits}\n"
        data += "  end\n"
        tree.setdefault(parent, []).append(name)
    rows = "".join(f"    {parent} {' '.join(children)}\n" for parent, children in tree.items())
    return (
        "# AST/ASF file\n:version 1.10\n:name VICON\n:units\n  mass 1.0\n"
        f"  length {length}\n  angle deg\n:documentation\n   length of nothing\n:root\n   order TX TY TZ RX RY RZ\n"
        "   axis XYZ\n   position 0 0 0\n   orientation 0 0 0\n:bonedata\n"
        f"{data}:hierarchy\n  begin\n{rows}  end\n"
    )


def amc(rows):
    """The text of a motion from rows {bone: values}."""
    text = "#!OML:ASF\n:FULLY-SPECIFIED\n:DEGREES\n"
    for number, row in enumerate(rows, 1):
        lines = (f"{name} {' '.join(f'{x:.10g}' for x in values)}\n" for name, values in row.items())
        text += f"{number}\n" + "".join(lines)
    return text


def person_rows(frames, seed=0, size=20.0):
    rng = np.random.default_rng(seed)
    ends = {name: rng.normal(size=len(DOFS.get(name, "rx ry rz").split())) * size for name in BONES}
    place = [{"root": [0.3 * k, 17, k / 8, 0, 90, 0]} for k in range(frames)]
    return [row | {name: v * np.sin(k / 9) for name, v in ends.items() if len(v)} for k, row in enumerate(place)]
