// All stations of the clinic.
import { useQuery } from "@tanstack/react-query";
import * as read from "../../api/queries";
import { Empty } from "../../parts/Empty";
import { Loaded } from "../../parts/Loaded";
import { Page } from "../../parts/Page";
import { DeviceSummary } from "../worklist/DeviceSummary";
import { useMay } from "../../shell/me";
import { Claims } from "./Claims";
import styles from "./Device.module.css";

export function Devices() {
  const found = useQuery(read.devices);
  const claims = useMay("claims.read");
  return (
    <Page title="Stations" lead={<span>Ready only when every gate that needs no client would pass now.</span>}>
      <Loaded query={found}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty>No station is enrolled yet.</Empty>
          ) : (
            <div className={styles.cards}>
              {items.map((card) => (
                <DeviceSummary key={card.device} card={card} />
              ))}
            </div>
          )
        }
      </Loaded>
      {claims && (
        <div className={styles.below}>
          <Claims />
        </div>
      )}
    </Page>
  );
}
