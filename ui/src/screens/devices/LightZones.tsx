// The light, zone by zone, against its target.
import type { CheckPicture, Illumination } from "../../api/types";
import { BulletBar } from "../../parts/BulletBar";
import { Facts } from "../../parts/Facts";
import { Mark } from "../../parts/Mark";
import styles from "./Device.module.css";
import type { DriftPoint } from "./DriftChart";
import { MeasuredPictures } from "./MeasuredPictures";
import { zoneName } from "./zoneName";

/** What the station allows a zone to differ from its light when new. */
const TOLERANCE = 0.15;
const UNSEEN = "not measured";

/** How strong the weakest zone was, at every calibration that measured any. */
export function weakestZones(every: readonly Illumination[]): DriftPoint[] {
  return every.flatMap((each) => {
    const levels = each.zones.flatMap((zone) => (zone.level === null ? [] : [zone.level]));
    return levels.length === 0 ? [] : [{ at: each.at, value: Math.min(...levels), passed: each.passed }];
  });
}

interface Props {
  latest: Illumination | undefined;
  pictures: readonly CheckPicture[] | null;
}

export function LightZones({ latest, pictures }: Props) {
  if (latest === undefined) return <p className="quiet">The light was not calibrated yet.</p>;
  return (
    <div className={styles.light}>
      {latest.passed ? <Mark tone="pass">Within limits</Mark> : <Mark tone="fail">{latest.reasons.join("; ")}</Mark>}
      <table className={styles.zones}>
        <tbody>
          {latest.zones.map((zone) => (
            <tr key={zone.zone}>
              <td>{zoneName(zone.zone)}</td>
              <td className={styles.zoneBar}>
                {zone.level !== null && (
                  <BulletBar value={zone.level} unit="1" minimum={1 - TOLERANCE} maximum={1 + TOLERANCE} passed={zone.healthy} label={`Zone ${zone.zone}`} />
                )}
              </td>
              <td className={styles.zoneValue}>{zone.level === null ? "not measured" : `${(zone.level * 100).toFixed(1)} %`}</td>
              <td className={styles.zoneValue}>{zone.current_ma.toFixed(0)} mA</td>
            </tr>
          ))}
        </tbody>
      </table>
      <Facts
        items={[
          ["Exposure", latest.exposure_reached === null ? UNSEEN : `${latest.exposure_reached.toFixed(3)} of ${latest.exposure_target.toFixed(3)}`],
          ["White balance", latest.white_balance === null ? UNSEEN : `red × ${latest.white_balance.red.toFixed(2)}, blue × ${latest.white_balance.blue.toFixed(2)}`],
          ["Colour temperature", latest.cct_k === null ? UNSEEN : `${latest.cct_k.toFixed(0)} K`],
        ]}
      />
      <MeasuredPictures pictures={pictures} />
    </div>
  );
}
