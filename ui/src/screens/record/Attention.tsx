// What needs somebody now, with the next step; or that nothing does.
import { Glyph } from "../../parts/Glyph";
import { Mark } from "../../parts/Mark";
import type { Matter } from "./matters";
import styles from "./Attention.module.css";

interface Props {
  found: Matter[];
  /** Whether everything was read, so that nothing found means that there is nothing. */
  whole: boolean;
  /** Whether something could not be read. */
  missing: boolean;
}

export function Attention({ found, whole, missing }: Props) {
  const [loud, calm] = [found.filter(({ tone }) => tone === "fail"), found.filter(({ tone }) => tone === "warn")];
  return (
    <section className={styles.attention} aria-label="What needs somebody">
      <div role="alert" className={styles.loud}>
        {loud.length > 0 && <List matters={loud} tone="fail" />}
      </div>
      {calm.length > 0 && <List matters={calm} tone="warn" />}
      <div role="status" className={styles.calm}>
        {missing && (
          <>
            <Mark tone="warn">Not everything could be read</Mark>
            <span className="quiet">What is missing below is not judged here.</span>
          </>
        )}
        {found.length === 0 && whole && (
          <>
            <Mark tone="pass">Nothing needs attention</Mark>
            <span className="quiet">What is written here is read again every few seconds.</span>
          </>
        )}
      </div>
    </section>
  );
}

function List({ matters, tone }: { matters: Matter[]; tone: Matter["tone"] }) {
  return (
    <ul className={styles.list} data-tone={tone}>
      {matters.map(({ title, detail, next, part }, at) => (
        <li key={`${part} ${at}`}>
          <Glyph name={tone} size={15} />
          <div className={styles.words}>
            <p>
              <strong>{title}</strong>
              {detail && <span className={styles.detail}>{detail}</span>}
            </p>
            <p>{next}</p>
          </div>
          <a href={`#${part}`} aria-label={`Show more: ${title}`}>
            Show
          </a>
        </li>
      ))}
    </ul>
  );
}
