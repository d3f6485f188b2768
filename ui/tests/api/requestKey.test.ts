import { describe, expect, test } from "vitest";
import { requestKey } from "../../src/api/requestKey";

describe("the key of an intention", () => {
  test("is a UUID of version 7 that begins with its time", () => {
    // The time of RFC 9562, appendix A.6.
    expect(requestKey(0x017f22e279b0)).toMatch(
      /^017f22e2-79b0-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
  });

  test("is never the same twice, and a later one sorts later", () => {
    const keys = Array.from({ length: 200 }, (_, at) => requestKey(1_767_225_600_000 + at));
    expect(new Set(keys).size).toBe(200);
    expect([...keys].sort()).toEqual(keys);
  });
});
