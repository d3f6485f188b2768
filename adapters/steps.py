"""Which worker takes which step, and how the workers follow the log together.

Rules kept here:

1. Records are taken in the order of the log; the steps a record calls for, in the policy's order.
2. What is found damaged stops the workers at that record, with their position unmoved, and is never
   tried again by itself. What is unavailable is tried again from where it stopped.
3. A record whose step fails otherwise is set aside, durably, with every later record of its lane,
   and tried again later. A lane is one subject, or one stream that is no subject's: the work of
   others goes on, order within a lane is kept, and everything set aside can be seen.
4. What was erased calls for nothing more.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from traceback import extract_tb
from typing import Final, assert_never

import structlog

from adapters.positions import DatabasePositions, SetAside, SetAsideRecords, Stop
from adapters.workbench import Workbench
from adapters.workers.assessment import open_assessment
from adapters.workers.depth import reconstruct_depth
from adapters.workers.erasure import KeyedContent, carry_out_erasure
from adapters.workers.flagging import check_foundations, flag_reports
from adapters.workers.inference import request_inferences, run_inference
from adapters.workers.quality import judge_attempt, measure_attempt
from adapters.workers.reporting import issue
from adapters.workers.shadow import compare_shadows
from adapters.workers.volume import measure_volume_change
from adapters.workers.withholding import withhold_volume
from domain.errors import ContentErased, FollowingStopped, IntegrityFailure, Unavailable
from domain.events.record import Record
from domain.following import follow
from domain.policies import (
    CarryOutErasure,
    CheckFoundations,
    CompareShadows,
    FlagReports,
    JudgeAttempt,
    MeasureAttempt,
    MeasureVolumeChange,
    OpenAssessment,
    ReconstructDepth,
    RenderReport,
    RequestInferences,
    RunInference,
    Step,
    WithholdVolume,
    next_steps,
)
from domain.ports import KeyRing

READER: Final = "workers"
"""The permanent word under which the workers' position is kept."""

FIRST_WAIT: Final = timedelta(seconds=2)
LONGEST_WAIT: Final = timedelta(minutes=10)
_SUBJECT_KEYS: Final = "subject:"
_log = structlog.get_logger()


class _LeftOff(Exception):
    """Somebody asked the workers to leave off; never leaves this module."""


class Workers:
    """All workers of one log, following it as one reader."""

    def __init__(
        self,
        bench: Workbench,
        *,
        keys: KeyRing,
        keyed: KeyedContent,
        positions: DatabasePositions,
        set_aside: SetAsideRecords,
        stopping: Callable[[], bool] = lambda: False,
    ) -> None:
        """Follow the bench's log from the position that is kept.

        Args:
            bench: What every worker works with.
            keys: Data keys, for erasure.
            keyed: Knows which content stands under a key, for erasure.
            positions: Where the position is kept.
            set_aside: Where records are set aside.
            stopping: Whether to leave off before the next record.
        """
        self._bench = bench
        self._keys = keys
        self._keyed = keyed
        self._positions = positions
        self._set_aside = set_aside
        self._stopping = stopping

    def catch_up(self) -> int:
        """React to everything recorded since, then try what is due again; return how many records.

        Raises:
            FollowingStopped: something is damaged or unavailable; the cause says which. What is
                damaged is remembered with the position.
            Unavailable: log or positions cannot be read.
        """
        before = self.position()
        stopped_before = self._positions.stopped(READER)
        try:
            follow(self._bench.log, self._positions, READER, self._react)
            again = self._try_again()
        except FollowingStopped as stopped:
            if isinstance(stopped.__cause__, _LeftOff):
                return self.position() - before
            if isinstance(stopped.__cause__, IntegrityFailure):
                why = type(stopped.__cause__).__name__
                self._positions.stop(READER, Stop(seq=stopped.seq, why=why))
            raise
        if stopped_before is not None:
            self._positions.go_on(READER)
        return self.position() - before + again

    def position(self) -> int:
        """Return the seq of the last record reacted to or set aside; -1 for none."""
        return self._positions.load(READER)

    def set_aside(self) -> tuple[SetAside, ...]:
        """Return every record that is set aside, in the order of the log."""
        return self._set_aside.all()

    def take_all(self, record: Record) -> tuple[Record, ...]:
        """Take every step a record calls for, in order; return what was recorded."""
        return tuple(made for step in next_steps(record) for made in self.take(step, record))

    def take(self, step: Step, calling: Record) -> tuple[Record, ...]:  # noqa: C901, PLR0911, PLR0912 - one case per step
        """Take one step and return what was recorded; () when it was taken before."""
        bench = self._bench
        match step:
            case MeasureAttempt():
                return measure_attempt(bench, step, calling)
            case JudgeAttempt():
                return judge_attempt(bench, step, calling)
            case ReconstructDepth():
                return reconstruct_depth(bench, step, calling)
            case WithholdVolume():
                return withhold_volume(bench, step, calling)
            case RequestInferences():
                return request_inferences(bench, step, calling)
            case RunInference():
                return run_inference(bench, step, calling)
            case MeasureVolumeChange():
                return measure_volume_change(bench, step, calling)
            case CompareShadows():
                return compare_shadows(bench, step, calling)
            case OpenAssessment():
                return open_assessment(bench, step, calling)
            case CheckFoundations():
                return check_foundations(bench, step, calling)
            case RenderReport():
                return issue(bench, step, calling)
            case FlagReports():
                return flag_reports(bench, step, calling)
            case CarryOutErasure():
                carry_out_erasure(step.key, log=self._keyed, keys=self._keys, blobs=bench.blobs)
                return ()
            case _:
                assert_never(step)

    def _react(self, record: Record) -> None:
        """Take a record's steps, or set it aside; raises only what stops every worker."""
        if self._stopping():
            raise _LeftOff
        if not next_steps(record):
            return
        lane = lane_of(record)
        waiting = any(each.lane == lane for each in self._set_aside.all())
        failure = "" if waiting else self._failure(record)
        if failure is not None:
            self._set_aside.add(
                SetAside(
                    seq=record.seq,
                    lane=lane,
                    tries=0 if waiting else 1,
                    again_at=self._bench.clock.now().plus(FIRST_WAIT),
                    why=failure,
                )
            )

    def _failure(self, record: Record) -> str | None:
        """Take a record's steps; return the kind of failure, none when there was none."""
        try:
            self.take_all(record)
        except ContentErased:
            return None
        except (IntegrityFailure, Unavailable):
            raise
        except Exception as error:  # noqa: BLE001 - set aside, where it can be seen
            where = extract_tb(error.__traceback__)[-1]
            _log.error(
                "step failed",
                worker=READER,
                seq=record.seq,
                error=type(error).__name__,
                detail=f"{Path(where.filename).name}:{where.lineno}",
            )
            return type(error).__name__
        return None

    def _try_again(self) -> int:
        """Try what is due again, each lane in the order of the log; return how many succeeded."""
        now = self._bench.clock.now()
        blocked: set[str] = set()
        done = 0
        for each in self._set_aside.all():
            if each.lane in blocked or self._stopping():
                continue
            if each.why and each.again_at > now:
                blocked.add(each.lane)
                continue
            failure = self._retried(each.seq)
            if failure is None:
                self._set_aside.done(each.seq)
                done += 1
                continue
            blocked.add(each.lane)
            wait = min(FIRST_WAIT * 2 ** min(each.tries, 16), LONGEST_WAIT)
            self._set_aside.failed(
                replace(each, tries=each.tries + 1, again_at=now.plus(wait), why=failure)
            )
        return done

    def _retried(self, seq: int) -> str | None:
        (record,) = self._bench.log.after(seq - 1, limit=1)
        try:
            return self._failure(record)
        except (IntegrityFailure, Unavailable) as failure:
            raise FollowingStopped(READER, seq) from failure


def lane_of(record: Record) -> str:
    """Return what a record's order must be kept with: its subject, or else its stream."""
    return record.key if record.key.startswith(_SUBJECT_KEYS) else record.stream
