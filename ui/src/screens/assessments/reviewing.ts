// The course of a review: which finding is looked at, and what the keys do with it.
import { useEffect, useState } from "react";
import { answer, client, writing } from "../../api/client";
import type { Assessment, Finding } from "../../api/types";
import { useWrite } from "../../api/writes";
import { useKeys } from "../../parts/keys";

export interface Judgement {
  verdict: "accepted" | "amended" | "rejected";
  value?: number;
  text?: string;
  reason_code?: string;
  reason?: string;
}

interface Sent {
  finding: string;
  judgement: Judgement;
}

export interface Asked {
  finding: Finding;
  verdict: "amended" | "rejected";
}

export function useReview(detail: Assessment, permitted: boolean) {
  const { assessment, findings, version } = detail;
  const unreviewed = findings.findIndex((finding) => finding.verdict === "none");
  const [at, setAt] = useState(Math.max(0, unreviewed));
  const [asked, setAsked] = useState<Asked | null>(null);
  const may = permitted && detail.state === "open";
  const write = useWrite(({ finding, judgement }: Sent, key) =>
    answer(
      client.PUT("/assessments/{assessment}/findings/{finding}", {
        params: { path: { assessment, finding } },
        body: judgement,
        headers: writing(key, version),
      }),
    ),
  );
  const current = findings[at];

  useEffect(() => {
    document.getElementById(`finding-${current?.finding}`)?.scrollIntoView({ block: "nearest" });
  }, [current?.finding]);

  function choose(index: number): void {
    setAt(Math.min(findings.length - 1, Math.max(0, index)));
  }

  /** Records a judgement, then goes to the next finding that has none. */
  function send(finding: string, judgement: Judgement): void {
    if (write.isPending) return;
    write.mutate(
      { finding, judgement },
      {
        onSuccess: () => {
          setAsked(null);
          const after = findings.findIndex((each, index) => index > at && each.verdict === "none");
          if (after >= 0) setAt(after);
        },
      },
    );
  }

  const accept = () => current && may && send(current.finding, { verdict: "accepted" });
  const ask = (verdict: Asked["verdict"]) => () =>
    current && may && setAsked({ finding: current, verdict });

  useKeys(
    {
      j: () => choose(at + 1),
      k: () => choose(at - 1),
      a: accept,
      e: ask("amended"),
      r: ask("rejected"),
    },
    asked === null,
  );

  return {
    at,
    asked,
    may,
    choose,
    send,
    accept,
    amend: ask("amended"),
    reject: ask("rejected"),
    stopAsking: () => setAsked(null),
    busy: write.isPending,
    error: asked === null ? write.error : null,
  };
}

export type Reviewing = ReturnType<typeof useReview>;
