// Records that a calibration was found defective, after showing what rests on it.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { answer, client, writing } from "../../api/client";
import * as read from "../../api/queries";
import type { Calibration, Device } from "../../api/types";
import { Loaded } from "../../parts/Loaded";
import { ReasonDialog } from "../../parts/ReasonDialog";
import { useMay } from "../../shell/me";
import { count } from "../../words";
import { CalibrationFacts } from "./CalibrationFacts";
import styles from "./Device.module.css";

interface Props {
  detail: Device;
  calibration: Calibration;
  onClose: () => void;
}

const MOST_SHOWN = 8;

export function InvalidateDialog({ detail, calibration, onClose }: Props) {
  return (
    <ReasonDialog
      title="Invalidate the calibration"
      verb="Invalidate"
      label="What was found wrong with it"
      danger
      opened
      onClose={onClose}
      send={(reason, key) =>
        answer(
          client.POST("/devices/{device}/calibrations/{calibration}/invalidate", {
            params: { path: { device: detail.card.device, calibration: calibration.calibration } },
            body: { reason },
            headers: writing(key, detail.version),
          }),
        )
      }
    >
      <p>
        It stays in the record and is never used again; every report that rests on it is flagged.
        {calibration.state === "locked" &&
          ` It is the one in force: ${detail.card.serial} captures nothing until another is locked.`}
      </p>
      <CalibrationFacts calibration={calibration} />
      <Resting calibration={calibration} />
    </ReasonDialog>
  );
}

function Resting({ calibration }: { calibration: Calibration }) {
  const may = useMay("trace.read");
  const found = useQuery({ ...read.restingOn("calibration", calibration.calibration), enabled: may });
  if (!may) return <p className="quiet">What rests on it is shown to those who may read traces.</p>;
  return (
    <Loaded query={found}>
      {({ sessions, reports }) => (
        <div>
          <p>{restingText(sessions.length, reports.length)}</p>
          {reports.length > 0 && (
            <ul className={styles.resting}>
              {reports.slice(0, MOST_SHOWN).map((report) => (
                <li key={report}>
                  <Link to="/reports/$report" params={{ report }}>
                    Report <span className="mono">{report.slice(0, 8)}</span>
                  </Link>
                </li>
              ))}
              {reports.length > MOST_SHOWN && <li className="quiet">and {reports.length - MOST_SHOWN} more</li>}
            </ul>
          )}
        </div>
      )}
    </Loaded>
  );
}

/** What becomes unreliable with a calibration, in a sentence. */
export function restingText(sessions: number, reports: number): string {
  if (sessions === 0 && reports === 0) return "Nothing was recorded that rests on it.";
  return `On it rest ${count(sessions, "session")} and ${count(reports, "report")}; their depth and sizes are no longer reliable.`;
}
