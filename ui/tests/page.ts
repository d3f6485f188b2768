// Makes the simulated page more like a browser, before anything of ours is loaded.

/** Resolves addresses against the page, as a browser does. */
class PageRequest extends Request {
  constructor(input: RequestInfo | URL, init?: RequestInit) {
    super(typeof input === "string" ? new URL(input, "http://page") : input, init);
  }
}

globalThis.Request = PageRequest;

// Fields that grow with their text wait for fonts, which a simulated page does not have.
if (typeof document !== "undefined") {
  Object.defineProperty(document, "fonts", { value: new EventTarget(), configurable: true });
}
