import { beforeAll, describe, expect, test } from "vitest";
import { birthDate, clockSeconds, duration, near, setClinicZone } from "../src/moments";

beforeAll(() => setClinicZone("Australia/Sydney"));

describe("moments", () => {
  test("times are those of the clinic, wherever the browser is", () => {
    expect(clockSeconds("2026-11-22T03:02:07.000000Z")).toBe("14:02:07");
  });

  test.each([
    ["2026-11-22T03:01:40Z", "just now"],
    ["2026-11-22T02:40:00Z", "22 min ago"],
    ["2026-11-21T22:29:00Z", "today 09:29"],
    ["2026-11-20T03:00:00Z", "20 Nov 2026, 14:00"],
  ])("%s is said as %s", (moment, said) => {
    expect(near(moment, new Date("2026-11-22T03:02:07Z"))).toBe(said);
  });

  test("a moment ahead is said by its date, never as past", () => {
    expect(near("2026-11-25T03:00:00Z", new Date("2026-11-22T03:02:07Z"))).toBe("25 Nov 2026, 14:00");
  });

  test.each([
    [0.4, "0 s"],
    [119, "119 s"],
    [120, "2 min"],
    [7_199, "119 min"],
    [96_300, "26 h"],
    [172_800, "2 days"],
  ])("%d s last %s", (seconds, said) => {
    expect(duration(seconds)).toBe(said);
  });

  test("a date of birth has no time zone", () => {
    expect(birthDate("1979-03-14")).toBe("14 Mar 1979");
    expect(birthDate("unknown")).toBe("unknown");
  });
});
