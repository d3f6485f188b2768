// The colours of the camera as last calibrated with the chart, patch by patch, against their limits.
import type { CheckPicture, Colour } from "../../api/types";
import { day } from "../../moments";
import { BulletBar } from "../../parts/BulletBar";
import { Facts } from "../../parts/Facts";
import { Mark } from "../../parts/Mark";
import { MeasuredPictures } from "./MeasuredPictures";
import { PatchChart } from "./PatchChart";
import styles from "./Device.module.css";

interface Props {
  latest: Colour | undefined;
  pictures: readonly CheckPicture[] | null;
}

export function ColourPatches({ latest, pictures }: Props) {
  if (latest === undefined) return <p className="quiet">The colours were not calibrated yet.</p>;
  const { limits, patches } = latest;
  const measured = patches.filter((patch) => patch.after !== null);
  const worst = measured.toSorted((a, b) => (b.after ?? 0) - (a.after ?? 0)).slice(0, 4);
  return (
    <div className={styles.light}>
      {latest.passed ? <Mark tone="pass">Within limits</Mark> : <Mark tone="fail">{latest.reasons.join("; ")}</Mark>}
      <table className={styles.zones}>
        <tbody>
          {worst.map((patch) => (
            <tr key={patch.patch}>
              <td>Patch {patch.patch + 1}</td>
              <td className={styles.zoneBar}>
                <BulletBar value={patch.after ?? 0} unit="ΔE00" minimum={null} maximum={limits.worst} passed={(patch.after ?? 0) <= limits.worst} label={`Patch ${patch.patch + 1}`} />
              </td>
              <td className={styles.zoneValue}>
                {patch.before?.toFixed(2)} to {patch.after?.toFixed(2)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <PatchChart colour={latest} />
      <Facts
        items={[
          ["Mean difference", `${latest.mean_before.toFixed(2)} before, ${latest.mean_after.toFixed(2)} after, ΔE00; allowed ${limits.mean}`],
          ["Unseen patches", `${latest.held_out_mean.toFixed(2)} ΔE00, allowed ${limits.held_out_mean}`],
          ["Patches", `${measured.length} of ${patches.length} measured`],
          ["Chart", `${latest.chart.serial}, certificate ${latest.chart.certificate}`],
          ["Method", latest.method],
          ["Due again", day(latest.valid_until)],
        ]}
      />
      <MeasuredPictures pictures={pictures} />
    </div>
  );
}
