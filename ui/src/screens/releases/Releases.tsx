// The register of models: what each was shown to do, for whom, and whether it may be run.
import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import * as read from "../../api/queries";
import { Empty } from "../../parts/Empty";
import { Loaded } from "../../parts/Loaded";
import { Page } from "../../parts/Page";
import { useMay } from "../../shell/me";
import { RegisterDialog } from "./RegisterDialog";
import { Release } from "./Release";
import styles from "./Releases.module.css";

export function Releases() {
  const found = useQuery(read.models);
  const register = useMay("models.register");
  const [registering, setRegistering] = useState(false);
  return (
    <Page
      title="Models"
      lead={<span>Nothing runs that a second person has not approved.</span>}
      actions={register && <Button onClick={() => setRegistering(true)}>Register a release</Button>}
    >
      {registering && <RegisterDialog onClose={() => setRegistering(false)} />}
      <Loaded query={found}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty>
              No model is registered yet. <code>vultus models register</code> brings those that come with the product.
            </Empty>
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
