// The light, zone by zone, against its target.
import type { Illumination } from "../../api/types";
import { BulletBar } from "../../parts/BulletBar";
import { Facts } from "../../parts/Facts";
import { Mark } from "../../parts/Mark";
import { words } from "../../words";
import styles from "./Device.module.css";

/** What the station allows a zone to differ from its light when new. */
const TOLERANCE = 0.15;
const ZONES: Record<string, string> = { left: "Left", right: "Right", top: "Top", bottom: "Bottom" };

/** A zone by its place; the same word names a camera elsewhere. */
export function zoneName(zone: string): string {
  return ZONES[zone] ?? words(zone);
}

export function LightZones({ latest }: { latest: Illumination | undefined }) {
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
                <BulletBar value={zone.level} unit="1" minimum={1 - TOLERANCE} maximum={1 + TOLERANCE} passed={zone.healthy} label={`Zone ${zone.zone}`} />
              </td>
              <td className={styles.zoneValue}>{(zone.level * 100).toFixed(1)} %</td>
              <td className={styles.zoneValue}>{zone.current_ma.toFixed(0)} mA</td>
            </tr>
          ))}
        </tbody>
      </table>
      <Facts
        items={[
          ["Exposure", `${latest.exposure_reached.toFixed(3)} of ${latest.exposure_target.toFixed(3)}`],
          ["White balance", `red × ${latest.white_balance.red.toFixed(2)}, blue × ${latest.white_balance.blue.toFixed(2)}`],
          ["Colour temperature", `${latest.cct_k.toFixed(0)} K`],
        ]}
      />
    </div>
  );
}
