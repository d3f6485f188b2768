// What was wanted and did not become an attempt: failed, given up, or refused on receipt.
import type { Refused } from "../../api/types";
import { clock } from "../../moments";
import { Digest } from "../../parts/Digest";
import { GateList } from "../../parts/GateList";
import { Mark } from "../../parts/Mark";
import { Panel } from "../../parts/Panel";
import card from "../../parts/WithheldCard.module.css";
import { words } from "../../words";

const TITLES = {
  failed: "Capture failed",
  "given-up": "Station asked for help",
  attempt: "Attempt refused on receipt",
  photograph: "Photograph refused",
};

export function RefusedPanel({ refused }: { refused: Refused }) {
  const closed = refused.gates.filter((gate) => !gate.passed);
  return (
    <Panel
      title={<Mark tone="fail" bare>{TITLES[refused.kind]}</Mark>}
      aside={`${clock(refused.at)}, ${words(refused.view).toLowerCase()}`}
    >
      {closed.length > 0 ? (
        <GateList gates={closed} />
      ) : (
        <>
          <p>{refused.evidence}</p>
          <p className={card.next}>{refused.next_step}</p>
        </>
      )}
      {refused.digests.length > 0 && (
        <p className={card.rule}>
          No picture was kept: {refused.digests.map((digest) => <Digest key={digest} value={digest} />)}
        </p>
      )}
      <p className={card.rule}>
        Rule <code>{refused.rule}</code>
      </p>
    </Panel>
  );
}
