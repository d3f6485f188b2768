// The places that recording needs: whether each takes something just now, and how much room is left.
import type { Storage } from "../../api/types";
import { Empty } from "../../parts/Empty";
import { Mark } from "../../parts/Mark";
import { bytesText } from "../../quantities";
import { words } from "../../words";
import styles from "./StoragePlaces.module.css";

export function StoragePlaces({ places }: Pick<Storage, "places">) {
  if (places.length === 0) return <Empty>No place was tried.</Empty>;
  return (
    <ul className={styles.places}>
      {places.map(({ name, writable, low, reason, next_step, free_bytes }) => (
        <li key={name}>
          <span className={styles.name}>{words(name)}</span>
          {writable ? (
            <Mark tone={low ? "warn" : "pass"}>{low ? "Getting full" : "Takes records"}</Mark>
          ) : (
            <Mark tone="fail">Takes nothing</Mark>
          )}
          <span className={styles.room}>
            {free_bytes === null ? <span className="quiet">room not known here</span> : `${bytesText(free_bytes)} left`}
          </span>
          {!writable && (
            <p className={styles.why}>
              <strong>{sentence(reason ?? "nothing says why")}.</strong> {next_step}
            </p>
          )}
        </li>
      ))}
    </ul>
  );
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
