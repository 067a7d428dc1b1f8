import { DriverError } from "../contract/errors.ts";
import { Semaphore } from "../contract/semaphore.ts";
import { type NamedTexts, requireWellFormed } from "./db_text.ts";

/** Options of {@linkcode DbOperations}. */
export interface DbOperationsOptions {
  /** The place of the database, for messages. */
  readonly place: () => string;
  /** Starts an operation. @default calls it */
  readonly start?: <T>(work: () => Promise<T>) => Promise<T>;
  /** Translates what an operation has thrown: `action` is `set row "p1" of table "lport"`. */
  readonly failure: (action: string, thrown: unknown, isWrite: boolean) => DriverError;
}

/** The texts of an operation on one row. */
export type RowTexts = NamedTexts & { readonly table: string; readonly key: string };

/**
 * The operations of a database on other hosts. Writes of one row run one at a time, in the order of
 * the calls.
 */
export class DbOperations {
  readonly #options: DbOperationsOptions;
  readonly #running = new Set<Promise<unknown>>();
  readonly #writes = new Map<string, Semaphore>();
  #closed = false;

  constructor(options: DbOperationsOptions) {
    this.#options = options;
  }

  /**
   * Runs an operation that changes no row, or whose order does not matter.
   *
   * @throws {DriverError} `CLOSED`, or the translated failure
   * @throws {TypeError} for what is not text, or text without a UTF-8 form
   */
  async run<T>(
    verb: string,
    texts: NamedTexts,
    work: () => Promise<T>,
    isWrite = false,
  ): Promise<T> {
    const { place, start = (each) => each(), failure } = this.#options;
    if (this.#closed) throw new DriverError("CLOSED", `Database "${place()}" is closed`);
    requireWellFormed(texts);
    const running = start(work);
    this.#running.add(running);
    try {
      return await running;
    } catch (thrown) {
      throw failure(actionOf(verb, texts), thrown, isWrite);
    } finally {
      this.#running.delete(running);
    }
  }

  /** Runs a write of one row, after all earlier writes of the row. Throws as {@linkcode run} does. */
  write<T>(verb: string, texts: RowTexts, work: () => Promise<T>): Promise<T> {
    return this.run(
      verb,
      texts,
      () => this.#inOrder(JSON.stringify([texts.table, texts.key]), work),
      true,
    );
  }

  /** Refuses further operations. Resolves when those that were started have ended. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled(this.#running);
  }

  async #inOrder<T>(row: string, work: () => Promise<T>): Promise<T> {
    const semaphore = this.#writes.get(row) ?? new Semaphore(1);
    this.#writes.set(row, semaphore);
    try {
      using _permit = await semaphore.acquire();
      return await work();
    } finally {
      if (semaphore.isFree) this.#writes.delete(row);
    }
  }
}

function actionOf(verb: string, { table, key }: NamedTexts): string {
  return key === undefined
    ? `${verb} table "${table}"`
    : `${verb} row "${key}" of table "${table}"`;
}
