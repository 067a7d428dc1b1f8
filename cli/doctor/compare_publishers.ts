import { publisherName } from "../../service/publishers/skew_warnings.ts";
import type { ProbedPublisher } from "./examine_publishers.ts";
import type { Finding } from "./finding.ts";

/** Minimum number of refreshes of a row within the service's `publisher_timeout`. */
const REFRESHES = 3;
const MIN_REFRESH_MS = 1_000;

/** What publishers are compared with. */
export interface OwnSide {
  readonly version: string;
  /** The configured `publisher_timeout`. */
  readonly timeoutMs: number;
  /** Versions of nodes, with the name of one node for each. */
  readonly nodeVersions: ReadonlyMap<string, string>;
}

/** Finds publishers and nodes that do not fit together. */
export function comparePublishers(probed: readonly ProbedPublisher[], own: OwnSide): Finding[] {
  return [...shortTimeouts(probed, own.timeoutMs), ...otherVersions(probed, own)];
}

interface Judge {
  readonly name: string;
  readonly timeoutMs: number;
}

/**
 * Publishers that count as gone between two refreshes, for others with a shorter
 * `publisher_timeout`.
 */
function shortTimeouts(probed: readonly ProbedPublisher[], ownTimeoutMs: number): Finding[] {
  const publishers = probed.flatMap(({ row, probe }) => {
    const timeoutMs = probe.greeting?.timeoutMs;
    return timeoutMs === undefined ? [] : [{ row, name: publisherName(row), timeoutMs }];
  });
  const judges: Judge[] = [...publishers, { name: "this configuration", timeoutMs: ownTimeoutMs }];
  return publishers.flatMap(({ row, name, timeoutMs }) => {
    const refreshMs = Math.max(MIN_REFRESH_MS, timeoutMs / REFRESHES);
    const shortest = judges.toSorted((one, other) => one.timeoutMs - other.timeoutMs)[0];
    if (shortest === undefined || shortest.timeoutMs >= refreshMs) return [];
    return [shortTimeout(row.record.uri, { name, refreshMs, judge: shortest })];
  });
}

function shortTimeout(
  subject: string,
  { name, refreshMs, judge }: {
    readonly name: string;
    readonly refreshMs: number;
    readonly judge: Judge;
  },
): Finding {
  return {
    severity: "warning",
    subject,
    what: `The time between two refreshes of ${name}, ${refreshMs / 1000} s, is longer than the ` +
      `publisher_timeout of ${judge.name}, ${judge.timeoutMs / 1000} s`,
    why: "It counts as gone between two refreshes: its row may be removed, and then nodes " +
      "disconnect from a live publisher.",
    advice: "Set [df] publisher_timeout to the same value on all hosts.",
  };
}

function otherVersions(
  probed: readonly ProbedPublisher[],
  { version, nodeVersions }: OwnSide,
): Finding[] {
  const named = new Map([[version, "this program"], ...nodeVersions]);
  for (const { row, probe } of probed) {
    const found = probe.greeting?.version;
    if (found !== undefined && !named.has(found)) named.set(found, publisherName(row));
  }
  if (named.size < 2) return [];
  const versions = [...named].map(([each, name]) => `${each} (${name})`).join(", ");
  return [{
    severity: "warning",
    subject: "versions",
    what: `Several versions run: ${versions}`,
    why: "An upgrade is incomplete: an older version may lack features of the newer ones.",
    advice: "Upgrade all programs to the newest version.",
  }];
}
