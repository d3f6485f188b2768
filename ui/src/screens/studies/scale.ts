// A scale that people can read: few round marks around everything that is drawn.

const MOST_STEPS = 6;

export interface Scale {
  low: number;
  high: number;
  ticks: number[];
}

/** Round marks around values; nothing is always on the scale, because figures are read against it. */
export function ticksOf(values: readonly number[]): Scale {
  const [least, most] = [Math.min(0, ...values), Math.max(0, ...values)];
  const span = most - least || 1;
  const power = 10 ** Math.floor(Math.log10(span / MOST_STEPS));
  const step = [1, 2, 5, 10].map((each) => each * power).find((each) => span / each <= MOST_STEPS) ?? 10 * power;
  const [from, to] = [Math.floor(least / step), Math.ceil(most / step) || 1];
  const ticks = Array.from({ length: to - from + 1 }, (_, at) => Number(((from + at) * step).toPrecision(6)));
  return { low: from * step, high: to * step, ticks };
}
