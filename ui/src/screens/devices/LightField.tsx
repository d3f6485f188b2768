// The light on the grey target: how even it is, and how far LEDs and diffusers are from the baseline.
import type { CheckPicture, LightField as Field } from "../../api/types";
import { day } from "../../moments";
import { BulletBar } from "../../parts/BulletBar";
import { Facts } from "../../parts/Facts";
import { Mark } from "../../parts/Mark";
import styles from "./Device.module.css";
import { MeasuredPictures } from "./MeasuredPictures";
import { zoneName } from "./zoneName";

interface Props {
  latest: Field | undefined;
  pictures: readonly CheckPicture[] | null;
}

export function LightField({ latest, pictures }: Props) {
  if (latest === undefined) return <p className="quiet">The grey target was not measured yet.</p>;
  const levels = latest.together.levels.flat();
  const { limits } = latest;
  return (
    <div className={styles.light}>
      {latest.passed ? <Mark tone="pass">Within limits</Mark> : <Mark tone="fail">{latest.reasons.join("; ")}</Mark>}
      <table className={styles.zones}>
        <tbody>
          {latest.drift.map((zone) => (
            <tr key={zone.zone}>
              <td>{zoneName(zone.zone)}</td>
              <td className={styles.zoneBar}>
                <BulletBar value={zone.level} unit="1" minimum={-limits.level_drift} maximum={limits.level_drift} passed={Math.abs(zone.level) <= limits.level_drift} label={`Light of zone ${zone.zone}`} />
              </td>
              <td className={styles.zoneValue}>{(zone.level * 100).toFixed(1)} %</td>
              <td className={styles.zoneValue}>field {(zone.pattern * 100).toFixed(1)} %</td>
            </tr>
          ))}
        </tbody>
      </table>
      <Facts
        items={[
          ["Baseline", latest.baseline === null ? "this one" : day(latest.baseline)],
          ["Uniformity", `${(Math.min(...levels) / Math.max(...levels)).toFixed(2)}, at least ${limits.uniformity}`],
          ["Colour temperature", `${latest.cct_k.toFixed(0)} K, Duv ${latest.duv.toFixed(4)}`],
        ]}
      />
      <MeasuredPictures pictures={pictures} />
    </div>
  );
}
