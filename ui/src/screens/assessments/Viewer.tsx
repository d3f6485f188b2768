// The pictures of an assessment in deep zoom, with measured maps laid over them.
import { NativeSelect, SegmentedControl, Slider, UnstyledButton } from "@mantine/core";
import { useState } from "react";
import { artefactUrl, imageUrl, previewUrl } from "../../api/images";
import type { Assessment } from "../../api/types";
import { words } from "../../words";
import { DeepZoom } from "./DeepZoom";
import { grouped, NO_MAP } from "./maps";
import styles from "./Viewer.module.css";

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
  const frames = detail.frames.filter((frame) => frame.view === view);
  const frame = frames.find((each) => each.role === role) ?? frames[0];
  if (frame === undefined) return <div className={styles.viewer}>There are no pictures.</div>;
  const maps = detail.artefacts.filter((each) => each.attempt === frame.attempt);
  // Maps are computed on the left or only frame, so they lie over no other.
  const overlaid = frame.role !== "right";
  const artefact = overlaid ? maps.find((each) => each.name === map) : undefined;

  return (
    <section className={styles.viewer} aria-label="Pictures">
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
      <div className={styles.controls}>
        {frames.length > 1 && (
          <SegmentedControl
            aria-label="Camera"
            classNames={{ root: styles.segments, label: styles.segment }}
            value={frame.role}
            onChange={setRole}
            data={frames.map((each) => ({ value: each.role, label: each.role === "left" ? "Left" : "Right" }))}
          />
        )}
        {maps.length > 0 && (
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
