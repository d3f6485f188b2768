// Who is signed in, for every screen behind the sign-in.
import { createContext, useContext } from "react";
import type { Me } from "../api/types";

export const MeContext = createContext<Me | null>(null);

export function useMe(): Me {
  const me = useContext(MeContext);
  if (me === null) throw new Error("nobody is signed in here");
  return me;
}

/** Whether the person may do something; the service decides, this only hides what it would refuse. */
export function useMay(permission: string): boolean {
  return useMe().permissions.includes(permission);
}
