import { describe, expect, test } from "vitest";
import { boundNumber, bytesText, decimalsFor, difference, plainNumber, quantity, unitText } from "../src/quantities";

describe("quantities", () => {
  test.each([
    [2.6, 1],
    [0.021, 3],
    [0.31, 2],
    [14, 0],
    [140, 0],
  ])("an uncertainty of %d is shown with two significant digits", (uncertainty, decimals) => {
    expect(decimalsFor(uncertainty)).toBe(decimals);
  });

  test("a value never has more digits than its uncertainty supports", () => {
    expect(quantity(31.4159, 2.6)).toBe("31.4 ± 2.6");
    expect(quantity(0.18372, 0.021)).toBe("0.184 ± 0.021");
    expect(quantity(1204.7, 31)).toBe("1205 ± 31");
  });

  test("a value without uncertainty has three significant digits and a real minus", () => {
    expect(plainNumber(0.1813)).toBe("0.181");
    expect(plainNumber(-0.6)).toBe("\u22120.600");
    expect(plainNumber(452.3)).toBe("452");
    expect(plainNumber(0)).toBe("0");
  });

  test("a bound is shown as it was set", () => {
    expect(boundNumber(0.22)).toBe("0.22");
    expect(boundNumber(-3)).toBe("\u22123");
    expect(boundNumber(440)).toBe("440");
  });

  test("a difference always carries its sign", () => {
    expect(difference(5.1, 2.2)).toBe("+5.1");
    expect(difference(-5.1, 2.2)).toBe("\u22125.1");
  });

  test("a plain ratio has no unit", () => {
    expect(unitText("1")).toBe("");
    expect(unitText("mm")).toBe("mm");
    expect(unitText(null)).toBe("");
  });

  test("sizes are said in decimal units", () => {
    expect(bytesText(999)).toBe("999 B");
    expect(bytesText(412_330)).toBe("412 kB");
    expect(bytesText(14_310_400)).toBe("14.3 MB");
  });
});
