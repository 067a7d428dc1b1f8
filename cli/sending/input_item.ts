import type { DbUpdate } from "../../service/event/db_update.ts";

/** An event to publish, or the reason why a line of the input is not one. */
export type InputItem =
  | { readonly update: DbUpdate; readonly line?: number; readonly warning?: string | undefined }
  | { readonly problem: string; readonly line: number };

/** An event to publish. */
export type EventItem = Exclude<InputItem, { readonly problem: string }>;
