// For whoever holds a printed report: is it genuine? Reveals nothing else.
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import * as read from "../../api/queries";
import { dayAndClock } from "../../moments";
import { Digest } from "../../parts/Digest";
import { Facts } from "../../parts/Facts";
import { Loaded } from "../../parts/Loaded";
import { Mark } from "../../parts/Mark";
import { Panel } from "../../parts/Panel";

const route = getRouteApi("/verify/$code");

export function VerifyCode() {
  const { code } = route.useParams();
  const found = useQuery(read.knownCode(code));
  return (
    <main style={{ maxWidth: 560, margin: "12vh auto", padding: "0 20px" }}>
      <h1 style={{ marginBottom: 14, fontSize: "1.5rem" }}>Is this report genuine?</h1>
      <Loaded query={found}>
        {(known) => (
          <Panel title={<span className="mono">{code}</span>}>
            {known.known ? (
              <>
                <p style={{ marginBottom: 10 }}>
                  <Mark tone="pass">This code belongs to a report in our record</Mark>
                </p>
                <Facts
                  items={[
                    ["Number", known.number],
                    ["Issued", known.issued_at === null ? null : dayAndClock(known.issued_at)],
                    ["State", known.flagged ? <Mark tone="fail" glyph="flag">Flagged since: ask the clinic</Mark> : "In force"],
                    ["Document", known.digest === null ? null : <Digest value={known.digest} whole />],
                  ]}
                />
              </>
            ) : (
              <Mark tone="fail">No report here has this code</Mark>
            )}
          </Panel>
        )}
      </Loaded>
    </main>
  );
}
