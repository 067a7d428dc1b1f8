import type { PubSubDriver } from "../../drivers/contract/pubsub.ts";
import { isPublisherAddress } from "../../service/publishers/publisher_address.ts";
import {
  type PublisherRow,
  publisherRows,
  type ReadablePublisherRow,
} from "../../service/publishers/publishers_table.ts";
import { publisherName } from "../../service/publishers/skew_warnings.ts";
import { addressFindings, sharedAddresses, unreadableRow } from "./address_findings.ts";
import { type Examination, type Finding, type Look, millis } from "./finding.ts";
import { type Probe, probePublishers } from "./publisher_probe.ts";

/** A publisher of the table, and the result of connecting to it. */
export interface ProbedPublisher {
  readonly row: ReadablePublisherRow;
  readonly probe: Probe;
}

/** Options of {@linkcode examinePublishers}. */
export interface PublishersOptions {
  readonly driver: PubSubDriver;
  readonly timeoutMs: number;
  /** Whether other hosts read the table. */
  readonly isShared: boolean;
  /** Whether the configuration names publishers, too. */
  readonly hasNamed: boolean;
}

/** The publishers of the table that were examined, and what is wrong with their rows. */
export interface PublishersExamination extends Examination {
  readonly probed: readonly ProbedPublisher[];
}

/** Maximum number of publishers to connect to. */
const MAX_PROBED = 1_000;
/** Maximum difference of clocks that still allows comparing logs. */
const CLOCK_TOLERANCE_MS = 1_000;

/** Connects to every publisher of a table, unless subscribers connect to a broker. */
export async function examinePublishers(
  rows: readonly PublisherRow[],
  { driver, timeoutMs, isShared, hasNamed }: PublishersOptions,
): Promise<PublishersExamination> {
  const readable = publisherRows(rows);
  const { listensToAddresses } = driver.traits;
  const reachable = listensToAddresses
    ? readable.filter(({ record }) => isPublisherAddress(record.uri)).slice(0, MAX_PROBED)
    : [];
  const addresses = [...new Set(reachable.map(({ record }) => record.uri))];
  const probes = addresses.length === 0
    ? new Map<string, Probe>()
    : await probePublishers(driver, addresses, timeoutMs);
  const probed = reachable.flatMap((row) => {
    const probe = probes.get(row.record.uri);
    return probe === undefined ? [] : [{ row, probe }];
  });
  return {
    probed,
    looks: probed.map(lookOf),
    findings: [
      ...rows.flatMap((row) => row.state === "unreadable" ? [unreadableRow(row)] : []),
      ...listensToAddresses
        ? [...addressFindings(readable, isShared), ...sharedAddresses(readable)]
        : [],
      ...probed.flatMap(probeFindings),
      ...readable.length === 0 && listensToAddresses && !hasNamed ? [NO_PUBLISHER] : [],
    ],
  };
}

const NO_PUBLISHER: Finding = {
  severity: "critical",
  subject: "publishers table",
  what: "The publishers table is empty",
  why: "Subscribers that use this database connect to no publisher and get no events.",
  advice:
    "Start `df-pubsub serve` on the controllers, with the same database as this configuration.",
};

function lookOf({ row, probe }: ProbedPublisher): Look {
  return { subject: "publisher", detail: `${row.record.uri}: ${probeDetail(probe)}` };
}

/** The result of connecting to a publisher, in words. */
export function probeDetail({ failure, echoMs, clockAheadMs, greeting }: Probe): string {
  if (failure !== undefined) return "not reached";
  return [
    "live",
    ...(echoMs === undefined ? [] : [`echo ${millis(echoMs)}`]),
    ...(clockAheadMs === undefined ? [] : [`clock ${signed(clockAheadMs)} ms`]),
    greeting === undefined ? "without a session" : `version ${greeting.version}`,
  ].join(", ");
}

function signed(ms: number): string {
  const rounded = Math.round(ms);
  return rounded < 0 ? String(rounded) : `+${rounded}`;
}

function probeFindings({ row, probe }: ProbedPublisher): Finding[] {
  const { failure, clockAheadMs } = probe;
  if (failure !== undefined) return [row.state === "stale" ? left(row) : unreachable(row, failure)];
  // If a publisher does not report its time, only its row shows that its clock is ahead.
  const aheadMs = clockAheadMs ?? row.skewMs ?? 0;
  const found = Math.abs(aheadMs) >= CLOCK_TOLERANCE_MS ? [otherClock(row, aheadMs)] : [];
  return row.state === "stale" ? [...found, staleRow(row)] : found;
}

function unreachable(row: ReadablePublisherRow, failure: string): Finding {
  return {
    severity: "critical",
    subject: row.record.uri,
    what: `Cannot subscribe to ${publisherName(row)}: ${failure}`,
    why: "Nodes that cannot connect to it miss the events of its host.",
    advice:
      "Check that the service runs, check the firewalls, and check [df] management_ip on its host.",
  };
}

function left(row: ReadablePublisherRow): Finding {
  return {
    severity: "warning",
    subject: row.record.uri,
    what: `The row of ${publisherName(row)} is stale, and nothing answers there`,
    why: "Nodes keep trying to connect to it.",
    advice:
      "If its host was removed, run `df-pubsub publishers prune`. Otherwise start its service.",
  };
}

function staleRow(row: ReadablePublisherRow): Finding {
  const age = Math.round(row.ageMs / 1000);
  return {
    severity: "warning",
    subject: row.record.uri,
    what: `The row of ${publisherName(row)} is ${age} s old, although the publisher answers`,
    why: "Controllers may remove the row of a live publisher, and nodes then disconnect from it.",
    advice:
      "Synchronize the clocks of both hosts, check its log for failed writes of its row, and set " +
      "[df] publisher_timeout to the same value on all hosts.",
  };
}

function otherClock(row: ReadablePublisherRow, aheadMs: number): Finding {
  const seconds = (Math.abs(aheadMs) / 1000).toFixed(1);
  const direction = aheadMs > 0 ? "ahead of" : "behind";
  return {
    severity: "warning",
    subject: row.record.uri,
    what: `The clock of ${publisherName(row)} is ${seconds} s ${direction} the clock of this host`,
    why:
      "Controllers of Dragonflow compare the clocks and may remove the row of a live publisher; " +
      "times in logs and events cannot be compared.",
    advice: "Synchronize the clocks of both hosts, as by NTP.",
  };
}
