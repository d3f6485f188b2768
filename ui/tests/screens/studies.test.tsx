// @vitest-environment jsdom
import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { describe, expect, test } from "vitest";
import { id } from "../../mock/identifiers";
import { ME } from "../../mock/people";
import { STUDIES } from "../../mock/studies";
import { start } from "../application";
import { choose } from "../choosing";

async function panel(title: string) {
  const heading = await screen.findByText(title, { selector: "h2" });
  const section = heading.closest("section");
  if (section === null) throw new Error("a panel is a section");
  return within(section);
}

describe("the list of studies", () => {
  test("each says its state and its result, failed ones, too", async () => {
    start("/studies");
    expect(await screen.findByText("Limits await approval")).toBeTruthy();
    expect(screen.getByText(/6 of 9 met, 1 missed, 2 not measured/)).toBeTruthy();
    expect(screen.getByText(/Every limit met, 9 of 9/)).toBeTruthy();
    expect(screen.getByText(/Nothing here is a clinical claim/)).toBeTruthy();
  });

  test("stands in the navigation of those who may read it, and of nobody else", async () => {
    start("/studies");
    expect(await screen.findByRole("link", { name: "Studies" })).toBeTruthy();
    const permissions = ME.permissions.filter((each) => each !== "studies.read");
    start("/", ({ path }) => (path === "/me" ? { status: 200, body: { ...ME, permissions } } : undefined));
    await screen.findByRole("link", { name: "Subjects" });
    expect(screen.queryByRole("link", { name: "Studies" })).toBeNull();
  });

  test("without one, it says where a plan comes from", async () => {
    start("/studies", ({ path }) => (path === "/studies" ? { status: 200, body: { items: [] } } : undefined));
    expect(await screen.findByText(/No study is laid down yet/)).toBeTruthy();
  });
});

describe("a study", () => {
  test("shows each figure beside its limit, with interval and verdict", async () => {
    start(`/studies/${id(741)}`);
    const limits = await panel("Limits and what was found");
    const rows = limits.getAllByRole("row").slice(1).map((row) => row.textContent ?? "");
    expect(rows).toHaveLength(9);
    const dark = rows.find((row) => row.startsWith("RMSSkin tone class (ITA): dark"));
    expect(dark).toContain("at most 0.75 mm");
    expect(dark).toContain("Missed");
    expect(rows.find((row) => row.startsWith("ICC(2,1)"))).toContain("Not measuredthere is no such figure");
    expect(rows.find((row) => row.startsWith("Bias"))).toMatch(/−0\.2 to 0\.2 mm.*0\.0\d+ mm.*Met/);
  });

  test("says that no person was measured, and who did what in which order", async () => {
    start(`/studies/${id(741)}`);
    expect(await screen.findByText(/No person was measured: the cases are simulated/)).toBeTruthy();
    const steps = await panel("Who, and in which order");
    expect(steps.getAllByRole("listitem").map((each) => each.textContent?.split(" by ")[0])).toEqual([
      "Laid down with its limits", "Limits approved", "Run",
    ]);
    expect(steps.getByRole("link", { name: /audit trail/ }).getAttribute("href")).toContain(`study-${id(741)}`);
  });

  test("says whether the service worked its figures out, or took them as they were handed in", async () => {
    start(`/studies/${id(741)}`);
    expect(await screen.findByText("Worked out of the cases by the service (study-figures/1)")).toBeTruthy();
  });

  test("from before says that its figures are as they were handed in", async () => {
    start(`/studies/${id(740)}`);
    expect(await screen.findByText(/^As they were handed in/)).toBeTruthy();
  });

  test("of which a result was refused says so among its steps", async () => {
    const awaited = STUDIES.find((each) => each.study === id(742));
    const refused = { name: "StudyResultRefused", title: "Study result refused", by: "Tom Hale", at: awaited?.approved_at ?? "2026-03-03T09:14:00.000000Z", seq: 999 };
    start(`/studies/${id(742)}`, ({ path }) =>
      path === `/studies/${id(742)}` ? { status: 200, body: { ...awaited, steps: [...(awaited?.steps ?? []), refused] } } : undefined,
    );
    const steps = await panel("Who, and in which order");
    expect(steps.getAllByRole("listitem").at(-1)?.textContent).toMatch(/^Result refused by Tom Hale/);
  });

  test("of people says that it is no claim, and of nobody that no person was measured", async () => {
    start(`/studies/${id(742)}`);
    expect(await screen.findByText(/Nothing here is a clinical claim/)).toBeTruthy();
    expect(screen.queryByText(/No person was measured/)).toBeNull();
  });

  test("draws a statistic by stratum, and says the same in words", async () => {
    start(`/studies/${id(740)}`);
    const strata = await panel("By stratum");
    const drawn = strata.getByRole("img", { name: /^Bias: Everybody 0\.600 deg, 95 %.*; Dark 2\.20 deg/ });
    expect(drawn).toBeTruthy();
    expect(drawn.querySelectorAll("[data-few=true]")).toHaveLength(0);
    fireEvent.click(strata.getByText("Age band"));
    expect(strata.getByRole("img", { name: /40-59.*; 80-89 not measured/ })).toBeTruthy();
    expect(strata.getAllByRole("row")).toHaveLength(6);
    expect(strata.getAllByRole("row").at(-1)?.textContent).toMatch(/^80-892not measured/);
  });

  test("draws a figure of too few cases as one that is held against nothing", async () => {
    start(`/studies/${id(741)}`);
    const strata = await panel("By stratum");
    const drawn = strata.getByRole("img", { name: /^RMS: .*Very light 0\.\d+ mm, of too few cases; Light 0\.\d+ mm;/ });
    expect(drawn.querySelectorAll("[data-few=true]")).toHaveLength(1);
    expect(drawn.querySelectorAll("[data-met=false]")).toHaveLength(1);
  });

  test("leads to the claims that name it and to the traces of their reports", async () => {
    start(`/studies/${id(741)}`);
    const resting = await panel("What rests on it");
    expect(await resting.findByText(/Claim about volume change/)).toBeTruthy();
    const trace = await resting.findByRole("link", { name: /Trace of report/ });
    expect(trace.getAttribute("href")).toBe(`/reports/${id(800)}/trace`);
    start(`/studies/${id(740)}`);
    expect(await screen.findByText("No claim names this study.")).toBeTruthy();
  });

  test("is approved by signing the plan's digest, with its limits in sight", async () => {
    const sent = start(`/studies/${id(742)}`);
    fireEvent.click(await screen.findByRole("button", { name: "Approve the limits" }));
    const dialog = within(await screen.findByRole("dialog"));
    expect(dialog.getAllByText("Not run yet")).toHaveLength(4);
    fireEvent.change(dialog.getByLabelText("Six-digit code"), { target: { value: "123456" } });
    fireEvent.click(dialog.getByRole("button", { name: "Approve the limits" }));
    await waitFor(() => expect(sent.some((each) => each.path === `/studies/${id(742)}/approve`)).toBe(true));
  });

  test("a result is confirmed by signing its digest; of a confirmed one nothing is left to sign", async () => {
    const sent = start(`/studies/${id(741)}`);
    fireEvent.click(await screen.findByRole("button", { name: "Confirm the result" }));
    const dialog = within(await screen.findByRole("dialog"));
    fireEvent.change(dialog.getByLabelText("Six-digit code"), { target: { value: "123456" } });
    fireEvent.click(dialog.getByRole("button", { name: "Confirm the result" }));
    await waitFor(() => expect(sent.some((each) => each.path === `/studies/${id(741)}/confirm`)).toBe(true));
    start(`/studies/${id(740)}`);
    await panel("By stratum");
    expect(screen.queryByRole("button", { name: /Approve|Confirm/ })).toBeNull();
  });
});

describe("laying down a plan", () => {
  test("sends what stands in the file, and shows the study", async () => {
    const sent = start("/studies");
    fireEvent.click(await screen.findByRole("button", { name: "Lay down a plan" }));
    await screen.findByRole("dialog");
    choose("plan", new File(['{"name": "Skin tone", "limits": [0.75]}'], "plan.json"));
    fireEvent.click(screen.getByRole("button", { name: "Lay down" }));
    expect(await screen.findByText("Who, and in which order")).toBeTruthy();
    const [one] = sent.filter((each) => each.method === "POST" && each.path === "/studies");
    expect(one?.body).toEqual({ plan: { name: "Skin tone", limits: [0.75] } });
  });

  test("a file that is no plan is refused in words, and nothing is sent", async () => {
    for (const text of ["%PDF-1.7", "[1]", "null"]) {
      const sent = start("/studies");
      fireEvent.click(await screen.findByRole("button", { name: "Lay down a plan" }));
      await screen.findByRole("dialog");
      choose("plan", new File([text], "report.pdf"));
      fireEvent.click(screen.getByRole("button", { name: "Lay down" }));
      expect(await screen.findByText(/report.pdf is not what vultus study plan writes/)).toBeTruthy();
      expect(sent.some((each) => each.method === "POST")).toBe(false);
    }
  });

  test("is asked of nobody who may not run studies", async () => {
    const permissions = ME.permissions.filter((each) => each !== "studies.run");
    start("/studies", ({ path }) => (path === "/me" ? { status: 200, body: { ...ME, permissions } } : undefined));
    expect(await screen.findByText("Limits await approval")).toBeTruthy();
    expect(screen.queryByText("Lay down a plan")).toBeNull();
  });
});

describe("handing in a result", () => {
  const APPROVED = { ...STUDIES[0], state: "approved" };
  const path = `/studies/${id(742)}`;
  const data = `sha256:${"ab".repeat(32)}`;

  async function handedIn(result: string): Promise<void> {
    fireEvent.click(await screen.findByRole("button", { name: "Hand in a result" }));
    await screen.findByRole("dialog");
    const button = screen.getByRole("button", { name: "Hand in" }) as HTMLButtonElement;
    choose("result", new File([result], "result.json"));
    choose("cases", new File(["{}"], "cases.json"));
    expect(button.disabled).toBe(true);
    choose("document", new File(["%PDF"], "report.pdf"));
    await waitFor(() => expect(button.disabled).toBe(false));
    fireEvent.click(button);
  }

  test("sends the three files and the digest that the result names", async () => {
    const sent = start(path, (one) => (one.method === "GET" && one.path === path ? { status: 200, body: APPROVED } : undefined));
    await handedIn(JSON.stringify({ data }));
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    const [one] = sent.filter((each) => each.method === "POST" && each.path === `${path}/result`);
    expect(["result", "cases", "document"].map((name) => (one?.form?.get(name) as File).name)).toEqual([
      "result.json", "cases.json", "report.pdf",
    ]);
    expect(one?.form?.get("data")).toBe(data);
  });

  test("says what was refused, whether here or by the service", async () => {
    const refusal = {
      type: "urn:vultus:problem:refused", title: "A rule refused this", status: 409, rule: "study.same-plan", detail: "",
      evidence: "the result is of the plan sha256:cc", next_step: "Run the study under the plan that was approved.",
    };
    start(path, (one) => {
      if (one.method === "POST") return { status: 409, body: refusal };
      return one.path === path ? { status: 200, body: APPROVED } : undefined;
    });
    await handedIn("{}");
    expect(await screen.findByText(/result.json is not what vultus study run writes/)).toBeTruthy();
    choose("result", new File([JSON.stringify({ data })], "result.json"));
    fireEvent.click(screen.getByRole("button", { name: "Hand in" }));
    expect(await screen.findByText(/the result is of the plan sha256:cc/)).toBeTruthy();
    expect(screen.getByText(refusal.next_step)).toBeTruthy();
  });

  test("is offered only once limits are approved, and only before a result", async () => {
    for (const number of [740, 741, 742]) {
      start(`/studies/${id(number)}`);
      await screen.findByText("Who, and in which order");
      expect(screen.queryByText("Hand in a result")).toBeNull();
    }
  });
});
