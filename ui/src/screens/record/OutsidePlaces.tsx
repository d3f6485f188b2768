// Where checkpoints are kept elsewhere, and which witnesses put their names under them.
import type { Outside, OutsidePlace } from "../../api/types";
import { dayAndSeconds, duration, near } from "../../moments";
import { Empty } from "../../parts/Empty";
import { Glyph } from "../../parts/Glyph";
import { Mark } from "../../parts/Mark";
import { count, number } from "../../words";
import { signaturesOf } from "./notes";
import styles from "./OutsidePlaces.module.css";
import { Take } from "./Take";

interface Props {
  outside: Outside;
  /** Size of the newest checkpoint; 0 for none. */
  newest: number;
  now: Date;
}

const KINDS = { folder: "Folder", bucket: "Bucket", witness: "Witness" };

export function OutsidePlaces({ outside, newest, now }: Props) {
  return (
    <>
      {outside.places.length === 0 ? (
        <Empty>
          No place is named. Whoever holds both database and log key could rewrite this record
          unnoticed: name one in VULTUS_CHECKPOINT_COPIES.
        </Empty>
      ) : (
        <table className={`grid-table ${styles.places}`}>
          <thead>
            <tr>
              <th>Place</th>
              <th className="number">Has</th>
              <th>Took it</th>
              <th>State</th>
            </tr>
          </thead>
          <tbody>
            {outside.places.map((each) => (
              <tr key={each.place} data-alarm={each.alarm !== ""} className={styles.place}>
                <td>
                  <span className={styles.name}>{each.place}</span>
                  <span className="label">{KINDS[each.kind]}</span>
                  {each.alarm !== "" && <p className={styles.alarm}>{each.alarm}</p>}
                  {each.alarm === "" && each.problem !== "" && <p className={styles.problem}>{each.problem}</p>}
                </td>
                <td className="number">{each.size === 0 ? "nothing" : number(each.size)}</td>
                <td className={styles.when} title={each.kept_at === null ? undefined : dayAndSeconds(each.kept_at)}>
                  {each.kept_at === null ? "never" : near(each.kept_at, now)}
                </td>
                <td className={styles.state}>
                  <State place={each} newest={newest} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <Cosignatures outside={outside} newest={newest} />
    </>
  );
}

function State({ place, newest }: { place: OutsidePlace; newest: number }) {
  const { alarm, late, problem, size, waiting_s } = place;
  const behind = Math.max(0, newest - size);
  const gap = behind > 0 && (
    <span className={styles.gap}>
      {count(behind, "record")} behind, waiting for {duration(waiting_s)}
    </span>
  );
  if (alarm !== "") return <Mark tone="fail">Contradicts this record</Mark>;
  if (late) {
    return (
      <>
        <Mark tone="warn">Late</Mark>
        {gap}
      </>
    );
  }
  if (behind > 0 || problem !== "") {
    return (
      <>
        <Mark tone="wait">{problem === "" ? "On the way" : "Tried again by itself"}</Mark>
        {gap}
      </>
    );
  }
  if (newest === 0) return <Mark tone="plain">Nothing to keep yet</Mark>;
  return <Mark tone="pass">Has the newest</Mark>;
}

function Cosignatures({ outside: { cosigned, places }, newest }: { outside: Outside; newest: number }) {
  const signatures = cosigned === null ? [] : signaturesOf(cosigned.text).filter(({ at }) => at !== null);
  if (cosigned === null || signatures.length === 0) {
    return places.some(({ kind }) => kind === "witness") ? (
      <div className={styles.cosigned}>
        <h3>Cosigned by witnesses</h3>
        <p className="quiet">No witness has put its name under a checkpoint yet.</p>
      </div>
    ) : null;
  }
  const before = newest - cosigned.size;
  return (
    <div className={styles.cosigned}>
      <div className={styles.head}>
        <h3>Cosigned by witnesses</h3>
        <span className="quiet">
          at {number(cosigned.size)} records{before > 0 ? `, ${number(before)} before the newest checkpoint` : ""}
        </span>
        <Take what="the cosigned checkpoint" text={cosigned.text} file={`checkpoint-${cosigned.size}.txt`} />
      </div>
      <ul>
        {signatures.map(({ name, keyId, at }) => (
          <li key={`${name} ${keyId}`}>
            <span className={styles.pen}>
              <Glyph name="pen" size={12} />
            </span>
            <code>{name}</code>
            <span className="quiet">key {keyId}</span>
            <span className={styles.at}>{at && dayAndSeconds(at)}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}
