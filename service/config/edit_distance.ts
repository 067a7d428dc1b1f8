/**
 * Number of characters that must be added, removed, replaced or swapped with their neighbour to
 * turn one text into the other (optimal string alignment).
 */
export function editDistance(a: string, b: string): number {
  const width = b.length + 1;
  const cost = new Uint16Array((a.length + 1) * width);
  const at = (i: number, j: number) => cost[i * width + j] ?? 0;
  for (let i = 0; i <= a.length; i++) {
    for (let j = 0; j <= b.length; j++) cost[i * width + j] = cheapest(a, b, { i, j, at });
  }
  return at(a.length, b.length);
}

interface Cell {
  readonly i: number;
  readonly j: number;
  readonly at: (i: number, j: number) => number;
}

function cheapest(a: string, b: string, { i, j, at }: Cell): number {
  if (i === 0 || j === 0) return i + j;
  const replaced = at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
  const best = Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, replaced);
  const swapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
  return swapped ? Math.min(best, at(i - 2, j - 2) + 1) : best;
}

/**
 * The nearest candidate to `text`, or the first of several; undefined if more than a third of it
 * would have to change.
 */
export function nearest(text: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bound = Math.max(1, Math.floor(text.length / 3));
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - text.length) > bound) continue;
    const distance = editDistance(text.toLowerCase(), candidate.toLowerCase());
    if (distance > bound || (distance === bound && best !== undefined)) continue;
    best = candidate;
    bound = distance;
  }
  return best;
}

/** `; did you mean "publisher_port"?`, or nothing when no candidate is near. */
export function didYouMean(text: string, candidates: Iterable<string>): string {
  const guess = nearest(text, candidates);
  return guess === undefined ? "" : `; did you mean "${guess}"?`;
}
