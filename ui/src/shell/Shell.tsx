// Everything around a screen: who, where, which build, how fresh; and the way to the other screens.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Navigate, Outlet } from "@tanstack/react-router";
import { useEffect } from "react";
import { follow } from "../api/live";
import { isProblem } from "../api/problem";
import * as read from "../api/queries";
import { setClinicZone } from "../moments";
import { Loaded } from "../parts/Loaded";
import { FirstPassword } from "./FirstPassword";
import { Header } from "./Header";
import { IdleGuard } from "./IdleGuard";
import { LagBanner } from "./LagBanner";
import { MeContext } from "./me";
import { NoRole } from "./NoRole";
import { StorageBanner } from "./StorageBanner";
import styles from "./Shell.module.css";

export function Shell() {
  const found = useQuery(read.me);
  if (isProblem(found.error, 401)) {
    const back = window.location.pathname;
    return <Navigate to="/sign-in" search={back === "/" ? {} : { back }} replace />;
  }
  return (
    <Loaded query={found}>
      {(me) => {
        setClinicZone(me.clinic.time_zone);
        if (me.owes_password || me.roles.length === 0) {
          return (
            <MeContext value={me}>
              <IdleGuard />
              {me.owes_password ? <FirstPassword /> : <NoRole />}
            </MeContext>
          );
        }
        return (
          <MeContext value={me}>
            <Following />
            <IdleGuard />
            <a className={styles.skip} href="#content">
              Skip to the content
            </a>
            <div className={styles.shell}>
              <Header />
              <StorageBanner />
              <LagBanner />
              <main id="content" className={styles.main} tabIndex={-1}>
                <Outlet />
              </main>
            </div>
          </MeContext>
        );
      }}
    </Loaded>
  );
}

function Following() {
  const queries = useQueryClient();
  useEffect(() => follow(queries), [queries]);
  return null;
}
