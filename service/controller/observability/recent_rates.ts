/** Names that are kept: of the busiest. */
const MAX_RATES = 20;

/** Events per second by name, the busiest first, from counts that are read once per second. */
export class RecentRates {
  #last: { readonly counts: ReadonlyMap<string, number>; readonly monotonic: number } | undefined;

  /**
   * Takes in counts; the first ones only begin it.
   *
   * @param monotonic when they were read, in milliseconds
   * @returns what has changed since the last reading: at most 20 rates, rounded to a tenth
   */
  add(counts: ReadonlyMap<string, number>, monotonic: number): readonly [string, number][] {
    const last = this.#last;
    this.#last = { counts, monotonic };
    const seconds = (monotonic - (last?.monotonic ?? monotonic)) / 1000;
    if (last === undefined || seconds <= 0) return [];
    // A topic that was forgotten counts from the beginning.
    const rateOf = (name: string, count: number) =>
      Math.round(10 * Math.max(0, count - (last.counts.get(name) ?? 0)) / seconds) / 10;
    return [...counts].map(([name, count]): [string, number] => [name, rateOf(name, count)])
      .filter(([, rate]) => rate > 0)
      .sort(([, one], [, other]) => other - one)
      .slice(0, MAX_RATES);
  }

  /** Begins anew at the next reading. */
  forget(): void {
    this.#last = undefined;
  }
}
