// Label and value, one below the other, aligned like the readings of an instrument.
import { Fragment, type ReactNode } from "react";
import styles from "./Facts.module.css";

interface Props {
  items: readonly (readonly [string, ReactNode])[];
  wide?: boolean;
}

/** Lists facts; those without a value are left out. */
export function Facts({ items, wide = false }: Props) {
  return (
    <dl className={wide ? styles.wide : styles.facts}>
      {items
        .filter(([, value]) => value !== null && value !== undefined && value !== "")
        .map(([label, value]) =>
          wide ? (
            <div key={label}>
              <dt>{label}</dt>
              <dd>{value}</dd>
            </div>
          ) : (
            <Fragment key={label}>
              <dt>{label}</dt>
              <dd>{value}</dd>
            </Fragment>
          ),
        )}
    </dl>
  );
}
