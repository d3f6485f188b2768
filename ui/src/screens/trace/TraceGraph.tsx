// The trace as a drawing; every card is an ordinary button and can be reached by keyboard.
import "@xyflow/react/dist/base.css";
import { useElementSize } from "@mantine/hooks";
import { ControlButton, Controls, type Edge, type EdgeProps, MiniMap, type Node, ReactFlow, type ReactFlowInstance } from "@xyflow/react";
import { useEffect, useMemo, useState } from "react";
import type { Trace } from "../../api/types";
import { Glyph } from "../../parts/Glyph";
import { type Card, cardsOf } from "./cards";
import { CARD_HEIGHT, endsOf, type Layout, layoutOf, type Place, viewOf } from "./layout";
import type { Naming } from "./naming";
import { headOf, laneOf, pathOf, routeOf } from "./routes";
import { type CardData, CardNode } from "./TraceCard";
import styles from "./TraceGraph.module.css";
import type { Lit } from "./walk";

interface Props {
  trace: Trace;
  naming: Naming;
  chosen: string;
  lit: Lit;
  found: ReadonlySet<string>;
  open: ReadonlySet<string>;
  onChoose: (id: string) => void;
  onToggle: (group: string) => void;
}

type CardAt = Node<CardData, "card">;
type Title = Node<{ title: string }, "title">;
type Frame = Node<Record<string, never>, "frame">;
type Drawn = CardAt | Title | Frame;
type LineAt = Edge<{ line: string; head: string }, "line">;

const NODE_TYPES = { card: CardNode, title: BlockTitle, frame: GroupFrame };
const EDGE_TYPES = { line: LineEdge };
const STILL = { draggable: false, focusable: false, selectable: false, connectable: false };
const UNMEASURED = { width: 1_060, height: 700 };
const MAP = { width: 120, height: 150 };
/** How much smaller than drawn the cards may be shown, so that a narrow window has room for names. */
const CLOSER = 0.95;

export function TraceGraph(props: Props) {
  const { trace, chosen, lit, open } = props;
  const { ref, width, height } = useElementSize<HTMLDivElement>();
  const pane = useMemo(() => (width > 0 && height > 0 ? { width, height } : UNMEASURED), [width, height]);
  const [flow, setFlow] = useState<ReactFlowInstance<Drawn, LineAt> | null>(null);
  const cards = useMemo(() => cardsOf(trace, open, chosen), [trace, open, chosen]);
  const layout = useMemo(() => layoutOf(cards, pane.width / CLOSER), [cards, pane.width]);
  const { whole } = viewOf(layout, pane);
  const places = useMemo(() => new Map(layout.places.map((place) => [place.card.id, place])), [layout]);

  // A window of another size shows everything anew; opening a group leaves the eye where it is.
  useEffect(() => {
    void flow?.setViewport(viewOf(layout, pane));
  }, [flow, pane]);

  useEffect(() => {
    const place = places.get(chosen);
    if (flow !== null && place !== undefined) bringIntoView(flow, place, pane);
  }, [flow, chosen]);

  return (
    <div className={styles.graph} ref={ref}>
      <ReactFlow
        nodes={nodesOf(layout, props)}
        edges={edgesOf(cards.lines, layout, chosen, lit)}
        nodeTypes={NODE_TYPES}
        edgeTypes={EDGE_TYPES}
        defaultViewport={viewOf(layout, pane)}
        onInit={setFlow}
        minZoom={0.3}
        maxZoom={1.6}
        panOnScroll
        nodesConnectable={false}
      >
        <Controls showInteractive={false} showFitView={false}>
          <ControlButton
            className={styles.whole}
            title="Back to where it begins"
            aria-label="Back to where it begins"
            onClick={() => void flow?.setViewport(viewOf(layout, pane))}
          >
            <Glyph name="fit" />
          </ControlButton>
        </Controls>
        {!whole && <MiniMap pannable ariaLabel="Where in the trace this is" nodeClassName={mapped} style={MAP} />}
      </ReactFlow>
    </div>
  );
}

function nodesOf({ places, frames, titles }: Layout, props: Props): Drawn[] {
  const { naming, chosen, lit, found, onChoose, onToggle } = props;
  const ids = (card: Card) => card.members.map((node) => node.id);
  return [
    ...frames.map(({ card, x, y, width, height }): Frame => ({
      id: `frame:${card.id}`, type: "frame", position: { x, y }, width, height, zIndex: -1, data: {}, ...STILL,
    })),
    ...titles.map(({ title, x, y, width }): Title => ({
      id: `title:${title}`, type: "title", position: { x, y }, width, height: 16, data: { title }, ...STILL,
    })),
    ...places.map(({ card, x, y, width }): CardAt => ({
      id: card.id,
      type: "card",
      position: { x, y },
      width,
      height: CARD_HEIGHT,
      data: {
        card,
        naming,
        chosen: card.open === null && card.id === chosen,
        lit: card.open !== true && ids(card).some((id) => lit.nodes.has(id)),
        found: ids(card).filter((id) => found.has(id)).length,
        onChoose,
        onToggle,
      },
      ...STILL,
    })),
  ];
}

function edgesOf(
  lines: ReturnType<typeof cardsOf>["lines"],
  layout: Layout,
  chosen: string,
  { nodes }: Lit,
): LineAt[] {
  const ends = endsOf(layout);
  const lanes = new Map(layout.places.map((place, number) => [place.card.id, laneOf(number)]));
  const edges = lines.flatMap(({ source, target, links }) => {
    const [from, to] = [ends.get(source), ends.get(target)];
    if (from === undefined || to === undefined) return [];
    const points = routeOf(layout, from, to, lanes.get(source) ?? 0);
    const lit = links.some((link) => nodes.has(link.source) && nodes.has(link.target));
    const near = links.some((link) => link.source === chosen || link.target === chosen);
    const edge: LineAt = {
      id: `${source}|${target}`,
      source,
      target,
      type: "line",
      data: { line: pathOf(points), head: headOf(points) },
      className: lit ? styles.lit : near ? styles.near : styles.line,
      focusable: false,
      selectable: false,
    };
    return [{ edge, rank: lit ? 2 : near ? 1 : 0 }];
  });
  // What is lit is drawn last, over the rest.
  return edges.toSorted((one, other) => one.rank - other.rank).map(({ edge }) => edge);
}

function LineEdge({ data }: EdgeProps<LineAt>) {
  return (
    <>
      <path className={styles.path} d={data?.line} />
      <path className={styles.head} d={data?.head} />
    </>
  );
}

function BlockTitle({ data }: { data: { title: string } }) {
  return <span className={styles.block}>{data.title}</span>;
}

function GroupFrame() {
  return <div className={styles.frame} />;
}

function mapped(node: Drawn): string {
  if (node.type !== "card") return styles.unmapped ?? "";
  const { chosen, lit, card } = node.data;
  if (card.members.some((each) => !each.verified)) return styles.mapFailed ?? "";
  return (chosen ? styles.mapChosen : lit ? styles.mapLit : styles.mapCard) ?? "";
}

/** Moves the drawing only where the card would not be seen. */
function bringIntoView(
  flow: ReactFlowInstance<Drawn, LineAt>,
  { x, y, width }: Place,
  pane: { width: number; height: number },
): void {
  const view = flow.getViewport();
  const [left, top] = [x * view.zoom + view.x, y * view.zoom + view.y];
  const [right, bottom] = [left + width * view.zoom, top + CARD_HEIGHT * view.zoom];
  if (left >= 0 && top >= 0 && right <= pane.width && bottom <= pane.height) return;
  void flow.setCenter(x + width / 2, y + CARD_HEIGHT / 2, { zoom: view.zoom });
}
