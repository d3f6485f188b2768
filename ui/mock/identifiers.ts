// Identifiers and digests of the mock: stable, and plainly invented.

export function id(number: number): string {
  return `00000000-0000-4000-8000-${number.toString(16).padStart(12, "0")}`;
}

/** A digest that looks like one, from any text. */
export function digest(text: string): string {
  let state = 0x811c9dc5;
  let hex = "";
  for (let round = 0; hex.length < 64; round += 1) {
    for (const letter of `${text}#${round}`) {
      state = Math.imul(state ^ letter.charCodeAt(0), 0x01000193) >>> 0;
    }
    hex += state.toString(16).padStart(8, "0");
  }
  return `sha256:${hex}`;
}

const START = Date.now();

/** A moment some minutes before the mock started. */
export function ago(minutes: number): string {
  return new Date(START - minutes * 60_000).toISOString();
}

export const DAY = 1_440;
