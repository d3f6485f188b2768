// @vitest-environment jsdom
import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, test } from "vitest";
import { STANDINGS } from "../../mock/record";
import type { Standings } from "../../src/api/types";
import { leftText } from "../../src/shell/LagBanner";
import { start } from "../application";

type Projection = Standings["projections"][number];

function shown(change: Partial<Standings>, trail: Partial<Projection> = {}, address = "/devices") {
  const projections = STANDINGS.projections.map((each) =>
    each.name === "audit-trail" ? { ...each, ...trail } : each,
  );
  return start(address, ({ path }) =>
    path === "/record/projections"
      ? { status: 200, body: { ...STANDINGS, projections, ...change } }
      : undefined,
  );
}

/** The banner's place, once the service said how far the screens are. */
function banner(): Promise<HTMLElement> {
  return screen.findByRole("status", { name: "How new this is" });
}

describe("what is said about how new the screens are", () => {
  test("nothing, while they are as new as the record", async () => {
    shown({});
    await screen.findByText("VP-0007");
    await waitFor(async () => expect((await banner()).textContent).toBe(""));
  });

  test("nothing about a moment's delay", async () => {
    shown({ lag_records: 3, lag_seconds: 1.2 });
    await screen.findByText("VP-0007");
    await waitFor(async () => expect((await banner()).textContent).toBe(""));
  });

  test("how many records and seconds they are behind", async () => {
    shown({ lag_records: 1_238, lag_seconds: 12.4 });
    expect(await screen.findByText("What you see is 1,238 records behind (12 s).")).toBeTruthy();
    expect(screen.queryByRole("alert")).toBeNull();
  });

  test("that they are behind although nobody knows for how long", async () => {
    shown({ lag_records: 1, lag_seconds: null });
    expect(await screen.findByText("What you see is 1 record behind.")).toBeTruthy();
  });

  test("how far a rebuild is, and how long it takes yet", async () => {
    const rebuild = { applied: 430, total: 1_000, records_per_second: 5, seconds_left: 114 };
    shown({ rebuilding: true, lag_records: 9, lag_seconds: 99 }, { rebuild });
    const said = within(await banner());
    expect(await said.findByText("Being rebuilt: 43 %")).toBeTruthy();
    expect(said.getByText(/about 2 min left/)).toBeTruthy();
    expect(said.getByText(/from before, and complete/)).toBeTruthy();
    expect(said.getByRole("progressbar", { name: "How far it is" }).getAttribute("value")).toBe("43");
    expect(said.queryByText(/behind/)).toBeNull();
  });

  test("that a view stopped, as an alert, with where and what to do", async () => {
    shown(
      { stalled: true, lag_records: 40, lag_seconds: 60 },
      { stalled_seq: 1_167, stalled_why: "KeyError" },
    );
    const alert = await screen.findByRole("alert");
    expect(alert.textContent).toContain("Audit trail stopped at record 1,167: tell your administrator.");
  });

  test("a view that cannot be read while it is rebuilt says that it comes by itself", async () => {
    start("/audit-trail", ({ path }) =>
      path.startsWith("/audit-trail")
        ? {
            status: 503,
            type: "application/problem+json",
            body: { type: "urn:vultus:problem:being-rebuilt", title: "Being rebuilt", status: 503, detail: "" },
          }
        : undefined,
    );
    expect(await screen.findByText("This view is being rebuilt")).toBeTruthy();
  });

  test.each([
    [12, "less than a minute"],
    [61, "about 1 min"],
    [3_500, "about 58 min"],
    [7_300, "about 2 h"],
  ])("%i s are said as %s", (seconds, said) => {
    expect(leftText(seconds)).toBe(said);
  });
});
