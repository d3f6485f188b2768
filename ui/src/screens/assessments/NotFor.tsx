// When one finding must not be used: what its own release, or the claim it is told under, rules out.
import type { Change, Finding } from "../../api/types";
import { Glyph } from "../../parts/Glyph";
import { count } from "../../words";
import styles from "./FindingCard.module.css";

interface Props {
  finding: Finding;
  change: Change | null;
}

export function NotFor({ finding, change }: Props) {
  const { origin, limitations } = finding;
  const ruledOut = origin?.contraindications ?? change?.contraindications ?? [];
  // What stands on the card already is not said twice.
  const further = (origin?.limitations ?? []).filter((each) => !limitations.includes(each));
  if (ruledOut.length === 0 && further.length === 0) return null;
  const of = origin === null ? "its claim" : `${origin.name} ${origin.version}`;
  return (
    <details className={styles.notFor}>
      <summary>
        <Glyph name="warn" size={12} /> {headline(ruledOut.length, further.length)} of {of}
      </summary>
      {ruledOut.length > 0 && (
        <ul aria-label={`Contraindications of ${of}`}>
          {ruledOut.map((each) => (
            <li key={each}>{each}</li>
          ))}
        </ul>
      )}
      {further.length > 0 && (
        <ul aria-label={`Limitations of ${of}`}>
          {further.map((each) => (
            <li key={each}>{each}</li>
          ))}
        </ul>
      )}
    </details>
  );
}

function headline(ruledOut: number, further: number): string {
  const said = [
    ruledOut > 0 ? count(ruledOut, "contraindication") : "",
    further > 0 ? count(further, "limitation") : "",
  ];
  return said.filter(Boolean).join(" and ");
}
