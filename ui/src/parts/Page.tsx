// The frame of a screen: where one is, what it is about, and what can be done.
import { type ReactNode, useEffect } from "react";
import styles from "./Page.module.css";

interface Props {
  title: string;
  lead?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
  fill?: boolean;
}

/** `fill` gives the content the whole height below the heading, for screens that scroll inside. */
export function Page({ title, lead, actions, children, fill = false }: Props) {
  useEffect(() => {
    document.title = `${title} · vultus`;
  }, [title]);
  return (
    <div className={styles.page} data-fill={fill}>
      <header className={styles.head}>
        <div className={styles.title}>
          <h1>{title}</h1>
          {lead !== undefined && <div className={styles.lead}>{lead}</div>}
        </div>
        {actions !== undefined && <div className={styles.actions}>{actions}</div>}
      </header>
      <div className={styles.content}>{children}</div>
    </div>
  );
}
