// What the service answers with, by the names the screens use. Where its description leaves a word
// or an object open, the closed form that the service in fact writes stands here.
import type { components } from "./generated/schema";
import type * as content from "./contents";

type Described = components["schemas"];
type Closed<Open, Parts> = Omit<Open, keyof Parts> & Parts;

/** What a refusal says. Source: RFC 9457, and the members the service adds. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  rule?: string;
  evidence?: string;
  next_step?: string;
  gates?: Gate[];
  stream_version?: number;
  server_time?: string;
  correlation?: string;
}

export type Recorded = Described["Recorded"];
export type Me = Described["Me"];
export type Version = Described["Version"];

export type Show = "mine" | "others" | "capture" | "review" | "done" | "all";
export type WorkKind =
  | "capture"
  | "analysis"
  | "review"
  | "sign"
  | "signed"
  | "done"
  | "attention"
  | "abandoned";
export type WorkItem = Closed<Described["WorkItem"], { kind: WorkKind }>;
export type Worklist = Closed<Described["Worklist"], { items: WorkItem[]; devices: DeviceCard[] }>;

export type Subject = Closed<Described["SubjectDetail"], { consents: Consent[] }>;
export type SubjectRow = Described["SubjectRow"];
export type Identity = Described["Identity"];
export type Purpose = Described["domain__values__consent__Purpose"];
export type Consent = Closed<
  Described["ConsentState"],
  { purpose: Purpose; state: "granted" | "declined" | "withdrawn" | "none" }
>;
export type TimelineItem = Described["TimelineItem"];

export type Gate = Described["Gate"];
export type Region = content.Region;
export type Measurement = Closed<Described["Measurement"], { region: Region | null }>;
export type Frame = Described["Frame"];
export type Prompts = Described["PromptsIn"];
export type Withheld = Described["WithheldOutput"];
export type Attempt = Closed<
  Described["Attempt"],
  {
    state: "submitted" | "measured" | "accepted" | "rejected" | "unmeasurable";
    measurements: Measurement[];
    claims: Measurement[];
    conditions: content.Conditions | null;
    verdict: content.Verdict | null;
    failure: content.Failure | null;
    depth: content.Depth | null;
  }
>;
export type Refused = Closed<
  Described["Refused"],
  { kind: "failed" | "given-up" | "attempt" | "photograph" }
>;
export type Session = Closed<
  Described["SessionDetail"],
  { state: "open" | "closed" | "abandoned"; attempts: Attempt[]; refused: Refused[]; prompts: Prompts }
>;

export type Model = Closed<
  Described["Release"],
  {
    state: "registered" | "shadow" | "approved" | "suspended";
    manifest: {
      intended_use: string;
      input_domain: string;
      outputs: string[];
      limitations: string[];
      contraindications: string[];
      training_data: string;
      licence: string;
      validation: string;
      model: { digest: string };
      manifest_digest: string;
    };
  }
>;
/** What was signed: results with numbers for models with a slot, in words for others. */
export interface ModelManifest {
  slot?: {
    acceptance: {
      subgroup: string;
      output: string;
      metric: string;
      value: string;
      low: string;
      high: string;
      unit: string;
      cases: number;
    }[];
  };
  subgroups?: { subgroup: string; samples: number; result: string }[];
}
export type ShadowComparison = Described["Comparison"];
export type Agreement = Described["Agreement"];

export type DeviceCard = Closed<
  Described["DeviceCard"],
  { state: "ready" | "attention" | "quarantined" }
>;
export type Calibration = Closed<
  Described["Calibration"],
  {
    state: "locked" | "recorded" | "failed" | "expired" | "invalidated" | "superseded";
    views: content.CalibrationViews | null;
  }
>;
export type LightField = content.LightField;
export type Colour = content.Colour;
export type Illumination = content.Illumination;
export type FieldCheck = content.FieldCheck;
export type CheckPicture = Described["CheckPicture"];
export type Device = Closed<
  Described["DeviceDetail"],
  {
    card: DeviceCard;
    calibrations: Calibration[];
    configuration: content.DeviceConfiguration | null;
    illumination: Illumination[];
    light_fields: LightField[];
    colour: Colour[];
    field_checks: FieldCheck[];
  }
>;
export type Claim = Closed<
  Described["Claim"],
  { state: "registered" | "validated" | "withdrawn"; content: content.ClaimContent }
>;
export type AcquisitionProtocol = Described["Protocol"];

export type Finding = Closed<
  Described["FindingView"],
  { verdict: "none" | "accepted" | "amended" | "rejected" }
>;
export type Previous = Described["PreviousValue"];
export type Flag = content.Flag;
export type Assessment = Closed<
  Described["AssessmentDetail"],
  {
    state: "open" | "signed" | "reported" | "amended";
    findings: Finding[];
    report: Closed<Described["ReportView"], { flags: Flag[] }> | null;
  }
>;
export type Pair = Assessment["pairs"][number];
export type Change = Assessment["changes"][number];
export type Report = Closed<Described["ReportDetail"], { flags: Flag[] }>;

export type Person = Described["PractitionerRow"];
export type PersonDetail = Described["PractitionerDetail"];
export type PersonChange = Described["PersonChange"];
export type Role = Described["Role"];
export type Credential = "password" | "totp";

interface OfStudies {
  state: "planned" | "approved" | "completed" | "confirmed";
  plan: content.StudyPlan;
  result: content.StudyResult | null;
}
export type Study = Closed<Described["Study"], OfStudies>;
export type StudyDetail = Closed<Described["StudyDetail"], OfStudies>;
export type StudyLimit = content.StudyLimit;
export type StudyFigure = content.StudyFigure;
export type StudyResult = content.StudyResult;

export type Trace = Described["Trace"];
export type TraceNode = Described["TraceNode"];
export type TraceEdge = Described["TraceEdge"];
export type AuditItem = Described["AuditLine"];
export type Standings = Described["Standings"];
export type Storage = Described["Storage"];
export type LedgerHealth = Described["Health"];
export type Verification = Described["Verification"];
export type Outside = Closed<
  Described["Outside"],
  { places: Closed<Described["PlaceItem"], { kind: "folder" | "bucket" | "witness" }>[] }
>;
export type OutsidePlace = Outside["places"][number];
export type LogKeys = Described["LogKeyList"];
