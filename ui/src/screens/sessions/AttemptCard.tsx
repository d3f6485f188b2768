// One attempt: the pictures, the verdict, and every measurement against its limits.
import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { Attempt } from "../../api/types";
import { clockSeconds } from "../../moments";
import { Facts } from "../../parts/Facts";
import { FramePicture } from "../../parts/FramePicture";
import { Glyph } from "../../parts/Glyph";
import { Mark, type Tone } from "../../parts/Mark";
import { bytesText } from "../../quantities";
import { useMay } from "../../shell/me";
import { words } from "../../words";
import { offsetText } from "../worklist/DeviceSummary";
import styles from "./Session.module.css";
import { MeasurementTable } from "./MeasurementTable";

const STATES: Record<Attempt["state"], { tone: Tone; text: string }> = {
  submitted: { tone: "wait", text: "Received, being measured" },
  measured: { tone: "wait", text: "Measured, being judged" },
  accepted: { tone: "pass", text: "Accepted" },
  rejected: { tone: "fail", text: "Rejected" },
  unmeasurable: { tone: "fail", text: "Could not be measured" },
};

export function AttemptCard({ attempt, session }: { attempt: Attempt; session: string }) {
  const [all, setAll] = useState(false);
  const maySee = useMay("images.view");
  const state = STATES[attempt.state];
  const reasons = attempt.verdict?.reasons ?? [];
  const regions = reasons.flatMap(({ name, region }) =>
    region ? [{ region, label: labelOf(attempt, name) }] : [],
  );
  return (
    <article className={styles.attempt} data-tone={state.tone} aria-label={`${words(attempt.view)}, attempt ${attempt.number}`}>
      <header className={styles.attemptHead}>
        <h2>
          {words(attempt.view)} <span className="quiet">attempt {attempt.number}</span>
        </h2>
        <Mark tone={state.tone}>{state.text}</Mark>
        {attempt.imported && (
          <Mark tone="warn" glyph="imported">
            Imported, uncalibrated
          </Mark>
        )}
        {maySee && attempt.depth?.surface && (
          <Button
            variant="default"
            size="compact-xs"
            component={Link}
            to={`/sessions/${session}/attempts/${attempt.attempt}/surface`}
            leftSection={<Glyph name="surface" size={12} />}
          >
            Surface
          </Button>
        )}
        <span className={styles.meta}>
          {!attempt.imported && (
            <Mark tone="pass" bare glyph="lock">
              Signed by the station
            </Mark>
          )}
          <time dateTime={attempt.committed_at}>{clockSeconds(attempt.captured_at ?? attempt.committed_at)}</time>
        </span>
      </header>
      <div className={styles.attemptBody}>
        <div className={styles.frames} data-count={attempt.frames.length}>
          {attempt.frames.map((frame) => (
            <FramePicture
              key={frame.digest}
              frame={frame}
              session={session}
              width={480}
              alt={`${words(attempt.view)} view, ${words(frame.role).toLowerCase()}, attempt ${attempt.number}`}
              regions={regions}
            />
          ))}
        </div>
        <div className={styles.readings}>
          {reasons.length > 0 && (
            <ul className={styles.advice} aria-label="What to change">
              {reasons.map((reason) => (
                <li key={reason.name}>
                  <Glyph name="next" size={12} /> {reason.advice || words(reason.name)}
                  {placeOf(attempt, reason.name)}
                </li>
              ))}
            </ul>
          )}
          {attempt.failure && <p className={styles.failure}>{attempt.failure.evidence}</p>}
          {attempt.measurements.length > 0 && <MeasurementTable measurements={attempt.measurements} />}
          {attempt.state === "submitted" && (
            <p className="quiet">The stored bytes are being measured; the verdict appears here.</p>
          )}
          <button type="button" className={styles.more} aria-expanded={all} onClick={() => setAll(!all)}>
            {all ? "Less" : "How it was captured"}
          </button>
          {all && <Circumstances attempt={attempt} />}
        </div>
      </div>
    </article>
  );
}

function labelOf(attempt: Attempt, name: string): string {
  return attempt.measurements.find((each) => each.name === name)?.label ?? words(name);
}

/** Where it failed, as the service says it to the station, too. */
function placeOf(attempt: Attempt, name: string): string {
  const place = attempt.measurements.find((each) => each.name === name)?.place;
  return place ? ` ${place}` : "";
}

function Circumstances({ attempt }: { attempt: Attempt }) {
  const { conditions, depth } = attempt;
  const size = attempt.frames.reduce((sum, frame) => sum + frame.size_bytes, 0);
  return (
    <Facts
      items={[
        ["Station clock", conditions?.clock_offset_ms == null ? null : `${offsetText(conditions.clock_offset_ms)} from ours`],
        ["Received", attempt.received_at === null ? null : clockSeconds(attempt.received_at)],
        ["Distance", conditions ? `${conditions.distance_mm.toFixed(1)} mm` : null],
        ["Exposure", conditions ? `${(conditions.exposure_us / 1_000).toFixed(1)} ms, gain ${conditions.gain.toFixed(2)}` : null],
        ["Light", conditions ? `${conditions.cct_k.toFixed(0)} K, ${conditions.zones.filter((zone) => zone.healthy).length} of ${conditions.zones.length} zones healthy` : null],
        ["Colour reference", conditions ? words(conditions.colour_reference) : null],
        ["Versions", conditions ? `firmware ${conditions.firmware}, software ${conditions.software}` : null],
        ["Depth", depth ? `${(depth.completeness * 100).toFixed(0)} % complete, ${depth.algorithm}` : null],
        ["Frames", `${attempt.frames.length}, ${bytesText(size)}`],
        ["Source", attempt.source],
        ["Record", <span className="mono">position {attempt.seq}{attempt.device_sequence == null ? "" : `, station number ${attempt.device_sequence}`}</span>],
      ]}
    />
  );
}
