// What has been validated: for which stations, how well, region by region, and who put it in force.
import { Button, Modal, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { answer, client, writing } from "../../api/client";
import * as read from "../../api/queries";
import type { Claim } from "../../api/types";
import { dayAndClock } from "../../moments";
import { Digest } from "../../parts/Digest";
import { Empty } from "../../parts/Empty";
import { Facts } from "../../parts/Facts";
import { Loaded } from "../../parts/Loaded";
import { Mark, type Tone } from "../../parts/Mark";
import { Panel } from "../../parts/Panel";
import { ReasonDialog } from "../../parts/ReasonDialog";
import { SigningForm } from "../../parts/SigningForm";
import { useMay, useMe } from "../../shell/me";
import { count, words } from "../../words";
import styles from "./Claims.module.css";

const STATES: Record<Claim["state"], { tone: Tone; text: string; glyph?: "lock" }> = {
  registered: { tone: "warn", text: "Awaits a second person" },
  validated: { tone: "pass", text: "In force", glyph: "lock" },
  withdrawn: { tone: "fail", text: "Withdrawn" },
};

export function Claims() {
  const found = useQuery(read.claims);
  return (
    <Panel title="What is validated" aside="nothing else is reported of volume">
      <Loaded query={found}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty>No claim is registered. Volume stays withheld.</Empty>
          ) : (
            <div className={styles.claims}>
              {items.map((claim) => (
                <Shown key={claim.claim} claim={claim} />
              ))}
            </div>
          )
        }
      </Loaded>
    </Panel>
  );
}

function Shown({ claim }: { claim: Claim }) {
  const may = useMay("claims.validate");
  const [asking, setAsking] = useState<"validate" | "withdraw" | null>(null);
  const state = STATES[claim.state];
  const close = () => setAsking(null);
  return (
    <article className={styles.claim} aria-label={`Claim about ${words(claim.output).toLowerCase()}`}>
      <header>
        <strong>{words(claim.output)}</strong>
        <Mark tone={state.tone} glyph={state.glyph}>
          {state.text}
        </Mark>
        {claim.label !== "" && <Mark tone="warn">{claim.label}</Mark>}
        <span className={styles.actions}>
          {may && claim.state === "registered" && (
            <Button size="compact-sm" onClick={() => setAsking("validate")}>
              Validate
            </Button>
          )}
          {may && claim.state !== "withdrawn" && (
            <Button size="compact-sm" variant="default" onClick={() => setAsking("withdraw")}>
              Withdraw
            </Button>
          )}
        </span>
      </header>
      <Said claim={claim} />
      {asking === "validate" && <ValidateDialog claim={claim} onClose={close} />}
      <ReasonDialog
        title="Withdraw the claim"
        verb="Withdraw"
        danger
        opened={asking === "withdraw"}
        onClose={close}
        send={(reason, key) =>
          answer(
            client.POST("/claims/{claim}/withdraw", {
              params: { path: { claim: claim.claim } },
              body: { reason },
              headers: writing(key),
            }),
          )
        }
      >
        <p>From the next measurement on nothing is reported under it. It does not come back.</p>
      </ReasonDialog>
    </article>
  );
}

function Said({ claim }: { claim: Claim }) {
  const { content } = claim;
  return (
    <>
      <Facts
        items={[
          ["Algorithm", content.algorithm],
          ["Stations", content.scope.device_models.join("; ")],
          ["Shown on", content.scope.population],
          ["Accuracy", `${content.accuracy_words}; at most ${content.accuracy_target} ${content.unit}`],
          ["Holds when", `${Math.round(content.least_coverage * 100)} % of a region is measured, and the upper face agrees within ${content.largest_residual_mm} mm`],
          ["Captures", pairText(content.pair)],
          ["Evidence", content.evidence.map((study) => (
            <div key={study.study}>
              {words(study.source)}: {count(study.subjects, "subject")}, {count(study.captures, "capture")}. {study.summary}. Study <Digest value={study.study} />
            </div>
          ))],
          ["Registered by", claim.registered_by],
          ["In force", claim.validated_at === null ? null : `${dayAndClock(claim.validated_at)}, by ${claim.validated_by ?? ""}`],
          ["Withdrawn", claim.withdrawn_because],
        ]}
      />
      <table className="grid-table">
        <thead>
          <tr>
            <th>Region</th>
            <th className="number">Detectable from, {content.unit}</th>
            <th className="number">Repeats apart at most, {content.unit}</th>
            <th className="number">Mean error, {content.unit}</th>
            <th className="number">Spread of repeats, {content.unit}</th>
          </tr>
        </thead>
        <tbody>
          {content.regions.map((each) => (
            <tr key={each.region}>
              <td>{words(each.region)}</td>
              {[each.minimum_detectable_change, each.repeatability_limit, each.bias, each.test_retest_sd].map((value, at) => (
                <td key={at} className="number">
                  {value.toFixed(3).replace("-", "−")}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

function pairText(pair: Claim["content"]["pair"]): string {
  return `at most ${pair.distance_mm} mm, ${pair.pose_deg}°, ${pair.exposure_ratio} times the exposure, ${pair.cct_k} K and ${pair.days} days apart`;
}

function ValidateDialog({ claim, onClose }: { claim: Claim; onClose: () => void }) {
  const me = useMe();
  return (
    <Modal opened onClose={onClose} title="Validate the claim" size="xl">
      <Stack gap="sm">
        <p>
          From now on results are reported under these numbers. You may not validate a claim that you
          registered yourself.
        </p>
        <Said claim={claim} />
        <SigningForm
          digest={claim.digest}
          signer={me.display_name}
          verb="Validate"
          sign={({ reauthentication, digest }, key) =>
            answer(
              client.POST("/claims/{claim}/validate", {
                params: { path: { claim: claim.claim } },
                body: { reauthentication, digest },
                headers: writing(key),
              }),
            )
          }
          onDone={onClose}
        />
      </Stack>
    </Modal>
  );
}
