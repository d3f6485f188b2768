// The register of models: what each was shown to do, for whom, and whether it may be run.
import { useQuery } from "@tanstack/react-query";
import * as read from "../../api/queries";
import { Empty } from "../../parts/Empty";
import { Loaded } from "../../parts/Loaded";
import { Page } from "../../parts/Page";
import { Release } from "./Release";
import styles from "./Releases.module.css";

export function Releases() {
  const found = useQuery(read.models);
  return (
    <Page title="Models" lead={<span>Nothing runs that a second person has not approved.</span>}>
      <Loaded query={found}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty>No model is registered yet.</Empty>
          ) : (
            <div className={styles.list}>
              {items.map((release) => (
                <Release key={release.release} release={release} all={items} />
              ))}
            </div>
          )
        }
      </Loaded>
    </Page>
  );
}
