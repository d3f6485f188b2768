// The few signs of the instrument, drawn on a grid of sixteen.

const PATHS = {
  pass: "M3.5 8.5l3 3 6-7",
  fail: "M4 4l8 8M12 4l-8 8",
  warn: "M8 2.5l6 11H2zM8 6.5v3.2M8 11.6v.4",
  held: "M8 2a6 6 0 100 12A6 6 0 008 2zM4 4l8 8",
  wait: "M8 2.2a5.8 5.8 0 100 11.6A5.8 5.8 0 008 2.2zM8 5v3.2l2.2 1.4",
  open: "M8 3a5 5 0 100 10A5 5 0 008 3z",
  lock: "M4 7.5h8v6H4zM5.5 7.5V5a2.5 2.5 0 015 0v2.5",
  pen: "M3 13l.8-3.2L11 2.6l2.4 2.4-7.2 7.2zM9.5 4.1l2.4 2.4",
  next: "M6 3l5 5-5 5",
  back: "M10 3L5 8l5 5",
  search: "M7 2.5a4.5 4.5 0 100 9 4.5 4.5 0 000-9zM10.3 10.3l3.5 3.5",
  plus: "M8 3v10M3 8h10",
  minus: "M3 8h10",
  fit: "M3 6V3h3M10 3h3v3M13 10v3h-3M6 13H3v-3",
  down: "M8 2.5v8M4.5 7.5L8 11l3.5-3.5M3 13.5h10",
  chain: "M6.8 9.2l2.4-2.4M5.4 7.2L3.6 9a2.4 2.4 0 003.4 3.4l1.8-1.8M10.6 8.8L12.4 7A2.4 2.4 0 009 3.6L7.2 5.4",
  flag: "M4 14V2.5M4 3h8l-2 3 2 3H4",
  imported: "M8 10V2.5M5 5.5l3-3 3 3M3 9.5v4h10v-4",
  eye: "M1.5 8S4 3.8 8 3.8 14.5 8 14.5 8 12 12.2 8 12.2 1.5 8 1.5 8zM8 6.2a1.8 1.8 0 100 3.6 1.8 1.8 0 000-3.6z",
  surface: "M8 2l5.5 3v6L8 14l-5.5-3V5zM2.5 5L8 8l5.5-3M8 8v6",
} as const;

export type GlyphName = keyof typeof PATHS;

export function Glyph({ name, size = 14 }: { name: GlyphName; size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 16 16" fill="none" aria-hidden="true">
      <path
        d={PATHS[name]}
        stroke="currentColor"
        strokeWidth="1.7"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}
