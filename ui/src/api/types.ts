// What the service answers with, name for name as its routes declare it.
export type * from "./answers/access";
export type * from "./answers/assessment";
export type * from "./answers/capture";
export type * from "./answers/equipment";
export type * from "./answers/record";
export type * from "./answers/subjects";
