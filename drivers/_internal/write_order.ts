import { Semaphore } from "../contract/semaphore.ts";

/** Orders writes to rows: one at a time for each row, in the order of calls. */
export class WriteOrder {
  readonly #rows = new Map<string, Semaphore>();

  async run<T>(table: string, key: string, work: () => Promise<T>): Promise<T> {
    const row = JSON.stringify([table, key]);
    const semaphore = this.#rows.get(row) ?? new Semaphore(1);
    this.#rows.set(row, semaphore);
    try {
      using _permit = await semaphore.acquire();
      return await work();
    } finally {
      if (semaphore.isFree) this.#rows.delete(row);
    }
  }
}
