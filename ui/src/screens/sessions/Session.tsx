// A capture session: every attempt, good and bad, with what was measured and what to do next.
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useState } from "react";
import * as read from "../../api/queries";
import type { Session as SessionDetail } from "../../api/types";
import { clock, dayAndClock } from "../../moments";
import { Empty } from "../../parts/Empty";
import { Glyph } from "../../parts/Glyph";
import { GateList } from "../../parts/GateList";
import { Loaded } from "../../parts/Loaded";
import { Mark } from "../../parts/Mark";
import { Page } from "../../parts/Page";
import { Panel } from "../../parts/Panel";
import { WithheldCard } from "../../parts/WithheldCard";
import { words } from "../../words";
import start from "../worklist/Worklist.module.css";
import { AttemptCard } from "./AttemptCard";
import { RefusedPanel } from "./RefusedPanel";
import { SessionActions } from "./SessionActions";
import styles from "./Session.module.css";
import { ViewStrip } from "./ViewStrip";

const route = getRouteApi("/inside/sessions/$session");

const STATES = {
  open: <Mark tone="wait">Under way</Mark>,
  closed: <Mark tone="pass">Closed</Mark>,
  abandoned: <Mark tone="held">Abandoned</Mark>,
};

export function Session() {
  const { session } = route.useParams();
  const found = useQuery(read.session(session));
  return <Loaded query={found}>{(detail) => <Shown detail={detail} />}</Loaded>;
}

function Shown({ detail }: { detail: SessionDetail }) {
  const [view, setView] = useState<string | null>(null);
  const attempts = detail.attempts
    .filter((attempt) => view === null || attempt.view === view)
    .toReversed();
  return (
    <Page
      title={`Session ${detail.pseudonym}`}
      lead={
        <>
          {STATES[detail.state]}
          <span>
            {detail.protocol_name}, version {detail.protocol_version}
          </span>
          <span>{words(detail.purpose)}</span>
          <span>
            {detail.operator_name}
            {detail.device_serial ? <> at <span className="mono">{detail.device_serial}</span></> : ", imported"}
          </span>
          <span>{dayAndClock(detail.opened_at)}</span>
        </>
      }
      actions={
        <>
          <SessionActions detail={detail} />
          {detail.assessment && (
            <Link
              to="/assessments/$assessment"
              params={{ assessment: detail.assessment }}
              className={start.start}
            >
              Review findings <Glyph name="next" />
            </Link>
          )}
        </>
      }
    >
      <ViewStrip detail={detail} chosen={view} onChoose={setView} />
      <div className={styles.columns}>
        <div className={styles.attempts}>
          {attempts.length === 0 && (
            <Panel title="Attempts">
              <Empty>
                {detail.state === "open"
                  ? "Waiting for the station. Each attempt appears here as soon as it arrives."
                  : "No attempt was made."}
              </Empty>
            </Panel>
          )}
          {attempts.map((attempt) => (
            <AttemptCard key={attempt.attempt} attempt={attempt} session={detail.session} />
          ))}
        </div>
        <div className={styles.side}>
          {detail.withheld.map((withheld) => (
            <WithheldCard key={withheld.attempt + withheld.output} withheld={withheld} />
          ))}
          {detail.blocked.toReversed().map((blocked) => (
            <Panel
              key={blocked.seq}
              title={<Mark tone="fail" bare>Capture blocked</Mark>}
              aside={`${clock(blocked.at)}, ${blocked.view === null ? "" : `${words(blocked.view).toLowerCase()}, `}${words(blocked.stage).toLowerCase()}`}
            >
              <GateList gates={blocked.gates.filter((gate) => !gate.passed)} />
            </Panel>
          ))}
          {detail.refused.toReversed().map((refused) => (
            <RefusedPanel key={refused.seq} refused={refused} />
          ))}
          <Panel title="Gates at the opening" aside={passedText(detail)}>
            <GateList gates={detail.preconditions} />
            {detail.device === null && (
              <p>No station is used, so no gate of a station applies: the photographs stay uncalibrated.</p>
            )}
          </Panel>
          <Panel title="Asked and seen">
            <ul className={styles.prompts}>
              <li>{detail.prompts.rest_cleaned ? "Rest cleaned" : "Rest not cleaned"}</li>
              <li>{detail.prompts.hair_back ? "Hair held back" : "Hair not held back"}</li>
              <li>{detail.prompts.glasses_off ? "Glasses off" : "Glasses on"}</li>
              <li>{detail.prompts.neutral_expression ? "Neutral expression" : "Expression not neutral"}</li>
              <li>Make-up: {detail.prompts.makeup}</li>
            </ul>
          </Panel>
        </div>
      </div>
    </Page>
  );
}

function passedText(detail: SessionDetail): string {
  const passed = detail.preconditions.filter((gate) => gate.passed).length;
  return `${passed} of ${detail.preconditions.length} passed`;
}
