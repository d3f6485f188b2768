// The trace of a report after a second visit, as large as that of the demonstration; one record is not sound.
import type { Trace, TraceEdge, TraceNode } from "../src/api/types";
import { ago, DAY, digest, id } from "./identifiers";

const MODELS = ["face-mesh 1.0.0", "skin-colour 1.0.0", "skin-chromophores 1.0.0", "skin-pigmentation 1.0.0", "skin-texture 1.0.0", "skin-congestion 1.0.0"];
const FINDINGS: Record<string, string[]> = {
  "inference-1": ["Individual typology angle", "Lightness L*", "Skin tone class", "Skin tone uniformity", "Monk skin tone, nearest", "Erythema index", "Melanin index"],
  "inference-2": ["Melanin density, median", "Haemoglobin density, median"],
  "inference-3": ["Brown spots", "Brown spots, area", "Redness, area", "Pattern of raised pigment", "Raised pigment, symmetry", "Hyperpigmentation, area"],
  "inference-4": ["Fine lines, length", "Wrinkles, length", "Wrinkles, mean depth", "Roughness, texture contrast between 0.15 and 1 mm"],
  "inference-5": ["Dark comedone-like dots", "Light comedone-like dots", "Inflammatory-like red spots"],
  change: ["Volume change, left cheek", "Volume change, right cheek", "Volume change, chin"],
};

const nodes: TraceNode[] = [];
const edges: TraceEdge[] = [];
const INVALID = "Its record and signature hold, but it was invalidated on 20 November.";
const SOUND = "The stored record hashes to its leaf and its place in the chain.";

function node(name: string, kind: string, layer: number, title: string, detail: string, days = 31): string {
  const seq = 100 + nodes.length * 3;
  nodes.push({
    id: name, kind, layer, title, detail, seq, at: ago(days * DAY - seq), digest: digest(name), verified: name !== "calibration",
    why: name === "calibration" ? INVALID : SOUND, stream: `${kind}-${id(900 + nodes.length)}`,
  });
  return name;
}

function links(source: string, ...rest: [target: string, label: string][]): void {
  for (const [target, label] of rest) edges.push({ source, target, label });
}

node("software", "software", 9, "Software 0.1.0", "20 components", 60);
MODELS.forEach((title, at) => {
  node(`model-${at}`, "model-release", 5, title, "none: analytic", 60);
  links(`model-${at}`, [node(`approval-${at}`, "model-approval", 6, "Model approved", "by a second person, signed", 60), "approved by"]);
});
node("protocol", "protocol", 7, "Standard face, stereo 1.0", "approved by a second person", 60);
links(node("claim", "claim", 5, "Claim about volume-change", "validated on simulated heads only", 60), [node("validation", "claim-validation", 6, "Claim validated", "approved", 60), "in force by"]);
node("device", "device", 9, "Station VP-0007", "Portal M1", 60);
node("firmware", "firmware", 9, "firmware 2.4.1", "station", 60);
node("station-software", "station-software", 9, "station-software 0.1.0", "station", 60);
links(node("calibration", "calibration", 8, "Calibration, 0.152 px", "passed, target CT-118", 60), ["device", "of"]);
links(node("lock", "calibration-lock", 7, "Calibration locked", "signed", 60), ["calibration", "locks"]);
node("consent", "consent", 7, "Consent to clinical-capture", "wording 2026-11, en-AU", 59);
node("consent-ai", "consent", 7, "Consent to ai-analysis", "wording 2026-11, en-AU", 59);

for (const [visit, days] of [["earlier", 59], ["later", 31]] as const) {
  links(node(`illumination-${visit}`, "illumination", 8, "Illumination, 5605 K", "passed", days), ["device", "of"]);
  links(node(`configuration-${visit}`, "configuration", 8, "Configuration, firmware 2.4.1, software 0.1.0", "cameras CAM-L-0001, CAM-R-0001", days), ["device", "of"], ["firmware", "runs"], ["station-software", "runs"]);
  links(node(`session-${visit}`, "session", 6, "Capture session", "clinical-capture", days), ["consent", "covered by"], ["protocol", "follows"], ["software", "recorded by"],
    [node(`models-${visit}`, "model-list", 7, "Approved models in force", "the list that session and station name", days), "allows"]);
  links(node(`attempt-${visit}`, "attempt", 5, "Attempt, frontal", "AttemptSubmitted", days), [`session-${visit}`, "in"], ["device", "signed by"], [`configuration-${visit}`, "captured with"], ["calibration", "calibrated by"],
    ["lock", "calibration locked by"], [`illumination-${visit}`, "lit by"], [node(`left-${visit}`, "frame", 6, "Raw frame, left", digest(`left-${visit}`), days), "shot"], [node(`right-${visit}`, "frame", 6, "Raw frame, right", digest(`right-${visit}`), days), "shot"]);
  links(node(`verdict-${visit}`, "verdict", 6, "Accepted", "0 reasons against", days), ["protocol", "by the limits of"], ["software", "executed by"]);
  links(`attempt-${visit}`, [`verdict-${visit}`, "judged"]);
  links(node(`depth-${visit}`, "depth", 4, "Depth, 92% complete", "lsm-pyramid/1", days), [`attempt-${visit}`, "from"], ["calibration", "uses"], ["software", "executed by"]);
}

links(node("change", "change", 4, "Volume change", "volume-change/1"), ["session-later", "in"], ["claim", "told under"], ["software", "executed by"], ["calibration", "uses"],
  ["attempt-earlier", "compares"], ["attempt-later", "compares"], ["depth-earlier", "compares"], ["depth-later", "compares"]);
MODELS.forEach((_, at) => {
  links(node(`inference-${at}`, "inference", 4, "Inference", "onnxruntime 1.31.1, CPUExecutionProvider"), [`model-${at}`, "runs"], ["attempt-later", "on"], ["session-later", "in"], ["consent-ai", "covered by"], ["software", "executed by"]);
});
node("assessment", "assessment", 2, "Assessment", "25 findings, 2 withheld");
links("assessment", ["session-later", "in"], ["attempt-later", "looks at"], ["depth-later", "has depth"]);
MODELS.forEach((_, at) => links("assessment", [`inference-${at}`, "draws on"]));
for (const [source, titles] of Object.entries(FINDINGS)) {
  titles.forEach((title, at) => {
    links(node(`finding-${source}-${at}`, "finding", 3, title, "accepted"), [source, "found by"]);
    links("assessment", [`finding-${source}-${at}`, "lays out"]);
  });
}
links(node("sign-off", "sign-off", 1, "Sign-off", "authored"), ["assessment", "signs"]);
links(node("report", "report", 0, "Report R-1F2E-3D4C-5B6A", "PDF/A-3, 2 pages"), ["sign-off", "rests on"], ["software", "rendered by"]);

export const TRACE: Trace = { root: "report", nodes, edges };
