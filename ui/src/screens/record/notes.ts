// Reads signed notes as far as people are shown them: who signed, and when a witness did.
// Nothing is checked here; whoever needs a proof checks the note itself.
// Source: C2SP specifications signed-note and tlog-cosignature.

const SIGNATURE = /^— (\S+) (\S+)$/;
const ID_BYTES = 4;
const TIME_BYTES = 8;
const COSIGNATURE_BYTES = ID_BYTES + TIME_BYTES + 64;

export interface Signature {
  name: string;
  /** The four bytes that tell this key from others of its name, hexadecimal. */
  keyId: string;
  /** When a witness says it signed; none under a log's own signature. */
  at: Date | null;
}

/** The signatures under a note, in the order of their lines. */
export function signaturesOf(note: string): Signature[] {
  return note.split("\n").flatMap((line) => {
    const [, name, encoded] = SIGNATURE.exec(line) ?? [];
    const bytes = encoded === undefined ? null : decoded(encoded);
    if (name === undefined || bytes === null || bytes.length <= ID_BYTES) return [];
    const keyId = Array.from(bytes.slice(0, ID_BYTES), (byte) => byte.toString(16).padStart(2, "0")).join("");
    return [{ name, keyId, at: bytes.length === COSIGNATURE_BYTES ? timeIn(bytes) : null }];
  });
}

/** The key id within a verifier key. */
export function keyIdOf(verifierKey: string): string {
  return verifierKey.split("+")[1] ?? verifierKey;
}

function timeIn(bytes: Uint8Array): Date {
  const seconds = new DataView(bytes.buffer).getBigUint64(ID_BYTES);
  return new Date(Number(seconds) * 1_000);
}

function decoded(base64: string): Uint8Array<ArrayBuffer> | null {
  try {
    return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  } catch {
    return null;
  }
}
