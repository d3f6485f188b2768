// A frame with the regions that failed drawn where they failed.
import type { Frame, Region } from "../api/types";
import { previewUrl } from "../api/images";
import { words } from "../words";
import styles from "./FramePicture.module.css";

interface Props {
  frame: Frame;
  session: string;
  width: number;
  alt: string;
  regions?: readonly { region: Region; label: string }[];
}

export function FramePicture({ frame, session, width, alt, regions = [] }: Props) {
  const { width_px, height_px, role } = frame;
  const here = regions.filter(({ region }) => region.frame === role);
  const stroke = width_px / 160;
  return (
    <figure className={styles.frame}>
      <div className={styles.well}>
        <img src={previewUrl(frame.digest, session, width)} alt={alt} />
        {here.length > 0 && (
          <svg viewBox={`0 0 ${width_px} ${height_px}`} preserveAspectRatio="none" aria-hidden="true">
            {distinct(here).map(({ region }) => (
              <rect
                key={placeOf(region)}
                x={region.x_px}
                y={region.y_px}
                width={region.width_px}
                height={region.height_px}
                strokeWidth={stroke}
                strokeDasharray={`${stroke * 4} ${stroke * 2}`}
              />
            ))}
          </svg>
        )}
      </div>
      <figcaption>
        {words(role)}
        {here.length > 0 && <span> failed: {here.map(({ label }) => label).join(", ").toLowerCase()}</span>}
      </figcaption>
    </figure>
  );
}

function placeOf({ x_px, y_px, width_px, height_px }: Region): string {
  return [x_px, y_px, width_px, height_px].join(" ");
}

/** Each place once: two measurements may fail in the same one. */
function distinct<Marked extends { region: Region }>(marked: readonly Marked[]): Marked[] {
  return [...new Map(marked.map((each) => [placeOf(each.region), each])).values()];
}
