// @vitest-environment jsdom
import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { describe, expect, test } from "vitest";
import { id } from "../../mock/identifiers";
import { CARDS, deviceDetail, ME, STATION } from "../../mock/people";
import type { Device } from "../../src/api/types";
import { restingText } from "../../src/screens/devices/InvalidateDialog";
import { type Sent, start } from "../application";

const ADDRESS = `/devices/${STATION}`;
const REFUSED = {
  status: 409,
  type: "application/problem+json",
  body: {
    type: "urn:vultus:problem:rule", title: "A rule forbids this", status: 409, detail: "The calibration expired.",
    rule: "calibration.fit-to-lock", evidence: "it expired", next_step: "Calibrate the station again.",
  },
};

function without(permission: string) {
  const permissions = ME.permissions.filter((each) => each !== permission);
  return ({ path }: Sent) => (path === "/me" ? { status: 200, body: { ...ME, permissions } } : undefined);
}

/** Answers with a station that differs from that of the mock. */
function changed(change: (detail: Device) => Partial<Device>) {
  return ({ method, path }: Sent) => {
    const detail = deviceDetail(STATION);
    if (method !== "GET" || path !== ADDRESS || detail === undefined) return undefined;
    return { status: 200, body: { ...detail, ...change(detail) }, etag: detail.version };
  };
}

const posts = (sent: Sent[]) => sent.filter((each) => each.method === "POST");

/** The rows of one calibration: what was reached, and what it was made with. */
async function calibrationOf(state: string) {
  const group = (await screen.findAllByText(state))[0]?.closest("tbody");
  if (!group) throw new Error("a calibration is a group of rows");
  return within(group);
}

async function dialogOf(button: HTMLElement) {
  fireEvent.click(button);
  return within(await screen.findByRole("dialog"));
}

describe("the calibrations of a station", () => {
  test.each(["Awaits a lock", "Locked, in force", "Failed", "Superseded", "Expired"])(
    "one that is shown as %s says what it was made with", async (state) => {
      start(ADDRESS);
      const shown = await calibrationOf(state);
      expect(shown.getByText(/Target CT-118, certificate NMI-2026-0443; lenses 16 mm f\/4, focus 450 mm; 2\d\.\d °C/)).toBeTruthy();
    });

  test("a temperature that was not measured is not left out silently", async () => {
    start(ADDRESS, changed(({ calibrations }) => ({ calibrations: calibrations.map((each) => ({ ...each, temperature_c: null })) })));
    expect((await calibrationOf("Locked, in force")).getByText(/temperature not measured/)).toBeTruthy();
  });

  test("is locked by signing the digest of what is shown", async () => {
    const sent = start(ADDRESS);
    const dialog = await dialogOf(await screen.findByRole("button", { name: "Lock" }));
    expect(dialog.getByText("CT-118, certificate NMI-2026-0443")).toBeTruthy();
    fireEvent.change(dialog.getByLabelText("Six-digit code"), { target: { value: "123456" } });
    fireEvent.click(dialog.getByRole("button", { name: "Lock" }));
    await waitFor(() => expect(posts(sent).some((each) => each.path.endsWith("/lock"))).toBe(true));
    const post = posts(sent).find((each) => each.path.endsWith("/lock"));
    expect(post?.path).toBe(`${ADDRESS}/calibrations/${id(400)}/lock`);
    expect(post?.body).toMatchObject({ digest: deviceDetail(STATION)?.calibrations[0]?.digest });
  });

  test("a refused lock stays open and says why and what to do", async () => {
    start(ADDRESS, ({ path }) => (path.endsWith("/lock") ? REFUSED : undefined));
    const dialog = await dialogOf(await screen.findByRole("button", { name: "Lock" }));
    fireEvent.change(dialog.getByLabelText("Six-digit code"), { target: { value: "123456" } });
    fireEvent.click(dialog.getByRole("button", { name: "Lock" }));
    expect(await dialog.findByText(/Calibrate the station again/)).toBeTruthy();
  });

  test("whoever may not lock can neither lock nor invalidate", async () => {
    start(ADDRESS, without("calibrations.lock"));
    await screen.findByText("Locked, in force");
    expect(screen.queryByRole("button", { name: "Lock" })).toBeNull();
    expect(screen.queryByRole("button", { name: "Invalidate" })).toBeNull();
  });
});

describe("invalidating a calibration", () => {
  test("is offered for whatever may still be relied on, and for what reports may rest on", async () => {
    start(ADDRESS, changed(({ calibrations }) => ({
      calibrations: calibrations.map((each, at) => (at === 5 ? { ...each, state: "invalidated" as const, invalidated_because: "bent" } : each)),
    })));
    for (const [state, offered] of [
      ["Awaits a lock", 1], ["Locked, in force", 1], ["Superseded", 1], ["Expired", 1], ["Failed", 0], ["Invalidated", 0],
    ] as const)
      expect((await calibrationOf(state)).queryAllByRole("button", { name: "Invalidate" })).toHaveLength(offered);
  });

  test("shows what rests on it and asks for a reason before anything is sent", async () => {
    const sent = start(ADDRESS);
    const dialog = await dialogOf((await calibrationOf("Locked, in force")).getByRole("button", { name: "Invalidate" }));
    expect(dialog.getByText(/VP-0007 captures nothing until another is locked/)).toBeTruthy();
    expect(await dialog.findByText(/On it rest 1 session and 1 report/)).toBeTruthy();
    expect(dialog.getByRole("link", { name: /Report/ }).getAttribute("href")).toContain(`/reports/${id(800)}`);
    expect(sent.find((each) => each.path.startsWith("/trace/affected"))?.path)
      .toBe(`/trace/affected?kind=calibration&identifier=${id(401)}`);
    const send = dialog.getByRole("button", { name: "Invalidate" });
    expect(send.hasAttribute("disabled")).toBe(true);
    fireEvent.change(dialog.getByLabelText("What was found wrong with it"), { target: { value: " the target was bent " } });
    expect(posts(sent)).toHaveLength(0);
    fireEvent.click(send);
    await waitFor(() => expect(posts(sent)).toHaveLength(1));
    const [post] = posts(sent);
    expect(post?.path).toBe(`${ADDRESS}/calibrations/${id(401)}/invalidate`);
    expect(post?.body).toEqual({ reason: "the target was bent" });
    expect(post?.headers.get("Idempotency-Key")).toMatch(/^[0-9a-f-]{36}$/);
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  });

  test("one out of force does not say that the station stops", async () => {
    start(ADDRESS);
    const dialog = await dialogOf((await calibrationOf("Superseded")).getByRole("button", { name: "Invalidate" }));
    expect(dialog.queryByText(/captures nothing/)).toBeNull();
  });

  test("what rests on it is told in numbers, and nothing as nothing", () => {
    expect(restingText(0, 0)).toBe("Nothing was recorded that rests on it.");
    expect(restingText(3, 1)).toContain("3 sessions and 1 report");
  });
});

describe("taking a station out of use", () => {
  test("asks for a reason, and sends it under the version that was seen", async () => {
    const sent = start(ADDRESS);
    const dialog = await dialogOf(await screen.findByRole("button", { name: "Take out of use" }));
    fireEvent.change(dialog.getByLabelText("Reason"), { target: { value: "the rest came loose" } });
    fireEvent.click(dialog.getByRole("button", { name: "Take out of use" }));
    await waitFor(() => expect(posts(sent)).toHaveLength(1));
    expect(posts(sent)[0]).toMatchObject({ path: `${ADDRESS}/quarantine`, body: { reason: "the rest came loose" } });
    expect(posts(sent)[0]?.headers.get("If-Match")).toBe('"61"');
  });

  test("one that is out of use is put back by the same dialog", async () => {
    const sent = start(`/devices/${CARDS[2]?.device}`);
    const dialog = await dialogOf(await screen.findByRole("button", { name: "Put back into use" }));
    fireEvent.change(dialog.getByLabelText("Reason"), { target: { value: "it was fastened" } });
    fireEvent.click(dialog.getByRole("button", { name: "Put back into use" }));
    await waitFor(() => expect(posts(sent)[0]?.path).toMatch(/\/release$/));
  });

  test("is offered to nobody else", async () => {
    start(ADDRESS, without("devices.service"));
    await screen.findByText("Locked, in force");
    expect(screen.queryByRole("button", { name: "Take out of use" })).toBeNull();
  });
});

describe("a station's standing", () => {
  test("one that is ready does not hide what it warns of", async () => {
    const reason = "The last light field failed: zone left changed by -20.0%. Clean the lamps.";
    start(ADDRESS, changed(({ card }) => ({ card: { ...card, reasons: [reason] } })));
    expect(await screen.findByText("Ready, with a warning")).toBeTruthy();
    expect(screen.getByText(reason)).toBeTruthy();
    start(ADDRESS);
    expect(await screen.findByText("Ready")).toBeTruthy();
  });
});

describe("the colours of the chart", () => {
  test("all patches open in the order of the card, with numbers, and those above the limit say so", async () => {
    start(ADDRESS, changed(({ colour }) => ({
      colour: colour.map((each) => ({
        ...each, limits: { ...each.limits, worst: 2 },
        patches: each.patches.map((patch) => (patch.patch === 1 ? { ...patch, before: null, after: null, held_out: null } : patch)),
      })),
    })));
    const summary = await screen.findByText("All 24 patches, as on the card");
    const chart = within(summary.closest("details") as HTMLElement);
    const names = chart.getAllByRole("listitem", { hidden: true }).map((each) => each.getAttribute("aria-label"));
    expect(names).toHaveLength(24);
    expect(names[0]).toBe("Patch 1: 1.60 before, 0.40 after, 0.97 unseen");
    expect(names[1]).toBe("Patch 2: not measured");
    expect(names[6]).toBe("Patch 7: 2.00 before, 2.20 after, 0.97 unseen, above 2");
  });
});

describe("the light on the grey target", () => {
  test("names zones by their place, not as the cameras of that side", async () => {
    start(ADDRESS);
    const panel = (await screen.findByText("Grey target", { selector: "h2" })).closest("section") as HTMLElement;
    expect(within(panel).getByText("Left")).toBeTruthy();
    expect(within(panel).queryByText("Left camera")).toBeNull();
  });
});
