// The drawn surface with what turns, colours and measures it, by pointer, touch and keyboard.
import { ActionIcon, Button, SegmentedControl, UnstyledButton } from "@mantine/core";
import { type KeyboardEvent, type PointerEvent, useEffect, useRef, useState } from "react";
import { Glyph } from "../../parts/Glyph";
import { directionsOf, isAt, seenFrom } from "./directions";
import type { Surface } from "./described";
import { DistanceCard } from "./DistanceCard";
import { HeightLegend } from "./HeightLegend";
import { heightColours } from "./heights";
import { Legend } from "./Legend";
import { roundLength } from "./measure";
import type { SurfaceMesh } from "./ply";
import { photographedColours, uncertaintyColours } from "./scale";
import { type Seen, Stage } from "./stage";
import { inWords, type Summary } from "./summary";
import styles from "./Surface.module.css";
import { useHeights } from "./useHeights";

interface Props {
  session: string;
  surface: Surface;
  mesh: SurfaceMesh;
  summary: Summary;
  /** The capture view, which says what "as captured" is. */
  view: string;
  label: string;
}

type Shading = "clay" | "height" | "uncertainty" | "photographed";

const CAPTURED = { leftDeg: 0, upDeg: 0 };
const TURN_DEG = 5;
const MOVE = 0.05;
const ENLARGE = 1.25;
const CLICK_PX = 4;
const LONGEST_BAR_PX = 140;

export function SurfaceStage({ session, surface, mesh, summary, view, label }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const stage = useRef<Stage | null>(null);
  const pressed = useRef<{ x: number; y: number } | null>(null);
  const [state, setState] = useState<"starting" | "drawn" | "none" | "lost">("starting");
  const [seen, setSeen] = useState<Seen>({ ...CAPTURED, mmPerPx: 0 });
  const [shading, setShading] = useState<Shading>("clay");
  const [measuring, setMeasuring] = useState(false);
  const [points, setPoints] = useState<readonly number[]>([]);
  const asked = useHeights(session, surface, mesh, shading === "height");
  const { heights } = asked;

  useEffect(() => {
    const place = canvas.current;
    const context = place?.getContext("webgl2", { antialias: true, alpha: false }) ?? null;
    if (place === null || context === null) {
      setState("none");
      return;
    }
    const made = new Stage(place, context, mesh, (now) => {
      setSeen(now);
      setState("drawn");
    });
    stage.current = made;
    const sizes = new ResizeObserver(() => made.resize(place.clientWidth, place.clientHeight));
    const lost = (): void => setState("lost");
    sizes.observe(place);
    place.addEventListener("webglcontextlost", lost);
    return () => {
      stage.current = null;
      sizes.disconnect();
      place.removeEventListener("webglcontextlost", lost);
      made.close();
    };
  }, [mesh]);

  useEffect(() => {
    const colours =
      shading === "height" && heights !== null ? heightColours(heights.mm, heights.scale.topMm)
      : shading === "uncertainty" ? uncertaintyColours(mesh.sigma, summary.told.topMm)
      : shading === "photographed" ? photographedColours(mesh.colours)
      : null;
    stage.current?.paint(colours);
  }, [mesh, summary, shading, heights]);

  useEffect(() => {
    stage.current?.mark(points);
  }, [points]);

  if (state === "none" || state === "lost") return <NotDrawn lost={state === "lost"} summary={summary} />;

  const directions = directionsOf(view);
  const look = (to: { leftDeg: number; upDeg: number }, zoom?: number): void => {
    const still = globalThis.matchMedia("(prefers-reduced-motion: reduce)").matches;
    stage.current?.look(to, { still, zoom });
  };
  const choose = (x: number, y: number): void => {
    const point = stage.current?.pick(x, y) ?? null;
    if (point !== null) setPoints((now) => (now.length === 1 ? [...now, point] : [point]));
  };
  const chooseMiddle = (): void => {
    const place = canvas.current;
    if (place !== null) choose(place.clientWidth / 2, place.clientHeight / 2);
  };

  function released(event: PointerEvent<HTMLCanvasElement>): void {
    const from = pressed.current;
    pressed.current = null;
    if (!measuring || from === null || event.button !== 0) return;
    if (Math.hypot(event.clientX - from.x, event.clientY - from.y) > CLICK_PX) return;
    const { left, top } = event.currentTarget.getBoundingClientRect();
    choose(event.clientX - left, event.clientY - top);
  }

  function keyed(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const drawn = stage.current;
    const go = (right: number, up: number): void =>
      event.shiftKey ? drawn?.move(right * MOVE, up * MOVE) : drawn?.turn(right * TURN_DEG, up * TURN_DEG);
    const actions: Record<string, () => void> = {
      ArrowLeft: () => go(-1, 0),
      ArrowRight: () => go(1, 0),
      ArrowUp: () => go(0, 1),
      ArrowDown: () => go(0, -1),
      "+": () => drawn?.enlarge(ENLARGE),
      "=": () => drawn?.enlarge(ENLARGE),
      "-": () => drawn?.enlarge(1 / ENLARGE),
      "0": () => look(CAPTURED, 1),
      ...Object.fromEntries(directions.map((each) => [each.key, () => look(each)])),
      ...(measuring && { Enter: chooseMiddle }),
    };
    const action = actions[event.key];
    if (action === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    action();
  }

  return (
    <>
      <div className={styles.picture}>
        <canvas
          ref={canvas}
          className={styles.canvas}
          role="img"
          tabIndex={0}
          aria-label={`${label}: ${inWords(summary)}`}
          aria-keyshortcuts="ArrowLeft ArrowRight ArrowUp ArrowDown + - 0 1 2 3 4 5"
          data-choosing={measuring}
          onKeyDown={keyed}
          onPointerDown={({ clientX: x, clientY: y }) => {
            pressed.current = { x, y };
          }}
          onPointerUp={released}
        />
        <p className="visually-hidden" role="status">
          {state === "drawn" ? "The surface is drawn." : "The surface is being drawn."}
        </p>
        {measuring && <span className={styles.middle} aria-hidden="true" />}
        <div className={styles.buttons}>
          <ActionIcon variant="filled" color="dark" aria-label="Enlarge" onClick={() => stage.current?.enlarge(ENLARGE)}>
            <Glyph name="plus" />
          </ActionIcon>
          <ActionIcon variant="filled" color="dark" aria-label="Make smaller" onClick={() => stage.current?.enlarge(1 / ENLARGE)}>
            <Glyph name="minus" />
          </ActionIcon>
          <ActionIcon variant="filled" color="dark" aria-label="Back to how it was captured" onClick={() => look(CAPTURED, 1)}>
            <Glyph name="fit" />
          </ActionIcon>
        </div>
        {measuring && (
          <DistanceCard
            mesh={mesh}
            spacingMm={summary.spacingMm}
            points={points}
            onMarkMiddle={chooseMiddle}
            onClear={() => setPoints([])}
          />
        )}
        {shading === "height" && <HeightLegend {...asked} />}
        {shading === "uncertainty" && <Legend told={summary.told} />}
        {shading === "photographed" && (
          <p className={styles.legend}>
            Colours of the left picture, a point every {summary.stepPx} px. For finding one's way; skin is measured on the pictures.
          </p>
        )}
        <ScaleBar seen={seen} view={view} />
      </div>
      <div className={styles.controls}>
        <SegmentedControl
          aria-label="Shading"
          classNames={{ root: styles.segments, label: styles.segment }}
          value={shading}
          onChange={(chosen) => setShading(chosen as Shading)}
          data={[
            { value: "clay", label: "Clay" },
            { value: "height", label: "Height" },
            { value: "uncertainty", label: "Uncertainty", disabled: summary.told.known === 0 },
            { value: "photographed", label: "Photographed" },
          ]}
        />
        <div className={styles.directions} role="group" aria-label="Seen from">
          {directions.map((each) => (
            <UnstyledButton
              key={each.name}
              className={styles.direction}
              aria-pressed={isAt(seen, each)}
              aria-keyshortcuts={each.key}
              onClick={() => look(each)}
            >
              {each.label}
            </UnstyledButton>
          ))}
        </div>
        <Button
          size="compact-sm"
          variant="default"
          className={styles.tool}
          aria-pressed={measuring}
          onClick={() => {
            setMeasuring(!measuring);
            setPoints([]);
          }}
        >
          Distance
        </Button>
        <p className={styles.keys}>
          Drag to turn, right-drag to move, wheel to enlarge. With the drawing in focus: arrow keys turn, with Shift move, + and
          &minus; enlarge, 1 to 5 look from a side, 0 resets{measuring && ", Enter marks the middle"}.
        </p>
      </div>
    </>
  );
}

/** How long something is here, and from where it is seen. */
function ScaleBar({ seen, view }: { seen: Seen; view: string }) {
  const length = roundLength(seen.mmPerPx, LONGEST_BAR_PX);
  if (length === 0) return null;
  return (
    <div className={styles.bar}>
      <p>{seenFrom(seen, view)}</p>
      <div className={styles.length} style={{ width: length / seen.mmPerPx }} />
      <p title="Drawn without perspective, so it holds at every depth for what lies across the line of sight.">{length} mm</p>
    </div>
  );
}

function NotDrawn({ lost, summary }: { lost: boolean; summary: Summary }) {
  return (
    <div className={styles.instead} role="alert">
      <Glyph name="warn" size={26} />
      <h2>{lost ? "The browser stopped drawing" : "This browser cannot draw surfaces"}</h2>
      <p>
        {lost
          ? "Its graphics were taken away from this page. Open the page again to draw the surface again."
          : "It offers no WebGL 2. Another browser, or allowing graphics in its settings, helps."}
      </p>
      <p>The surface is there all the same: {inWords(summary)}. Its files can be taken away.</p>
    </div>
  );
}
