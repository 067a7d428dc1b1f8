import type { PublisherGreeting } from "../../contract/health.ts";
import { publisherTimeout, pubSubMaxEventBytes } from "../../contract/options.ts";
import {
  floatOption,
  intOption,
  type OptionDef,
  type Settings,
  stringOption,
} from "../../contract/option.ts";
import config from "../../../deno.json" with { type: "json" };
import type { ConnectionOptions } from "./connection_types.ts";
import type { HeartbeatOptions } from "./heartbeat.ts";
import type { SocketType } from "./peer.ts";
import { type OwnSession, type PeerSession, sessionProperties } from "./session.ts";
import { tlsOptions } from "./tls_options.ts";

export const highWaterMark = intOption({
  group: "df_zmq",
  name: "high_water_mark",
  default: "50000",
  min: 1,
  max: 10_000_000,
  unit: "events",
  help:
    "Maximum number of events in a publisher's log, rounded up to a power of two; a subscriber " +
    "that is further behind skips to the newest event. Also the maximum number of events that a " +
    "local publisher queues before it waits",
});

export const wireLogBytes = intOption({
  group: "df_zmq",
  name: "wire_log_bytes",
  default: "8388608",
  min: 65_536,
  max: 2 ** 31,
  unit: "bytes",
  help:
    "Maximum size of a publisher's log, taken as it fills up: 8388608 bytes hold 23,000 events " +
    "of 350 bytes, or 5,000 of 1,600; never less than twice pub_sub_max_event_bytes",
});

export const heartbeatInterval = floatOption({
  group: "df_zmq",
  name: "heartbeat_interval",
  default: "1",
  min: 0,
  max: 3600,
  unit: "seconds",
  help: "Time without data in either direction of a connection until a heartbeat is sent, at " +
    "most half of heartbeat_timeout; 0 turns heartbeats off",
});

export const heartbeatTimeout = floatOption({
  group: "df_zmq",
  name: "heartbeat_timeout",
  default: "2.5",
  min: 0.1,
  max: 3600,
  unit: "seconds",
  help: "Maximum time without data from the peer before the connection is closed; a subscriber " +
    "then reconnects",
});

export const maxConnections = intOption({
  group: "df_zmq",
  name: "max_connections",
  default: "10000",
  min: 1,
  max: 1_000_000,
  help: "Maximum number of connections to a publisher; further connections are refused",
});

export const maxConnectionsPerAddress = intOption({
  group: "df_zmq",
  name: "max_connections_per_address",
  default: "2000",
  min: 1,
  max: 1_000_000,
  help: "Maximum number of connections to a publisher from one address; further connections are " +
    "refused",
});

export const maxSubscriptions = intOption({
  group: "df_zmq",
  name: "max_subscriptions",
  default: "20000",
  min: 1,
  max: 10_000_000,
  help:
    "Maximum number of subscriptions of one subscriber; a subscriber with more is disconnected. It " +
    "may send 100 bytes for each of them at once: with topics of more than about 60 bytes, set a " +
    "larger number",
});

export const subscriberMemory = intOption({
  group: "df_zmq",
  name: "subscriber_memory",
  default: "67108864",
  min: 1_048_576,
  max: 2 ** 31,
  unit: "bytes",
  help: "Maximum memory for the subscriptions and queued commands of all subscribers together; " +
    "beyond it, subscribers from the address that uses the most are disconnected",
});

export const readTimeout = floatOption({
  group: "df_zmq",
  name: "read_timeout",
  default: "10",
  min: 1,
  max: 3600,
  unit: "seconds",
  help: "Maximum time a subscriber reads nothing, although data is queued for it, before it is " +
    "disconnected",
});

const nodeName = stringOption({
  group: "df_zmq",
  name: "node_name",
  default: "",
  help: "Name of this process in the logs of its peers; empty means the name of the host",
});

/** The options of the transport between hosts. */
export const transportOptions: readonly OptionDef[] = [
  highWaterMark,
  wireLogBytes,
  heartbeatInterval,
  heartbeatTimeout,
  maxConnections,
  maxConnectionsPerAddress,
  maxSubscriptions,
  subscriberMemory,
  readTimeout,
  nodeName,
  ...tlsOptions,
];

const MAX_TICK_MS = 250;

/**
 * Time between two connection checks, in milliseconds: a quarter of the timeout, at most 250 ms.
 */
export function tickMs(settings: Settings): number {
  return Math.min(MAX_TICK_MS, settings.get(heartbeatTimeout) * 1000 / 4);
}

/** Time without data after which the kernel ends a connection between hosts, in milliseconds. */
export function tcpTimeoutMs(settings: Settings): number {
  return Math.max(1_000, settings.get(heartbeatTimeout) * 1000);
}

/** The configured heartbeats, in milliseconds. The interval is at most half of the timeout. */
export function heartbeats(settings: Settings): HeartbeatOptions {
  const heartbeatTimeoutMs = settings.get(heartbeatTimeout) * 1000;
  const intervalMs = settings.get(heartbeatInterval) * 1000;
  return { heartbeatTimeoutMs, heartbeatIntervalMs: Math.min(intervalMs, heartbeatTimeoutMs / 2) };
}

/** The session properties that this process announces. */
export function ownSession(settings: Settings): OwnSession {
  const node = settings.get(nodeName) || Deno.hostname();
  return { node, processId: Deno.pid, version: config.version };
}

/**
 * Inside a host the kernel reports when a peer ends, and a peer that is stopped may stay connected.
 */
const NO_HEARTBEATS: HeartbeatOptions = { heartbeatIntervalMs: 0, heartbeatTimeoutMs: 0 };

/**
 * The options that all connections of this process share. A publisher announces the current time:
 * call this again for each of its connections.
 *
 * @param socketType the type of our socket; `run` and `announcement` are as in {@linkcode
 * OwnSession}
 */
export function connectionOptions(
  settings: Settings,
  socketType: SocketType,
  { run, announcement }: Pick<OwnSession, "announcement" | "run"> = {},
): ConnectionOptions {
  const isLocal = socketType === "PUSH" || socketType === "PULL";
  const timeoutMs = settings.get(publisherTimeout) * 1000;
  return {
    socketType,
    properties: sessionProperties({
      ...ownSession(settings),
      announcement,
      ...(run === undefined ? {} : { run, sentAt: Date.now(), timeoutMs, keepsPast: true }),
    }),
    maxFrameBytes: settings.get(pubSubMaxEventBytes),
    ...(isLocal ? NO_HEARTBEATS : heartbeats(settings)),
  };
}

/** What a publisher has just announced in its handshake, for a health event. */
export function greetingOf(
  session: PeerSession | undefined,
): { readonly greeting?: PublisherGreeting } {
  if (session === undefined) return {};
  const { node, processId, version, sentAt, timeoutMs, announcement } = session;
  const clockAheadMs = sentAt === undefined ? undefined : sentAt - Date.now();
  return { greeting: { node, processId, version, clockAheadMs, timeoutMs, announcement } };
}
