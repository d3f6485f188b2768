// @vitest-environment jsdom
import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { id } from "../../mock/identifiers";
import { type Sent, start } from "../application";

type Told = (seen: { leftDeg: number; upDeg: number; mmPerPx: number }) => void;

// Stands in for what draws: notes what it is asked for, and says from where it is seen.
const drawn = vi.hoisted(() => ({ asked: [] as [string, ...unknown[]][], tell: undefined as Told | undefined, points: [] as (number | null)[] }));
vi.mock("../../src/screens/surface/stage", () => {
  const noted = (name: string) => (...given: unknown[]) => void drawn.asked.push([name, ...given]);
  return {
    Stage: class {
      turn = noted("turn");
      move = noted("move");
      enlarge = noted("enlarge");
      paint = noted("paint");
      mark = noted("mark");
      resize = noted("resize");
      close = noted("close");
      constructor(_canvas: unknown, _context: unknown, _mesh: unknown, tell: Told) {
        drawn.tell = tell;
        queueMicrotask(() => tell({ leftDeg: 0, upDeg: 0, mmPerPx: 0.4 }));
      }
      look(to: { leftDeg: number; upDeg: number }, how: unknown): void {
        drawn.asked.push(["look", to.leftDeg, how]);
        drawn.tell?.({ leftDeg: to.leftDeg, upDeg: to.upDeg, mmPerPx: 0.4 });
      }
      pick = () => drawn.points.shift() ?? null;
    },
  };
});

let sent: Sent[] = [];
const asked = (name: string) => drawn.asked.filter(([each]) => each === name).map(([, ...given]) => given);

beforeEach(() => {
  drawn.asked.length = 0;
  vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockReturnValue({} as never);
});

async function drawing(instead?: Parameters<typeof start>[1]): Promise<HTMLElement> {
  sent = start(`/sessions/${id(201)}/attempts/${id(505)}/surface`, instead);
  await screen.findByText("The surface is drawn.");
  return screen.getByRole("img", { name: /^Surface, frontal view, attempt 1: [\d,]+ points, .* uncertainty known of/ });
}

describe("a drawn surface", () => {
  test("is turned, moved and enlarged with keys, which go no further", async () => {
    const canvas = await drawing();
    expect(fireEvent.keyDown(canvas, { key: "ArrowRight" })).toBe(false);
    fireEvent.keyDown(canvas, { key: "ArrowUp" });
    fireEvent.keyDown(canvas, { key: "ArrowLeft", shiftKey: true });
    fireEvent.keyDown(canvas, { key: "+" });
    expect(asked("turn")).toEqual([[5, 0], [0, 5]]);
    expect(asked("move")).toEqual([[-0.05, 0]]);
    expect(asked("enlarge")).toEqual([[1.25]]);
    expect(fireEvent.keyDown(canvas, { key: "j" })).toBe(true);
    expect(fireEvent.keyDown(canvas, { key: "+", ctrlKey: true })).toBe(true);
  });

  test("is looked at from a protocol's directions, and goes back to how it was captured", async () => {
    const canvas = await drawing();
    fireEvent.click(screen.getByRole("button", { name: "Left oblique" }));
    expect(await screen.findByText("Seen from 45° to the person's left")).toBeTruthy();
    expect(screen.getByRole("button", { name: "Left oblique" }).getAttribute("aria-pressed")).toBe("true");
    fireEvent.keyDown(canvas, { key: "0" });
    expect(await screen.findByText("Seen from the front")).toBeTruthy();
    expect(asked("look")).toEqual([[45, { still: false, zoom: undefined }], [0, { still: false, zoom: 1 }]]);
  });

  test("turns at once for whoever wants no motion", async () => {
    await drawing();
    vi.stubGlobal("matchMedia", () => ({ matches: true }));
    fireEvent.click(screen.getByRole("button", { name: "Right lateral" }));
    expect(asked("look")).toEqual([[-90, { still: true, zoom: undefined }]]);
  });

  test("has a scale bar of a round length", async () => {
    await drawing();
    expect(screen.getByText("50 mm")).toBeTruthy();
  });

  test("is clay at first, and shows its uncertainty with unit, coverage factor and what is untold", async () => {
    await drawing();
    expect(asked("paint")).toEqual([[null]]);
    fireEvent.click(screen.getByRole("radio", { name: "Uncertainty" }));
    const legend = await screen.findByLabelText("Legend of the uncertainty");
    expect(within(legend).getByText(/Standard uncertainty of depth, mm/).textContent).toContain("coverage factor k = 1");
    expect(within(legend).getByText("≥ 0.2")).toBeTruthy();
    expect(within(legend).getByText(/untold: .* of the points/)).toBeTruthy();
    await waitFor(() => expect(asked("paint").at(-1)?.[0]).toBeInstanceOf(Float32Array));
  });

  test("shows heights above the plane it asks for then, once, with unit, ends and what they do not say", async () => {
    const planes = () => sent.filter(({ path }) => path.includes("/plane"));
    await drawing();
    expect(planes()).toHaveLength(0);
    fireEvent.click(screen.getByRole("radio", { name: "Height" }));
    const legend = await screen.findByLabelText("Legend of the heights");
    expect(within(legend).getByText(/^Height, mm/).textContent).toContain("above the plane that fits this surface best");
    expect(within(legend).getByText(/Where nothing is drawn there is no depth/)).toBeTruthy();
    expect(within(legend).getByText(/heights of two captures do not compare/)).toBeTruthy();
    expect(within(legend).getByText("0")).toBeTruthy();
    await waitFor(() => expect(asked("paint").at(-1)?.[0]).toBeInstanceOf(Float32Array));
    fireEvent.click(screen.getByRole("radio", { name: "Clay" }));
    fireEvent.click(screen.getByRole("radio", { name: "Height" }));
    expect(planes().map(({ method, path }) => [method, path.replace(/sha256[^/]*/, "D").replace(/session=[^&]*/, "session=S")])).toEqual([
      ["GET", "/depth-maps/D/plane?session=S&purpose=care"],
    ]);
  });

  test("says why there are no heights, and stays clay", async () => {
    const refused = { type: "x", title: "There is nothing here", status: 404, detail: "The calibration is not on record." };
    await drawing(({ path }) => (path.includes("/plane") ? { status: 404, body: refused } : undefined));
    fireEvent.click(screen.getByRole("radio", { name: "Height" }));
    const told = await screen.findByText(/The calibration is not on record/);
    expect(told.closest("[role=alert]")?.textContent).toContain("No heights.");
    expect(screen.queryByLabelText("Legend of the heights")).toBeNull();
    expect(asked("paint").at(-1)).toEqual([null]);
  });

  test("gives a distance only with its uncertainty, and says what it is not", async () => {
    const canvas = await drawing();
    fireEvent.click(screen.getByRole("button", { name: "Distance" }));
    expect(screen.getByText("Choose the first point on the surface.")).toBeTruthy();
    drawn.points.push(2_000, 6_000);
    fireEvent.pointerDown(canvas, { clientX: 100, clientY: 100, button: 0 });
    fireEvent.pointerUp(canvas, { clientX: 101, clientY: 100, button: 0 });
    fireEvent.click(screen.getByRole("button", { name: "Mark the middle" }));
    expect((await screen.findByText("k = 2")).closest("p")?.textContent).toMatch(/^[\d.]+ ± [\d.]+ mm k = 2$/);
    expect(screen.getByText(/No released measurement, and not recorded/)).toBeTruthy();
    expect(asked("mark").at(-1)).toEqual([[2_000, 6_000]]);
    fireEvent.click(screen.getByRole("button", { name: "Start again" }));
    expect(screen.getByText("Choose the first point on the surface.")).toBeTruthy();
  });

  test("a drag chooses no point, nor does a place beside the surface", async () => {
    const canvas = await drawing();
    fireEvent.click(screen.getByRole("button", { name: "Distance" }));
    drawn.points.push(null, 3);
    fireEvent.pointerDown(canvas, { clientX: 100, clientY: 100, button: 0 });
    fireEvent.pointerUp(canvas, { clientX: 160, clientY: 100, button: 0 });
    expect(drawn.points).toHaveLength(2);
    fireEvent.keyDown(canvas, { key: "Enter" });
    expect(screen.getByText("Choose the first point on the surface.")).toBeTruthy();
    fireEvent.keyDown(canvas, { key: "Enter" });
    expect(screen.getByText("Choose the second point.")).toBeTruthy();
  });

  test("says so where graphics are taken away from the page", async () => {
    const canvas = await drawing();
    fireEvent(canvas, new Event("webglcontextlost"));
    expect(await screen.findByText("The browser stopped drawing")).toBeTruthy();
    expect(screen.getByRole("link", { name: "Surface, PLY" })).toBeTruthy();
  });
});
