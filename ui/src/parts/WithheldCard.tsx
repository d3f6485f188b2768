// An output that was not produced: the rule, the evidence, and what would allow it.
import type { Withheld } from "../api/types";
import { words } from "../words";
import { Mark } from "./Mark";
import styles from "./WithheldCard.module.css";

export function WithheldCard({ withheld }: { withheld: Withheld }) {
  return (
    <section className={styles.card} aria-label={`Withheld: ${words(withheld.output)}`}>
      <header>
        <strong>{words(withheld.output)}</strong>
        <Mark tone="held">Withheld</Mark>
      </header>
      <p>{withheld.evidence}</p>
      <p className={styles.next}>{withheld.next_step}</p>
      <p className={styles.rule}>
        Rule <code>{withheld.rule}</code>
      </p>
    </section>
  );
}
