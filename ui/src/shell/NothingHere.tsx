// Shown for an address that leads nowhere.
import { Link } from "@tanstack/react-router";

export function NothingHere() {
  return (
    <main style={{ maxWidth: 440, margin: "16vh auto", padding: "0 20px" }}>
      <h1>There is nothing at this address</h1>
      <p style={{ margin: "8px 0 14px" }}>It may have been mistyped, or come from an old link.</p>
      <Link to="/">Go to the worklist</Link>
    </main>
  );
}
