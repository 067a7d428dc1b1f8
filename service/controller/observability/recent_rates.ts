/** Maximum number of names, the busiest ones. */
const MAX_RATES = 20;

/** Events per second by name, the busiest first, from counts that are read once per second. */
export class RecentRates {
  #last: { readonly counts: ReadonlyMap<string, number>; readonly monotonic: number } | undefined;

  /**
   * Adds counts. The first reading is only the base.
   *
   * @param monotonic time of the reading, in milliseconds
   * @returns the rates since the last reading: at most 20, rounded to a tenth
   */
  add(counts: ReadonlyMap<string, number>, monotonic: number): readonly [string, number][] {
    const last = this.#last;
    this.#last = { counts, monotonic };
    const seconds = (monotonic - (last?.monotonic ?? monotonic)) / 1000;
    if (last === undefined || seconds <= 0) return [];
    const rates: [string, number][] = [];
    for (const [name, count] of counts) {
      const rate = Math.round(10 * (count - (last.counts.get(name) ?? 0)) / seconds) / 10;
      // A topic that was forgotten counts from 0 again.
      if (rate > 0) rates.push([name, rate]);
    }
    return rates.sort(([, one], [, other]) => other - one).slice(0, MAX_RATES);
  }

  /** Begins with a new base at the next reading. */
  forget(): void {
    this.#last = undefined;
  }
}
