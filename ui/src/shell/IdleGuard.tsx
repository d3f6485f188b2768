// Leaves nobody's face on a screen that nobody watches: signs out after the time without a touch.
import { useIdle } from "@mantine/hooks";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useEffect } from "react";
import { answer, client, writing } from "../api/client";
import { requestKey } from "../api/requestKey";
import { useMe } from "./me";

export function IdleGuard() {
  const { idle_seconds } = useMe();
  const idle = useIdle(idle_seconds * 1_000, { initialState: false });
  const queries = useQueryClient();
  const navigate = useNavigate();
  useEffect(() => {
    if (!idle) return;
    const back = window.location.pathname;
    const leave = () => {
      queries.clear();
      void navigate({ to: "/sign-in", search: { back } });
    };
    const headers = writing(requestKey());
    // The screen empties also when the service cannot be reached; it ends the sign-in by itself.
    answer(client.POST("/sign-out", { headers })).then(leave, leave);
  }, [idle, queries, navigate]);
  return null;
}
