// Every patch of the colour chart in its place on the card, with its difference in numbers.
import type { Colour } from "../../api/types";
import { Glyph } from "../../parts/Glyph";
import styles from "./PatchChart.module.css";

export function PatchChart({ colour }: { colour: Colour }) {
  const { limits, patches } = colour;
  return (
    <details className={styles.all}>
      <summary>All {patches.length} patches, as on the card</summary>
      <ol className={styles.card}>
        {patches.map((each) => {
          const above = each.after !== null && each.after > limits.worst;
          return (
            <li key={each.patch} data-above={above} aria-label={patchText(each, limits.worst)}>
              <span className={styles.number}>
                {each.patch + 1}
                {above && <Glyph name="warn" size={11} />}
              </span>
              <strong>{number(each.after)}</strong>
              <span className={styles.before}>{number(each.before)}</span>
            </li>
          );
        })}
      </ol>
      <p className="quiet">ΔE00 after the correction, below it before; at most {limits.worst} after.</p>
    </details>
  );
}

/** A patch in words, for whoever does not see its place. */
export function patchText(patch: Colour["patches"][number], worst: number): string {
  const which = `Patch ${patch.patch + 1}`;
  if (patch.after === null) return `${which}: not measured`;
  const verdict = patch.after > worst ? `, above ${worst}` : "";
  return `${which}: ${number(patch.before)} before, ${number(patch.after)} after, ${number(patch.held_out)} unseen${verdict}`;
}

function number(value: number | null): string {
  return value === null ? "–" : value.toFixed(2);
}
