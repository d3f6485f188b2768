"""What is shown of a light calibration.

Rule kept here: what was not measured is shown as none, never as the number that fills its place in
the record.
"""

from domain.events.codec import from_plain
from domain.values.calibration import IlluminationRecord
from projections.rows import Row


def light_shown(row: Row) -> dict[str, object]:
    """Return a light calibration as it is shown; its numbers are none where nothing was seen."""
    record = row["record"]
    shown = {"at": row["at"], **record}
    light: IlluminationRecord = from_plain(IlluminationRecord, record)
    if light.measured:
        return shown
    zones = [{**each, "level": None, "healthy": None} for each in record["zones"]]
    nothing = dict.fromkeys(("exposure_reached", "cct_k", "white_balance"))
    return {**shown, **nothing, "zones": zones}
