// @vitest-environment jsdom
import { screen, within } from "@testing-library/react";
import { describe, expect, test } from "vitest";
import { id } from "../../mock/identifiers";
import type { Frame, Region } from "../../src/api/types";
import { enlarged, marksOf } from "../../src/parts/failedMarks";
import { start } from "../application";

const FRAME: Frame = {
  role: "left", digest: "sha256:0", width_px: 3_000, height_px: 4_000, camera_serial: null, size_bytes: 1, media_type: "image/png",
};

function region(x_px: number, y_px: number, width_px: number, height_px: number, frame = "left"): Region {
  return { frame, x_px, y_px, width_px, height_px };
}

describe("the parts of a picture that failed", () => {
  test("a part that can be seen is drawn as it is", () => {
    const face = region(800, 900, 1_400, 1_900);
    expect(enlarged(face, FRAME)).toEqual(face);
  });

  test.each([
    [region(1_500, 2_000, 10, 6)],
    [region(0, 0, 1, 1)],
    [region(2_999, 3_999, 1, 1)],
    [region(2_990, 100, 10, 900)],
  ])("a small one is drawn around its own place, large enough and inside the picture: %o", (small) => {
    const drawn = enlarged(small, FRAME);
    expect(Math.min(drawn.width_px, drawn.height_px)).toBeGreaterThanOrEqual(187);
    expect(drawn.x_px).toBeLessThanOrEqual(small.x_px);
    expect(drawn.y_px).toBeLessThanOrEqual(small.y_px);
    expect(drawn.x_px + drawn.width_px).toBeGreaterThanOrEqual(small.x_px + small.width_px);
    expect(drawn.y_px + drawn.height_px).toBeGreaterThanOrEqual(small.y_px + small.height_px);
    expect(Math.min(drawn.x_px, drawn.y_px)).toBeGreaterThanOrEqual(0);
    expect(drawn.x_px + drawn.width_px).toBeLessThanOrEqual(FRAME.width_px);
    expect(drawn.y_px + drawn.height_px).toBeLessThanOrEqual(FRAME.height_px);
  });

  test("each place has one mark with all that failed there, on its own frame only", () => {
    const face = region(800, 900, 1_400, 1_900);
    const marks = marksOf(
      [
        { region: face, label: "Focus" },
        { region: region(900, 1_000, 20, 20), label: "Clipped share" },
        { region: face, label: "Motion" },
        { region: region(900, 1_000, 20, 20, "right"), label: "Drowned share" },
      ],
      FRAME,
    );
    expect(marks.map(({ number, labels }) => [number, labels])).toEqual([
      [1, ["Focus", "Motion"]],
      [2, ["Clipped share"]],
    ]);
  });

  test("an attempt says where to look, and numbers what is drawn", async () => {
    start(`/sessions/${id(200)}`);
    const attempt = await screen.findByRole("article", { name: "Left oblique, attempt 1" });
    const advice = within(attempt).getByRole("list", { name: "What to change" });
    expect(advice.textContent).toContain(
      "Check the light zones. It is darker on the right of the face, as the cameras look.",
    );
    expect(within(attempt).getByText(/failed:/).textContent).toBe(
      " failed: 1\u00a0exposure, 2\u00a0clipped pixels, 3\u00a0light uniformity",
    );
    const numbers = [...attempt.querySelectorAll("figure svg text")].map((each) => each.textContent);
    expect(numbers).toEqual(["1", "2", "3"]);
    const least = [...attempt.querySelectorAll("figure svg rect")].map((each) => Number(each.getAttribute("width")));
    expect(Math.min(...least)).toBeGreaterThanOrEqual(190);
  });
});
