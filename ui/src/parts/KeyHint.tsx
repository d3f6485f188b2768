// A key that does something here.
export function KeyHint({ keys }: { keys: string }) {
  return (
    <kbd
      style={{
        padding: "0 5px",
        border: "1px solid var(--line-2)",
        borderRadius: 2,
        background: "var(--sheet)",
        color: "var(--ink-2)",
        font: "0.6875rem/1.5 var(--mono)",
      }}
    >
      {keys}
    </kbd>
  );
}
