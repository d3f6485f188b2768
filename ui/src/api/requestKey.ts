// The key of one intention to change the record: a UUID of its time (RFC 9562, version 7). What is
// recorded under it takes that time over, so that records made together lie together.

/** Returns a key for an intention that begins at this time, in milliseconds since 1970. */
export function requestKey(atMs: number = Date.now()): string {
  const chance = crypto.randomUUID(); // already has variant and place of everything after the time
  const time = Math.max(0, Math.floor(atMs)).toString(16).padStart(12, "0").slice(-12);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${chance.slice(15)}`;
}
