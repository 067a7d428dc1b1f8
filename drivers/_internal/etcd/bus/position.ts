import type { PastWanted } from "../../../contract/past.ts";

/** A place among the events of a topic. */
export interface EtcdPosition {
  /** The last revision of which events were handed out. */
  readonly revision: number;
  /** Number of its events that were handed out; 0 for all. */
  readonly count: number;
  /** The cluster to which the revision belongs. */
  readonly cluster: string | undefined;
}

/** A parsed {@linkcode PastWanted} of a topic that does not begin now. */
export interface EtcdBeginning {
  readonly since: "start" | number | EtcdPosition;
  readonly last: number | undefined;
}

const POSITION = /^(\d{1,16})-(\d{1,5})\/(\d{1,20})$/;

/** The place after a number of events of a revision: `<revision>-<count>/<cluster>`. */
export function formatPosition({ revision, count, cluster = "0" }: EtcdPosition): string {
  return `${revision}-${count}/${cluster}`;
}

/** The last revision that has no event after the position. */
export function revisionBefore({ revision, count }: Omit<EtcdPosition, "cluster">): number {
  return count > 0 ? revision - 1 : revision;
}

/**
 * Parses where a topic begins; returns undefined for now.
 *
 * @throws {RangeError} if it is not valid
 */
export function parseBeginning({ since, last }: PastWanted): EtcdBeginning | undefined {
  if (since === "now" || (since ?? last) === undefined) return undefined;
  return { since: parseSince(since ?? "start"), last };
}

function parseSince(since: string | number): EtcdBeginning["since"] {
  if (since === "start") return since;
  if (typeof since === "number" && Number.isSafeInteger(since) && since >= 0) return since;
  const found = typeof since === "string" ? POSITION.exec(since) : null;
  if (found === null) {
    throw new RangeError(
      `Position "${since}" is not valid, wanted now, start, Unix milliseconds or a position`,
    );
  }
  const [, revision, count, cluster] = found;
  return { revision: Number(revision), count: Number(count), cluster };
}
