// For somebody who came in and was given no role: nothing opens, and nothing is asked for in vain.
import { Button, Group } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import * as read from "../api/queries";
import { useLeave } from "./leave";
import { useMe } from "./me";
import styles from "./Threshold.module.css";

export function NoRole() {
  const { display_name } = useMe();
  const { isFetching, refetch } = useQuery(read.me);
  const leave = useLeave();
  useEffect(() => {
    document.title = "No role yet · vultus";
  }, []);
  return (
    <div className={styles.ground}>
      <main className={styles.sheet}>
        <h1>You have no role here</h1>
        <p className={styles.lead}>
          {display_name}, you are signed in, and may do nothing yet. An administrator gives roles under People.
        </p>
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={() => leave.mutate(undefined)}>
            Sign out
          </Button>
          <Button loading={isFetching} onClick={() => void refetch()}>
            Look again
          </Button>
        </Group>
      </main>
    </div>
  );
}
