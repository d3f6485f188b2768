// One finding: its value with uncertainty, what limits it, where it comes from, and the judgement.
import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { Change, Finding, Previous } from "../../api/types";
import { Digest } from "../../parts/Digest";
import { Glyph } from "../../parts/Glyph";
import { KeyHint } from "../../parts/KeyHint";
import { Mark } from "../../parts/Mark";
import { decimalsFor, difference, quantity, unitText } from "../../quantities";
import { words } from "../../words";
import styles from "./FindingCard.module.css";
import { NotFor } from "./NotFor";
import type { Reviewing } from "./reviewing";

interface Props {
  finding: Finding;
  change: Change | null;
  chosen: boolean;
  first: boolean;
  onChoose: () => void;
  map: string | null;
  onMap: (name: string) => void;
  actions: Reviewing;
}

const VERDICTS = {
  none: null,
  accepted: <Mark tone="pass">Accepted</Mark>,
  amended: <Mark tone="warn" glyph="pen">Amended</Mark>,
  rejected: <Mark tone="fail">Rejected</Mark>,
};

export function FindingCard({ finding, change, chosen, first, onChoose, map, onMap, actions }: Props) {
  const { value, unit, uncertainty, text } = finding;
  return (
    <li id={`finding-${finding.finding}`}>
      {first && <h3 className={styles.category}>{words(finding.category)}</h3>}
      <div className={styles.card} data-chosen={chosen} data-verdict={finding.verdict}>
        <button type="button" className={styles.line} aria-expanded={chosen} onClick={onChoose}>
          <span className={styles.label}>
            {finding.label}
            {finding.quality_flags.length > 0 && (
              <span className={styles.flagged} title="Has quality flags">
                <Glyph name="flag" size={12} />
                <span className="visually-hidden">has quality flags</span>
              </span>
            )}
          </span>
          <span className={styles.value}>
            {value === null ? shortText(text) : quantity(value, uncertainty)} <span>{unitText(unit)}</span>
          </span>
          <span className={styles.verdict}>
            {VERDICTS[finding.verdict] ??
              (finding.needs_confirmation ? (
                <Mark tone="warn">Suggestion</Mark>
              ) : (
                <Mark tone="plain">To review</Mark>
              ))}
          </span>
        </button>
        {chosen && <Details finding={finding} change={change} map={map} onMap={onMap} actions={actions} />}
      </div>
    </li>
  );
}

function Details({ finding, change, map, onMap, actions }: Omit<Props, "chosen" | "first" | "onChoose">) {
  const { value, text, coverage_factor, origin, previous } = finding;
  return (
    <div className={styles.details}>
      <dl className={styles.facts}>
        <dt>Confidence</dt>
        <dd>
          <svg className={styles.confidence} viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
            <rect width="100" height="6" className={styles.ground} />
            <rect width={finding.confidence * 100} height="6" className={styles.filled} />
          </svg>
          {finding.confidence.toFixed(2)}
        </dd>
        {text !== null && (value !== null || text !== shortText(text)) && (
          <>
            <dt>In words</dt>
            <dd className={styles.said}>{text}</dd>
          </>
        )}
        {coverage_factor !== null && (
          <>
            <dt>Uncertainty</dt>
            <dd>expanded, coverage factor {coverage_factor}</dd>
          </>
        )}
        {previous !== null && value !== null && (
          <>
            <dt>Last session</dt>
            <dd>
              {earlierText(previous.value, finding)}
              <span>{changeText(previous, finding.unit)}</span>
            </dd>
          </>
        )}
        <dt>Origin</dt>
        <dd>
          {origin !== null ? (
            <>
              {origin.name} {origin.version}, model <Digest value={origin.model_digest} />
            </>
          ) : change !== null ? (
            <>
              {change.algorithm}, measured against an{" "}
              <Link to="/sessions/$session" params={{ session: change.earlier_session }}>
                earlier capture
              </Link>
            </>
          ) : (
            "entered by hand"
          )}
        </dd>
        {change !== null && change.label !== "" && (
          <>
            <dt>Claim</dt>
            <dd className={styles.claim}>{sentence(change.label)}</dd>
          </>
        )}
      </dl>
      <ul className={styles.limits}>
        {finding.quality_flags.map((flag) => (
          <li key={flag} className={styles.quality}>
            <Glyph name="flag" size={12} /> {words(flag)}
          </li>
        ))}
        {finding.limitations.map((limitation) => (
          <li key={limitation}>{limitation}</li>
        ))}
      </ul>
      <NotFor finding={finding} change={change} />
      {finding.verdict !== "none" && finding.verdict !== "accepted" && <Judged finding={finding} />}
      {map !== null && (
        <div className={styles.actions}>
          <Button size="compact-sm" variant="default" onClick={() => onMap(map)}>
            Show on the picture
          </Button>
        </div>
      )}
      {actions.may && (
        <div className={styles.actions}>
          <Button size="compact-sm" loading={actions.busy} rightSection={<KeyHint keys="a" />} onClick={actions.accept}>
            {finding.needs_confirmation ? "Confirm" : "Accept"}
          </Button>
          <Button size="compact-sm" variant="default" rightSection={<KeyHint keys="e" />} onClick={actions.amend}>
            Amend
          </Button>
          <Button size="compact-sm" variant="default" rightSection={<KeyHint keys="r" />} onClick={actions.reject}>
            Reject
          </Button>
        </div>
      )}
    </div>
  );
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

/** The first clause of a text that is too long for a line of the list. */
export function shortText(text: string | null): string {
  if (text === null || text.length <= 32) return text ?? "";
  const [clause = ""] = text.split(/[:.;]/);
  return clause.length <= 32 ? clause : `${clause.slice(0, 31).trimEnd()}…`;
}

function earlierText(value: number, { uncertainty, unit }: Finding): string {
  const [number] = quantity(value, uncertainty).split(" ±");
  return `${number} ${unitText(unit)}`.trim();
}

function Judged({ finding }: { finding: Finding }) {
  const amended =
    finding.amended_value == null
      ? finding.amended_text
      : `${quantity(finding.amended_value, null)} ${unitText(finding.unit)}`;
  return (
    <p className={styles.judged}>
      {finding.verdict === "amended" && (
        <>
          Amended to <strong>{amended}</strong>.{" "}
        </>
      )}
      {finding.reason_code && `${words(finding.reason_code)}. `}
      {finding.reason}
    </p>
  );
}

/** Says a change as the service judged it: beyond what both values leave open, or not. */
export function changeText({ amended, compared }: Previous, unit: string | null): string {
  if (compared === null)
    return amended
      ? "set by the practitioner, without an uncertainty; no change is told"
      : "without an uncertainty of both; no change is told";
  const { change, detectable_change: least, detected } = compared;
  const inUnit = (number: string) => `${number} ${unitText(unit)}`.trim();
  const both = `the uncertainty of both, ${inUnit(least.toFixed(decimalsFor(least)))}`;
  return detected ? `change ${inUnit(difference(change, least))}, beyond ${both}` : `no change beyond ${both}`;
}
