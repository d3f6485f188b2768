// What is said of people: how they get in, what a role lets them do, and what was done, in words.
import type { Credential, Person, PersonChange, Role } from "../../api/types";
import type { Tone } from "../../parts/Mark";
import { words } from "../../words";

export const ACCESS: Record<Person["access"], { tone: Tone; text: string }> = {
  own: { tone: "pass", text: "Has access" },
  issued: { tone: "warn", text: "Has yet to choose a password" },
  none: { tone: "held", text: "No access" },
};

/** Every role with what it lets somebody do, in the order in which they are offered. */
export const ROLES: readonly (readonly [Role, string])[] = [
  ["operator", "Enrols clients, records consent and captures"],
  ["practitioner", "Enrols and captures as well, reviews findings and signs"],
  ["quality-manager", "Approves protocols, models and studies, locks calibrations"],
  ["privacy-officer", "Places legal holds and approves erasures"],
  ["administrator", "Registers people and stations, gives roles; sees no picture"],
  ["auditor", "Reads records and proofs, changes nothing; holds no other role"],
];

const CREDENTIALS: Record<string, string> = { password: "Password", totp: "One-time secret" };

export function credentialName(credential: Credential | string): string {
  return CREDENTIALS[credential] ?? words(credential);
}

/** A fact about a person as a short sentence. */
export function changeText({ kind, what }: PersonChange): string {
  const thing = what ?? "";
  switch (kind) {
    case "PractitionerRegistered":
      return "Registered";
    case "RoleGranted":
      return `Role given: ${words(thing)}`;
    case "RoleRevoked":
      return `Role taken: ${words(thing)}`;
    case "CredentialIssued":
      return `${credentialName(thing)} issued`;
    case "CredentialRevoked":
      return `${credentialName(thing)} revoked`;
    case "CredentialChosen":
      return `${credentialName(thing)} of their own chosen`;
    default:
      return words(kind);
  }
}

/** Whether a fact took something, so that it has a reason. */
export function took({ kind }: PersonChange): boolean {
  return kind === "RoleRevoked" || kind === "CredentialRevoked";
}

/** Those who can get in first; within each in the order of the service. */
export function inOrder(people: readonly Person[]): Person[] {
  return people.toSorted((one, other) => Number(one.access === "none") - Number(other.access === "none"));
}

/** Whether only one person may administer, who could not be helped by anybody. */
export function oneAdministrator(people: readonly Person[]): boolean {
  return people.filter(({ access, roles }) => access !== "none" && roles.includes("administrator")).length === 1;
}
