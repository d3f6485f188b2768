// One line of the worklist: whose, what state, how far, since when.
import { Link } from "@tanstack/react-router";
import type { WorkItem } from "../../api/types";
import { dayAndClock, near } from "../../moments";
import { Glyph } from "../../parts/Glyph";
import { Mark, type Tone } from "../../parts/Mark";
import { count } from "../../words";
import { placeOf } from "./selection";
import styles from "./Worklist.module.css";

const TONES: Record<WorkItem["kind"], Tone> = {
  capture: "wait",
  analysis: "plain",
  review: "wait",
  sign: "warn",
  signed: "pass",
  done: "pass",
  attention: "fail",
  abandoned: "plain",
};

const GLYPHS = { capture: "eye", review: "search", sign: "pen", attention: "flag", analysis: "wait" } as const;

const VERBS: Partial<Record<WorkItem["kind"], string>> = {
  capture: "Follow",
  review: "Review",
  sign: "Sign",
  attention: "Look",
};

interface Props {
  item: WorkItem;
  id: string;
  chosen: boolean;
  onPoint: () => void;
}

export function WorkRow({ item, id, chosen, onPoint }: Props) {
  const glyph = item.kind in GLYPHS ? GLYPHS[item.kind as keyof typeof GLYPHS] : undefined;
  return (
    <li id={id} className={styles.row} data-chosen={chosen} onMouseEnter={onPoint}>
      <Link {...placeOf(item)} className={styles.link} onFocus={onPoint}>
        <span className={styles.pseudonym}>{item.pseudonym}</span>
        <span className={styles.state}>
          <Mark tone={TONES[item.kind] ?? "plain"} glyph={glyph}>
            {item.state_text}
          </Mark>
        </span>
        <span className={styles.progress}>{progress(item)}</span>
        <span className={styles.station}>{item.device_serial ?? "imported"}</span>
        <time className={styles.when} dateTime={item.updated_at} title={dayAndClock(item.updated_at)}>
          {near(item.updated_at)}
        </time>
        <span className={styles.verb}>
          {VERBS[item.kind] ?? "Open"} <Glyph name="next" size={12} />
        </span>
      </Link>
    </li>
  );
}

function progress(item: WorkItem) {
  if (item.flags.length > 0) return <span>{item.flags[0]}</span>;
  if (item.kind === "review") {
    return (
      <span className={styles.reviewed}>
        <svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
          <rect width="100" height="6" className={styles.ground} />
          <rect
            width={(item.findings_reviewed / Math.max(1, item.findings_total)) * 100}
            height="6"
            className={styles.filled}
          />
        </svg>
        {item.findings_reviewed} of {count(item.findings_total, "finding")} reviewed
        {item.withheld > 0 && `, ${item.withheld} withheld`}
      </span>
    );
  }
  if (item.report_number !== null) return <span className="mono">{item.report_number}</span>;
  const parts = [`${item.accepted} accepted`];
  if (item.rejected > 0) parts.push(`${item.rejected} rejected`);
  if (item.blocked > 0) parts.push(`${item.blocked} blocked`);
  if (item.withheld > 0) parts.push(`${item.withheld} withheld`);
  if (item.kind === "sign") return <span>All {item.findings_total} findings reviewed</span>;
  return <span>{parts.join(", ")}</span>;
}
