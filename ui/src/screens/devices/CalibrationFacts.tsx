// What a calibration was made with and what it reached, wherever one is looked at closely.
import type { Calibration } from "../../api/types";
import { day, dayAndClock } from "../../moments";
import { Facts } from "../../parts/Facts";

export function CalibrationFacts({ calibration }: { calibration: Calibration }) {
  return (
    <Facts
      items={[
        ["Performed", dayAndClock(calibration.performed_at)],
        ["By", calibration.operator_name],
        ["Target", `${calibration.target_serial}, certificate ${calibration.target_certificate}`],
        ["To know", calibration.notes.length === 0 ? null : calibration.notes.join(" ")],
        ["Reprojection", `${calibration.reprojection_error_px.toFixed(3)} px`],
        ["Epipolar", `${calibration.epipolar_error_px.toFixed(3)} px`],
        ["Baseline", `${calibration.baseline_mm.toFixed(3)} mm`],
        ["Lenses", calibration.lens_configuration],
        ["Temperature", temperatureText(calibration)],
        ["Valid until", day(calibration.valid_until)],
      ]}
    />
  );
}

/** Target, lenses and temperature in a line, for a table of calibrations in any state. */
export function madeWith(calibration: Calibration): string {
  return [
    `Target ${calibration.target_serial}, certificate ${calibration.target_certificate}`,
    `lenses ${calibration.lens_configuration}`,
    temperatureText(calibration) ?? "temperature not measured",
  ].join("; ");
}

function temperatureText({ temperature_c }: Calibration): string | null {
  return temperature_c === null ? null : `${temperature_c.toFixed(1)} °C`;
}
