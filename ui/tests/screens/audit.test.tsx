// @vitest-environment jsdom
import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { describe, expect, test } from "vitest";
import { spanText } from "../../src/screens/audit/LooksRow";
import { start } from "../application";

const positions = () =>
  screen.getAllByRole("row").slice(1).map((row) => within(row).queryAllByRole("cell")[0]?.textContent ?? "");

describe("the audit trail", () => {
  test("tells reads of one thing that follow one another in one line, with count and span", async () => {
    start("/audit-trail");
    const told = await screen.findByText("Record viewed, 7 times");
    const row = within(told.closest("tr") as HTMLElement);
    expect(row.getByText("1194–1188")).toBeTruthy();
    expect(row.getByText(/^report:.*, for care$/)).toBeTruthy();
    expect(row.getByText(/Dr Imogen Hale/)).toBeTruthy();
  });

  test("opens to every record by its position, and each to its own facts", async () => {
    start("/audit-trail");
    fireEvent.click(await screen.findByRole("button", { name: "All 7" }));
    for (let seq = 1_188; seq <= 1_194; seq += 1) expect(positions()).toContain(String(seq));
    const one = screen.getByText("1190").closest("tr") as HTMLElement;
    fireEvent.click(within(one).getByRole("button", { name: "More" }));
    expect(screen.getByText("RecordViewed")).toBeTruthy();
    fireEvent.click(screen.getByRole("button", { name: "Together" }));
    expect(positions()).not.toContain("1190");
  });

  test("a page does not end within them, and the older page goes on behind them", async () => {
    const sent = start("/audit-trail");
    // The service's first page ends at 1155, in the middle of ten reads.
    expect(await screen.findByText("Record viewed, 10 times")).toBeTruthy();
    expect(screen.getByText("Positions 1204 to 1149")).toBeTruthy();
    expect(sent.filter((each) => each.path.startsWith("/audit-trail")).map((each) => each.path)).toEqual([
      "/audit-trail?limit=50", "/audit-trail?before=1155&limit=50",
    ]);
    fireEvent.click(screen.getByRole("button", { name: "Older" }));
    await waitFor(() => expect(positions()[0]).toBe("1148"));
    expect(screen.getByText("Positions 1148 to 1099")).toBeTruthy();
    fireEvent.click(screen.getByRole("button", { name: "Newer" }));
    expect(await screen.findByText("Positions 1204 to 1149")).toBeTruthy();
  });

  test("each read can be had on a line of its own", async () => {
    start("/audit-trail");
    await screen.findByText("Record viewed, 7 times");
    const together = positions().length;
    fireEvent.click(screen.getByLabelText("Each read on a line of its own"));
    expect(positions()).toHaveLength(together - 2 + 17);
    expect(positions()).toContain("1190");
  });

  test("a filter by kind still tells them together, and nothing else goes with them", async () => {
    start("/audit-trail");
    fireEvent.change(await screen.findByLabelText("Kind of event"), { target: { value: "RecordViewed" } });
    await waitFor(() => expect(positions().length).toBeLessThan(40));
    expect(screen.getByText("Record viewed, 7 times")).toBeTruthy();
    expect(screen.getByText("Record viewed, 10 times")).toBeTruthy();
  });
});

test("a span names the day once where it is one day", () => {
  expect(spanText("2026-11-12T00:00:01Z", "2026-11-12T00:00:09Z")).toMatch(/^\d\d:00:01 to \d\d:00:09 12 Nov 2026$/);
  expect(spanText("2026-11-12T00:00:01Z", "2026-11-12T00:00:01Z")).toMatch(/^\d\d:00:01 12 Nov 2026$/);
  expect(spanText("2026-11-12T00:00:01Z", "2026-11-14T00:00:01Z")).toContain("12 Nov 2026 to");
});
