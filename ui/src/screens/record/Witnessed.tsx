// What this server does as a witness of other logs.
import type { Outside } from "../../api/types";
import { Mark } from "../../parts/Mark";
import { count, number } from "../../words";
import { keyIdOf } from "./notes";
import { Take } from "./Take";
import styles from "./Witnessed.module.css";

export function Witnessed({ outside: { witness_key, witnessed } }: { outside: Outside }) {
  return (
    <>
      {witnessed.length === 0 ? (
        <p className="quiet">
          No other log asks this server. <code className={styles.code}>./vultus witness</code> adds one.
        </p>
      ) : (
        <ul className={styles.logs}>
          {witnessed.map(({ origin, size, conflicts }) => (
            <li key={origin}>
              <code className={styles.code}>{origin}</code>
              <span className="quiet">{size === 0 ? "nothing cosigned yet" : `cosigned at ${number(size)}`}</span>
              {conflicts > 0 && <Mark tone="fail">{count(conflicts, "contradiction")} refused</Mark>}
            </li>
          ))}
        </ul>
      )}
      <p className={styles.key}>
        <span>
          Its key <code className={styles.code}>{keyIdOf(witness_key)}</code>
        </span>
        <Take what="the witness key" text={witness_key} file="witness-key.txt" />
      </p>
    </>
  );
}
