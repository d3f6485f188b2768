"""What a station states about itself: configuration, calibrations, light, colours, field checks.

Rules kept here:

1. A station states facts about itself in its own stream, and about no other station.
2. A result is recorded whatever it is; the rules refuse only what cannot be one.
"""

from dataclasses import replace

from api.statements import Statement, stored_content
from api.wiring import System
from domain.errors import RuleViolation
from domain.events import equipment
from domain.events.names import Event
from domain.events.record import Record
from domain.handling import Context, update
from domain.rules import calibration as calibrations
from domain.rules import equipment as stations
from domain.rules.equipment import EQUIPMENT
from domain.values.station import Station

StatedOfStation = (
    equipment.CalibrationRecorded
    | equipment.CalibrationViewsRecorded
    | equipment.IlluminationCalibrated
    | equipment.LightFieldMeasured
    | equipment.ColourCalibrated
    | equipment.FieldCheckPerformed
    | equipment.DeviceConfigurationChanged
)


def record_of_station(
    system: System, statement: Statement, event: StatedOfStation, context: Context
) -> tuple[Record, ...]:
    """Record what a station states about itself.

    Raises:
        RuleViolation: it is about another station, or a rule refuses it.
        NotFound: content it depends on was never delivered.
    """
    device = statement.attestation.device
    if statement.stream != device.stream:
        raise RuleViolation(
            "device.stream", "the statement is about another station", "State your own facts."
        )
    blobs = stored_content(system, event, system.clinic_key)

    def decide(station: Station) -> Event | tuple[Event, ...]:
        match event:
            case equipment.CalibrationRecorded():
                return calibrations.record_calibration(station, event.calibration)
            case equipment.CalibrationViewsRecorded():
                return calibrations.record_views(station, event)
            case equipment.ColourCalibrated():
                return calibrations.record_colour(station, event)
            case equipment.LightFieldMeasured():
                return calibrations.record_light_field(station, event)
            case equipment.IlluminationCalibrated():
                return calibrations.record_illumination(station, event)
            case equipment.FieldCheckPerformed():
                return calibrations.record_field_check(station, event)
            case equipment.DeviceConfigurationChanged():
                # A station states its configuration at every start; an unchanged one is stated too,
                # so that its number has a place in the record.
                stations.change_configuration(station, event.configuration)
                return event

    return update(system.log, EQUIPMENT, device.stream, decide, replace(context, blobs=blobs))
