// @vitest-environment jsdom
import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { beforeEach, describe, expect, test } from "vitest";
import { ME } from "../../mock/people";
import { choose, type Scene, SCENES } from "../../mock/record";
import type { Reply } from "../../mock/answers";
import { afterHalt, afterStall } from "../../src/screens/record/advice";
import { matters } from "../../src/screens/record/matters";
import { keyIdOf, signaturesOf } from "../../src/screens/record/notes";
import { type Sent, start } from "../application";

const down: Reply = {
  status: 503,
  type: "application/problem+json",
  body: { type: "urn:vultus:problem:unavailable", title: "Not available just now", status: 503, detail: "the database is away", next_step: "Try again in a moment." },
};

const failing = (...paths: string[]) => ({ path }: Sent) => (paths.includes(path) ? down : undefined);

/** Opens the screen as the mock shows it in one of its states. */
function open(scene: keyof typeof SCENES, instead?: (sent: Sent) => Reply | undefined): Sent[] {
  choose(scene);
  return start("/record", instead);
}

/** A part of the screen by its heading, once it was read. */
async function part(name: string) {
  const found = within(await screen.findByRole("region", { name }));
  await waitFor(() => expect(found.queryByText("Reading the record")).toBeNull());
  return found;
}

const attention = () => part("What needs somebody");

beforeEach(() => void choose("usual"));

describe("a record that is well", () => {
  test("says so once everything was read, and shows each place with what it has", async () => {
    open("usual");
    expect(await screen.findByText("Nothing needs attention")).toBeTruthy();
    expect(screen.queryByRole("alert")?.textContent ?? "").toBe("");
    const outside = await part("Checkpoints kept elsewhere");
    expect(outside.getAllByText("Has the newest")).toHaveLength(3);
    expect(outside.getByText("s3://clinic-checkpoints/vultus")).toBeTruthy();
  });

  test("names the witnesses under the cosigned checkpoint, with their times", async () => {
    open("usual");
    const outside = await part("Checkpoints kept elsewhere");
    expect(outside.getByText("vultus/transparency.example")).toBeTruthy();
    expect(outside.getByText("key 70c3be19")).toBeTruthy();
    expect(outside.getAllByText(/^\d+ \w+ \d{4}, \d\d:\d\d:\d\d$/)).toHaveLength(2);
    expect(outside.getByRole("link", { name: "Save the cosigned checkpoint as checkpoint-1200.txt" })).toBeTruthy();
  });

  test("gives the checkpoint, its signers and its text to take along", async () => {
    open("usual");
    const checkpoint = await part("Newest checkpoint");
    expect(checkpoint.getByText("1,200 records; 5 after it")).toBeTruthy();
    expect(checkpoint.getByText("key 9f2c11aa")).toBeTruthy();
    const saved = checkpoint.getByRole("link", { name: "Save the checkpoint as checkpoint-1200.txt" });
    expect(decodeURIComponent(saved.getAttribute("href") ?? "")).toContain(SCENES.usual.health.checkpoint?.text);
  });

  test("says who leads the workers, and what room there is", async () => {
    open("usual");
    expect((await part("Workers")).getByText("capture-host:2114")).toBeTruthy();
    expect((await part("Storage")).getByText("412.0 GB left")).toBeTruthy();
    expect((await part("Projections")).getAllByText("Up to date")).toHaveLength(8);
  });

  test("says what the last verification looked at, and from where another may go on", async () => {
    open("usual");
    const verification = await part("Last verification");
    expect(verification.getByText(/^The whole record/)).toBeTruthy();
    expect(verification.getByText("1,180; 25 since then")).toBeTruthy();
    expect(verification.getByText(/goes on after the first 1,195 records/)).toBeTruthy();
  });
});

describe("a new record", () => {
  test("says of every part that there is nothing yet", async () => {
    open("new");
    expect((await part("Checkpoints kept elsewhere")).getByText(/^No place is named/)).toBeTruthy();
    expect((await part("Last verification")).getByText("Nobody verified this record yet.")).toBeTruthy();
    expect((await part("Newest checkpoint")).getByText("Nothing yet")).toBeTruthy();
    expect((await part("As a witness of others")).getByText(/^No other log asks/)).toBeTruthy();
    expect((await attention()).getByText("No checkpoint is kept elsewhere")).toBeTruthy();
  });
});

describe("places outside", () => {
  test("one that is late says how far and how long, and what to do", async () => {
    open("late");
    const outside = await part("Checkpoints kept elsewhere");
    expect(outside.getByText("Late")).toBeTruthy();
    expect(outside.getByText("260 records behind, waiting for 26 h")).toBeTruthy();
    expect(outside.getByText("Tried again by itself")).toBeTruthy();
    expect(outside.getByText("at 1,190 records, 10 before the newest checkpoint")).toBeTruthy();
    const said = await attention();
    expect(said.getByText("s3://clinic-checkpoints/vultus is late: a checkpoint waits for 26 h")).toBeTruthy();
    expect(said.getByRole("link").getAttribute("href")).toBe("#outside");
  });

  test("one that contradicts the record is an alarm, not a delay", async () => {
    open("contradicted");
    const alert = await screen.findByRole("alert");
    expect(await within(alert).findByText("https://portal.northside.example/witness contradicts this record")).toBeTruthy();
    expect(alert.textContent).toContain("Two histories exist.");
    expect(alert.textContent).toContain("contradicts itself");
    const outside = await part("Checkpoints kept elsewhere");
    expect(outside.getByText("Contradicts this record")).toBeTruthy();
    expect(outside.queryByText("Late")).toBeNull();
    expect((await part("Last verification")).getByText(/knows 1,431 records/)).toBeTruthy();
    expect((await part("Last verification")).getByText(/^Checkpoints kept elsewhere only/)).toBeTruthy();
    expect((await part("As a witness of others")).getByText("2 contradictions refused")).toBeTruthy();
  });
});

describe("keys of the log", () => {
  test("each has its term, since when, and files to take along", async () => {
    open("usual");
    const keys = await part("Keys of the log");
    expect(keys.getByText("Signs")).toBeTruthy();
    expect(keys.getByText(/^First key, from 0 to 800 records$/)).toBeTruthy();
    expect(keys.getByText(/^Since \d+ \w+ \d{4}, \d\d:\d\d, from 640 records on$/)).toBeTruthy();
    const statement = keys.getByRole("link", { name: "Save statement 2 as log-key-2.txt" });
    expect(decodeURIComponent(statement.getAttribute("href") ?? "")).toBe(
      `data:text/plain;charset=utf-8,${SCENES.usual.keys.successions[0]}`,
    );
    expect(keys.getByRole("button", { name: "Copy key 9f2c11aa" })).toBeTruthy();
  });

  test("an overlap is said with how long it lasts", async () => {
    open("rotating");
    const keys = await part("Keys of the log");
    expect(keys.getByRole("status").textContent).toContain("Both keys sign until 6,100 records; 4,895 records to go.");
    expect(keys.getByText("Signs too, until 6,100")).toBeTruthy();
  });

  test("a key that the newest checkpoint lacks has ended before its term", async () => {
    const { health } = SCENES.rotating;
    const text = (health.checkpoint?.text ?? "").split("\n").filter((line) => !line.includes(noteLineOf("9f2c11aa"))).join("\n");
    open("rotating", ({ path }) =>
      path === "/ledger/health" ? { status: 200, body: { ...health, checkpoint: { ...health.checkpoint, text } } } : undefined,
    );
    const keys = await part("Keys of the log");
    expect(keys.getByText("Ended before its term")).toBeTruthy();
    expect(keys.queryByRole("status")).toBeNull();
  });
});

/** How the signature of a key of this id begins in a note. */
function noteLineOf(keyId: string): string {
  const bytes = (keyId.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16));
  return ` ${btoa(String.fromCharCode(...bytes)).slice(0, 5)}`;
}

describe("workers", () => {
  test("what ended is named with place, kind and next step", async () => {
    open("working");
    const workers = await part("Workers");
    const ended = within(workers.getByRole("list", { name: "Ended" }));
    expect(ended.getByText("Workers ended at record 1,132")).toBeTruthy();
    expect(ended.getByText("DigestMismatch")).toBeTruthy();
    expect(ended.getByText(/restore it from the backup/)).toBeTruthy();
    expect((await screen.findByRole("alert")).textContent).toContain("Rebuilds ended at record 1,204");
  });

  test("what was set aside says why and when it is tried again; a long list opens", async () => {
    open("working");
    const workers = await part("Workers");
    expect(workers.getByRole("cell", { name: "1,020" })).toBeTruthy();
    expect(workers.getAllByText("waits behind an earlier one").length).toBe(5);
    expect(workers.queryByRole("cell", { name: "1,090" })).toBeNull();
    fireEvent.click(workers.getByRole("button", { name: "Show all 11" }));
    expect(workers.getByRole("cell", { name: "1,090" })).toBeTruthy();
  });

  test("that nobody leads is said, and what ends it", async () => {
    open("leaderless");
    expect((await part("Workers")).getByText("nobody")).toBeTruthy();
    expect((await attention()).getByText("Nobody runs the workers")).toBeTruthy();
  });
});

describe("projections", () => {
  test("one that stands still says where, why and how much older it is", async () => {
    open("stalled");
    const projections = await part("Projections");
    expect(projections.getByText("Stands still at 1,167: KeyError")).toBeTruthy();
    expect(projections.getByText("38 records behind, 64 min")).toBeTruthy();
    expect(projections.getByText("2 behind")).toBeTruthy();
    expect((await attention()).getByText("Audit trail stands still at record 1,167")).toBeTruthy();
    expect((await attention()).getByText("Trace is 5 min behind")).toBeTruthy();
  });

  test("a rebuild shows how far it is and what is shown meanwhile", async () => {
    open("rebuilding");
    const projections = await part("Projections");
    expect(projections.getByText("Being rebuilt: 35 %")).toBeTruthy();
    expect(projections.getByText("about 2 min left, 5 records/s; what is shown is from before")).toBeTruthy();
    expect(projections.getByText("time left not known yet; not shown until then")).toBeTruthy();
    expect(projections.getByText("Waits to be rebuilt")).toBeTruthy();
    const bar = projections.getByRole("progressbar", { name: "Trace: 430 of 1,205 records" });
    expect(bar.getAttribute("value")).toBe("430");
  });
});

describe("storage", () => {
  test("a place that takes nothing says why and what ends it; one that fills up says so", async () => {
    open("full");
    const storage = await part("Storage");
    expect(storage.getByText("Takes nothing")).toBeTruthy();
    expect(storage.getByText("The disk is full.")).toBeTruthy();
    expect(storage.getByText("Getting full")).toBeTruthy();
    expect((await attention()).getByText("Only 1.6 GB left for blobs")).toBeTruthy();
  });
});

describe("verifying", () => {
  test("runs from the screen, says what it does meanwhile and what it found", async () => {
    let answered = (): void => undefined;
    const sent = open("usual", undefined);
    const fetched = globalThis.fetch;
    globalThis.fetch = async (input, init) => {
      if (input instanceof Request && input.url.endsWith("/ledger/verify")) await new Promise<void>((done) => (answered = done));
      return fetched(input, init);
    };
    fireEvent.click(await screen.findByRole("button", { name: "Verify now" }));
    const verification = await part("Last verification");
    expect(await verification.findByText(/^Every record, signature and stored content is looked at/)).toBeTruthy();
    answered();
    expect(await screen.findByText("Verified just now: intact")).toBeTruthy();
    expect(await verification.findByText("1,205; 1 since then")).toBeTruthy();
    const posted = sent.find(({ path }) => path === "/ledger/verify");
    expect(posted?.headers.get("Idempotency-Key")).toBeTruthy();
  });

  test("a refusal is shown, and the screen stays", async () => {
    open("usual", failing("/ledger/verify"));
    fireEvent.click(await screen.findByRole("button", { name: "Verify now" }));
    expect(await screen.findByText("Not available just now")).toBeTruthy();
    expect(await part("Workers")).toBeTruthy();
  });

  test("is not offered to whoever may not", async () => {
    const permissions = ME.permissions.filter((each) => each !== "ledger.verify");
    open("usual", ({ path }) => (path === "/me" ? { status: 200, body: { ...ME, permissions } } : undefined));
    await part("Last verification");
    expect(screen.queryByRole("button", { name: "Verify now" })).toBeNull();
  });

  test("what was remembered under a forged note is an alarm", async () => {
    open("forged");
    expect((await screen.findByRole("alert")).textContent).toContain("changed by somebody else");
    expect((await part("Last verification")).getByText(/cannot be believed \(DigestMismatch\)/)).toBeTruthy();
  });
});

describe("what cannot be read", () => {
  test("a part that fails says so for itself, and is read again on demand", async () => {
    let away = true;
    open("usual", ({ path }) => (away && path === "/ledger/outside" ? down : undefined));
    const outside = await part("Checkpoints kept elsewhere");
    expect(outside.getByText("the database is away")).toBeTruthy();
    expect(screen.getByText("Not everything could be read")).toBeTruthy();
    expect(screen.queryByText("Nothing needs attention")).toBeNull();
    expect((await part("Workers")).getByText("capture-host:2114")).toBeTruthy();
    away = false;
    fireEvent.click(outside.getByRole("button", { name: "Try again" }));
    expect(await outside.findAllByText("Has the newest")).toHaveLength(3);
    expect(await screen.findByText("Nothing needs attention")).toBeTruthy();
  });

  test("a part that the role does not open says so", async () => {
    open("refused");
    expect((await part("Storage")).getByText(/^Your role does not open this/)).toBeTruthy();
    expect((await part("Checkpoints kept elsewhere")).getByText(/^Your role does not open this/)).toBeTruthy();
  });

  test("the whole screen may be closed to a role", async () => {
    open("usual", ({ path }) => (path.startsWith("/ledger") ? { ...down, status: 403 } : undefined));
    expect(await screen.findByRole("heading", { name: "Your role does not open this" })).toBeTruthy();
  });
});

describe("what needs somebody", () => {
  test.each(Object.entries(SCENES as Record<string, Scene>))("in the state %s leads to a part that is on the screen", async (name, scene) => {
    const found = matters(scene);
    const tones = found.map(({ tone }) => tone);
    expect(tones).toEqual([...tones].sort()); // "fail" before "warn"
    open(name as keyof typeof SCENES);
    await part("Projections");
    for (const { part: id } of found) expect(document.getElementById(id)).toBeTruthy();
  });

  test("nothing is judged before it was read", () => {
    expect(matters({})).toEqual([]);
  });

  test.each([
    ["checkpoints", "ChainBroken", "not the one that was signed for"],
    ["workers", "DigestMismatch", "restore it from the backup"],
    ["workers", "UnknownEvent", "Start the build that recorded it"],
    ["rebuilds", "ValueError", "Nobody foresaw this"],
  ])("%s that ended with %s have their own next step", (name, why, said) => {
    expect(afterHalt(name, why)).toContain(said);
  });

  test.each([
    ["KeyError", "with a corrected build it goes on by itself"],
    ["UnknownEvent", "Start the build that recorded it"],
    ["ChainBroken", "restore it from the backup"],
  ])("a projection that stands still with %s has its own next step", (why, said) => {
    expect(afterStall(why)).toContain(said);
  });
});

describe("signed notes", () => {
  const zeros = (count: number) => new Array<number>(count).fill(0);
  const line = (bytes: number[]) => `— some/name ${btoa(String.fromCharCode(...bytes))}`;

  test("a cosignature says when, a log's signature does not", () => {
    const log = line([0xab, 0xcd, 0, 1, ...zeros(64)]);
    const witness = line([0, 0, 0, 2, 0, 0, 0, 0, 0x69, 0, 0, 0, ...zeros(64)]);
    expect(signaturesOf(`origin\n7\nroot=\n\n${log}\n${witness}\n`)).toEqual([
      { name: "some/name", keyId: "abcd0001", at: null },
      { name: "some/name", keyId: "00000002", at: new Date(0x69000000 * 1_000) },
    ]);
  });

  test.each(["", "— name", "— name %%%", line([1, 2, 3])])("%j holds no signature", (note) => {
    expect(signaturesOf(note)).toEqual([]);
  });

  test("a verifier key tells its id, whatever its material holds", () => {
    expect(keyIdOf("vultus/x+9f2c11aa+AbC+dEf/")).toBe("9f2c11aa");
  });
});
