// Leads to the documentation of the programming interface, which is a page of its own.
import { useEffect } from "react";

export function ToDocumentation() {
  useEffect(() => window.location.replace("/docs/index.html"), []);
  return null;
}
