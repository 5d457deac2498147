"""The self-consuming loop and its correctors, on samples: batches, correctors, schedules, the engine, run folders."""

from loop.batch import ArrayBatch, Batch
from loop.corrector import Chain, Corrected, Corrector, Gated, Mixture, NoCorrection, Selector, kept_share
from loop.engine import Problem, Request, RunConfig, run
from loop.records import Record, read_config, read_records
from loop.schedule import (
    Accumulate,
    AccumulateSubsample,
    Augment,
    Fresh,
    Mix,
    RampAccumulate,
    Replace,
    Schedule,
    mixed,
    ramp_counts,
    schedule_named,
)
from loop.seeds import stream
from loop.store import FolderStore, MemoryStore, Store

__all__ = [
    "Accumulate", "AccumulateSubsample", "ArrayBatch", "Augment", "Batch", "Chain", "Corrected", "Corrector",
    "FolderStore", "Fresh", "Gated", "MemoryStore", "Mix", "Mixture", "NoCorrection", "Problem", "RampAccumulate",
    "Record", "Replace", "Request", "RunConfig", "Schedule", "Selector", "Store", "kept_share", "mixed",
    "ramp_counts", "read_config", "read_records", "run", "schedule_named", "stream",
]  # fmt: skip
