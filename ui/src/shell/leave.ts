// Signing out, and leaving nothing of what was read on the screen.
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { answer, client, writing } from "../api/client";
import { useWrite } from "../api/writes";

export function useLeave() {
  const navigate = useNavigate();
  const queries = useQueryClient();
  return useWrite((_: undefined, key) => answer(client.POST("/sign-out", { headers: writing(key) })), {
    onDone: () => {
      queries.clear();
      void navigate({ to: "/sign-in" });
    },
  });
}
