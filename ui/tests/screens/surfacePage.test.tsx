// @vitest-environment jsdom
import { fireEvent, screen, within } from "@testing-library/react";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { id } from "../../mock/identifiers";
import { deviceDetail, STATION } from "../../mock/people";
import { start } from "../application";

// Drawing needs a real browser; what is tested here is everything beside it, and its absence.
vi.mock("../../src/screens/assessments/DeepZoom", () => ({ DeepZoom: () => null }));
beforeEach(() => {
  vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockReturnValue(null);
});

const FRONTAL = `/sessions/${id(201)}/attempts/${id(505)}/surface`;

describe("the surface of an attempt", () => {
  test("is fetched once, described, and limited in words", async () => {
    const sent = start(FRONTAL);
    expect(await screen.findByText("Clinical decision support, not a diagnosis")).toBeTruthy();
    expect(await screen.findByText("position 1204")).toBeTruthy();
    expect(screen.getByText(/a point every 8 px of the left picture/)).toBeTruthy();
    expect(await screen.findByText(/locked, in force now/)).toBeTruthy();
    expect(screen.getByText(/An error of the calibration is not in it/)).toBeTruthy();
    expect(sent.filter((each) => each.path.startsWith("/surfaces/"))).toHaveLength(1);
  });

  test("where nothing can be drawn, its numbers and files are there all the same", async () => {
    start(FRONTAL);
    const instead = await screen.findByRole("alert");
    expect(within(instead).getByText("This browser cannot draw surfaces")).toBeTruthy();
    expect(within(instead).getByText(/uncertainty known of 9\d\.\d % of the points/)).toBeTruthy();
    for (const name of ["Surface, PLY", "Surface, OBJ", "Surface, STL", "Surface with photograph, ZIP", "Depth map, PNG", "Height map, PNG", "Normals, PNG", "Uncertainty of depth, PNG"]) {
      expect(screen.getByRole("link", { name }).hasAttribute("download")).toBe(true);
    }
  });

  test("bytes that are no surface are not drawn, and can still be taken away", async () => {
    start(FRONTAL, ({ path }) => (path.startsWith("/surfaces/") ? { status: 200, body: new Uint8Array(90) } : undefined));
    expect(await screen.findByText("The surface cannot be drawn")).toBeTruthy();
    expect(screen.getByRole("link", { name: "Surface, PLY" })).toBeTruthy();
  });

  test("a calibration that was invalidated since is said above all", async () => {
    const device = deviceDetail(STATION);
    const calibrations = device?.calibrations.map((each) =>
      each.calibration === id(401) ? { ...each, state: "invalidated" as const, invalidated_because: "The rig was knocked over." } : each,
    );
    start(FRONTAL, ({ path }) => (path === `/devices/${STATION}` ? { status: 200, body: { ...device, calibrations } } : undefined));
    expect(await screen.findByText("The calibration behind this surface does not hold")).toBeTruthy();
    expect(screen.getByText(/The rig was knocked over\./)).toBeTruthy();
  });

  test("what limits its depth stands beside it", async () => {
    start(`/sessions/${id(201)}/attempts/${id(506)}/surface`);
    expect(await screen.findByText("Face partly occluded")).toBeTruthy();
    expect(await screen.findByLabelText("Withheld: Volume change")).toBeTruthy();
  });

  test("an attempt without one says why, and fetches nothing", async () => {
    const sent = start(`/sessions/${id(200)}/attempts/${id(500)}/surface`);
    expect(await screen.findByText(/The attempt was not accepted/)).toBeTruthy();
    expect(sent.some((each) => each.path.startsWith("/surfaces/"))).toBe(false);
  });

  test("an attempt that is not there is said to be that", async () => {
    start(`/sessions/${id(200)}/attempts/${id(1)}/surface`);
    expect(await screen.findByText("There is no such attempt")).toBeTruthy();
  });
});

describe("ways to a surface", () => {
  test("a session leads to it from each attempt that has one", async () => {
    start(`/sessions/${id(200)}`);
    const accepted = await screen.findByRole("article", { name: "Frontal, attempt 2" });
    expect(within(accepted).getByRole("link", { name: "Surface" }).getAttribute("href")).toBe(
      `/sessions/${id(200)}/attempts/${id(501)}/surface`,
    );
    const rejected = screen.getByRole("article", { name: "Frontal, attempt 1" });
    expect(within(rejected).queryByRole("link", { name: "Surface" })).toBeNull();
  });

  test("a review shows it beside the pictures, and fetches it only then", async () => {
    const sent = start(`/assessments/${id(300)}`);
    const choice = await screen.findByRole("radio", { name: "Surface" });
    expect(sent.some((each) => each.path.startsWith("/surfaces/"))).toBe(false);
    fireEvent.click(choice);
    expect(await screen.findByText("This browser cannot draw surfaces")).toBeTruthy();
    expect(screen.getByRole("link", { name: /Open it alone/ }).getAttribute("href")).toBe(FRONTAL);
  });
});
