// @vitest-environment jsdom
import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { describe, expect, test } from "vitest";
import { CLAIMS } from "../../mock/people";
import { start } from "../application";

describe("what is validated", () => {
  test("is listed with its label, regions and evidence", async () => {
    start("/devices");
    const claim = await screen.findByRole("article", { name: "Claim about volume change" });
    expect(within(claim).getByText("validated on simulated heads only, not for clinical use")).toBeTruthy();
    expect(within(claim).getByText("Awaits a second person")).toBeTruthy();
    expect(within(claim).getByRole("cell", { name: "Cheek left" })).toBeTruthy();
    expect(within(claim).getByText(/2 subjects, 10 captures/)).toBeTruthy();
  });

  test("is put in force by signing the digest of what is shown", async () => {
    const sent = start("/devices");
    fireEvent.click(await screen.findByRole("button", { name: "Validate" }));
    const dialog = await screen.findByRole("dialog");
    fireEvent.change(within(dialog).getByLabelText("Six-digit code"), { target: { value: "123456" } });
    fireEvent.click(within(dialog).getByRole("button", { name: "Validate" }));
    await waitFor(() => expect(sent.some((each) => each.path.endsWith("/validate"))).toBe(true));
    const post = sent.find((each) => each.path.endsWith("/validate"));
    expect(post?.body).toMatchObject({ digest: CLAIMS[0]?.digest });
  });
});
