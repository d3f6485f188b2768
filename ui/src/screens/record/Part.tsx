// One part of the screen: waits for its own reading, and says for itself when that fails.
import { Button } from "@mantine/core";
import type { ReactNode } from "react";
import { isProblem, type ProblemError } from "../../api/problem";
import { Panel } from "../../parts/Panel";
import { ProblemNotice } from "../../parts/ProblemNotice";
import type { PartId } from "./matters";
import styles from "./Part.module.css";

interface Props<Data> {
  id?: PartId;
  title: string;
  query: { data: Data | undefined; error: Error | null; refetch: () => unknown };
  aside?: (data: Data) => ReactNode;
  flush?: boolean;
  children: (data: Data) => ReactNode;
}

export function Part<Data>({ id, title, query, aside, flush = false, children }: Props<Data>) {
  const { data, error } = query;
  const retry = () => void query.refetch();
  return (
    <div id={id} className={styles.part} tabIndex={-1}>
      <Panel title={title} aside={data === undefined ? undefined : aside?.(data)} flush={flush || data === undefined}>
        {data !== undefined ? (
          <>
            {error && (
              <p className={styles.earlier} role="status">
                This was read earlier; the last reading failed.
                <Button size="compact-xs" variant="default" onClick={retry}>
                  Try again
                </Button>
              </p>
            )}
            {children(data)}
          </>
        ) : error ? (
          <Failed error={error} retry={retry} />
        ) : (
          <p className={styles.said} role="status">
            Reading the record
          </p>
        )}
      </Panel>
    </div>
  );
}

function Failed({ error, retry }: { error: Error; retry: () => void }) {
  if (!isProblem(error)) throw error;
  if (isProblem(error, 403)) {
    return <p className={styles.said}>Your role does not open this. That it was asked for is in the record.</p>;
  }
  return (
    <div className={styles.failed}>
      <ProblemNotice error={error as ProblemError} onRetry={retry} />
    </div>
  );
}
