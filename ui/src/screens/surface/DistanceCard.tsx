// A straight distance between two chosen points, never without its uncertainty and what it is not.
import { Button } from "@mantine/core";
import { quantity } from "../../quantities";
import { distanceOf } from "./measure";
import type { SurfaceMesh } from "./ply";
import styles from "./Surface.module.css";

interface Props {
  mesh: SurfaceMesh;
  spacingMm: number;
  points: readonly number[];
  onMarkMiddle: () => void;
  onClear: () => void;
}

export function DistanceCard({ mesh, spacingMm, points, onMarkMiddle, onClear }: Props) {
  const [one, other] = points;
  const found = one === undefined || other === undefined ? undefined : distanceOf(mesh, one, other, spacingMm);
  return (
    <section className={styles.distance} aria-label="Straight distance">
      <div role="status">
        {found === undefined && <p>{one === undefined ? "Choose the first point on the surface." : "Choose the second point."}</p>}
        {found === null && (
          <p>
            <strong>No distance.</strong> The uncertainty of a chosen point is untold, or both points are one.
          </p>
        )}
        {found && (
          <>
            <p className={styles.measured}>
              {quantity(found.mm, found.expandedMm)} mm <span>k = 2</span>
            </p>
            <p>
              Of it, one standard deviation each: depth of both points {found.depthMm.toFixed(2)} mm, placing on points{" "}
              {spacingMm.toFixed(2)} mm apart {found.placingMm.toFixed(2)} mm.
            </p>
          </>
        )}
      </div>
      <p>
        No released measurement, and not recorded. Not in the uncertainty: an error of the calibration, movement, and where
        a person points.
      </p>
      <div className={styles.distanceButtons}>
        <Button size="compact-xs" variant="default" onClick={onMarkMiddle}>
          Mark the middle
        </Button>
        <Button size="compact-xs" variant="default" disabled={points.length === 0} onClick={onClear}>
          Start again
        </Button>
      </div>
    </section>
  );
}
