// What the colours of heights mean: from which plane, in which unit, and what they do not say.
import { Button } from "@mantine/core";
import { isProblem } from "../../api/problem";
import { heightTicks } from "./heights";
import { Scale } from "./Legend";
import styles from "./Surface.module.css";
import { shareText } from "./summary";
import type { HeightsAsked } from "./useHeights";

export function HeightLegend({ heights, error, again }: HeightsAsked) {
  if (heights === null) {
    if (error === null) return <p className={styles.legend} role="status">Fetching the plane that heights are told from</p>;
    if (!isProblem(error)) throw error;
    return (
      <div className={styles.legend} role="alert">
        <p>
          <strong>No heights.</strong> {error.message}
        </p>
        <Button size="compact-xs" variant="default" onClick={again}>
          Ask again
        </Button>
      </div>
    );
  }
  const { scale } = heights;
  return (
    <figure className={styles.legend} aria-label="Legend of the heights">
      <figcaption>
        Height, mm <span>(above the plane that fits this surface best, towards the camera)</span>
      </figcaption>
      <Scale ticks={heightTicks(scale)} />
      <ul className={styles.apart}>
        {scale.beyond > 0 && <li>{shareText(scale.beyond)} of the points lie beyond the scale and have its end colours</li>}
        <li>Where nothing is drawn there is no depth, and no height.</li>
        <li>The plane is this capture's own: heights of two captures do not compare.</li>
      </ul>
    </figure>
  );
}
