// The calibrations of a station: residuals, validity, what each was made with, and who locked it.
import { Button } from "@mantine/core";
import { useState } from "react";
import type { Calibration, Device } from "../../api/types";
import { day, dayAndClock } from "../../moments";
import { Empty } from "../../parts/Empty";
import { Mark, type Tone } from "../../parts/Mark";
import { Panel } from "../../parts/Panel";
import { useMay } from "../../shell/me";
import { count } from "../../words";
import { madeWith } from "./CalibrationFacts";
import styles from "./Device.module.css";
import { InvalidateDialog } from "./InvalidateDialog";
import { LockDialog } from "./LockDialog";

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
  const [invalidating, setInvalidating] = useState<Calibration | null>(null);
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
            </tr>
          </thead>
          {detail.calibrations.map((each) => (
            <tbody key={each.calibration}>
              <tr className={styles.above}>
                <td>
                  {dayAndClock(each.performed_at)}
                  <div className="quiet">{each.operator_name}</div>
                  <Views calibration={each} />
                </td>
                <td>
                  <Standing calibration={each} />
                </td>
                <td className="number">{each.reprojection_error_px.toFixed(3)}</td>
                <td className="number">{each.epipolar_error_px.toFixed(3)}</td>
                <td className="number">{each.baseline_mm.toFixed(3)}</td>
                <td>{day(each.valid_until)}</td>
              </tr>
              <tr>
                <td colSpan={6}>
                  <div className={styles.with}>
                    <span>{madeWith(each)}</span>
                    {mayLock && each.state === "recorded" && (
                      <Button size="compact-sm" onClick={() => setLocking(each)}>
                        Lock
                      </Button>
                    )}
                    {mayLock && mayBeInvalidated(each) && (
                      <Button size="compact-sm" variant="default" onClick={() => setInvalidating(each)}>
                        Invalidate
                      </Button>
                    )}
                  </div>
                </td>
              </tr>
            </tbody>
          ))}
        </table>
      )}
      {locking && <LockDialog detail={detail} calibration={locking} onClose={() => setLocking(null)} />}
      {invalidating && (
        <InvalidateDialog detail={detail} calibration={invalidating} onClose={() => setInvalidating(null)} />
      )}
    </Panel>
  );
}

/** One that failed was never used, and one that was invalidated never will be again. */
function mayBeInvalidated({ state }: Calibration): boolean {
  return state !== "failed" && state !== "invalidated";
}

function Standing({ calibration }: { calibration: Calibration }) {
  const state = STATES[calibration.state];
  return (
    <>
      <Mark tone={state.tone} glyph={state.glyph}>
        {state.text}
      </Mark>
      {calibration.reasons.map((reason) => (
        <div key={reason} className={styles.reason}>
          {reason}
        </div>
      ))}
      {calibration.invalidated_because && <div className={styles.reason}>{calibration.invalidated_because}</div>}
      {calibration.notes.map((note) => (
        <div key={note} className="quiet">
          {note}
        </div>
      ))}
      {calibration.locked_by && <div className="quiet">by {calibration.locked_by}</div>}
    </>
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
