// The pictures of an assessment in deep zoom, with measured maps laid over them, and its surfaces.
import { Anchor, NativeSelect, SegmentedControl, Slider, UnstyledButton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useState } from "react";
import { artefactUrl, imageUrl, previewUrl } from "../../api/images";
import * as read from "../../api/queries";
import type { Assessment } from "../../api/types";
import { words } from "../../words";
import { attemptOf, surfaceOf } from "../surface/described";
import { DeepZoom } from "./DeepZoom";
import { grouped, NO_MAP } from "./maps";
import styles from "./Viewer.module.css";

// What draws surfaces is loaded when one is chosen, not with every review.
const OpenedSurface = lazy(async () => ({ default: (await import("../surface/OpenedSurface")).OpenedSurface }));
const SURFACE = "surface";

interface Props {
  detail: Assessment;
  map: string;
  onMap: (name: string) => void;
}

export function Viewer({ detail, map, onMap }: Props) {
  const views = [...new Set(detail.frames.map((frame) => frame.view))];
  const [view, setView] = useState(views[0] ?? "");
  const [role, setRole] = useState<string | null>(null);
  const [opacity, setOpacity] = useState(60);
  // Who asks for a map on the picture wants the picture.
  useEffect(() => {
    if (map !== NO_MAP) setRole((now) => (now === SURFACE ? null : now));
  }, [map]);
  const frames = detail.frames.filter((frame) => frame.view === view);
  const frame = frames.find((each) => each.role === role) ?? frames[0];
  const attempts = useQuery({ ...read.session(frame?.session ?? ""), enabled: frame !== undefined });
  const surface = surfaceOf(attemptOf(attempts.data, frame?.attempt ?? ""));
  if (frame === undefined) return <div className={styles.viewer}>There are no pictures.</div>;
  const maps = detail.artefacts.filter((each) => each.attempt === frame.attempt);
  const drawn = role === SURFACE ? surface : null;
  // Maps are computed on the left or only frame, so they lie over no other.
  const overlaid = frame.role !== "right" && drawn === null;
  const artefact = overlaid ? maps.find((each) => each.name === map) : undefined;

  return (
    <section className={styles.viewer} aria-label="Pictures">
      {drawn !== null ? (
        <div className={styles.surface}>
          <Suspense fallback={<p className={styles.waiting}>Getting ready to draw</p>}>
            <OpenedSurface
              key={drawn.mesh.digest}
              session={frame.session}
              surface={drawn}
              view={view}
              label={`Surface, ${words(view).toLowerCase()} view`}
            />
          </Suspense>
        </div>
      ) : (
        <div className={styles.picture}>
          <DeepZoom
            label={`${words(view)} view, ${words(frame.role).toLowerCase()}${artefact ? `, ${words(artefact.name).toLowerCase()}` : ""}`}
            base={imageUrl(frame.digest, frame.session)}
            overlay={artefact ? artefactUrl(artefact.digest, frame.session) : null}
            opacity={opacity / 100}
          />
          {artefact && (
            <p className={styles.legend}>
              <strong>{words(artefact.name)}</strong> {artefact.legend}
            </p>
          )}
        </div>
      )}
      <div className={styles.controls}>
        {(frames.length > 1 || surface !== null) && (
          <SegmentedControl
            aria-label="Picture or surface"
            classNames={{ root: styles.segments, label: styles.segment }}
            value={drawn === null ? frame.role : SURFACE}
            onChange={setRole}
            data={[
              ...frames.map((each) => ({ value: each.role, label: words(each.role) })),
              ...(surface === null ? [] : [{ value: SURFACE, label: "Surface" }]),
            ]}
          />
        )}
        {drawn !== null && (
          <Anchor
            component={Link}
            to={`/sessions/${frame.session}/attempts/${frame.attempt}/surface`}
            className={styles.open}
          >
            Open it alone, with its limits and files
          </Anchor>
        )}
        {maps.length > 0 && drawn === null && (
          <NativeSelect
            aria-label="Map"
            size="sm"
            classNames={{ input: styles.maps }}
            value={artefact ? map : NO_MAP}
            onChange={(event) => onMap(event.currentTarget.value)}
            disabled={!overlaid}
            data={[{ value: NO_MAP, label: "No map" }, ...grouped(maps)]}
          />
        )}
        {artefact && (
          <Slider
            className={styles.opacity}
            thumbLabel="Opacity of the map"
            label={(value) => `${value} %`}
            size="sm"
            value={opacity}
            onChange={setOpacity}
          />
        )}
      </div>
      <ul className={styles.strip} aria-label="Views">
        {views.map((each) => {
          const shown = detail.frames.find((one) => one.view === each);
          return (
            <li key={each}>
              <UnstyledButton className={styles.thumb} aria-pressed={each === view} onClick={() => setView(each)}>
                {shown && <img src={previewUrl(shown.digest, shown.session, 320)} alt="" />}
                <span>{words(each)}</span>
              </UnstyledButton>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
