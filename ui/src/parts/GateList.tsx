// The gates before a capture: each passed or not, what was found, and what to do.
import type { Gate } from "../api/types";
import styles from "./GateList.module.css";
import { Glyph } from "./Glyph";

interface Props {
  gates: readonly Gate[];
  brief?: boolean;
}

/** Lists gates, closed ones first; `brief` leaves the evidence of open ones out. */
export function GateList({ gates, brief = false }: Props) {
  const ordered = [...gates].sort((one, other) => Number(one.passed) - Number(other.passed));
  return (
    <ul className={styles.list}>
      {ordered.map((gate) => (
        <li key={gate.gate + gate.evidence} data-passed={gate.passed}>
          <Glyph name={gate.passed ? "pass" : "fail"} />
          <div>
            <span className={styles.name}>
              {gate.label}
              <span className="visually-hidden">{gate.passed ? " passed" : " did not pass"}</span>
            </span>
            {!(brief && gate.passed) && <span className={styles.evidence}>{gate.evidence}</span>}
            {!gate.passed && gate.next_step && (
              <span className={styles.next}>{gate.next_step}</span>
            )}
          </div>
        </li>
      ))}
    </ul>
  );
}
