// The service's addresses, below their common beginning, as its own description declares them.
import type { paths as described } from "./generated/schema";

export type paths = {
  [Path in keyof described as Path extends `/api/v1${infer Rest}` ? Rest : never]: described[Path];
};
