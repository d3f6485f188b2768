// From a report back to raw frames, calibration, model and station, each verified or not.
import { Button, SegmentedControl, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import * as read from "../../api/queries";
import type { Trace as TraceAnswer } from "../../api/types";
import { Glyph } from "../../parts/Glyph";
import { Loaded } from "../../parts/Loaded";
import { Mark } from "../../parts/Mark";
import { Page } from "../../parts/Page";
import { groupAround } from "./cards";
import { NodeDetails } from "./NodeDetails";
import { namingOf } from "./naming";
import { findNodes } from "./search";
import styles from "./Trace.module.css";
import { TraceGraph } from "./TraceGraph";
import { TraceList } from "./TraceList";
import { litFrom } from "./walk";

const route = getRouteApi("/inside/reports/$report/trace");

export function Trace() {
  const { report } = route.useParams();
  const found = useQuery(read.trace(report));
  return <Loaded query={found}>{(trace) => <Shown trace={trace} report={report} />}</Loaded>;
}

function Shown({ trace, report }: { trace: TraceAnswer; report: string }) {
  const [chosen, setChosen] = useState(trace.root);
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const [form, setForm] = useState("graph");
  const [typed, setTyped] = useState("");
  const naming = useMemo(() => namingOf(trace), [trace]);
  const lit = useMemo(() => litFrom(trace, chosen), [trace, chosen]);
  const hits = useMemo(() => findNodes(trace.nodes, typed, naming.title), [trace, typed, naming]);
  const found = useMemo(() => new Set(hits.map((node) => node.id)), [hits]);
  const failed = trace.nodes.filter((node) => !node.verified);
  const node = trace.nodes.find((each) => each.id === chosen);

  const choose = (id: string) => {
    const group = groupAround(trace, id);
    if (group !== null && !open.has(group)) setOpen(new Set([...open, group]));
    setChosen(id);
  };
  const toggle = (group: string) => {
    const next = new Set(open);
    if (!next.delete(group)) next.add(group);
    setOpen(next);
    // What is chosen is always on the drawing.
    if (!next.has(group) && groupAround(trace, chosen) === group) setChosen(trace.root);
  };
  const chooseNext = (of: readonly { id: string }[]) => {
    const next = of[(of.findIndex((each) => each.id === chosen) + 1) % of.length];
    if (next !== undefined) choose(next.id);
  };
  const same = { trace, naming, chosen, lit, onChoose: choose };
  return (
    <Page
      fill
      title="Trace to the raw frames"
      lead={
        <>
          <Link to="/reports/$report" params={{ report }}>
            {naming.title(trace.root)}
          </Link>
          {failed.length === 0 ? (
            <Mark tone="pass">All {trace.nodes.length} links verified</Mark>
          ) : (
            <>
              <Mark tone="fail">
                {trace.nodes.length - failed.length} of {trace.nodes.length} verified
              </Mark>
              <Button size="compact-xs" variant="default" onClick={() => chooseNext(failed)}>
                Show what is not
              </Button>
            </>
          )}
        </>
      }
      actions={
        <>
          <TextInput
            size="xs"
            className={styles.search}
            aria-label="Find by the beginning of a digest, or by name"
            placeholder="Digest or name"
            leftSection={<Glyph name="search" />}
            rightSectionWidth={62}
            rightSection={
              typed.trim() === "" ? null : (
                <span className="quiet" role="status">
                  {hits.length} found
                </span>
              )
            }
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
            onKeyDown={(event) => event.key === "Enter" && chooseNext(hits)}
          />
          <SegmentedControl
            aria-label="Form"
            value={form}
            onChange={setForm}
            data={[
              { value: "graph", label: "Graph" },
              { value: "list", label: "List" },
            ]}
          />
        </>
      }
    >
      <div className={styles.columns}>
        {form === "graph" ? (
          <TraceGraph {...same} found={found} open={open} onToggle={toggle} />
        ) : (
          <TraceList {...same} found={typed.trim() === "" ? null : found} />
        )}
        <aside className={styles.side} aria-label="Details" aria-live="polite">
          {node && <NodeDetails node={node} trace={trace} naming={naming} onChoose={choose} />}
        </aside>
      </div>
      <p className={styles.foot}>
        {lit.toFrames
          ? "Lit: every way from what is chosen to the raw frames. "
          : "Lit: everything that rests on what is chosen. "}
        A direct link that a longer chain says as well is drawn while one of its ends is chosen; list and details name
        every link.
      </p>
    </Page>
  );
}
