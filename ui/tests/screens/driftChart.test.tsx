// @vitest-environment jsdom
import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, describe, expect, test } from "vitest";
import { DriftChart, type DriftPoint } from "../../src/screens/devices/DriftChart";

afterEach(cleanup);

const at = (day: number) => `2026-03-${String(day).padStart(2, "0")}T09:00:00.000000Z`;

/** Newest first, as the service hands them out. */
const POINTS: DriftPoint[] = [
  { at: at(3), value: 0.4, passed: false },
  { at: at(2), value: 0.2, passed: true },
  { at: at(1), value: 0.1, passed: true },
];

function draw(points: readonly DriftPoint[]): SVGElement {
  render(<DriftChart points={points} unit="pixels" none="No field check was made yet." />);
  return screen.getByRole("img") as unknown as SVGElement;
}

const dots = (chart: SVGElement) =>
  [...chart.querySelectorAll("circle")].map((each) => [Number(each.getAttribute("cx")), Number(each.getAttribute("cy"))] as const);

describe("a number over time", () => {
  test("where nothing was measured, that is said and nothing is drawn", () => {
    render(<DriftChart points={[]} unit="pixels" none="No field check was made yet." />);
    expect(screen.getByText("No field check was made yet.")).toBeTruthy();
    expect(screen.queryByRole("img")).toBeNull();
  });

  test("is told in words, oldest first, each with unit and verdict", () => {
    const said = draw(POINTS).getAttribute("aria-label")?.split("; ") ?? [];
    expect(said.map((each) => each.replace(/^.*2026: /, ""))).toEqual([
      "0.1 pixels, passed", "0.2 pixels, passed", "0.4 pixels, failed",
    ]);
  });

  test("a point that failed has another shape, not only another colour", () => {
    const chart = draw(POINTS);
    expect(dots(chart)).toHaveLength(2);
    expect([...chart.querySelectorAll("path")].filter((each) => each.getAttribute("d")?.includes("l8 8"))).toHaveLength(1);
  });

  test("time runs to the right, and a larger number stands higher", () => {
    const [first, second] = dots(draw(POINTS));
    if (first === undefined || second === undefined) throw new Error("two passed");
    expect(first[0]).toBeLessThan(second[0]);
    expect(first[1]).toBeGreaterThan(second[1]);
  });

  test("the axis begins at nought and names the largest number", () => {
    const marks = [...draw(POINTS).querySelectorAll("text")].map((each) => each.textContent);
    expect(marks.slice(0, 2)).toEqual(["0", "0.40"]);
  });

  test("nothing but noughts is drawn on the axis, at numbers that exist", () => {
    const chart = draw(POINTS.map((each) => ({ ...each, value: 0, passed: true })));
    expect(dots(chart)).toHaveLength(3);
    expect(dots(chart).flat().every(Number.isFinite)).toBe(true);
    expect(new Set(dots(chart).map(([, y]) => y)).size).toBe(1);
  });

  test("many points are all drawn, and no more days are written than fit", () => {
    const many = Array.from({ length: 50 }, (_, index) => ({ at: at(1 + (index % 28)), value: 0.2, passed: true }));
    const chart = draw(many);
    expect(dots(chart)).toHaveLength(50);
    expect(chart.querySelectorAll("text").length).toBeLessThanOrEqual(2 + 6);
  });
});
