// @vitest-environment jsdom
import { render, screen } from "@testing-library/react";
import { describe, expect, test } from "vitest";
import { BulletBar, limitText, scaleOf } from "../../src/parts/BulletBar";

describe("a bar of a reading against its limits", () => {
  test.each([
    [0.3, 0.2, null],
    [452, 440, 460],
    [-8, -3, 3],
    [0, null, 0.5],
  ])("holds value and bounds inside its range: %d in [%s, %s]", (value, minimum, maximum) => {
    const { low, high } = scaleOf(value, minimum, maximum);
    for (const mark of [value, minimum ?? value, maximum ?? value]) {
      expect(mark).toBeGreaterThanOrEqual(low);
      expect(mark).toBeLessThanOrEqual(high);
    }
    expect(high).toBeGreaterThan(low);
  });

  test("a quantity that is never negative starts at nothing", () => {
    expect(scaleOf(0.1, null, 0.5).low).toBe(0);
  });

  test("limits are said in words", () => {
    expect(limitText(0.22, null, "1")).toBe("at least 0.22");
    expect(limitText(null, 2, "px")).toBe("at most 2 px");
    expect(limitText(440, 460, "mm")).toBe("440 to 460 mm");
    expect(limitText(null, null, "mm")).toBe("none");
  });

  test("says everything to those who cannot see it", () => {
    render(<BulletBar value={431} unit="mm" minimum={440} maximum={460} passed={false} label="Distance" />);
    expect(screen.getByRole("img").getAttribute("aria-label")).toBe(
      "Distance 431 mm; limit 440 to 460 mm, outside limits",
    );
  });
});
