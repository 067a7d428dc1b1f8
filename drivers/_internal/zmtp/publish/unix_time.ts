/**
 * The Unix time of an earlier moment, in milliseconds, by the clock of this host as it is now: it
 * may have been set meanwhile.
 *
 * @param moment the `performance.now()` of that moment
 */
export function unixTimeOf(moment: number): number {
  return Math.ceil(Date.now() - (performance.now() - moment));
}
