// Whether two captures compare: the verdict, and everything that was looked at, what differs first.
import { useState } from "react";
import type { Change, Pair } from "../../api/types";
import { Mark } from "../../parts/Mark";
import { count, words } from "../../words";
import styles from "./Compared.module.css";

interface Props {
  what: "Colour" | "Volume";
  pair: Pair | Change;
}

export function Compared({ what, pair }: Props) {
  const [open, setOpen] = useState(false);
  const title = `${what} compared, ${words(pair.view).toLowerCase()} view`;
  const differing = pair.differences.filter((each) => !each.within).length;
  const looked = [...pair.differences].sort((one, other) => Number(one.within) - Number(other.within));
  return (
    <section className={styles.card} aria-label={title}>
      <header>
        <strong>{title}</strong>
        {pair.comparable ? <Mark tone="pass">Comparable</Mark> : <Mark tone="fail">Not comparable</Mark>}
      </header>
      {"residual_mm" in pair && (
        <p>
          Laid over one another on the upper face: {pair.residual_mm.toFixed(3)} mm apart there,{" "}
          {percent(pair.inlier_share)} of it agrees, {percent(pair.overlap)} was measured in both.
        </p>
      )}
      {!pair.comparable && <p>Values of the last session are not shown beside these.</p>}
      <button type="button" onClick={() => setOpen(!open)} aria-expanded={open}>
        {count(pair.differences.length, "condition")} looked at, {differing === 0 ? "all alike" : `${differing} differ`}
      </button>
      {open && (
        <table className={styles.looked}>
          <thead>
            <tr>
              <th>Condition</th>
              <th>Then</th>
              <th>Now</th>
              <th>Alike when</th>
              <th>
                <span className="visually-hidden">Alike</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {looked.map((each) => (
              <tr key={each.what}>
                <th scope="row">{words(each.what)}</th>
                <td>{each.earlier}</td>
                <td>{each.later}</td>
                <td>{each.limit}</td>
                <td>{each.within ? <Mark tone="pass" bare>Alike</Mark> : <Mark tone="fail" bare>Differs</Mark>}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
