// The calibrations of a station: residuals, validity, and who locked each.
import { Button, Modal, Stack } from "@mantine/core";
import { useState } from "react";
import { answer, client, writing } from "../../api/client";
import type { Calibration, Device } from "../../api/types";
import { day, dayAndClock } from "../../moments";
import { Empty } from "../../parts/Empty";
import { Facts } from "../../parts/Facts";
import { Mark, type Tone } from "../../parts/Mark";
import { Panel } from "../../parts/Panel";
import { SigningForm } from "../../parts/SigningForm";
import { useMay, useMe } from "../../shell/me";
import { count } from "../../words";
import styles from "./Device.module.css";

const STATES: Record<Calibration["state"], { tone: Tone; text: string; glyph?: "lock" }> = {
  locked: { tone: "pass", text: "Locked, in force", glyph: "lock" },
  recorded: { tone: "warn", text: "Awaits a lock" },
  failed: { tone: "fail", text: "Failed" },
  expired: { tone: "plain", text: "Expired" },
  invalidated: { tone: "fail", text: "Invalidated" },
  superseded: { tone: "plain", text: "Superseded" },
};

export function Calibrations({ detail }: { detail: Device }) {
  const mayLock = useMay("calibrations.lock");
  const [locking, setLocking] = useState<Calibration | null>(null);
  return (
    <Panel title="Calibrations" aside="newest first" flush>
      {detail.calibrations.length === 0 ? (
        <Empty>None yet. Measurements stay withheld until one is locked.</Empty>
      ) : (
        <table className="grid-table">
          <thead>
            <tr>
              <th>Performed</th>
              <th>State</th>
              <th className="number">Reprojection px</th>
              <th className="number">Epipolar px</th>
              <th className="number">Baseline mm</th>
              <th>Valid until</th>
              <th>
                <span className="visually-hidden">Lock</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {detail.calibrations.map((each) => {
              const state = STATES[each.state];
              return (
                <tr key={each.calibration}>
                  <td>
                    {dayAndClock(each.performed_at)}
                    <div className="quiet">{each.operator_name}</div>
                    <Views calibration={each} />
                  </td>
                  <td>
                    <Mark tone={state.tone} glyph={state.glyph}>
                      {state.text}
                    </Mark>
                    {each.reasons.map((reason) => (
                      <div key={reason} className={styles.reason}>
                        {reason}
                      </div>
                    ))}
                    {each.invalidated_because && <div className={styles.reason}>{each.invalidated_because}</div>}
                    {each.notes.map((note) => (
                      <div key={note} className="quiet">
                        {note}
                      </div>
                    ))}
                    {each.locked_by && <div className="quiet">by {each.locked_by}</div>}
                  </td>
                  <td className="number">{each.reprojection_error_px.toFixed(3)}</td>
                  <td className="number">{each.epipolar_error_px.toFixed(3)}</td>
                  <td className="number">{each.baseline_mm.toFixed(3)}</td>
                  <td>{day(each.valid_until)}</td>
                  <td>
                    {mayLock && each.state === "recorded" && (
                      <Button size="compact-sm" onClick={() => setLocking(each)}>
                        Lock
                      </Button>
                    )}
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      )}
      {locking && <LockDialog detail={detail} calibration={locking} onClose={() => setLocking(null)} />}
    </Panel>
  );
}

/** Every view behind a calibration with its residual; an older one has residuals only. */
function Views({ calibration }: { calibration: Calibration }) {
  const { views, view_errors_px: errors } = calibration;
  if (views === null)
    return <div className="quiet">Residual of each view: {errors.map((each) => each.toFixed(3)).join(", ")} px</div>;
  return (
    <details>
      <summary className="quiet">
        {count(views.views.length, "view")}, {(views.coverage * 100).toFixed(0)} % of the picture
      </summary>
      <ul className="quiet">
        {views.views.map((view) => (
          <li key={view.number}>
            {view.number + 1}: {view.error_px.toFixed(3)} px, turned {view.yaw_deg.toFixed(0)}°, tilted{" "}
            {view.pitch_deg.toFixed(0)}°, {view.distance_mm.toFixed(0)} mm{view.used ? "" : ", left out"}
          </li>
        ))}
      </ul>
    </details>
  );
}

interface LockProps {
  detail: Device;
  calibration: Calibration;
  onClose: () => void;
}

function LockDialog({ detail, calibration, onClose }: LockProps) {
  const me = useMe();
  return (
    <Modal opened onClose={onClose} title="Lock the calibration">
      <Stack gap="sm">
        <p>
          From now on {detail.card.serial} measures with these parameters. You may not lock a
          calibration that you performed yourself.
        </p>
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
            ["Temperature", calibration.temperature_c === null ? null : `${calibration.temperature_c.toFixed(1)} °C`],
            ["Valid until", day(calibration.valid_until)],
          ]}
        />
        <SigningForm
          digest={calibration.digest}
          signer={me.display_name}
          verb="Lock"
          sign={({ reauthentication, digest }, key) =>
            answer(
              client.POST("/devices/{device}/calibrations/{calibration}/lock", {
                params: { path: { device: detail.card.device, calibration: calibration.calibration } },
                body: { reauthentication, digest },
                headers: writing(key, detail.version),
              }),
            )
          }
          onDone={onClose}
        />
      </Stack>
    </Modal>
  );
}
