// A card of the drawing: one recorded thing, or many of a kind that open.
import { Handle, type Node, type NodeProps, Position } from "@xyflow/react";
import { Glyph } from "../../parts/Glyph";
import type { Card } from "./cards";
import { kindName, manyOf } from "./kinds";
import type { Naming } from "./naming";
import styles from "./TraceGraph.module.css";

export interface CardData extends Record<string, unknown> {
  card: Card;
  naming: Naming;
  chosen: boolean;
  lit: boolean;
  /** How many of its members a search found. */
  found: number;
  onChoose: (id: string) => void;
  onToggle: (group: string) => void;
}

const HANDLE = { className: styles.handle, isConnectable: false };

export function CardNode({ data }: NodeProps<Node<CardData, "card">>) {
  return (
    <>
      <Handle type="target" position={Position.Top} {...HANDLE} />
      {data.card.open === null ? <One {...data} /> : <Many {...data} />}
      <Handle type="source" position={Position.Bottom} {...HANDLE} />
    </>
  );
}

function One({ card, naming, chosen, lit, found, onChoose }: CardData) {
  const [node] = card.members;
  if (node === undefined) return null;
  const day = naming.day(node.id);
  return (
    <button
      type="button"
      className={`${styles.node} nodrag nopan`}
      title={naming.title(node.id)}
      data-chosen={chosen}
      data-lit={lit}
      data-found={found > 0}
      data-verified={node.verified}
      aria-pressed={chosen}
      onClick={() => onChoose(node.id)}
      onFocus={() => onChoose(node.id)}
    >
      <span className={styles.kind}>
        <span>
          {kindName(node.kind)}
          {day !== null && `, ${day}`}
        </span>
        <Glyph name={node.verified ? "pass" : "fail"} size={12} />
        <span className="visually-hidden">{node.verified ? "verified" : "not verified"}</span>
      </span>
      <span className={styles.title}>{naming.short(node.id)}</span>
    </button>
  );
}

function Many({ card, lit, found, onToggle }: CardData) {
  const failed = card.members.filter((node) => !node.verified).length;
  const all = card.members.length;
  return (
    <button
      type="button"
      className={`${styles.node} nodrag nopan`}
      data-group={card.open === true ? "open" : "closed"}
      data-lit={lit}
      data-found={found > 0}
      data-verified={failed === 0}
      aria-expanded={card.open === true}
      onClick={() => onToggle(card.id)}
    >
      <span className={styles.title}>
        {all} {manyOf(card.kind)}
      </span>
      <span className={styles.kind}>
        <span>
          {failed === 0 ? "all verified" : `${failed} of ${all} not verified`}
          {found > 0 && `, ${found} found`}
        </span>
        <Glyph name={card.open === true ? "minus" : "plus"} size={12} />
      </span>
    </button>
  );
}
