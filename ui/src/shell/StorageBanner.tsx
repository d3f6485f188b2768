// Says that nothing can be recorded just now, why, and what ends it; or that room is getting short.
import { useQuery } from "@tanstack/react-query";
import * as read from "../api/queries";
import { Glyph } from "../parts/Glyph";
import { bytesText } from "../quantities";
import { words } from "../words";
import styles from "./Banner.module.css";

export function StorageBanner() {
  const { data } = useQuery(read.storage);
  const refusing = data?.places.find((each) => !each.writable);
  const low = data?.places.find((each) => each.low && each.free_bytes != null);
  if (refusing !== undefined) {
    return (
      <div className={styles.banner} data-tone="stopped" role="alert">
        <Glyph name="fail" />
        <p>
          <strong>Nothing can be recorded just now: {refusing.reason}.</strong> What is recorded can
          still be read. Tell your administrator. {refusing.next_step}
        </p>
      </div>
    );
  }
  if (low === undefined) return null;
  return (
    <div className={styles.banner} data-tone="waiting" role="status" aria-label="Room left">
      <Glyph name="warn" />
      <p>
        <strong>Only {bytesText(low.free_bytes ?? 0)} left</strong> for {words(low.name).toLowerCase()}: tell your
        administrator before it is full.
      </p>
    </div>
  );
}
