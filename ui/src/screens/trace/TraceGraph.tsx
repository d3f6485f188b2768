// The trace as a layered graph; every node is an ordinary button and can be reached by keyboard.
import "@xyflow/react/dist/base.css";
import { Background, Controls, type Edge, Handle, type Node, type NodeProps, Position, ReactFlow } from "@xyflow/react";
import { useMemo } from "react";
import type { Trace, TraceNode } from "../../api/types";
import { Glyph } from "../../parts/Glyph";
import { words } from "../../words";
import { NODE_HEIGHT, NODE_WIDTH, placesOf } from "./layout";
import styles from "./TraceGraph.module.css";

interface Props {
  trace: Trace;
  chosen: string;
  onChoose: (id: string) => void;
}

type Card = Node<{ node: TraceNode; chosen: boolean; near: boolean; onChoose: (id: string) => void }, "card">;

const HANDLE = { className: styles.handle, isConnectable: false };
const NODE_TYPES = { card: NodeCard };

export function TraceGraph({ trace, chosen, onChoose }: Props) {
  const places = useMemo(() => placesOf(trace.nodes, trace.edges), [trace]);
  const near = new Set(
    trace.edges.flatMap(({ source, target }) =>
      source === chosen ? [target] : target === chosen ? [source] : [],
    ),
  );
  const nodes: Card[] = trace.nodes.map((node) => ({
    id: node.id,
    type: "card",
    position: places.get(node.id) ?? { x: 0, y: 0 },
    data: { node, chosen: node.id === chosen, near: near.has(node.id), onChoose },
    width: NODE_WIDTH,
    height: NODE_HEIGHT,
    draggable: false,
    focusable: false,
    selectable: false,
  }));
  const edges: Edge[] = trace.edges.map(({ source, target, label }) => {
    const lit = source === chosen || target === chosen;
    const below = places.get(source)?.column === places.get(target)?.column;
    return {
      id: `${source}|${target}|${label}`,
      source,
      target,
      sourceHandle: below ? "bottom" : "right",
      targetHandle: below ? "top" : "left",
      label: lit ? label : undefined,
      className: lit ? styles.lit : styles.edge,
      focusable: false,
      selectable: false,
    };
  });
  return (
    <div className={styles.graph}>
      <ReactFlow
        nodes={nodes}
        edges={edges}
        nodeTypes={NODE_TYPES}
        fitView
        fitViewOptions={{ padding: 0.06, maxZoom: 1 }}
        minZoom={0.25}
        maxZoom={1.6}
        nodesConnectable={false}
      >
        <Background gap={22} size={1} color="#cfd6d2" />
        <Controls showInteractive={false} />
      </ReactFlow>
    </div>
  );
}

function NodeCard({ data: { node, chosen, near, onChoose } }: NodeProps<Card>) {
  return (
    <>
      <Handle id="left" type="target" position={Position.Left} {...HANDLE} />
      <Handle id="top" type="target" position={Position.Top} {...HANDLE} />
      <button
        type="button"
        className={`${styles.node} nodrag nopan`}
        data-chosen={chosen}
        data-near={near}
        data-verified={node.verified}
        aria-pressed={chosen}
        onClick={() => onChoose(node.id)}
        onFocus={() => onChoose(node.id)}
      >
        <span className={styles.kind}>
          {words(node.kind)}
          <Glyph name={node.verified ? "pass" : "fail"} size={12} />
          <span className="visually-hidden">{node.verified ? "verified" : "not verified"}</span>
        </span>
        <span className={styles.title}>{node.title}</span>
      </button>
      <Handle id="right" type="source" position={Position.Right} {...HANDLE} />
      <Handle id="bottom" type="source" position={Position.Bottom} {...HANDLE} />
    </>
  );
}
