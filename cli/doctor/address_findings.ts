import { isIPv4, isIPv6 } from "../../drivers/contract/ip_address.ts";
import { hostOf, isLoopback } from "../../service/publishers/advertised_uri.ts";
import { isPublisherAddress, shownAddress } from "../../service/publishers/publisher_address.ts";
import type {
  ReadablePublisherRow,
  UnreadablePublisherRow,
} from "../../service/publishers/publishers_table.ts";
import { publisherName } from "../../service/publishers/skew_warnings.ts";
import type { Finding } from "./finding.ts";

const SET_ADDRESS = "Set [df] management_ip on that host to an address that the nodes can reach, " +
  "and restart its service.";

/** A row that is not a valid publisher's record. */
export function unreadableRow({ key, reason }: UnreadablePublisherRow): Finding {
  return {
    severity: "warning",
    subject: key,
    what: `Row "${key}" of the publishers table cannot be read: ${reason}`,
    why: "No subscriber connects to the publisher of this row.",
    advice: "Restart that publisher, or remove the row: `df-pubsub publishers prune " +
      "--include-unreadable`.",
  };
}

/** Addresses to which subscribers cannot connect, and those that only their own host can reach. */
export function addressFindings(
  rows: readonly ReadablePublisherRow[],
  isShared: boolean,
): Finding[] {
  return rows.flatMap((row) => {
    const { uri } = row.record;
    const host = hostOf(uri) ?? "";
    if (!isPublisherAddress(uri)) return [unfit(row)];
    if (isShared && isLoopback(host)) return [loopback(row)];
    return isUnroutable(host) ? [unroutable(row)] : [];
  });
}

function unfit({ key, record }: ReadablePublisherRow): Finding {
  return {
    severity: "warning",
    subject: record.uri,
    what: `Publisher "${key}" announces ${shownAddress(record.uri)}, wanted tcp://host:port`,
    why: "Subscribers ignore the row and get no events of that publisher.",
    advice: SET_ADDRESS,
  };
}

function loopback(row: ReadablePublisherRow): Finding {
  return {
    severity: "warning",
    subject: row.record.uri,
    what: `The address of ${publisherName(row)} is a loopback address`,
    why: "Nodes on other hosts also read the table: they connect to themselves and get no events.",
    advice: SET_ADDRESS,
  };
}

function unroutable(row: ReadablePublisherRow): Finding {
  return {
    severity: "warning",
    subject: row.record.uri,
    what: `The address of ${publisherName(row)} cannot be routed to a host`,
    why: "Nodes on other networks cannot connect to it.",
    advice: SET_ADDRESS,
  };
}

/** Link-local, multicast, broadcast and reserved addresses. */
function isUnroutable(host: string): boolean {
  if (isIPv4(host)) return /^(?:0|169\.254|22[4-9]|2[3-5]\d)\./.test(host);
  return isIPv6(host) && /^f(?:e[89ab]|f)/i.test(host);
}

/** Rows that announce the same address. */
export function sharedAddresses(rows: readonly ReadablePublisherRow[]): Finding[] {
  const byAddress = Map.groupBy(rows, ({ record }) => record.uri);
  return [...byAddress].filter(([, sharing]) => sharing.length > 1).map(([uri, sharing]) => ({
    severity: "warning",
    subject: uri,
    what: `${sharing.length} rows announce "${uri}": ${sharing.map(({ key }) => key).join(", ")}`,
    why: "When one of the rows is removed, nodes of Dragonflow disconnect from that address.",
    advice:
      "Set [df] management_ip to a different address on each host. If a row belongs to a former name " +
      "of a host, remove it with `df-pubsub publishers prune` when it is stale.",
  }));
}
