"""What is said of a calibration now: its state in one word, and what to know in sentences.

Rules kept here:

1. Both are worked out when they are read, because they change with time and with what else is
   recorded; the record does not.
2. A note says what follows and what to do, and there is none where nothing need be known.
"""

from datetime import timedelta
from typing import Final

from domain.values.time import Instant, ServerTime
from projections.rows import Row

SOON: Final = timedelta(days=7)


def calibration_state(row: Row, device: Row, now: str) -> str:
    """Return the state in one word.

    Args:
        row: The calibration.
        device: Its station, with the ``calibration`` in force.
        now: The time.
    """
    if row["invalidated_because"]:
        return "invalidated"
    if not row["record"]["passed"]:
        return "failed"
    if row["valid_until"] <= now:
        return "expired"
    if row["locked_at"] is None:
        return "recorded"
    in_force = device["calibration"]
    current = in_force is not None and in_force["calibration"] == row["calibration"]
    return "locked" if current else "superseded"


def calibration_notes(row: Row, device: Row, *, state: str, now: ServerTime) -> list[str]:
    """Return what to know of a calibration, each in a sentence.

    Args:
        row: The calibration, with the ``views`` behind it.
        device: Its station, with ``configuration`` and the ``calibration`` in force.
        state: The calibration's state in one word.
        now: The time.
    """
    notes = []
    if state == "superseded":
        notes.append("Another calibration was locked after it, and is used in its place.")
    if state in {"locked", "recorded"}:
        notes += _expiry(row, now) + _mismatch(row, device)
        if row.get("drift"):
            notes.append(f"The last field check of it failed: {row['drift']}.")
    return notes + _views(row.get("views"))


def _expiry(row: Row, now: ServerTime) -> list[str]:
    left = timedelta(microseconds=Instant.parse(row["valid_until"]).us - now.us)
    if left > SOON:
        return []
    days = max(1, round(left / timedelta(days=1)))
    when = "within a day" if days == 1 else f"in {days} days"
    return [f"It expires {when}; depth is withheld from then on until another is locked."]


def _mismatch(row: Row, device: Row) -> list[str]:
    mounted = device["configuration"] or {}
    notes = []
    made, now = row["record"]["lens_configuration"], mounted.get("lens_configuration")
    if now is not None and made != now:
        notes.append(f"It was made with {made}; {now} is mounted now, so it is not used.")
    cameras = [each["serial"] for each in mounted.get("cameras", [])]
    if cameras and row["cameras"] != cameras:
        was = " and ".join(row["cameras"]) or "none known"
        notes.append(f"It was made with the cameras {was}, which are not those mounted now.")
    return notes


def _views(views: Row | None) -> list[str]:
    if views is None:
        return []
    left_out = [str(each["number"] + 1) for each in views["views"] if not each["used"]]
    notes = []
    if left_out:
        which = (
            f"View {left_out[0]} was"
            if len(left_out) == 1
            else (f"Views {', '.join(left_out)} were")
        )
        notes.append(f"{which} left out, with a residual {views['rule']}.")
    if views["missing"]:
        notes.append(f"The views ended early; still missing was: {' '.join(views['missing'])}")
    return notes
