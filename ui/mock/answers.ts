// What the mock answers; it keeps changes in memory, so that screens can be walked through.
import type { WorkItem } from "../src/api/types";
import { ASSESSMENTS, REPORT } from "./assessments";
import { checkPicture } from "./checks";
import { ago, DAY, digest, id } from "./identifiers";
import { audit } from "./ledger";
import { CARDS, CLAIMS, deviceDetail, ME, SUBJECTS, subjectDetail, WORDINGS, PROTOCOLS } from "./people";
import { comparison, modelManifest, MODELS } from "./releases";
import { head, map, page } from "./pictures";
import { choose, scene, verified } from "./record";
import { PASSED, SESSIONS } from "./sessions";
import { changed, found as person, STAFF } from "./staff";
import { STUDIES } from "./studies";
import { PLANE, surfaceContent } from "./surfaces";
import { TRACE } from "./trace";

export interface Reply {
  status: number;
  body?: unknown;
  type?: string;
  etag?: number;
  /** Where in the record a look stands. */
  audit?: number;
}

let signedIn = true;
let position = 1_204;

function work(kind: WorkItem["kind"], state_text: string, at: number, more: Partial<WorkItem>): WorkItem {
  return {
    kind, state_text, session: id(200 + at), subject: id(100 + at), pseudonym: SUBJECTS[at % 5]?.pseudonym ?? "", device_serial: "VP-0007",
    opened_at: ago(30 + at * 110), updated_at: ago(at * at * 21 + 0.5), accepted: 5, rejected: at % 3, blocked: 0, withheld: 0,
    assessment: null, findings_total: 0, findings_reviewed: 0, report: null, report_number: null, flags: [], ...more,
  };
}

const WORK: WorkItem[] = [
  work("capture", "Capture under way", 0, { accepted: 2, rejected: 2, blocked: 1, withheld: 1 }),
  work("review", "Findings to review", 1, { session: id(201), assessment: id(300), findings_total: 11, findings_reviewed: 4, withheld: 2 }),
  work("sign", "Ready to sign", 2, { session: id(201), assessment: id(301), findings_total: 11, findings_reviewed: 11 }),
  work("analysis", "Being analysed", 3, {}),
  work("attention", "Needs attention", 4, { pseudonym: "QH-4817", session: id(201), assessment: id(303), report: id(800), report_number: "R-1F2E-3D4C-5B6A", findings_total: 11, findings_reviewed: 11, flags: ["The calibration behind the depth map was invalidated."] }),
  work("done", "Report issued", 5, { pseudonym: "ID-5750", session: id(201), assessment: id(303), report: id(800), report_number: "R-77AA-19C0-02DE", findings_total: 11, findings_reviewed: 11, updated_at: ago(3 * DAY) }),
  work("abandoned", "Abandoned", 6, { pseudonym: "CI-6061", accepted: 1, rejected: 4, updated_at: ago(6 * DAY) }),
];

const SHOWN: Record<string, readonly WorkItem["kind"][]> = {
  mine: ["attention", "sign", "review", "capture"],
  others: ["analysis", "signed", "done", "abandoned"],
  capture: ["capture", "analysis"],
  review: ["review", "sign"],
  done: ["signed", "done", "abandoned"],
  all: ["attention", "sign", "review", "capture", "analysis", "signed", "done", "abandoned"],
};

function worklist(query: URLSearchParams) {
  const wanted = (query.get("query") ?? "").toLowerCase();
  const lines = (show: string) => (SHOWN[show] ?? []).flatMap((kind) => WORK.filter((item) => item.kind === kind));
  const found = lines(query.get("show") ?? "all").filter((item) => `${item.pseudonym} ${item.report_number}`.toLowerCase().includes(wanted));
  const counts = Object.fromEntries(Object.keys(SHOWN).map((show) => [show, lines(show).length]));
  return { items: found, next: null, counts: { ...counts, most: 100 }, devices: CARDS, position };
}

/** A first page of subjects, then another one; nobody is found twice. */
function subjects(query: string, before: string | null) {
  const found = SUBJECTS.filter((row) => `${row.pseudonym} ${row.display_name}`.toLowerCase().includes(query.toLowerCase()));
  const page = before === null ? found.slice(0, 3) : found.slice(3);
  return { items: page, next: before === null && found.length > 3 ? 900 : null };
}

function ofRecord(part: string): Reply {
  const { health, keys, outside, refused, standings, storage } = scene();
  if (refused.includes(part)) return problem(403, "not-permitted", "You may not do this", "Reading this needs another permission.");
  switch (part) {
    case "health":
      return { status: 200, body: health };
    case "outside":
      return { status: 200, body: outside };
    case "log-keys":
      return { status: 200, body: keys };
    case "projections":
      return { status: 200, body: standings };
    case "storage":
      return { status: 200, body: storage };
    case "log-key":
      return { status: 200, type: "text/plain", body: `${health.log_key}\n` };
    default:
      return NOTHING;
  }
}

function earlier(before: number) {
  const items = [1, 2, 3].map((back) => ({ seq: before - back, at: ago(90 * DAY + back), kind: "SessionClosed", title: "Session closed", detail: "1 accepted", session: id(201), assessment: null }));
  return { items, next: null };
}

function problem(status: number, slug: string, title: string, detail: string, more: object = {}): Reply {
  return { status, type: "application/problem+json", body: { type: `urn:vultus:problem:${slug}`, title, status, detail, correlation: id(77), ...more } };
}

function recorded(more: object = {}, status = 200): Reply {
  position += 1;
  return { status, body: { stream: "x", version: 2, seq: position, ...more } };
}

const NOTHING = problem(404, "not-found", "There is nothing here", "There is no such thing.");

function read(path: string[], query: URLSearchParams): Reply {
  const [noun, key, more] = path;
  switch (noun) {
    case "me":
      return signedIn ? { status: 200, body: ME } : problem(401, "not-signed-in", "Sign in first", "Nobody is signed in.");
    case "worklist":
      return { status: 200, body: worklist(query) };
    case "subjects": {
      if (more === "timeline") return { status: 200, body: earlier(Number(query.get("before"))) };
      if (key !== undefined) return found(subjectDetail(key));
      return { status: 200, body: subjects(query.get("query") ?? "", query.get("before")) };
    }
    case "consent-wordings":
      return { status: 200, body: { items: WORDINGS } };
    case "capture-sessions":
      if (key === id(999)) return problem(403, "not-permitted", "You may not do this", "Reading sessions needs the permission sessions.read.");
      return found(SESSIONS.find((session) => session.session === key));
    case "devices":
      if (more === "checks") {
        const drawn = checkPicture(key ?? "", Number(path[3]), decodeURIComponent(path[5] ?? ""));
        return drawn === undefined ? NOTHING : { status: 200, type: "image/svg+xml", body: drawn };
      }
      return key === undefined ? { status: 200, body: { items: CARDS } } : found(deviceDetail(key));
    case "model-releases":
      if (key === undefined) return { status: 200, body: { items: MODELS } };
      return { status: 200, body: more === "shadow" ? comparison(key) : modelManifest(key) };
    case "studies":
      return key === undefined ? { status: 200, body: { items: STUDIES } } : found(STUDIES.find((study) => study.study === key));
    case "practitioners":
      return key === undefined ? { status: 200, body: { items: STAFF } } : found(person(key));
    case "claims":
      return { status: 200, body: { items: CLAIMS } };
    case "acquisition-protocols":
      return { status: 200, body: { items: PROTOCOLS } };
    case "assessments":
      return found(ASSESSMENTS.find((assessment) => assessment.assessment === key));
    case "reports":
      if (more === "pages") return { status: 200, type: "image/svg+xml", body: page(Number.parseInt(path[3] ?? "1", 10)) };
      return key === REPORT.report ? { status: 200, body: REPORT } : found(undefined);
    case "verify-code":
      return { status: 200, body: key === REPORT.verification_code ? { known: true, number: REPORT.number, issued_at: REPORT.issued_at, digest: REPORT.digest, flagged: true } : { known: false, number: null, issued_at: null, digest: null, flagged: false } };
    case "trace":
      return { status: 200, body: key === "affected" ? { sessions: [id(201)], reports: [id(800)] } : TRACE };
    case "audit-trail": {
      const items = audit(Number(query.get("before") ?? position + 1), { name: query.get("name"), stream: query.get("stream") });
      return { status: 200, body: { items, next: items.length < 50 ? null : items.at(-1)?.seq } };
    }
    case "ledger":
    case "record":
      return ofRecord(key ?? "");
    case "scene": // how the record stands, chosen by opening this address in a browser
      return { status: choose(key ?? "") ? 200 : 404, body: { scene: key } };
    case "images":
      return picture(decodeURIComponent(key ?? ""));
    case "surfaces":
      return { status: 200, type: "model/x-ply", body: surfaceContent(), audit: position };
    case "depth-maps":
    case "artefacts":
      if (more === "plane") return { status: 200, body: PLANE, audit: position };
      return { status: 200, type: "image/svg+xml", body: map(hue(decodeURIComponent(key ?? ""))) };
    case "version":
      return { status: 200, body: { version: "0.1.0", build: ME.build.digest, clinic: ME.clinic.name, demo: true } };
    default:
      return NOTHING;
  }
}

function found(body: object | undefined): Reply {
  if (body === undefined) return NOTHING;
  return { status: 200, body, etag: "version" in body && typeof body.version === "number" ? body.version : undefined };
}

function picture(wanted: string): Reply {
  const frames = SESSIONS.flatMap((session) => session.attempts.flatMap((attempt) => attempt.frames.map((frame) => ({ attempt, frame }))));
  const hit = frames.find(({ frame }) => frame.digest === wanted);
  const reasons = hit?.attempt.verdict?.reasons.map((reason) => reason.name) ?? [];
  const fault = reasons.includes("focus") ? "focus" : reasons.includes("uniformity") ? "uniformity" : undefined;
  return { status: 200, type: "image/svg+xml", body: head({ view: hit?.attempt.view ?? "frontal", role: hit?.frame.role ?? "single", fault }) };
}

function hue(wanted: string): number {
  const hit = [25, 350, 190, 270].find((each) => [5, 6, 7].some((attempt) => digest(`map|${each}|${attempt}`) === wanted));
  return hit ?? 210;
}

function write(path: string[], body: Record<string, unknown>): Reply {
  const [noun, key, more] = path;
  if (noun === "sign-in") {
    if (body.code === "000000") return problem(401, "not-signed-in", "Sign in first", "Account, password and code do not go together.");
    signedIn = true;
    return { status: 200, body: ME };
  }
  if (noun === "sign-out") {
    signedIn = false;
    return { status: 204 };
  }
  if (noun === "reauthentications") {
    return body.code === "000000"
      ? problem(401, "not-signed-in", "Sign in first", "The code is not valid just now.")
      : { status: 201, body: { reauthentication: id(9), valid_seconds: 120 } };
  }
  if (noun === "capture-sessions" && key === undefined) {
    if (body.purpose === "clinical-capture" && body.device === CARDS[0]?.device) return recorded({ session: id(200) }, 201);
    return problem(409, "capture-blocked", "Capture is blocked", "2 gates did not pass.", {
      rule: "capture.gates", gates: PASSED.map((gate) =>
        gate.gate === "calibration" ? { ...gate, passed: false, evidence: "There is no locked calibration for VP-0003.", next_step: "Calibrate with target CT-118 and have it locked." }
          : gate.gate === "consent" ? { ...gate, passed: false, evidence: "Consent to research was withdrawn on 12 Nov 2026.", next_step: "Ask for consent again, or choose another purpose." } : gate),
    });
  }
  if (noun === "assessments" && more === "findings") {
    const assessment = ASSESSMENTS.find((each) => each.assessment === key);
    const finding = assessment?.findings.find((each) => each.finding === path[3]);
    if (!assessment || !finding) return NOTHING;
    Object.assign(finding, { verdict: body.verdict, amended_value: body.value ?? null, amended_text: body.text ?? null, reason_code: body.reason_code ?? null, reason: body.reason ?? null });
    assessment.version += 1;
    return recorded();
  }
  if (noun === "assessments" && more === "conclusion") {
    const assessment = ASSESSMENTS.find((each) => each.assessment === key);
    if (assessment) assessment.conclusion = String(body.text);
    return recorded();
  }
  if (noun === "assessments" && more === "sign-off") {
    const assessment = ASSESSMENTS.find((each) => each.assessment === key);
    const signed = ASSESSMENTS[2];
    if (assessment && signed) Object.assign(assessment, { state: "reported", signature: signed.signature, report: signed.report });
    return recorded();
  }
  if (noun === "subjects" && key === "search") return { status: 200, body: subjects(String(body.query), body.before === undefined ? null : String(body.before)) };
  if (noun === "practitioners") {
    const done = changed(key, more, body);
    return done === undefined ? NOTHING : recorded(done, key === undefined ? 201 : 200);
  }
  if (noun === "password") {
    ME.owes_password = false;
    return recorded();
  }
  if (noun === "ledger") return { status: 200, body: verified() };
  if (noun === "studies" && key === undefined) return recorded({ study: id(742), digest: digest("plan") }, 201);
  return recorded(noun === "subjects" && key === undefined ? { subject: id(100), pseudonym: "QH-4817" } : { erased: true, certificate: "The key was destroyed." }, 201);
}

export function answer(method: string, address: string, body: Record<string, unknown>): Reply {
  const url = new URL(address, "http://mock");
  const path = url.pathname.split("/").filter(Boolean);
  const reply = method === "GET" ? read(path, url.searchParams) : write(path, body);
  return reply;
}

export function standing(): number {
  return position;
}
