// A frame with the parts that failed drawn where they failed. Where there are several, each has a
// number, which the line under the picture explains; a small one is drawn larger than it is.
import type { Frame, Region } from "../api/types";
import { previewUrl } from "../api/images";
import { words } from "../words";
import styles from "./FramePicture.module.css";
import { type Failed, marksOf } from "./failedMarks";

interface Props {
  frame: Frame;
  session: string;
  width: number;
  alt: string;
  regions?: readonly Failed[];
}

export function FramePicture({ frame, session, width, alt, regions = [] }: Props) {
  const { width_px, height_px, role } = frame;
  const marks = marksOf(regions, frame);
  const stroke = width_px / 160;
  const letters = width_px / 13;
  return (
    <figure className={styles.frame}>
      <div className={styles.well}>
        <img src={previewUrl(frame.digest, session, width)} alt={alt} />
        {marks.length > 0 && (
          <svg viewBox={`0 0 ${width_px} ${height_px}`} preserveAspectRatio="none" aria-hidden="true">
            {marks.map(({ drawn, number }) => (
              <g key={number}>
                <rect
                  x={drawn.x_px}
                  y={drawn.y_px}
                  width={drawn.width_px}
                  height={drawn.height_px}
                  strokeWidth={stroke}
                  strokeDasharray={`${stroke * 4} ${stroke * 2}`}
                />
                {marks.length > 1 && (
                  <text x={drawn.x_px + stroke} y={baseline(drawn, letters, height_px)} fontSize={letters} strokeWidth={letters / 6}>
                    {number}
                  </text>
                )}
              </g>
            ))}
          </svg>
        )}
      </div>
      <figcaption>
        {words(role)}
        {marks.length > 0 && (
          <span>
            {" "}
            failed:{" "}
            {marks
              .map(({ labels, number }) => `${marks.length > 1 ? `${number}\u00a0` : ""}${labels.join(", ").toLowerCase()}`)
              .join(", ")}
          </span>
        )}
      </figcaption>
    </figure>
  );
}

/** Above the part, where there is room; else within it. */
function baseline(drawn: Region, letters: number, height: number): number {
  if (drawn.y_px > 1.2 * letters) return drawn.y_px - 0.2 * letters;
  return Math.min(drawn.y_px + 1.1 * letters, height);
}
