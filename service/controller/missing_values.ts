import type { NbDbDriver } from "../../drivers/contract/db.ts";
import { DbUnavailable } from "../../drivers/contract/errors.ts";
import type { Frame } from "../../drivers/contract/pubsub.ts";
import { waitFor } from "../../drivers/contract/waiting.ts";
import type { Clock } from "../base/clock.ts";
import { decodeUpdate } from "../event/codec/decode.ts";
import { encodeUpdate } from "../event/codec/encode.ts";
import { PayloadChecker } from "../event/codec/payload_checker.ts";
import { pubSubReadMissingValues } from "../config/options/pub_sub.ts";
import { type DbUpdate, withoutOrigin } from "../event/db_update.ts";
import { withValue } from "../event/missing_value.ts";
import { publisherOptions } from "../publish/publisher.ts";
import type { PublisherServiceOptions } from "./publisher_service_options.ts";
import { WarningFolder } from "../base/warning_folder.ts";

/** Options of {@linkcode MissingValues}. */
export interface MissingValuesOptions {
  /** Maximum size of a payload, in bytes. */
  readonly maxEventBytes: number;
  /** Gets reads that fail or take too long, and reads that succeed again. */
  readonly folder: Pick<WarningFolder, "failure" | "success">;
  /** The clock that it reads and waits by. */
  readonly clock: Pick<Clock, "monotonic" | "sleep">;
}

/** Maximum number of concurrent reads. */
const MAX_READS = 16;
/** Maximum time that the events of a batch wait for their values. */
const MAX_WAIT_MS = 1_000;
/** Pause of all reads after a failure. */
const PAUSE_MS = 10_000;

/** An event that lacks its value, and its frame. */
interface IncompleteFrame {
  readonly frame: Frame;
  readonly update: DbUpdate;
}

/**
 * Reads the values of `create` and `set` events without one. Processes of the original's first
 * releases send such events, and nodes of its later releases cannot handle them.
 *
 * Bounded to 16 concurrent reads, and to one second per batch. An event whose row is not read by
 * then, not in the database, or not text, stays without a value.
 */
export class MissingValues {
  readonly #db: Pick<NbDbDriver, "get">;
  readonly #options: MissingValuesOptions;
  readonly #checker: PayloadChecker;
  #reads = 0;
  #pausedUntil = -Infinity;

  /** Creates it without reading anything. */
  constructor(db: Pick<NbDbDriver, "get">, options: MissingValuesOptions) {
    this.#db = db;
    this.#options = options;
    this.#checker = new PayloadChecker({ maxBytes: options.maxEventBytes });
  }

  /**
   * Payloads with values, in the `map` format, for the frames from an index on that lack a value and
   * whose row has one. Never throws.
   */
  async read(batch: readonly Frame[], from: number): Promise<ReadonlyMap<Frame, Uint8Array>> {
    const { clock, folder } = this.#options;
    const payloads = new Map<Frame, Uint8Array>();
    // Abandoned reads must end before others begin.
    if (this.#reads > 0 || clock.monotonic() < this.#pausedUntil) return payloads;
    const over = new AbortController();
    try {
      const rows = this.#incompleteByRow(batch, from).values();
      const readers = Array.from({ length: MAX_READS }, async () => {
        for (const row of rows) {
          if (over.signal.aborted) return;
          await this.#readRow(row, { payloads, signal: over.signal });
        }
      });
      await waitFor(Promise.all(readers), { timeoutMs: MAX_WAIT_MS, clock }, tooLate);
      folder.success();
    } catch (error) {
      this.#pausedUntil = clock.monotonic() + PAUSE_MS;
      folder.failure(error);
    } finally {
      over.abort();
    }
    return payloads;
  }

  #incompleteByRow(batch: readonly Frame[], from: number): Map<string, IncompleteFrame[]> {
    const incomplete = batch.slice(from).flatMap((frame) => {
      const update = this.#incompleteEvent(frame);
      return update === undefined ? [] : [{ frame, update }];
    });
    return Map.groupBy(incomplete, ({ update: { table, key } }) => JSON.stringify([table, key]));
  }

  /**
   * Undefined for an event with a value, and for a payload that is not an event, which the relay
   * refuses.
   */
  #incompleteEvent({ topic, payload }: Frame): DbUpdate | undefined {
    const { maxEventBytes: maxBytes } = this.#options;
    try {
      this.#checker.check(payload);
      if (!this.#checker.lacksValue) return undefined;
      return { ...withoutOrigin(decodeUpdate(payload, topic, { maxBytes })), value: null };
    } catch {
      return undefined;
    }
  }

  async #readRow(
    events: readonly IncompleteFrame[],
    { payloads, signal }: { payloads: Map<Frame, Uint8Array>; signal: AbortSignal },
  ): Promise<void> {
    const [first] = events;
    if (first === undefined) return;
    this.#reads++;
    const found = await withValue(first.update, this.#db).catch(ignoreNotText)
      .finally(() => this.#reads--);
    if (found === undefined || signal.aborted) return;
    for (const { frame, update } of events) {
      const payload = this.#encode({ ...update, value: found.value });
      if (payload !== undefined) payloads.set(frame, payload);
    }
  }

  /** Undefined if the event with its value is too large. */
  #encode(update: DbUpdate): Uint8Array | undefined {
    try {
      return encodeUpdate(update, "map", { maxBytes: this.#options.maxEventBytes });
    } catch {
      return undefined;
    }
  }
}

/** Creates the reader of values for a service; undefined if the configuration turns it off. */
export function missingValuesFor(
  { settings, clock, log }: PublisherServiceOptions,
  db: Pick<NbDbDriver, "get">,
): MissingValues | undefined {
  const { format, maxEventBytes } = publisherOptions(settings);
  if (format !== "map" || !settings.get(pubSubReadMissingValues)) return undefined;
  const subject = "Reading missing values of events";
  const folder = new WarningFolder({ subject, log, clock });
  return new MissingValues(db, { maxEventBytes, folder, clock });
}

/** The database has answered, but the row is not text: there is no value to add. */
function ignoreNotText(error: unknown): undefined {
  if (!(error instanceof DbUnavailable && error.isOfRow)) throw error;
}

function tooLate(): never {
  throw new Error(`the database did not answer within ${MAX_WAIT_MS} ms`);
}
