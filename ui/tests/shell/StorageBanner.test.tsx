// @vitest-environment jsdom
import { screen } from "@testing-library/react";
import { describe, expect, test } from "vitest";
import { STORAGE } from "../../mock/record";
import type { Storage } from "../../src/api/types";
import { start } from "../application";

type Place = Storage["places"][number];

function shown(change: Partial<Place>) {
  const places = STORAGE.places.map((each) => (each.name === "data" ? { ...each, ...change } : each));
  return start("/devices", ({ path }) =>
    path === "/record/storage" ? { status: 200, body: { ...STORAGE, places } } : undefined,
  );
}

describe("what is said about whether something can be recorded", () => {
  test("nothing, while there is room", async () => {
    shown({});
    await screen.findByText("VP-0007");
    expect(screen.queryByText(/recorded just now|left for/)).toBeNull();
  });

  test("why nothing can be recorded, and what ends it", async () => {
    shown({ writable: false, reason: "the disk is full", next_step: "Make room." });
    const alert = await screen.findByRole("alert");
    expect(alert.textContent).toContain("Nothing can be recorded just now: the disk is full.");
    expect(alert.textContent).toContain("Make room.");
  });

  test("that room is getting short, before it is", async () => {
    shown({ low: true, free_bytes: 1_500_000_000 });
    const said = await screen.findByRole("status", { name: "Room left" });
    expect(said.textContent).toContain("Only 1.5 GB left for data");
  });
});
