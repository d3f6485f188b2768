// Who works at the clinic of the mock; what is given and taken changes it, in memory.
import type { PersonChange, PersonDetail } from "../src/api/types";
import { ago, DAY, id } from "./identifiers";

export const SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";
const ADMINISTRATOR = "Tess Okafor";

function change(seq: number, at: number, kind: string, what: string | null, more: Partial<PersonChange> = {}): PersonChange {
  return { seq, at: ago(at), kind, what, reason: null, by: ADMINISTRATOR, by_kind: "practitioner", ...more };
}

interface Given {
  profession: string;
  registration?: string;
  account: string;
  roles: string[];
  since: number;
  seen: number | null;
  /** Whether the password in force is their own. */
  own?: boolean;
}

function person(number: number, display_name: string, given: Given): PersonDetail {
  const { profession, registration = "", account, roles, since, seen, own = true } = given;
  const first = number * 10;
  const by = number === 40 ? { by: "command-line", by_kind: "service" } : {};
  const chosen = own ? [change(first + 9, since - 9, "CredentialChosen", "password", { by: display_name })] : [];
  return {
    practitioner: id(number), display_name, profession, registration, roles, account, last_signed_in_at: seen === null ? null : ago(seen),
    access: own ? "own" : "issued",
    credentials: [
      { credential: "password", own, issued_by: own ? display_name : ADMINISTRATOR, issued_at: ago(own ? since - 9 : since) },
      { credential: "totp", own: false, issued_by: ADMINISTRATOR, issued_at: ago(since) },
    ],
    reasons_told: true,
    history: [
      ...chosen,
      ...roles.map((role, at) => change(first + 4 + at, since - 1, "RoleGranted", role, by)),
      change(first + 2, since, "CredentialIssued", "totp", by),
      change(first + 1, since, "CredentialIssued", "password", by),
      change(first, since, "PractitionerRegistered", null, by),
    ],
  };
}

let seq = 2_000;

function gone(one: PersonDetail, at: number, reason: string): PersonDetail {
  const taken = [...one.roles.map((role) => ["RoleRevoked", role] as const), ["CredentialRevoked", "totp"] as const, ["CredentialRevoked", "password"] as const];
  seq += 10;
  const ending = taken.map(([kind, what], back) => change(seq + 9 - back, at, kind, what, { reason }));
  return { ...one, roles: [], credentials: [], access: "none", history: [...ending, ...one.history] };
}

export const STAFF: PersonDetail[] = [
  person(1, "Dr Imogen Hale", { profession: "cosmetic physician", registration: "MED0001734", account: "imogen", roles: ["practitioner", "quality-manager"], since: 80 * DAY, seen: 12 }),
  gone(person(42, "Dr Marcus Bell", { profession: "cosmetic physician", registration: "MED0002051", account: "marcus", roles: ["practitioner"], since: 70 * DAY, seen: 21 * DAY }), 20 * DAY, "Left the clinic at the end of October"),
  person(43, "Noor Haddad", { profession: "registered nurse", registration: "NMW0004410", account: "noor", roles: ["operator"], since: 90, seen: null, own: false }),
  person(41, "Rosa Lindqvist", { profession: "quality manager", account: "rosa", roles: ["quality-manager"], since: 79 * DAY, seen: 200 }),
  person(40, ADMINISTRATOR, { profession: "practice manager", account: "tess", roles: ["administrator"], since: 81 * DAY, seen: 45 }),
];

export function found(practitioner: string | undefined): PersonDetail | undefined {
  return STAFF.find((each) => each.practitioner === practitioner);
}

function address(account: string): string {
  return `otpauth://totp/Vultus:${account}?secret=${SECRET}&issuer=Vultus`;
}

/** What the service says to a change; nothing where there is no such person. */
export function changed(practitioner: string | undefined, what: string | undefined, body: Record<string, unknown>): object | undefined {
  seq += 10;
  if (practitioner === undefined) {
    const made = person(60 + STAFF.length, String(body.display_name), { profession: String(body.profession), registration: String(body.registration), account: String(body.account), roles: [], since: 0, seen: null, own: false });
    STAFF.push(made);
    return { practitioner: made.practitioner, one_time_password: address(String(body.account)) };
  }
  const one = found(practitioner);
  if (one === undefined) return undefined;
  const reason = String(body.reason);
  switch (what) {
    case "roles": {
      const role = String(body.role);
      one.roles = body.grant ? [...one.roles, role] : one.roles.filter((each) => each !== role);
      one.history.unshift(change(seq, 0, body.grant ? "RoleGranted" : "RoleRevoked", role, { reason: body.grant ? null : reason }));
      return {};
    }
    case "credentials": {
      const issued = body.credentials as ("password" | "totp")[];
      if (one.access !== "none") one.history.unshift(...issued.map((each, at) => change(seq + 1 - at, 0, "CredentialRevoked", each, { reason })));
      one.history.unshift(...issued.map((each, at) => change(seq + 3 - at, 0, "CredentialIssued", each)));
      const anew = issued.map((credential) => ({ credential, own: false, issued_by: ADMINISTRATOR, issued_at: ago(0) }));
      one.credentials = [...anew, ...one.credentials.filter(({ credential }) => !issued.includes(credential as "totp"))];
      one.access = issued.includes("password") ? "issued" : one.access;
      return { account: one.account, one_time_password: issued.includes("totp") ? address(one.account ?? "") : null };
    }
    default:
      Object.assign(one, gone(one, 0, reason));
      return {};
  }
}
