/** Lets the writes of one row happen one after the other, in the order in which they were asked. */
export class RedisRowTurns {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Does the work when everything asked before for that row is over, whether it worked or not. */
  async take<T>(table: string, key: string, work: () => Promise<T>): Promise<T> {
    const row = JSON.stringify([table, key]);
    const before = this.#last.get(row);
    const mine = before === undefined ? work() : before.then(work, work);
    this.#last.set(row, mine);
    try {
      return await mine;
    } finally {
      if (this.#last.get(row) === mine) this.#last.delete(row);
    }
  }
}
