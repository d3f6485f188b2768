// @vitest-environment jsdom
// What was not measured of the light is said to be that, and drawn nowhere.
import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, describe, expect, test } from "vitest";
import type { Illumination } from "../../src/api/types";
import { LightZones, weakestZones } from "../../src/screens/devices/LightZones";

afterEach(cleanup);

const SEEN: Illumination = {
  at: "2026-11-20T01:00:00.000000Z",
  performed_at: "2026-11-20T01:00:00.000000Z",
  zones: [
    { zone: "left", pwm: 1, current_ma: 350, level: 0.98, healthy: true },
    { zone: "right", pwm: 1, current_ma: 350, level: 1.01, healthy: true },
  ],
  exposure_target: 0.489,
  exposure_reached: 0.487,
  cct_k: 5583,
  white_balance: { red: 1.9, green: 1, blue: 1.6 },
  passed: true,
  reasons: [],
};
const UNSEEN: Illumination = {
  ...SEEN,
  at: "2026-11-21T01:00:00.000000Z",
  zones: SEEN.zones.map((zone) => ({ ...zone, level: null, healthy: null })),
  exposure_reached: null,
  cct_k: null,
  white_balance: null,
  passed: false,
  reasons: ["the colour reference is not in view, so the light cannot be measured"],
};

describe("the light of a station", () => {
  test("shows what was measured", () => {
    render(<LightZones latest={SEEN} pictures={[]} />);
    expect(screen.getByText("98.0 %")).toBeTruthy();
    expect(screen.getByText("5583 K")).toBeTruthy();
    expect(screen.queryByText("not measured")).toBeNull();
  });

  test("shows no number that was not measured, and why", () => {
    render(<LightZones latest={UNSEEN} pictures={[]} />);
    expect(screen.getByText(/the colour reference is not in view/)).toBeTruthy();
    expect(screen.getAllByText("not measured")).toHaveLength(5);
    expect(screen.getAllByText("350 mA")).toHaveLength(2);
    expect(screen.queryByText(/ K$| %$/)).toBeNull();
    expect(screen.queryByRole("img", { name: /Zone/ })).toBeNull();
  });

  test("draws no point where nothing was measured", () => {
    expect(weakestZones([UNSEEN, SEEN])).toEqual([{ at: SEEN.at, value: 0.98, passed: true }]);
  });
});
