// From a report back to raw frames, calibration, model and station, each verified or not.
import { SegmentedControl } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useState } from "react";
import * as read from "../../api/queries";
import type { Trace as TraceAnswer } from "../../api/types";
import { Loaded } from "../../parts/Loaded";
import { Mark } from "../../parts/Mark";
import { Page } from "../../parts/Page";
import { NodeDetails } from "./NodeDetails";
import styles from "./Trace.module.css";
import { TraceGraph } from "./TraceGraph";
import { TraceList } from "./TraceList";

const route = getRouteApi("/inside/reports/$report/trace");

export function Trace() {
  const { report } = route.useParams();
  const found = useQuery(read.trace(report));
  return <Loaded query={found}>{(trace) => <Shown trace={trace} report={report} />}</Loaded>;
}

function Shown({ trace, report }: { trace: TraceAnswer; report: string }) {
  const [chosen, setChosen] = useState(trace.root);
  const [form, setForm] = useState("graph");
  const failed = trace.nodes.filter((node) => !node.verified);
  const node = trace.nodes.find((each) => each.id === chosen);
  return (
    <Page
      fill
      title="Trace to the raw frames"
      lead={
        <>
          <Link to="/reports/$report" params={{ report }}>
            {trace.nodes.find((each) => each.id === trace.root)?.title ?? "Report"}
          </Link>
          {failed.length === 0 ? (
            <Mark tone="pass">All {trace.nodes.length} links verified</Mark>
          ) : (
            <Mark tone="fail">
              {trace.nodes.length - failed.length} of {trace.nodes.length} verified
            </Mark>
          )}
        </>
      }
      actions={
        <SegmentedControl
          aria-label="Form"
          value={form}
          onChange={setForm}
          data={[
            { value: "graph", label: "Graph" },
            { value: "list", label: "List" },
          ]}
        />
      }
    >
      <div className={styles.columns}>
        {form === "graph" ? (
          <TraceGraph trace={trace} chosen={chosen} onChoose={setChosen} />
        ) : (
          <TraceList trace={trace} chosen={chosen} onChoose={setChosen} />
        )}
        <aside className={styles.side} aria-label="Details" aria-live="polite">
          {node && <NodeDetails node={node} trace={trace} onChoose={setChosen} />}
        </aside>
      </div>
    </Page>
  );
}
