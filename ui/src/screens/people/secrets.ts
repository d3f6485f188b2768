// Secrets that are handed over: made here or read out of an address, and kept nowhere.

/** Digits and letters that are not mistaken for one another (Crockford's base 32, lower case). */
const LETTERS = "0123456789abcdefghjkmnpqrstvwxyz";
const LENGTH = 16;

/** Returns a password to hand over: 80 bits of chance, in groups of four. */
export function issuedPassword(): string {
  const chance = crypto.getRandomValues(new Uint8Array(LENGTH));
  return inFours([...chance].map((each) => LETTERS[each % LETTERS.length]).join(""), "-");
}

/** Returns the secret in an authenticator's address, in groups of four for typing in. */
export function typedSecret(address: string): string {
  return inFours(new URL(address).searchParams.get("secret") ?? "", " ");
}

function inFours(text: string, between: string): string {
  return (text.match(/.{1,4}/g) ?? []).join(between);
}
