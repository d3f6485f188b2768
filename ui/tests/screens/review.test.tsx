// @vitest-environment jsdom
import { fireEvent, screen, waitFor } from "@testing-library/react";
import { describe, expect, test, vi } from "vitest";
import { ASSESSMENTS } from "../../mock/assessments";
import { id } from "../../mock/identifiers";
import { report } from "../../src/api/standing";
import { start } from "../application";

// Drawing pictures needs a real browser; what is tested here is everything beside them.
vi.mock("../../src/screens/assessments/DeepZoom", () => ({ DeepZoom: () => null }));

const STALE = {
  status: 412,
  type: "application/problem+json",
  body: { type: "urn:vultus:problem:stale", title: "It changed meanwhile", status: 412, detail: "", stream_version: 9 },
};

/** Waits for the screen, and returns how many findings it says are reviewed. */
async function reviewed(): Promise<number> {
  return Number.parseInt((await screen.findByText(/^\d+ of 11 reviewed$/)).textContent, 10);
}

describe("reviewing", () => {
  test("one key accepts the finding that is looked at, under the version that was seen", async () => {
    const sent = start(`/assessments/${id(300)}`);
    const before = await reviewed();
    fireEvent.keyDown(window, { key: "a" });
    await screen.findByText(`${before + 1} of 11 reviewed`);
    const put = sent.find((each) => each.method === "PUT");
    expect(put?.body).toEqual({ verdict: "accepted" });
    expect(put?.headers.get("If-Match")).toMatch(/^"\d+"$/);
    expect(put?.headers.get("Idempotency-Key")).toMatch(/^[0-9a-f-]{36}$/);
    expect(put?.headers.get("X-Vultus-Client")).toBe("ui");
  });

  test("rejecting asks for a reason before anything is sent", async () => {
    const sent = start(`/assessments/${id(300)}`);
    await reviewed();
    fireEvent.keyDown(window, { key: "r" });
    expect(await screen.findByRole("dialog")).toBeTruthy();
    expect(sent.filter((each) => each.method === "PUT")).toHaveLength(0);
  });

  test("somebody else's change is never overwritten, and the new state is read and said", async () => {
    const sent = start(`/assessments/${id(300)}`, ({ method }) => (method === "PUT" ? STALE : undefined));
    await reviewed();
    const before = sent.filter((each) => each.path.startsWith("/assessments/")).length;
    fireEvent.keyDown(window, { key: "a" });
    await screen.findByText(/Changed meanwhile: this is the new state/);
    await waitFor(() =>
      expect(sent.filter((each) => each.path.startsWith("/assessments/")).length).toBeGreaterThan(before + 1),
    );
  });

  test("every finding is marked as decision support and says what limits it", async () => {
    start(`/assessments/${id(300)}`);
    expect(await screen.findByText("Clinical decision support, not a diagnosis")).toBeTruthy();
    fireEvent.click(await screen.findByText("Fitzpatrick type, suggested from the angle"));
    expect(await screen.findByText("A sun-reaction scale cannot be measured from an image.")).toBeTruthy();
  });
});

describe("signing off", () => {
  test("what is signed is the digest that was shown, after a fresh proof of identity", async () => {
    const sent = start(`/assessments/${id(301)}/sign-off`);
    fireEvent.change(await screen.findByLabelText("Six-digit code"), { target: { value: "123456" } });
    fireEvent.click(screen.getByRole("button", { name: "Sign" }));
    await waitFor(() => expect(sent.some((each) => each.path.endsWith("/sign-off"))).toBe(true));
    const posts = sent.filter((each) => each.method === "POST");
    expect(posts.map((each) => each.path.split("/").at(-1))).toEqual(["reauthentications", "sign-off"]);
    expect(posts[0]?.body).toEqual({ code: "123456" });
    expect(posts[1]?.body).toMatchObject({ meaning: "approved", reauthentication: id(9) });
    expect(String(posts[1]?.body.digest)).toMatch(/^sha256:[0-9a-f]{64}$/);
  });

  test("nobody signs while the page is behind the record", async () => {
    start(`/assessments/${id(300)}/sign-off`);
    report({ lag: 38 });
    fireEvent.change(await screen.findByLabelText("Six-digit code"), { target: { value: "123456" } });
    expect(screen.getByRole("button", { name: "Sign" }).hasAttribute("disabled")).toBe(true);
  });
});

describe("a change between two captures", () => {
  test("shows the verdict on the pair, and on demand everything that was looked at", async () => {
    start(`/assessments/${id(300)}`);
    expect(await screen.findByText("Volume compared, frontal view")).toBeTruthy();
    expect(screen.getByText("Colour compared, frontal view")).toBeTruthy();
    expect(screen.getAllByText("Comparable")).toHaveLength(2);
    fireEvent.click(screen.getByRole("button", { name: "2 conditions looked at, all alike" }));
    expect(screen.getByText("at most 5 mm apart")).toBeTruthy();
  });
});

describe("when a finding must not be used", () => {
  const open = async (label: string, instead?: Parameters<typeof start>[1]) => {
    start(`/assessments/${id(300)}`, instead);
    fireEvent.click(await screen.findByText(label));
  };

  test("a card offers what its own release rules out, and not what another one does", async () => {
    await open("Line density, forehead");
    const own = await screen.findByLabelText("Contraindications of Ridge lines 1.2.0");
    expect(own.textContent).toContain("Not for faces in motion.");
    expect(own.textContent).not.toContain("laser");
    await open("Erythema index, nose");
    const other = await screen.findByLabelText("Contraindications of Chromophore map 1.2.0");
    expect(other.textContent).toContain("Not for choosing laser or light energy.");
  });

  test("limitations of the release that stand on the card are not said twice", async () => {
    await open("Erythema index, nose");
    expect(await screen.findByText(/2 contraindications and 1 limitation of Chromophore map 1\.2\.0/)).toBeTruthy();
    expect(screen.getAllByText("Measured on clean skin, without makeup.")).toHaveLength(1);
  });

  test("a change of volume offers what its claim rules out", async () => {
    await open("Mid-face depth, left to right difference", ({ method, path }) => {
      const assessment = ASSESSMENTS[0];
      if (method !== "GET" || path !== `/assessments/${id(300)}` || assessment === undefined) return undefined;
      const findings = assessment.findings.map((each) =>
        each.code === "midface-depth" ? { ...each, origin: null, change: assessment.changes[0]?.change ?? null } : each,
      );
      return { status: 200, body: { ...assessment, findings } };
    });
    const ruledOut = await screen.findByLabelText("Contraindications of its claim");
    expect(ruledOut.textContent).toContain("Not for captures made more than 366 days apart.");
  });
});
