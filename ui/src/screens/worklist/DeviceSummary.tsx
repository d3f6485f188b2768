// A station at a glance.
import { Link } from "@tanstack/react-router";
import type { DeviceCard } from "../../api/types";
import { day, near } from "../../moments";
import { Facts } from "../../parts/Facts";
import { Mark } from "../../parts/Mark";
import styles from "./DeviceSummary.module.css";

const STATES = {
  ready: { tone: "pass", text: "Ready" },
  warned: { tone: "warn", text: "Ready, with a warning" },
  attention: { tone: "warn", text: "Needs attention" },
  quarantined: { tone: "fail", text: "Out of use" },
} as const;

/** A station's state in words; one that is ready does not hide what it warns of. */
export function standing({ state, reasons }: DeviceCard): (typeof STATES)[keyof typeof STATES] {
  return STATES[state === "ready" && reasons.length > 0 ? "warned" : state];
}

export function DeviceSummary({ card }: { card: DeviceCard }) {
  const { tone, text } = standing(card);
  const offset = card.clock_offset_ms;
  return (
    <article className={styles.card} data-tone={tone}>
      <header>
        <Link to="/devices/$device" params={{ device: card.device }} className={styles.serial}>
          {card.serial}
        </Link>
        <span className="quiet">{card.model}</span>
        <span className={styles.state}>
          <Mark tone={tone}>{text}</Mark>
        </span>
      </header>
      {card.reasons.length > 0 && (
        <ul className={styles.reasons}>
          {card.reasons.map((reason) => (
            <li key={reason}>{reason}</li>
          ))}
        </ul>
      )}
      <Facts
        items={[
          ["Calibration", card.calibration_until === null ? "none" : `until ${day(card.calibration_until)}`],
          ["Seen", card.last_seen_at === null ? "never" : near(card.last_seen_at)],
          ["Clock", offset === null ? "unknown" : offsetText(offset)],
          ["Firmware", card.firmware ?? "unknown"],
        ]}
      />
    </article>
  );
}

/** How far a station's clock is from ours, with its sign. */
export function offsetText(offset_ms: number): string {
  const sign = offset_ms < 0 ? "\u2212" : "+";
  const size = Math.abs(offset_ms);
  return size < 1_000 ? `${sign}${size.toFixed(0)} ms` : `${sign}${(size / 1_000).toFixed(1)} s`;
}
