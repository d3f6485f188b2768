// Times as people read them, in the clinic's time zone; seconds where the order of things matters.

let zone: string | undefined;

/** Sets the time zone of the clinic, once it is known. */
export function setClinicZone(name: string): void {
  zone = name;
}

function format(options: Intl.DateTimeFormatOptions): (moment: Date | string) => string {
  return (moment) =>
    new Intl.DateTimeFormat("en-AU", { ...options, timeZone: zone }).format(new Date(moment));
}

export const clock = format({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
export const clockSeconds = format({
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});
export const day = format({ day: "numeric", month: "short", year: "numeric" });
const isoDay = format({ day: "2-digit", month: "2-digit", year: "numeric" });

export function dayAndClock(moment: Date | string): string {
  return `${day(moment)}, ${clock(moment)}`;
}

export function dayAndSeconds(moment: Date | string): string {
  return `${day(moment)}, ${clockSeconds(moment)}`;
}

/** Near things by their distance, others by their date. */
export function near(moment: Date | string, now = new Date()): string {
  const at = new Date(moment);
  const seconds = (now.getTime() - at.getTime()) / 1_000;
  if (seconds >= 0 && seconds < 60) return "just now";
  if (seconds >= 0 && seconds < 3_600) return `${Math.floor(seconds / 60)} min ago`;
  if (isoDay(at) === isoDay(now)) return `today ${clock(at)}`;
  return dayAndClock(at);
}

const STEPS: readonly [seconds: number, unit: string][] = [
  [172_800, "days"],
  [7_200, "h"],
  [120, "min"],
];

/** How long something lasts, in the largest unit of which there are two. */
export function duration(seconds: number): string {
  const [least, unit] = STEPS.find(([least]) => seconds >= least) ?? [2, "s"];
  return `${Math.floor((2 * seconds) / least)} ${unit}`;
}

/** A date without a time, such as a date of birth, in no time zone. */
export function birthDate(date: string): string {
  const found = /^(\d{4})-(\d{2})-(\d{2})$/.exec(date);
  if (found === null) return date;
  const at = new Date(Date.UTC(Number(found[1]), Number(found[2]) - 1, Number(found[3])));
  return new Intl.DateTimeFormat("en-AU", {
    day: "numeric",
    month: "short",
    year: "numeric",
    timeZone: "UTC",
  }).format(at);
}
