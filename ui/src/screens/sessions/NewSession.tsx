// Beginning a capture: what, where, why, and what was asked; gates decide.
import { Button, Checkbox, Radio, Select } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { answer, client, writing } from "../../api/client";
import * as read from "../../api/queries";
import type { DeviceCard, Prompts, Purpose } from "../../api/types";
import { useWrite } from "../../api/writes";
import { day } from "../../moments";
import { Loaded } from "../../parts/Loaded";
import { Mark } from "../../parts/Mark";
import { Page } from "../../parts/Page";
import { Panel } from "../../parts/Panel";
import { ProblemNotice } from "../../parts/ProblemNotice";
import { words } from "../../words";
import { standing } from "../worklist/DeviceSummary";
import { GatesAhead } from "./GatesAhead";
import styles from "./NewSession.module.css";

const route = getRouteApi("/inside/subjects/$subject/capture");

const ASKED = [
  ["rest_cleaned", "Chin and forehead rest cleaned"],
  ["hair_back", "Hair held back"],
  ["glasses_off", "Glasses off"],
  ["neutral_expression", "Neutral expression explained"],
] as const;

const PURPOSES: readonly Purpose[] = ["clinical-capture", "teaching", "research"];
const IMPORT = "import";

export function NewSession() {
  const { subject } = route.useParams();
  const navigate = useNavigate();
  const person = useQuery(read.subject(subject));
  const stations = useQuery(read.devices);
  const protocols = useQuery(read.protocols);
  const [device, setDevice] = useState<string | null>(null);
  const [protocol, setProtocol] = useState<string | null>(null);
  const [purpose, setPurpose] = useState<Purpose>("clinical-capture");
  const [prompts, setPrompts] = useState<Prompts>({
    hair_back: false,
    glasses_off: false,
    makeup: "",
    neutral_expression: false,
    rest_cleaned: false,
  });
  const open = useWrite(
    (body: { subject: string; device: string | null; protocol: string; purpose: Purpose; prompts: Prompts }, key) =>
      answer(client.POST("/capture-sessions", { body, headers: writing(key) })),
    { onDone: ({ session }) => void navigate({ to: "/sessions/$session", params: { session } }) },
  );
  const cards = stations.data?.items ?? [];
  const approved = (protocols.data?.items ?? []).filter((each) => each.state === "approved");
  const chosenDevice = device ?? cards.find((card) => card.state === "ready")?.device ?? IMPORT;
  const chosenProtocol = protocol ?? approved[0]?.protocol ?? null;
  const answered = prompts.makeup !== "" && prompts.hair_back && prompts.glasses_off && prompts.neutral_expression && prompts.rest_cleaned;

  function submit(event: FormEvent): void {
    event.preventDefault();
    if (chosenProtocol === null) return;
    const station = chosenDevice === IMPORT ? null : chosenDevice;
    open.mutate({ subject, device: station, protocol: chosenProtocol, purpose, prompts });
  }

  return (
    <Loaded query={person}>
      {(detail) => (
        <Page
          title="New capture"
          lead={
            <>
              <Link to="/subjects/$subject" params={{ subject }} className="mono">
                {detail.pseudonym}
              </Link>
              {detail.identity && (
                <span>
                  {detail.identity.family_name}, {detail.identity.given_name}
                </span>
              )}
            </>
          }
        >
          <form className={styles.columns} onSubmit={submit}>
            <div className={styles.column}>
              <Panel title="Station">
                <Radio.Group value={chosenDevice} onChange={setDevice} aria-label="Station">
                  <div className={styles.stations}>
                    {cards.map((card) => (
                      <Station key={card.device} card={card} />
                    ))}
                    <Radio.Card value={IMPORT} className={styles.station}>
                      <Radio.Indicator />
                      <span>
                        <strong>No station</strong>
                        <span className="quiet">Import photographs; they stay uncalibrated.</span>
                      </span>
                    </Radio.Card>
                  </div>
                </Radio.Group>
              </Panel>
              <Panel title="What and why">
                <div className={styles.fields}>
                  <Select
                    label="Protocol"
                    data={approved.map((each) => ({ value: each.protocol, label: `${each.name}, version ${each.version}` }))}
                    value={chosenProtocol}
                    onChange={setProtocol}
                  />
                  <Select
                    label="Purpose, which the consent must cover"
                    data={PURPOSES.map((each) => ({ value: each, label: words(each) }))}
                    value={purpose}
                    onChange={(value) => value && setPurpose(value as Purpose)}
                  />
                </div>
              </Panel>
              <Panel title="Asked and seen">
                <div className={styles.prompts}>
                  {ASKED.map(([name, label]) => (
                    <Checkbox
                      key={name}
                      label={label}
                      checked={prompts[name]}
                      onChange={(event) => setPrompts({ ...prompts, [name]: event.currentTarget.checked })}
                    />
                  ))}
                  <Radio.Group
                    label="Make-up"
                    value={prompts.makeup}
                    onChange={(makeup) => setPrompts({ ...prompts, makeup })}
                    className={styles.makeup}
                  >
                    <div className={styles.choices}>
                      <Radio value="none" label="None" />
                      <Radio value="light" label="Light" />
                      <Radio value="full" label="Full" />
                    </div>
                  </Radio.Group>
                </div>
              </Panel>
            </div>
            <div className={styles.column}>
              <GatesAhead
                subject={detail}
                purpose={purpose}
                card={cards.find((card) => card.device === chosenDevice) ?? null}
                protocol={approved.find((each) => each.protocol === chosenProtocol) ?? null}
              />
              {open.error && <ProblemNotice error={open.error} />}
              <Button type="submit" size="md" loading={open.isPending} disabled={!answered || chosenProtocol === null}>
                Open the session
              </Button>
              {!answered && <p className="quiet">Confirm what was asked and seen, and say which make-up.</p>}
            </div>
          </form>
        </Page>
      )}
    </Loaded>
  );
}

function Station({ card }: { card: DeviceCard }) {
  return (
    <Radio.Card value={card.device} className={styles.station}>
      <Radio.Indicator />
      <span>
        <span className={styles.named}>
          <strong className="mono">{card.serial}</strong>
          <Mark tone={standing(card).tone}>{standing(card).text}</Mark>
        </span>
        <span className="quiet">
          {card.reasons.length > 0
            ? card.reasons.map((reason) => <span key={reason}>{reason} </span>)
            : card.calibration_until === null
              ? card.model
              : `${card.model}, calibrated until ${day(card.calibration_until)}`}
        </span>
      </span>
    </Radio.Card>
  );
}
