// @vitest-environment jsdom
import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { describe, expect, test } from "vitest";
import { id } from "../../mock/identifiers";
import { ME } from "../../mock/people";
import { start } from "../application";
import { choose } from "../choosing";

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

describe("registering a release", () => {
  const SIGNATURE = "0a".repeat(64);

  async function filled(signature: string): Promise<HTMLElement> {
    fireEvent.click(await screen.findByRole("button", { name: "Register a release" }));
    const dialog = await screen.findByRole("dialog");
    choose("manifest", new File(["{}"], "signed.json"));
    choose("model", new File(["onnx"], "model.onnx"));
    fireEvent.change(within(dialog).getByLabelText("Signature"), { target: { value: signature } });
    return within(dialog).getByRole("button", { name: "Register" });
  }

  test("sends manifest, model and signature as they were chosen", async () => {
    const sent = start("/models");
    fireEvent.click(await filled(` ${SIGNATURE.toUpperCase()}\n`));
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    const [one] = sent.filter((each) => each.method === "POST" && each.path === "/model-releases");
    expect((one?.form?.get("manifest") as File).name).toBe("signed.json");
    expect((one?.form?.get("model") as File).name).toBe("model.onnx");
    expect(one?.form?.get("signature")).toBe(SIGNATURE);
    expect(one?.headers.get("Idempotency-Key")).toBeTruthy();
  });

  test("what the service refuses is said in its words, and the files stay chosen", async () => {
    const refusal = {
      type: "urn:vultus:problem:refused", title: "A rule refused this", status: 409, rule: "model.digest",
      detail: "", evidence: "the manifest names sha256:aa, the model has sha256:bb",
      next_step: "Use the model and the manifest that were made together.",
    };
    start("/models", ({ method, path }) =>
      method === "POST" && path === "/model-releases" ? { status: 409, body: refusal } : undefined,
    );
    const button = await filled(SIGNATURE);
    fireEvent.click(button);
    expect(await screen.findByText(/the model has sha256:bb/)).toBeTruthy();
    expect(screen.getByText(refusal.next_step)).toBeTruthy();
    expect((button as HTMLButtonElement).disabled).toBe(false);
  });

  test("what is no signature is not sent, and nobody without the permission is asked", async () => {
    start("/models");
    expect(((await filled("0a")) as HTMLButtonElement).disabled).toBe(true);
    expect(screen.getByText("A signature has 128 digits from 0 to f.")).toBeTruthy();
    const permissions = ME.permissions.filter((each) => each !== "models.register");
    start("/models", ({ path }) => (path === "/me" ? { status: 200, body: { ...ME, permissions } } : undefined));
    await shown("skin-redness 1.0.0");
    expect(screen.queryByText("Register a release")).toBeNull();
  });
});
