// Keys that act on a whole screen, and keep out of the way while somebody types.
import { useEffect, useRef } from "react";

/** Runs the action of a pressed key, unless a field, a dialog or a modifier has it. */
export function useKeys(actions: Record<string, () => void>, active = true): void {
  const latest = useRef(actions);
  latest.current = actions;
  useEffect(() => {
    if (!active) return;
    function pressed(event: KeyboardEvent): void {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      const target = event.target instanceof Element ? event.target : null;
      if (target?.closest("input, textarea, select, [contenteditable], [role=dialog]")) return;
      // Enter and Space belong to whatever button or link has the focus.
      if ((event.key === "Enter" || event.key === " ") && target?.closest("a, button")) return;
      const action = latest.current[event.key];
      if (action === undefined) return;
      event.preventDefault();
      action();
    }
    window.addEventListener("keydown", pressed);
    return () => window.removeEventListener("keydown", pressed);
  }, [active]);
}
