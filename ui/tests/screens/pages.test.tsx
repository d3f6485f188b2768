// @vitest-environment jsdom
import { fireEvent, screen, waitFor } from "@testing-library/react";
import { describe, expect, test } from "vitest";
import { answer } from "../../mock/answers";
import { id } from "../../mock/identifiers";
import type { WorkItem } from "../../src/api/types";
import { type Sent, start } from "../application";

const paths = (sent: Sent[], beginning: string) =>
  sent.map((each) => each.path).filter((path) => path.startsWith(beginning));

/** Answers the worklist in pages of two, as the service would. */
function inPages({ method, path }: Sent) {
  if (!path.startsWith("/worklist")) return undefined;
  const { status, body } = answer(method, path, {});
  const { items, ...rest } = body as { items: WorkItem[] };
  const from = Number(new URL(path, "http://page").searchParams.get("before")?.split("-")[1] ?? 0);
  const next = from + 2 < items.length ? `0-${from + 2}` : null;
  return { status, body: { ...rest, items: items.slice(from, from + 2), next } };
}

describe("lists that go on", () => {
  test("the worklist shows more on demand, one's own first, then what goes on without one", async () => {
    const sent = start("/", inPages);
    const more = await screen.findByRole("button", { name: "Show more" });
    expect(screen.getByText("2 lines shown, there are more")).toBeTruthy();
    expect(screen.queryByText("Going on without you")).toBeNull();
    fireEvent.click(more);
    await screen.findByText("Going on without you");
    expect(paths(sent, "/worklist?").filter((path) => path.includes("show=mine"))).toHaveLength(2);
    expect(document.querySelectorAll("[id^=work-]")).toHaveLength(6);
  });

  test("the keys reach the next page by themselves", async () => {
    start("/", inPages);
    await screen.findByRole("button", { name: "Show more" });
    for (let pressed = 0; pressed < 2; pressed += 1) fireEvent.keyDown(window, { key: "j" });
    await screen.findByText("Going on without you");
  });

  test("another choice is asked of the service, with its number beside it", async () => {
    const sent = start("/");
    fireEvent.click(await screen.findByText("Done 2"));
    await waitFor(() => expect(paths(sent, "/worklist?show=done").length).toBe(1));
  });

  test("typing keeps the field, and asks once it pauses", async () => {
    const sent = start("/");
    const field = await screen.findByLabelText<HTMLInputElement>("Search by pseudonym or report number");
    field.focus();
    for (const typed of ["R", "R-7", "R-77"]) fireEvent.change(field, { target: { value: typed } });
    fireEvent.click(screen.getByText("All 7"));
    await waitFor(() => expect(paths(sent, "/worklist?show=all&query=R-77").length).toBe(1));
    expect(await screen.findByText("R-77AA-19C0-02DE")).toBeTruthy();
    expect(document.body.contains(field)).toBe(true);
    expect(paths(sent, "/worklist?").some((path) => path.includes("query=R-7&"))).toBe(false);
  });

  test("a search by name pages in its body, and keeps the field", async () => {
    const sent = start("/subjects");
    const field = await screen.findByLabelText<HTMLInputElement>("Search subjects");
    fireEvent.change(field, { target: { value: "a" } });
    fireEvent.change(field, { target: { value: "an" } });
    await waitFor(() => expect(paths(sent, "/subjects/search").length).toBe(1));
    expect(document.body.contains(field)).toBe(true);
    expect(sent.find((each) => each.path === "/subjects/search")?.body.query).toBe("an");
  });

  test("subjects go on where the page ended", async () => {
    const sent = start("/subjects");
    fireEvent.click(await screen.findByRole("button", { name: "Show more" }));
    await waitFor(() => expect(paths(sent, "/subjects?")).toContain("/subjects?query=&before=900"));
    await waitFor(() => expect(screen.queryByRole("button", { name: "Show more" })).toBeNull());
  });

  test("a timeline goes back page by page", async () => {
    const sent = start(`/subjects/${id(100)}`);
    fireEvent.click(await screen.findByRole("button", { name: "Show more" }));
    expect(await screen.findByText("397")).toBeTruthy();
    expect(paths(sent, `/subjects/${id(100)}/timeline`)).toEqual([`/subjects/${id(100)}/timeline?before=400`]);
    await waitFor(() => expect(screen.queryByRole("button", { name: "Show more" })).toBeNull());
  });
});
