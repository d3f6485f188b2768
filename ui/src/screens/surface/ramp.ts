// Colours for an uncertainty: equal differences look equally different, and light means sure of less.
// Source: Ottosson 2020, Oklab, bottosson.github.io/posts/oklab (colour space and its matrices).

/** Red, green and blue, linear light, each 0 to 1. */
export type Light = readonly [red: number, green: number, blue: number];

const DARKEST = 0.34;
const LIGHTEST = 0.9;
const CHROMA = 0.085;
const BLUE_DEG = 262;
const YELLOW_DEG = 100;

/** The colour of a place on the scale, 0 to 1: from deep blue over green to pale yellow. */
export function ramp(place: number): Light {
  const at = Math.min(1, Math.max(0, place));
  const hue = ((BLUE_DEG + (YELLOW_DEG - BLUE_DEG) * at) * Math.PI) / 180;
  return fromOklab(
    DARKEST + (LIGHTEST - DARKEST) * at,
    CHROMA * Math.cos(hue),
    CHROMA * Math.sin(hue),
  );
}

/** What has no place on the scale: a grey, which the scale never is. */
export const UNTOLD: Light = fromOklab(0.6, 0, 0);

/** The colour as a style sheet writes it. */
export function hex(light: Light): string {
  return `#${light.map((each) => Math.round(encoded(each) * 255).toString(16).padStart(2, "0")).join("")}`;
}

/** Linear light of an sRGB level, 0 to 255. Source: IEC 61966-2-1. */
export function linear(level: number): number {
  const share = level / 255;
  return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
}

function encoded(light: number): number {
  const share = Math.min(1, Math.max(0, light));
  return share <= 0.0031308 ? share * 12.92 : 1.055 * share ** (1 / 2.4) - 0.055;
}

function fromOklab(lightness: number, a: number, b: number): Light {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
}
