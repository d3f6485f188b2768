// @vitest-environment jsdom
import { fireEvent, screen } from "@testing-library/react";
import { describe, expect, test } from "vitest";
import { id } from "../../mock/identifiers";
import { report } from "../../src/api/standing";
import { start } from "../application";

const problem = (status: number, title: string) => ({
  status,
  type: "application/problem+json",
  body: { type: "urn:vultus:problem:x", title, status, detail: "because" },
});

describe("states of a screen", () => {
  test("what is not permitted says so, and offers a way on", async () => {
    start(`/sessions/${id(999)}`);
    expect(await screen.findByText("Your role does not open this")).toBeTruthy();
    expect(screen.getByText("Go to the worklist")).toBeTruthy();
  });

  test("what does not exist says so", async () => {
    start(`/sessions/${id(5)}`);
    expect(await screen.findByText("There is nothing at this address")).toBeTruthy();
  });

  test("no answer at all is said to be that", async () => {
    start("/devices", ({ path }) => {
      if (path === "/devices") throw new TypeError("refused");
      return undefined;
    });
    expect(await screen.findByText("No connection to the record")).toBeTruthy();
  });

  test("whoever is not signed in comes to the sign-in", async () => {
    start("/devices", ({ path }) => (path === "/me" ? problem(401, "Sign in first") : undefined));
    expect(await screen.findByRole("button", { name: "Sign in" })).toBeTruthy();
  });

  test("a failed sign-in shows the problem and empties the code, but not the account", async () => {
    start("/sign-in");
    fireEvent.change(await screen.findByLabelText("Account"), { target: { value: "hale" } });
    fireEvent.change(screen.getByLabelText("Password"), { target: { value: "x" } });
    const code = screen.getByLabelText<HTMLInputElement>("Six-digit code");
    fireEvent.change(code, { target: { value: "000000" } });
    fireEvent.submit(code);
    expect(await screen.findByText("Account, password and code do not go together.")).toBeTruthy();
    expect(code.value).toBe("");
    expect(screen.getByLabelText<HTMLInputElement>("Account").value).toBe("hale");
  });

  test("the header always says who, where, which build, and how far behind", async () => {
    start("/devices");
    await screen.findByText("VP-0007");
    report({ lag: 38, asOf: new Date("2026-11-22T03:02:07Z") });
    expect(await screen.findByText(/As of 14:02:07, 38 events behind/)).toBeTruthy();
    expect(screen.getByText("Dr Imogen Hale")).toBeTruthy();
    expect(screen.getByText("Harbour Street Clinic")).toBeTruthy();
    expect(screen.getByText("Demo")).toBeTruthy();
    expect(screen.getByText(/Build 0.1.0/)).toBeTruthy();
  });

  test("a blocked capture shows each closed gate with evidence and next step", async () => {
    start(`/subjects/${id(100)}/capture`);
    fireEvent.click(await screen.findByLabelText("Chin and forehead rest cleaned"));
    for (const label of ["Hair held back", "Glasses off", "Neutral expression explained", "None"]) {
      fireEvent.click(screen.getByLabelText(label));
    }
    fireEvent.click(screen.getByText("No station"));
    fireEvent.click(screen.getByRole("button", { name: "Open the session" }));
    expect(await screen.findByText("Capture is blocked")).toBeTruthy();
    expect(screen.getByText("There is no locked calibration for VP-0003.")).toBeTruthy();
    expect(screen.getByText("Calibrate with target CT-118 and have it locked.")).toBeTruthy();
  });
});
