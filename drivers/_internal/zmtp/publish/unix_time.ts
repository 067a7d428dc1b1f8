/**
 * The Unix time of an earlier moment, in milliseconds, by the current clock of this host, which may
 * have been set since.
 *
 * @param moment the `performance.now()` of that moment
 */
export function unixTimeOf(moment: number): number {
  return Math.ceil(Date.now() - (performance.now() - moment));
}
