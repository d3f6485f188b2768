// What somebody does about a failure, by its kind.
const DAMAGE = new Set(["IntegrityFailure", "ChainBroken", "ProofInvalid", "SignatureInvalid", "DigestMismatch"]);

export const VERIFY_AGAINST = "./vultus verify --against COPY";

/** The next step where a loop ended: `what` is the loop, `why` the kind of failure. */
export function afterHalt(what: string, why: string): string {
  if (why === "UnknownEvent") return newerBuild;
  if (!DAMAGE.has(why)) {
    return "Nobody foresaw this. Pass kind and record on to whoever maintains the software; it is tried again by whichever server leads next.";
  }
  if (what === "checkpoints" || what === "copies") {
    return `The record is not the one that was signed for: record nothing more, and keep database and disks as they are. ${VERIFY_AGAINST} says how much is missing.`;
  }
  return "Stored bytes are not what was recorded. Keep database and disks as they are, verify to name what is damaged, restore it from the backup, then start the service again.";
}

/** The next step where a projection stands still. */
export function afterStall(why: string | null): string {
  if (why === "UnknownEvent") return newerBuild;
  if (why !== null && DAMAGE.has(why)) return afterHalt("projections", why);
  return "The record is safe; only this screen is older. Pass kind and record on to whoever maintains the software: with a corrected build it goes on by itself.";
}

const newerBuild =
  "This build does not know what was recorded there. Start the build that recorded it, or a later one; it goes on by itself.";
