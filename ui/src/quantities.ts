// Numbers as a laboratory writes them: no more digits than the uncertainty supports.

const MOST_DECIMALS = 3;

/** Decimals that show an uncertainty with two significant digits. */
export function decimalsFor(uncertainty: number): number {
  if (!(uncertainty > 0)) return 2;
  const decimals = 1 - Math.floor(Math.log10(uncertainty));
  return Math.min(MOST_DECIMALS, Math.max(0, decimals));
}

/** A number with three significant digits, or all digits before the point. */
export function plainNumber(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return "0";
  const decimals = Math.min(MOST_DECIMALS, Math.max(0, 2 - Math.floor(Math.log10(size))));
  return minus(value.toFixed(decimals));
}

/** A bound as it was set: exact, so without zeros that say nothing. */
export function boundNumber(value: number): string {
  return minus(String(Number(value.toPrecision(6))));
}

/** A value, with its uncertainty when there is one, both to the same decimal. */
export function quantity(value: number, uncertainty: number | null): string {
  if (uncertainty === null) return plainNumber(value);
  const decimals = decimalsFor(uncertainty);
  return `${minus(value.toFixed(decimals))} ± ${uncertainty.toFixed(decimals)}`;
}

/** A difference, always with its sign. */
export function difference(value: number, uncertainty: number | null): string {
  const decimals = uncertainty === null ? 1 : decimalsFor(uncertainty);
  return `${value > 0 ? "+" : ""}${minus(value.toFixed(decimals))}`;
}

/** A unit as it stands behind a number; a plain ratio has none. */
export function unitText(unit: string | null): string {
  return unit === null || unit === "1" ? "" : unit;
}

export function bytesText(size: number): string {
  if (size < 1_000) return `${size} B`;
  if (size < 1_000_000) return `${(size / 1_000).toFixed(0)} kB`;
  if (size < 1_000_000_000) return `${(size / 1_000_000).toFixed(1)} MB`;
  return `${(size / 1_000_000_000).toFixed(1)} GB`;
}

function minus(text: string): string {
  return text.replace("-", "\u2212");
}
