// @vitest-environment jsdom
import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { describe, expect, test } from "vitest";
import { id } from "../../mock/identifiers";
import { start } from "../application";

async function shown(name: string): Promise<HTMLElement> {
  const title = await screen.findByText(name, { selector: "h2" });
  const panel = title.closest("section");
  if (panel === null) throw new Error("a model stands in a panel");
  return panel;
}

describe("the register of models", () => {
  test("each says its state, its licence, and what it was accepted on by subgroup", async () => {
    start("/models");
    const lit = within(await shown("skin-redness 1.0.0"));
    expect(lit.getByText("Approved, in use")).toBeTruthy();
    expect(lit.getByText("Licensed to the clinic.")).toBeTruthy();
    expect(await lit.findByText("dark")).toBeTruthy();
    expect(lit.getAllByText("-0.01 to 0.05")).toHaveLength(2);
    expect(lit.queryByText("Approve")).toBeNull();
  });

  test("one in the shadow shows how it differs, and what it refused", async () => {
    start("/models");
    const dark = within(await shown("skin-redness 2.0.0"));
    expect(dark.getByText("In the shadow, shown to nobody")).toBeTruthy();
    expect(dark.getByText("skin-redness 1.0.0")).toBeTruthy();
    expect(await dark.findByText("+0.040")).toBeTruthy();
    expect(dark.getByText("31")).toBeTruthy();
    expect(dark.getByText(/Refused by model.age: 2 captures/)).toBeTruthy();
  });

  test("approving signs the manifest's digest", async () => {
    start("/models");
    const dark = within(await shown("skin-redness 2.0.0"));
    fireEvent.click(dark.getByText("Approve"));
    expect(await screen.findByText("Approve skin-redness 2.0.0")).toBeTruthy();
    expect(screen.getByText("Accepted on 240 faces that were not used in training.")).toBeTruthy();
  });

  test("suspending asks why and says what follows", async () => {
    const sent = start("/models");
    const lit = within(await shown("skin-redness 1.0.0"));
    fireEvent.click(lit.getByText("Suspend"));
    expect(await screen.findByText(/every report that rests on it is flagged/)).toBeTruthy();
    const field = await screen.findByLabelText("Reason");
    fireEvent.change(field, { target: { value: "drift" } });
    fireEvent.submit(field);
    await waitFor(() =>
      expect(sent.some((each) => each.path === `/model-releases/${id(70)}/suspend`)).toBe(true),
    );
  });
});
