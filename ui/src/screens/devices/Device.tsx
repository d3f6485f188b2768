// One station: what it is, whether it can be trusted now, and how that changed.
import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import { answer, client, writing } from "../../api/client";
import * as read from "../../api/queries";
import type { Device as DeviceDetail } from "../../api/types";
import { dayAndClock, near } from "../../moments";
import { Digest } from "../../parts/Digest";
import { Empty } from "../../parts/Empty";
import { Facts } from "../../parts/Facts";
import { Loaded } from "../../parts/Loaded";
import { Mark } from "../../parts/Mark";
import { Page } from "../../parts/Page";
import { Panel } from "../../parts/Panel";
import { ReasonDialog } from "../../parts/ReasonDialog";
import { useMay } from "../../shell/me";
import { count, words } from "../../words";
import { offsetText, standing } from "../worklist/DeviceSummary";
import { Calibrations } from "./Calibrations";
import { ColourPatches } from "./ColourPatches";
import styles from "./Device.module.css";
import { DriftChart } from "./DriftChart";
import { LightField } from "./LightField";
import { LightZones, weakestZones } from "./LightZones";

const route = getRouteApi("/inside/devices/$device");

export function Device() {
  const { device } = route.useParams();
  const found = useQuery(read.device(device));
  return <Loaded query={found}>{(detail) => <Shown detail={detail} />}</Loaded>;
}

function Shown({ detail }: { detail: DeviceDetail }) {
  const { card, configuration, gaps, incidents, pictures } = detail;
  const service = useMay("devices.service");
  const [asking, setAsking] = useState(false);
  const out = card.state === "quarantined";
  const path = { params: { path: { device: card.device } } };
  return (
    <Page
      title={card.serial}
      lead={
        <>
          <Mark tone={standing(card).tone}>{standing(card).text}</Mark>
          <span>{card.model}</span>
          {card.reasons.map((reason) => (
            <span key={reason}>{reason}</span>
          ))}
        </>
      }
      actions={
        service && (
          <Button variant="default" onClick={() => setAsking(true)}>
            {out ? "Put back into use" : "Take out of use"}
          </Button>
        )
      }
    >
      <ReasonDialog
        title={out ? "Put back into use" : "Take out of use"}
        verb={out ? "Put back into use" : "Take out of use"}
        danger={!out}
        opened={asking}
        onClose={() => setAsking(false)}
        send={(reason, key) => {
          const sent = { ...path, body: { reason }, headers: writing(key, detail.version) };
          return answer(out ? client.POST("/devices/{device}/release", sent) : client.POST("/devices/{device}/quarantine", sent));
        }}
      />
      <div className={styles.columns}>
        <div className={styles.column}>
          <Calibrations detail={detail} />
          <div className={styles.pair}>
            <Panel title="Drift" aside="epipolar error of field checks">
              <DriftChart
                points={detail.field_checks.map((each) => ({ at: each.at, value: each.epipolar_error_px, passed: each.passed }))}
                unit="pixels"
                none="No field check was made yet."
              />
            </Panel>
            <Panel title="Self-check" aside="epipolar error of every capture">
              <DriftChart
                points={detail.self_checks.map((each) => ({ at: each.at, value: each.value, passed: each.passed !== false }))}
                unit="pixels"
                none="No stereo capture was measured yet."
              />
            </Panel>
            <Panel title="Residual" aside="reprojection of calibrations">
              <DriftChart
                points={detail.calibrations.map((each) => ({ at: each.performed_at, value: each.reprojection_error_px, passed: each.passed }))}
                unit="pixels"
                none="No calibration was made yet."
              />
            </Panel>
            <Panel title="Light drift" aside="weakest zone, share of new">
              <DriftChart
                points={weakestZones(detail.illumination)}
                unit="of its light when new"
                none="The light was not measured yet."
              />
            </Panel>
            <Panel title="Grey target" aside={detail.light_fields[0] && near(detail.light_fields[0].performed_at)}>
              <LightField latest={detail.light_fields[0]} pictures={pictures.light_field} />
            </Panel>
            <Panel title="Colour" aside={detail.colour[0] && near(detail.colour[0].performed_at)}>
              <ColourPatches latest={detail.colour[0]} pictures={pictures.colour} />
            </Panel>
            <Panel title="Light" aside={detail.illumination[0] && near(detail.illumination[0].performed_at)}>
              <LightZones latest={detail.illumination[0]} pictures={pictures.illumination} />
            </Panel>
          </div>
        </div>
        <div className={styles.column}>
          <Panel title="Configuration">
            {configuration ? (
              <Facts
                items={[
                  ["Firmware", configuration.firmware],
                  ["Software", <>{configuration.software} <Digest value={configuration.software_digest} /></>],
                  ["Cameras", configuration.cameras.map((each) => (
                    <div key={each.serial}>
                      {words(each.position).replace(" camera", "")}: <span className="mono">{each.serial}</span>, {each.sensor} at {each.connector}
                    </div>
                  ))],
                  ["Lenses", configuration.lens_configuration],
                  ["Baseline", `${configuration.baseline_mm} mm nominal`],
                  ["Boot", configuration.secure_boot ? "measured and verified" : "not verified"],
                  ["Signing key", words(configuration.key_storage).toLowerCase()],
                  ["Polarisation", configuration.polarisation ? "mounted" : "none"],
                ]}
              />
            ) : (
              <Empty>No configuration was recorded.</Empty>
            )}
          </Panel>
          <Panel title="Statements" aside={<span className="mono">last {card.last_sequence}</span>}>
            <Facts
              items={[
                ["Seen", card.last_seen_at === null ? "never" : near(card.last_seen_at)],
                ["Clock", card.clock_offset_ms === null ? "unknown" : `${offsetText(card.clock_offset_ms)} from ours`],
                ["Gaps", gaps.length === 0 ? <Mark tone="pass" bare>None</Mark> : <Mark tone="warn" bare>{count(gaps.length, "gap")}</Mark>],
              ]}
            />
            {gaps.map((gap) => (
              <p key={gap.expected} className="quiet">
                Number {gap.expected} was due, {gap.received} came.
              </p>
            ))}
          </Panel>
          <Panel title="Incidents" aside={count(incidents.length, "incident")}>
            {incidents.length === 0 ? (
              <p className="quiet">None.</p>
            ) : (
              <ul className={styles.incidents}>
                {incidents.map((incident) => (
                  <li key={incident.seq}>
                    <strong>{incident.title}</strong>
                    <span>{incident.detail}</span>
                    <time className="quiet">{dayAndClock(incident.at)}</time>
                  </li>
                ))}
              </ul>
            )}
          </Panel>
        </div>
      </div>
    </Page>
  );
}
