import { describe, expect, test } from "vitest";
import { depthOf, surfaceContent } from "../../mock/surfaces";
import { filesOf, setting } from "../../src/screens/surface/described";
import { DIRECTIONS, directionsOf, isAt, seenFrom } from "../../src/screens/surface/directions";
import { heightColours, heightScale, heightsOf, heightTicks } from "../../src/screens/surface/heights";
import { distanceOf, extentOf, framingOf, pointAt, roundLength, spacingOf } from "../../src/screens/surface/measure";
import { readSurface, type SurfaceMesh, UnreadableSurface } from "../../src/screens/surface/ply";
import { hex, type Light, linear, ramp, UNTOLD } from "../../src/screens/surface/ramp";
import { photographedColours, ticks, told, uncertaintyColours } from "../../src/screens/surface/scale";
import { inWords, shareText, summaryOf } from "../../src/screens/surface/summary";

/** The mock's surface with some of its text replaced, by as many letters. */
function altered(text: string, by: string): ArrayBuffer {
  const content = surfaceContent().slice();
  const latin = new TextDecoder("latin1").decode(content.slice(0, 600));
  content.set(new TextEncoder().encode(by), latin.indexOf(text));
  return content.buffer;
}

/** Points of a triangle at given depths and places. */
function mesh(points: number[], sigma: number[]): SurfaceMesh {
  return {
    points: new Float32Array(points), normals: new Float32Array(points.length), colours: new Uint8Array(points.length),
    sigma: new Float32Array(sigma), triangles: new Uint32Array([0, 1, 2]), stepPx: 8,
  };
}

/** Source: Ottosson 2020, the inverse of what the scale is made with. */
function oklab([red, green, blue]: Light): [number, number, number] {
  const l = Math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue);
  const m = Math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue);
  const s = Math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

const PLACES = Array.from({ length: 65 }, (_, at) => at / 64);

describe("reading a surface", () => {
  test("every point, triangle and uncertainty comes through", () => {
    const found = readSurface(surfaceContent().buffer);
    expect(found.stepPx).toBe(8);
    expect(found.points.length / 3).toBe(found.sigma.length);
    expect(Math.max(...found.triangles)).toBe(found.sigma.length - 1);
    const some = found.sigma.filter((each) => Number.isNaN(each)).length;
    expect(some).toBeGreaterThan(0);
    expect(some).toBeLessThan(found.sigma.length / 10);
  });

  test.each([
    ["another unit", altered("millimetres", "centimetres")],
    ["another order of properties", altered("float x", "float y")],
    ["no header", new ArrayBuffer(200)],
    ["a part of it", surfaceContent().slice(0, -1).buffer],
    ["a bit more", new Uint8Array([...surfaceContent(), 0]).buffer],
  ])("%s is refused", (_, content) => {
    expect(() => readSurface(content)).toThrow(UnreadableSurface);
  });

  test("a triangle of points that are not there is refused", () => {
    const content = surfaceContent().slice();
    new DataView(content.buffer).setInt32(content.length - 4, 1_000_000, true);
    expect(() => readSurface(content.buffer)).toThrow("not there");
  });

  test("a point that is nowhere is refused", () => {
    const content = surfaceContent().slice();
    const start = new TextDecoder("latin1").decode(content).indexOf("end_header\n") + "end_header\n".length;
    new DataView(content.buffer).setFloat32(start, Number.NaN, true);
    expect(() => readSurface(content.buffer)).toThrow("nowhere");
  });
});

describe("the scale of uncertainty", () => {
  test("equal steps look equally far apart, and every colour can be shown", () => {
    const colours = PLACES.map((each) => oklab(ramp(each)));
    const steps = colours.slice(1).map((each, at) => Math.hypot(...each.map((value, axis) => value - (colours[at]?.[axis] ?? 0))));
    expect(Math.max(...steps) / Math.min(...steps)).toBeLessThan(1.01);
    for (const each of PLACES.flatMap((place) => ramp(place))) {
      expect(each).toBeGreaterThanOrEqual(0);
      expect(each).toBeLessThanOrEqual(1);
    }
  });

  test("grows lighter all along, so that it reads without colour", () => {
    const lightness = PLACES.map((each) => oklab(ramp(each))[0]);
    expect(lightness).toEqual([...lightness].sort((one, other) => one - other));
  });

  test("never is the grey of what is untold", () => {
    const far = PLACES.map((each) => Math.hypot(oklab(ramp(each))[1], oklab(ramp(each))[2]));
    expect(Math.min(...far)).toBeGreaterThan(0.05);
    expect(Math.hypot(oklab(UNTOLD)[1], oklab(UNTOLD)[2])).toBeLessThan(0.001);
  });

  test("ends at one of few round numbers that covers nearly all, and says what lies beyond", () => {
    const sigma = new Float32Array([...Array<number>(97).fill(0.11), 0.3, 0.3, Number.NaN]);
    expect(told(sigma)).toEqual({ topMm: 0.2, known: 0.99, beyond: 2 / 99, medianMm: Math.fround(0.11) });
    expect(ticks(0.2).map(({ text }) => text)).toEqual(["0", "0.1", "0.2"]);
  });

  test("nothing told is said to be that", () => {
    expect(told(new Float32Array([Number.NaN]))).toMatchObject({ known: 0, beyond: 0, medianMm: null });
  });

  test("colours each point by its uncertainty, grey where untold, the last colour beyond", () => {
    const found = uncertaintyColours(new Float32Array([0, 0.1, 9, Number.NaN]), 0.2);
    const shown = [0, 1, 2, 3].map((at) => hex([...found.slice(at * 3, at * 3 + 3)] as unknown as Light));
    expect(shown).toEqual([ramp(0), ramp(0.5), ramp(1), UNTOLD].map(hex));
  });

  test("photographed colours come out as they were stored", () => {
    const found = photographedColours(new Uint8Array([0, 128, 255]));
    expect(hex([...found] as unknown as Light)).toBe("#0080ff");
    expect(linear(255)).toBe(1);
  });
});

describe("heights", () => {
  const plane = { point_mm: [0, 0, 450], normal: [0, 0.6, -0.8] };

  test("are told from the plane, towards the camera", () => {
    const found = heightsOf(new Float32Array([7, 0, 450, 0, 0, 440, 0, 10, 450, 0, 0, 455]), plane);
    expect([...found]).toEqual([0, 8, 6, -4].map((each) => expect.closeTo(each, 5)));
  });

  test("lie on a scale as far below as above that ends at a round number, and says what lies beyond", () => {
    const flat = heightScale(new Float32Array([-3, 4]));
    expect(flat).toEqual({ topMm: 5, beyond: 0 });
    expect(heightTicks(flat).map(({ text }) => text)).toEqual(["−5", "0", "+5"]);
    const far = heightScale(new Float32Array([...Array<number>(400).fill(-12), 90]));
    expect(far).toEqual({ topMm: 20, beyond: 1 / 401 });
    expect(heightTicks(far).map(({ text }) => text)).toEqual(["≤ −20", "0", "≥ +20"]);
  });

  test("have the colours of the scale from its lower to its upper end", () => {
    const found = heightColours(new Float32Array([-20, 0, 20, 99]), 20);
    const shown = [0, 1, 2, 3].map((at) => hex([...found.slice(at * 3, at * 3 + 3)] as unknown as Light));
    expect(shown).toEqual([ramp(0), ramp(0.5), ramp(1), ramp(1)].map(hex));
  });
});

describe("directions", () => {
  test("left and right are the person's, and each has its key", () => {
    expect(DIRECTIONS.map(({ label, leftDeg, key }) => [label, leftDeg, key])).toEqual([
      ["Right lateral", -90, "1"], ["Right oblique", -45, "2"], ["Frontal", 0, "3"], ["Left oblique", 45, "4"], ["Left lateral", 90, "5"],
    ]);
  });

  test("a capture that was not frontal names no front, for its angle is not known", () => {
    expect(directionsOf("left-oblique").map(({ label }) => label)).toEqual(["90° right", "45° right", "As captured", "45° left", "90° left"]);
  });

  test("are said in words", () => {
    expect(seenFrom({ leftDeg: 0.2, upDeg: 0 }, "frontal")).toBe("Seen from the front");
    expect(seenFrom({ leftDeg: 0, upDeg: 0 }, "left-oblique")).toBe("Seen as captured");
    expect(seenFrom({ leftDeg: -45, upDeg: 12 }, "frontal")).toBe("Seen from 45° to the person's right, 12° above");
  });

  test("one is reached when it is, not nearly", () => {
    expect(isAt({ leftDeg: 44.9, upDeg: 0 }, { leftDeg: 45, upDeg: 0 })).toBe(true);
    expect(isAt({ leftDeg: 40, upDeg: 0 }, { leftDeg: 45, upDeg: 0 })).toBe(false);
  });
});

describe("numbers about a surface", () => {
  const flat = mesh([-30, 0, 400, 30, 0, 400, 0, 40, 400], [0.1, 0.1, 0.1]);

  test("its box and what frames it", () => {
    expect(extentOf(flat.points)).toEqual({ sizeMm: [60, 40, 0] });
    expect(framingOf(flat.points)).toEqual({ middle: [0, 20, 400], radius: Math.hypot(30, 20) });
  });

  test("neighbours are as far apart as they mostly are", () => {
    const found = readSurface(surfaceContent().buffer);
    expect(spacingOf(found)).toBeGreaterThan(1.05);
    expect(spacingOf(found)).toBeLessThan(1.6);
    expect(summaryOf(found).told.topMm).toBe(0.2);
    expect(inWords(summaryOf(found))).toMatch(/points, .* triangles, in a box of \d+ × \d+ × \d+ mm/);
  });

  test("a distance across moves with depth by the slant of both rays, in the worst case together", () => {
    const found = distanceOf(flat, 0, 1, 1.1);
    expect(found?.mm).toBeCloseTo(60, 5);
    expect(found?.depthMm).toBeCloseTo(2 * (30 / 400) * 0.1, 6);
    expect(found?.placingMm).toBeCloseTo(1.1 / Math.sqrt(6), 6);
    expect(found?.expandedMm).toBeCloseTo(2 * Math.hypot(0.015, 1.1 / Math.sqrt(6)), 6);
  });

  test("a distance away from the camera takes both depths whole", () => {
    const along = mesh([0, 0, 400, 0, 0, 410, 1, 1, 400], [0.1, 0.2, 0.1]);
    expect(distanceOf(along, 0, 1, 0)?.depthMm).toBeCloseTo(0.3, 6);
  });

  test("without both uncertainties there is none, nor between a point and itself", () => {
    expect(distanceOf(mesh([...flat.points], [0.1, Number.NaN, 0.1]), 0, 1, 1)).toBeNull();
    expect(distanceOf(flat, 0, 0, 1)).toBeNull();
    expect(pointAt(flat.points, 1)).toEqual([30, 0, 400]);
  });

  test.each([[0.31, 140, 20], [1, 140, 100], [0.01, 140, 1], [0.004, 140, 0.5], [0, 140, 0]])(
    "%f mm per pixel gives a bar within %i pixels of %f mm",
    (mmPerPx, most, length) => expect(roundLength(mmPerPx, most)).toBe(length),
  );

  test("a share that is not all never reads as all", () => {
    expect([0, 0.0004, 0.5, 0.99951, 1].map(shareText)).toEqual(["0 %", "less than 0.1 %", "50 %", "more than 99.9 %", "100 %"]);
  });
});

describe("what is taken away", () => {
  test("every file says what it holds, by the settings it was recorded with", () => {
    const files = filesOf(depthOf(1, 0.96), "s", 1_000);
    expect(files.map(({ name }) => name)).toEqual([
      "Surface, PLY", "Surface, OBJ", "Surface, STL", "Surface with photograph, ZIP",
      "Depth map, PNG", "Height map, PNG", "Normals, PNG", "Uncertainty of depth, PNG",
    ]);
    const [zip, heights, normals] = [files[3], files[5], files[6]];
    expect(zip?.href).toMatch(/&form=zip$/);
    expect(zip?.contains).toContain("A look at the photograph as well");
    expect(heights?.href).toMatch(/^\/api\/v1\/depth-maps\/sha256:[0-9a-f]{64}\/heights\?session=s&purpose=care$/);
    expect(heights?.contains).toContain("(level − 32768) × 0.01 mm above the plane that fits this depth best, 0 is no depth");
    expect(normals?.href).toMatch(/\/normals\?session=s&purpose=care$/);
    expect(files[1]?.href).toMatch(/^\/api\/v1\/surfaces\/sha256:[0-9a-f]{64}\?session=s&purpose=care&form=obj$/);
    expect(files[2]?.size).toBe("50 kB, made on request");
    expect(files[4]?.contains).toContain("a level is 0.01 mm");
    expect(files[7]?.contains).toContain("a level is 0.0001 mm of standard uncertainty (k = 1), 0 is untold, one for 2 × 2 pixels");
  });

  test("depth of an older method goes without a surface, and names no unit it does not know", () => {
    const { surface: _, ...older } = depthOf(1, 0.96);
    const files = filesOf({ ...older, settings: [] }, "s", null);
    expect(files.map(({ name }) => name)).toEqual(["Depth map, PNG", "Height map, PNG", "Normals, PNG"]);
    expect(files[0]?.contains).toContain("16-bit grey, a distance along");
    expect(setting(["a=b"], "a")).toBeNull();
  });
});
