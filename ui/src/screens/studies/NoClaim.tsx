// What a study is not, said wherever one is shown.
import { Glyph } from "../../parts/Glyph";
import { isSimulated } from "./judging";
import styles from "./Studies.module.css";

/** Without a population, for all studies at once. */
export function NoClaim({ population = null }: { population?: string | null }) {
  return (
    <p className={styles.noClaim}>
      <Glyph name="warn" size={16} />
      <span>
        {population !== null && isSimulated(population) && <strong>No person was measured: the cases are simulated. </strong>}
        Nothing here is a clinical claim. A study is evidence; what may be told of anybody stands in a claim that a second
        person put in force.
      </span>
    </p>
  );
}
