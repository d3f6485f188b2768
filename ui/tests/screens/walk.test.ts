import { describe, expect, test } from "vitest";
import { digest } from "../../mock/identifiers";
import { TRACE } from "../../mock/trace";
import { namingOf } from "../../src/screens/trace/naming";
import { findNodes } from "../../src/screens/trace/search";
import { framesBehind, litFrom, shortestWay, withoutShortcuts } from "../../src/screens/trace/walk";

const naming = namingOf(TRACE);

describe("ways through a trace", () => {
  test("from the report every way to the raw frames is lit, and nothing beside it", () => {
    const { toFrames, nodes } = litFrom(TRACE, "report");
    expect(toFrames).toBe(true);
    for (const id of ["report", "sign-off", "assessment", "change", "depth-earlier", "attempt-later", "left-earlier"]) {
      expect(nodes.has(id)).toBe(true);
    }
    for (const id of ["software", "calibration", "consent", "model-1", "verdict-later"]) expect(nodes.has(id)).toBe(false);
  });

  test("from a finding only its own capture's frames are lit", () => {
    const { nodes } = litFrom(TRACE, "finding-inference-1-0");
    expect(nodes.has("left-later")).toBe(true);
    expect(nodes.has("left-earlier")).toBe(false);
    expect(nodes.has("report")).toBe(false);
  });

  test("from a calibration, behind which no frame lies, what rests on it is lit", () => {
    const { toFrames, nodes } = litFrom(TRACE, "calibration");
    expect(toFrames).toBe(false);
    expect(nodes.has("report")).toBe(true);
    expect(nodes.has("device")).toBe(false);
  });

  test("the shortest way is told step by step", () => {
    const way = shortestWay(TRACE, "report");
    expect(way.slice(0, 4)).toEqual(["report", "sign-off", "assessment", "attempt-later"]);
    expect(way).toHaveLength(5);
    expect(shortestWay(TRACE, "software")).toEqual([]);
    expect(framesBehind(TRACE, "report")).toHaveLength(4);
  });

  test("leaving shortcuts out leaves everything reachable, even where links go in a circle", () => {
    const link = (source: string, target: string) => ({ source, target });
    expect(withoutShortcuts([link("a", "b"), link("b", "c"), link("a", "c")])).toEqual([link("a", "b"), link("b", "c")]);
    const circle = [link("a", "b"), link("b", "a"), link("a", "c"), link("b", "c")];
    const kept = withoutShortcuts(circle);
    expect(kept.some((each) => each.target === "c")).toBe(true);
    expect(kept).toContainEqual(link("b", "a"));
  });
});

describe("finding nodes", () => {
  const find = (typed: string) => findNodes(TRACE.nodes, typed, naming.title).map((node) => node.id);

  test("by the beginning of a digest, with or without its kind, in any case", () => {
    const hex = digest("left-later").slice("sha256:".length);
    expect(find(hex.slice(0, 8))).toContain("left-later");
    expect(find(`sha256:${hex.slice(0, 8)}`)).toContain("left-later");
    expect(find(hex.slice(0, 8).toUpperCase())).toContain("left-later");
    expect(find(hex.slice(4, 12))).toEqual([]);
  });

  test("by a name, but not by a single letter", () => {
    expect(find("left cheek")).toEqual(["finding-change-0"]);
    expect(find("l")).toEqual([]);
  });
});

describe("names on cards", () => {
  test("a run is called after its model", () => {
    expect(naming.title("inference-1")).toBe("skin-colour 1.0.0");
  });

  test("a card does not say its kind twice", () => {
    expect(naming.short("report")).toBe("R-1F2E-3D4C-5B6A");
    expect(naming.short("left-later")).toBe("left");
    expect(naming.short("calibration")).toBe("0.152 px");
    expect(naming.short("assessment")).toBe("Assessment");
  });

  test("what has its like carries its day", () => {
    expect(naming.day("attempt-later")).not.toBeNull();
    expect(naming.day("attempt-later")).not.toBe(naming.day("attempt-earlier"));
    expect(naming.day("report")).toBeNull();
  });
});
