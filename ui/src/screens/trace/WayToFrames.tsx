// The shortest way from a node to the pictures as the camera gave them, step by step.
import type { Trace } from "../../api/types";
import { count } from "../../words";
import { kindName } from "./kinds";
import type { Naming } from "./naming";
import styles from "./Trace.module.css";
import { framesBehind, shortestWay } from "./walk";

interface Props {
  trace: Trace;
  naming: Naming;
  chosen: string;
  onChoose: (id: string) => void;
}

export function WayToFrames({ trace, naming, chosen, onChoose }: Props) {
  const way = shortestWay(trace, chosen);
  const frames = framesBehind(trace, chosen).length;
  const kind = new Map(trace.nodes.map((node) => [node.id, node.kind]));
  const kindOf = (id: string) => kindName(kind.get(id) ?? "").toLowerCase();
  if (kind.get(chosen) === "frame") return <p className="quiet">This is a raw frame: nothing lies before it.</p>;
  if (way.length === 0) {
    return <p className="quiet">No raw frame lies behind this. What rests on it is lit instead.</p>;
  }
  return (
    <div>
      <h3 className="label">To the raw frames</h3>
      <ol className={styles.way}>
        {way.slice(1).map((id) => (
          <li key={id}>
            <button type="button" className={styles.item} onClick={() => onChoose(id)}>
              {naming.title(id)}
            </button>{" "}
            <span className="quiet">
              {!naming.title(id).toLowerCase().startsWith(kindOf(id)) && kindOf(id)} {naming.day(id)}
            </span>
          </li>
        ))}
      </ol>
      {frames > 1 && <p className="quiet">{count(frames, "raw frame")} lie behind it in all; every way is lit.</p>}
    </div>
  );
}
