// Figures of a study in writing: no more digits than their interval supports.
import type { StudyFigure } from "../../api/types";
import { decimalsFor, plainNumber } from "../../quantities";

/** A figure to the digits that half of its interval supports; three significant ones without. */
export function figureText(figure: StudyFigure): string {
  return written(figure.value, figure);
}

/** The ends of a figure's interval, or that it has none. */
export function intervalText(figure: StudyFigure): string {
  if (figure.lower === null || figure.upper === null) return "none";
  return `${written(figure.lower, figure)} to ${written(figure.upper, figure)}`;
}

function written(value: number, { lower, upper }: StudyFigure): string {
  if (lower === null || upper === null || upper === lower) return plainNumber(value);
  const text = value.toFixed(decimalsFor((upper - lower) / 2));
  return Number(text) === 0 ? text.replace("-", "") : text.replace("-", "\u2212"); // nothing has no sign
}
