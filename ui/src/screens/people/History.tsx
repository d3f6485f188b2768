// Everything that was given to a person and taken: what, by whom, when and why.
import { Link } from "@tanstack/react-router";
import type { PersonChange, PersonDetail } from "../../api/types";
import { dayAndClock } from "../../moments";
import { Panel } from "../../parts/Panel";
import { useMay } from "../../shell/me";
import { words } from "../../words";
import { changeText, took } from "./access";

export function History({ person }: { person: PersonDetail }) {
  const audit = useMay("audit.read");
  const trail = audit && (
    <Link to="/audit-trail" search={{ stream: `practitioner-${person.practitioner}` }}>
      In the audit trail
    </Link>
  );
  return (
    <Panel title="History" aside={trail || "newest first"} flush>
      <table className="grid-table">
        <thead>
          <tr>
            <th>When</th>
            <th>What</th>
            <th>By</th>
          </tr>
        </thead>
        <tbody>
          {person.history.map((change) => (
            <Row key={change.seq} change={change} told={person.reasons_told} />
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

function Row({ change, told }: { change: PersonChange; told: boolean }) {
  return (
    <tr>
      <td style={{ whiteSpace: "nowrap" }}>{dayAndClock(change.at)}</td>
      <td>
        {changeText(change)}
        {took(change) && <div className="quiet">{told ? change.reason : "The reason is told to those it concerns."}</div>}
      </td>
      <td>{change.by_kind === "practitioner" ? change.by : words(change.by)}</td>
    </tr>
  );
}
