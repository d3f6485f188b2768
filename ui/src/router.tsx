// Every address of the web interface. Addresses carry identifiers, never names.
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  type RouterHistory,
} from "@tanstack/react-router";
import { NothingHere } from "./shell/NothingHere";
import { Shell } from "./shell/Shell";
import { Unexpected } from "./shell/Unexpected";

const root = createRootRoute({ notFoundComponent: NothingHere, errorComponent: Unexpected });

const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  validateSearch: (search): { back?: string } =>
    typeof search.back === "string" && /^\/(?!\/)/.test(search.back) ? { back: search.back } : {},
  component: lazyRouteComponent(() => import("./screens/signin/SignIn"), "SignIn"),
});

const verify = createRoute({
  getParentRoute: () => root,
  path: "/verify/$code",
  component: lazyRouteComponent(() => import("./screens/reports/VerifyCode"), "VerifyCode"),
});

const docs = createRoute({
  getParentRoute: () => root,
  path: "/docs",
  component: lazyRouteComponent(() => import("./shell/ToDocumentation"), "ToDocumentation"),
});

const inside = createRoute({ getParentRoute: () => root, id: "inside", component: Shell });

const worklist = createRoute({
  getParentRoute: () => inside,
  path: "/",
  component: lazyRouteComponent(() => import("./screens/worklist/Worklist"), "Worklist"),
});

const subjects = createRoute({
  getParentRoute: () => inside,
  path: "/subjects",
  component: lazyRouteComponent(() => import("./screens/subjects/Subjects"), "Subjects"),
});

const subject = createRoute({
  getParentRoute: () => inside,
  path: "/subjects/$subject",
  component: lazyRouteComponent(() => import("./screens/subjects/Subject"), "Subject"),
});

const newSession = createRoute({
  getParentRoute: () => inside,
  path: "/subjects/$subject/capture",
  component: lazyRouteComponent(() => import("./screens/sessions/NewSession"), "NewSession"),
});

const session = createRoute({
  getParentRoute: () => inside,
  path: "/sessions/$session",
  component: lazyRouteComponent(() => import("./screens/sessions/Session"), "Session"),
});

const surface = createRoute({
  getParentRoute: () => inside,
  path: "/sessions/$session/attempts/$attempt/surface",
  component: lazyRouteComponent(() => import("./screens/surface/Surface"), "Surface"),
});

const review = createRoute({
  getParentRoute: () => inside,
  path: "/assessments/$assessment",
  component: lazyRouteComponent(() => import("./screens/assessments/Review"), "Review"),
});

const signOff = createRoute({
  getParentRoute: () => inside,
  path: "/assessments/$assessment/sign-off",
  component: lazyRouteComponent(() => import("./screens/assessments/SignOff"), "SignOff"),
});

const report = createRoute({
  getParentRoute: () => inside,
  path: "/reports/$report",
  component: lazyRouteComponent(() => import("./screens/reports/Report"), "Report"),
});

const trace = createRoute({
  getParentRoute: () => inside,
  path: "/reports/$report/trace",
  component: lazyRouteComponent(() => import("./screens/trace/Trace"), "Trace"),
});

const devices = createRoute({
  getParentRoute: () => inside,
  path: "/devices",
  component: lazyRouteComponent(() => import("./screens/devices/Devices"), "Devices"),
});

const device = createRoute({
  getParentRoute: () => inside,
  path: "/devices/$device",
  component: lazyRouteComponent(() => import("./screens/devices/Device"), "Device"),
});

const people = createRoute({
  getParentRoute: () => inside,
  path: "/people",
  component: lazyRouteComponent(() => import("./screens/people/People"), "People"),
});

const person = createRoute({
  getParentRoute: () => inside,
  path: "/people/$person",
  component: lazyRouteComponent(() => import("./screens/people/Person"), "Person"),
});

const models = createRoute({
  getParentRoute: () => inside,
  path: "/models",
  component: lazyRouteComponent(() => import("./screens/releases/Releases"), "Releases"),
});

const studies = createRoute({
  getParentRoute: () => inside,
  path: "/studies",
  component: lazyRouteComponent(() => import("./screens/studies/Studies"), "Studies"),
});

const study = createRoute({
  getParentRoute: () => inside,
  path: "/studies/$study",
  component: lazyRouteComponent(() => import("./screens/studies/Study"), "Study"),
});

const auditTrail = createRoute({
  getParentRoute: () => inside,
  path: "/audit-trail",
  validateSearch: (search): { stream?: string } =>
    typeof search.stream === "string" ? { stream: search.stream } : {},
  component: lazyRouteComponent(() => import("./screens/audit/AuditTrail"), "AuditTrail"),
});

const record = createRoute({
  getParentRoute: () => inside,
  path: "/record",
  component: lazyRouteComponent(() => import("./screens/record/Record"), "Record"),
});

const routeTree = root.addChildren([
  signIn,
  verify,
  docs,
  inside.addChildren([
    worklist,
    subjects,
    subject,
    newSession,
    session,
    surface,
    review,
    signOff,
    report,
    trace,
    devices,
    device,
    models,
    studies,
    study,
    people,
    person,
    auditTrail,
    record,
  ]),
]);

export function createAppRouter(history?: RouterHistory) {
  return createRouter({ routeTree, defaultPreload: "intent", ...(history && { history }) });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof createAppRouter>;
  }
}
