import { messageOf, PubSubError } from "../../drivers/contract/errors.ts";
import type { DbUpdate } from "../event/db_update.ts";

/** A row was written or deleted, but its event could not be published: subscribers do not know of it. */
export class NotPublished extends PubSubError {
  /** The name of the class, as in a stack trace. */
  override readonly name = "NotPublished";
  /** The only code of this class. */
  override readonly code = "NOT_PUBLISHED";
  /** The event that was not published. */
  readonly update: DbUpdate;

  /**
   * Creates the error.
   *
   * @param cause why it was not published
   */
  constructor(update: DbUpdate, cause: unknown) {
    const row = `Row "${update.key}" of table "${update.table}"`;
    const done = update.action === "delete" ? "deleted" : "written";
    const event = `its "${update.action}" event could not be published`;
    super(`${row} was ${done}, but ${event}: ${messageOf(cause)}`, { cause });
    this.update = update;
  }
}
