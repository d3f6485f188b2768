// @vitest-environment jsdom
import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { describe, expect, test } from "vitest";
import { id } from "../../mock/identifiers";
import { ME } from "../../mock/people";
import { SECRET, STAFF } from "../../mock/staff";
import type { PersonChange } from "../../src/api/types";
import { changeText, oneAdministrator } from "../../src/screens/people/access";
import { issuedPassword, typedSecret } from "../../src/screens/people/secrets";
import { type Sent, start } from "../application";

const NURSE = id(43);
const GONE = id(42);
const PASSWORD = /^[0-9a-hjkmnp-tv-z]{4}(-[0-9a-hjkmnp-tv-z]{4}){3}$/;

function without(permission: string) {
  const permissions = ME.permissions.filter((each) => each !== permission);
  return ({ path }: Sent) => (path === "/me" ? { status: 200, body: { ...ME, permissions } } : undefined);
}

function type(label: string | RegExp, value: string): HTMLElement {
  const field = within(screen.getByRole("dialog")).getByLabelText(label);
  fireEvent.change(field, { target: { value } });
  return field;
}

const posted = (sent: Sent[], path: string) => sent.filter((each) => each.method === "POST" && each.path === path);

describe("the people of the clinic", () => {
  test("each with profession, roles, access and when they last signed in; whoever left comes last", async () => {
    start("/people");
    const rows = (await screen.findAllByRole("row")).slice(1).map((row) => row.textContent ?? "");
    expect(rows[0]).toMatch(/Dr Imogen Hale.*MED0001734.*Practitioner, Quality manager.*Has access.*12 min ago/);
    expect(rows.find((row) => row.includes("Noor Haddad"))).toMatch(/Operator.*Has yet to choose a password.*never/);
    expect(rows.at(-1)).toMatch(/Dr Marcus Bell.*none.*No access/);
  });

  test("one administrator alone is told to be too few, to administrators", async () => {
    expect(oneAdministrator(STAFF)).toBe(true);
    expect(oneAdministrator(STAFF.filter((each) => each.practitioner !== id(40)))).toBe(false);
    start("/people");
    expect(await screen.findByText("Only one person may administer.")).toBeTruthy();
  });

  test("without the permission nothing is offered that would be refused", async () => {
    start("/people", without("practitioners.administer"));
    await screen.findByText("Noor Haddad");
    expect(screen.queryByRole("button", { name: "Register a person" })).toBeNull();
    expect(screen.queryByRole("note")).toBeNull();
    start(`/people/${NURSE}`, without("practitioners.administer"));
    await screen.findByText("History");
    for (const name of ["Give a role", "End access", /Issue password/, /Take the role/])
      expect(screen.queryByRole("button", { name })).toBeNull();
  });

  test("the way there is shown to whoever may read of people", async () => {
    start("/people");
    expect(await screen.findByRole("link", { name: "People" })).toBeTruthy();
    start("/people", without("practitioners.read"));
    await screen.findByRole("link", { name: "Stations" });
    expect(screen.queryByRole("link", { name: "People" })).toBeNull();
  });

  test("nobody registered yet is said to be that", async () => {
    start("/people", ({ path }) => (path === "/practitioners" ? { status: 200, body: { items: [] } } : undefined));
    expect(await screen.findByText(/registers the first administrator/)).toBeTruthy();
  });
});

describe("registering a person", () => {
  async function register(sent: Sent[]): Promise<string> {
    fireEvent.click(await screen.findByRole("button", { name: "Register a person" }));
    type("Name", "Nina New");
    type("Profession", "registered nurse");
    fireEvent.submit(type("Account", "nina"));
    await screen.findByText("Nina New is registered");
    return String(posted(sent, "/practitioners")[0]?.body.password);
  }

  test("shows password and one-time secret once, for typing in and as an address, and keeps neither", async () => {
    const sent = start("/people");
    const password = await register(sent);
    expect(password).toMatch(PASSWORD);
    const dialog = within(screen.getByRole("dialog"));
    expect(dialog.getByText("nina")).toBeTruthy();
    expect(dialog.getByText(password)).toBeTruthy();
    expect(dialog.getByText("JBSW Y3DP EHPK 3PXP JBSW Y3DP EHPK 3PXP")).toBeTruthy();
    expect(dialog.getByText(`otpauth://totp/Vultus:nina?secret=${SECRET}&issuer=Vultus`)).toBeTruthy();
    fireEvent.keyDown(screen.getByRole("dialog"), { key: "Escape" });
    expect(dialog.getByText(password)).toBeTruthy();

    fireEvent.click(dialog.getByRole("button", { name: "Handed over, close" }));
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    expect(document.body.textContent).not.toContain(password);
    expect(sent.some(({ path }) => path.includes(password) || path.includes(SECRET) || path.includes("nina"))).toBe(false);
    fireEvent.click(screen.getByRole("button", { name: "Register a person" }));
    expect(await screen.findByLabelText("Name")).toHaveProperty("value", "");
  });

  test("what the service refuses is said in its words, and what was typed stays", async () => {
    const refusal = {
      type: "urn:vultus:problem:refused", title: "A rule refused this", status: 409, rule: "access.account-taken",
      detail: "", evidence: "the account's name belongs to somebody else", next_step: "Choose another name.",
    };
    start("/people", ({ method, path }) =>
      method === "POST" && path === "/practitioners" ? { status: 409, body: refusal } : undefined,
    );
    fireEvent.click(await screen.findByRole("button", { name: "Register a person" }));
    type("Name", "Nina New");
    type("Profession", "registered nurse");
    const account = type("Account", "rosa");
    fireEvent.submit(account);
    expect(await screen.findByText(refusal.evidence)).toBeTruthy();
    expect(screen.getByText(refusal.next_step)).toBeTruthy();
    expect(account).toHaveProperty("value", "rosa");
  });

  test("is not sent before name, profession and account are there", async () => {
    start("/people");
    fireEvent.click(await screen.findByRole("button", { name: "Register a person" }));
    const button = await screen.findByRole("button", { name: "Register" });
    type("Name", "Nina New");
    type("Profession", " ");
    type("Account", "nina");
    expect(button).toHaveProperty("disabled", true);
    type("Profession", "nurse");
    expect(button).toHaveProperty("disabled", false);
    type("Account", "ni");
    expect(button).toHaveProperty("disabled", true);
  });
});

describe("one person", () => {
  test("everything given and taken is told, with by whom and why", async () => {
    start(`/people/${GONE}`);
    const rows = (await screen.findAllByRole("row")).map((row) => row.textContent ?? "");
    expect(rows[1]).toMatch(/Role taken: PractitionerLeft the clinic at the end of OctoberTess Okafor/);
    expect(rows).toHaveLength(1 + 3 + 5);
    expect(rows.at(-1)).toContain("Registered");
    expect(screen.queryByRole("button", { name: "End access" })).toBeNull();
    expect(screen.getByText(/The account’s name stays theirs/)).toBeTruthy();
  });

  test("reasons that are not told are said to be there", async () => {
    start(`/people/${GONE}`, ({ path }) => {
      const one = STAFF.find(({ practitioner }) => practitioner === GONE);
      if (one === undefined || !path.startsWith("/practitioners/")) return undefined;
      const history = one.history.map((each) => ({ ...each, reason: null }));
      return { status: 200, body: { ...one, account: null, reasons_told: false, history } };
    });
    expect(await screen.findAllByText("The reason is told to those it concerns.")).toHaveLength(3);
  });

  test("a lost phone is replaced with a reason, and the new secret is shown once", async () => {
    const sent = start(`/people/${id(41)}`);
    fireEvent.click(await screen.findByRole("button", { name: "Issue password or one-time secret" }));
    const issue = await screen.findByRole("button", { name: "Issue" });
    expect(issue).toHaveProperty("disabled", true);
    fireEvent.submit(type("Reason", "Phone lost on the bus "));
    expect(await screen.findByText("JBSW Y3DP EHPK 3PXP JBSW Y3DP EHPK 3PXP")).toBeTruthy();
    const [one] = posted(sent, `/practitioners/${id(41)}/credentials`);
    expect(one?.body).toEqual({ credentials: ["totp"], reason: "Phone lost on the bus", password: null, account: null });
    fireEvent.click(screen.getByRole("button", { name: "Handed over, close" }));
    await waitFor(() => expect(document.body.textContent).not.toContain("JBSW"));
  });

  test("a forgotten password is replaced by one that is made, never typed", async () => {
    const sent = start(`/people/${id(41)}`);
    fireEvent.click(await screen.findByRole("button", { name: "Issue password or one-time secret" }));
    fireEvent.click(await screen.findByLabelText(/The password is forgotten/));
    expect(screen.getByText(/must be replaced by one of their own/)).toBeTruthy();
    fireEvent.submit(type("Reason", "Forgotten"));
    const password = await screen.findByText(PASSWORD);
    const [one] = posted(sent, `/practitioners/${id(41)}/credentials`);
    expect(one?.body.password).toBe(password.textContent);
    expect(within(screen.getByRole("dialog")).queryByText("One-time secret")).toBeNull();
  });

  test("whoever comes back gets everything together", async () => {
    const sent = start(`/people/${GONE}`);
    fireEvent.click(await screen.findByRole("button", { name: "Give access" }));
    fireEvent.click(await screen.findByRole("button", { name: "Issue" }));
    await screen.findByText("Issued for Dr Marcus Bell");
    expect(posted(sent, `/practitioners/${GONE}/credentials`)[0]?.body.credentials).toEqual(["password", "totp"]);
  });

  test("a role is taken with a reason, and access ended with what follows said", async () => {
    const sent = start(`/people/${NURSE}`);
    fireEvent.click(await screen.findByRole("button", { name: "Take the role Operator" }));
    await screen.findByText(/It ends at once, also where Noor Haddad is working/);
    fireEvent.submit(type("Reason", "Moved to the front desk"));
    await waitFor(() =>
      expect(posted(sent, `/practitioners/${NURSE}/roles`)[0]?.body).toEqual({ role: "operator", grant: false, reason: "Moved to the front desk" }),
    );
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    fireEvent.click(screen.getByRole("button", { name: "End access" }));
    await screen.findByText(/Every sign-in ends at once/);
    fireEvent.submit(type("Reason", "Left"));
    await waitFor(() => expect(posted(sent, `/practitioners/${NURSE}/end-access`)[0]?.body).toEqual({ reason: "Left" }));
    expect(await screen.findByText("No access")).toBeTruthy();
  });

  test("of oneself nothing is offered but to take a role that is not administration", async () => {
    const me = { ...ME, practitioner: id(40), roles: ["administrator"] };
    start(`/people/${id(40)}`, ({ path }) => (path === "/me" ? { status: 200, body: me } : undefined));
    expect(await screen.findByText(/Your own access is changed by another administrator/)).toBeTruthy();
    for (const name of ["Give a role", "End access", /Issue password/, /Take the role/])
      expect(screen.queryByRole("button", { name })).toBeNull();
  });
});

describe("choosing a password", () => {
  const owing = ({ path }: Sent) =>
    path === "/me" && ME.owes_password ? { status: 200, body: { ...ME, permissions: ["signed-in"], owes_password: true, password_from: "Tess Okafor" } } : undefined;

  test("is all that is open to whoever has an issued one, and opens the rest", async () => {
    ME.owes_password = true;
    const sent = start("/people", owing);
    expect(await screen.findByText(/a password that Tess Okafor gave you and may still know/)).toBeTruthy();
    expect(screen.queryByRole("navigation")).toBeNull();
    expect(sent.map(({ path }) => path)).toEqual(["/me"]);
    const button = screen.getByRole("button", { name: "Choose this password" });
    const fill = (label: string, value: string) => fireEvent.change(screen.getByLabelText(label), { target: { value } });
    fill("Password you were given", "given to me");
    fill("New password", "too short");
    expect(screen.getByText("At least 12 characters")).toBeTruthy();
    fill("New password", "known to nobody else");
    fill("The same again", "known to nobody");
    expect(screen.getByText("The two differ")).toBeTruthy();
    expect(button).toHaveProperty("disabled", true);
    fill("The same again", "known to nobody else");
    fireEvent.click(button);
    await screen.findByText("Noor Haddad");
    expect(posted(sent, "/password")[0]?.body).toEqual({ current: "given to me", password: "known to nobody else" });
  });

  test("opens nothing to whoever has no role, who is told that and asked for nothing in vain", async () => {
    const me = { ...ME, permissions: ["signed-in"], roles: [] as string[] };
    const sent = start("/", ({ path }) => (path === "/me" ? { status: 200, body: me } : undefined));
    const again = await screen.findByRole("button", { name: "Look again" });
    expect(sent.map(({ path }) => path)).toEqual(["/me"]);
    Object.assign(me, ME);
    fireEvent.click(again);
    expect(await screen.findByRole("navigation")).toBeTruthy();
  });

  test("is offered to everybody under their name", async () => {
    start("/people");
    fireEvent.click(await screen.findByText("Dr Imogen Hale", { selector: "button span" }));
    fireEvent.click(await screen.findByText("Change your password"));
    expect(await screen.findByLabelText("Current password")).toBeTruthy();
  });
});

describe("words and secrets", () => {
  test("every fact about a person is a sentence", () => {
    const said = (kind: string, what: string | null) => changeText({ kind, what } as PersonChange);
    expect(said("PractitionerRegistered", null)).toBe("Registered");
    expect(said("RoleGranted", "quality-manager")).toBe("Role given: Quality manager");
    expect(said("CredentialIssued", "totp")).toBe("One-time secret issued");
    expect(said("CredentialRevoked", "password")).toBe("Password revoked");
    expect(said("CredentialChosen", "password")).toBe("Password of their own chosen");
  });

  test("passwords that are made differ, and are easily read", () => {
    const made = new Set(Array.from({ length: 50 }, issuedPassword));
    expect(made.size).toBe(50);
    for (const each of made) expect(each).toMatch(PASSWORD);
  });

  test("a secret is grouped for typing in", () => {
    expect(typedSecret("otpauth://totp/Vultus:a%20b?secret=ABCDEFGHIJ&issuer=Vultus")).toBe("ABCD EFGH IJ");
  });
});
