// Everything known about one node of a trace.
import { Link } from "@tanstack/react-router";
import type { Trace, TraceNode } from "../../api/types";
import { dayAndSeconds } from "../../moments";
import { Digest } from "../../parts/Digest";
import { Facts } from "../../parts/Facts";
import { Mark } from "../../parts/Mark";
import { useMay } from "../../shell/me";
import { kindName } from "./kinds";
import type { Naming } from "./naming";
import styles from "./Trace.module.css";
import { WayToFrames } from "./WayToFrames";
import { linksOf } from "./walk";

interface Props {
  node: TraceNode;
  trace: Trace;
  naming: Naming;
  onChoose: (id: string) => void;
}

export function NodeDetails({ node, trace, naming, onChoose }: Props) {
  const audit = useMay("audit.read");
  const { restsOn, usedBy } = linksOf(trace.edges, node.id);
  const isDigest = node.detail.startsWith("sha256:");
  return (
    <div className={styles.details}>
      <span className="label">{kindName(node.kind)}</span>
      <h2>{naming.title(node.id)}</h2>
      <p className={styles.verdict} data-verified={node.verified}>
        <Mark tone={node.verified ? "pass" : "fail"} bare>
          {node.verified ? "Verified" : "Not verified"}
        </Mark>
        <span>{node.why}</span>
      </p>
      <Facts
        items={[
          ["Detail", isDigest ? <Digest value={node.detail} /> : node.detail],
          ["When", node.at ? dayAndSeconds(node.at) : null],
          ["Record", node.seq == null ? null : <span className="mono">position {node.seq}</span>],
          ["Digest", node.digest ? <Digest value={node.digest} /> : null],
        ]}
      />
      <WayToFrames trace={trace} naming={naming} chosen={node.id} onChoose={onChoose} />
      <Links heading="Rests on" links={restsOn.map((edge) => ({ id: edge.target, label: edge.label }))} naming={naming} onChoose={onChoose} />
      <Links heading="Used by" links={usedBy.map((edge) => ({ id: edge.source, label: edge.label }))} naming={naming} onChoose={onChoose} />
      {audit && node.stream && (
        <Link to="/audit-trail" search={{ stream: node.stream }}>
          Its events in the audit trail
        </Link>
      )}
    </div>
  );
}

interface LinksProps {
  heading: string;
  links: readonly { id: string; label: string }[];
  naming: Naming;
  onChoose: (id: string) => void;
}

function Links({ heading, links, naming, onChoose }: LinksProps) {
  if (links.length === 0) return null;
  return (
    <div>
      <h3 className="label">{heading}</h3>
      <ul className={styles.links}>
        {links.map(({ id, label }) => (
          <li key={id + label}>
            <button type="button" className={styles.item} onClick={() => onChoose(id)}>
              {naming.title(id)}
            </button>{" "}
            <span className="quiet">
              {label}
              {naming.day(id) !== null && `, ${naming.day(id)}`}
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}
