// A study's state and result in a word each.
import type { Study } from "../../api/types";
import { Mark, type Tone } from "../../parts/Mark";
import { judgedLimits, tally } from "./judging";

const STATES: Record<Study["state"], { tone: Tone; text: string; glyph?: "lock" }> = {
  planned: { tone: "warn", text: "Limits await approval" },
  approved: { tone: "wait", text: "Approved, not run yet" },
  completed: { tone: "warn", text: "Result awaits confirmation" },
  // Somebody signed for the result; that is not to say that it went well.
  confirmed: { tone: "plain", text: "Confirmed", glyph: "lock" },
};

export function StateMark({ study }: { study: Study }) {
  const { tone, text, glyph } = STATES[study.state];
  return (
    <Mark tone={tone} glyph={glyph}>
      {text}
    </Mark>
  );
}

export function VerdictMark({ study }: { study: Study }) {
  const judged = judgedLimits(study);
  const { met, missed, awaited } = tally(judged);
  if (study.passed === null) return <Mark tone="wait">{awaited} limits, not measured yet</Mark>;
  if (study.passed) return <Mark tone="pass">Every limit met, {met} of {judged.length}</Mark>;
  const unmeasured = judged.length - met - missed;
  return (
    <Mark tone="fail">
      {met} of {judged.length} met, {missed} missed{unmeasured > 0 && `, ${unmeasured} not measured`}
    </Mark>
  );
}
