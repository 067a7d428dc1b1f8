import { isRecord, type SeenCheck } from "../bus/page_contents.ts";

const STATES = ["current", "behind", "stuck", "gone"] as const;
/** Maximum number of rows, publishers and checks that are kept, whatever a service sends. */
const MAX_ROWS = 2_000;
const MAX_CHARACTERS = 500;

/** A subscriber in the service's feed. */
export interface LivePeer {
  /** The name of its node, or the address of a node of the original. */
  readonly name: string;
  readonly address: string;
  readonly state: typeof STATES[number];
  /** Number of events that it is behind. */
  readonly behind: number;
  /** How long it has been behind, in seconds. */
  readonly behindFor: number;
  readonly queued: number;
  readonly skipped: number;
  readonly replayed: number;
  readonly lost: number;
  /** How long it has been connected, or disconnected, in seconds. */
  readonly seconds: number;
}

/** A row of the publishers table. */
export interface LivePublisher {
  readonly id: string;
  readonly state: string;
  readonly uri: string;
  /** Time since it last wrote its row, in seconds; undefined if unknown. */
  readonly silentFor: number | undefined;
}

/** The activity of about the last second; latencies are null without a batch. */
export interface LiveRates {
  readonly received: number;
  readonly sent: number;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  /** Mean time of a call of the database; null for a time without one. */
  readonly dbMs: number | null;
}

/** Events per second of a topic or table. */
export interface LiveRate {
  readonly name: string;
  readonly rate: number;
}

/** The state of a service at one moment. */
export interface LiveState {
  readonly host: string;
  readonly version: string;
  readonly upSeconds: number;
  readonly isReady: boolean;
  readonly checks: readonly SeenCheck[];
  readonly publishers: readonly LivePublisher[];
  /** Undefined during the first second. */
  readonly rates: LiveRates | undefined;
  /** The busiest first; undefined if the service does not know them. */
  readonly topics: readonly LiveRate[] | undefined;
  readonly tables: readonly LiveRate[] | undefined;
  readonly peers: readonly LivePeer[];
  /** Number of connected subscribers, including those that are not among `peers`. */
  readonly total: number;
  /** Why the service knows none. */
  readonly reason: string | undefined;
}

type Fields = Readonly<Record<string, unknown>>;

/** Assembles the state from the messages of a service: first the complete state, then changes. */
export class LiveFeed {
  #about: Fields = {};
  #message: Fields = {};
  #rates: LiveRates | undefined;
  /** Events per second, by topic and by table, which a message may lack. */
  #topics: readonly LiveRate[] | undefined;
  #tables: readonly LiveRate[] | undefined;
  readonly #rows = new Map<string, Fields>();

  /** Applies a message of the feed. @throws {Error} if it is not valid */
  take(data: string): void {
    const message: unknown = JSON.parse(data);
    if (!isRecord(message) || typeof message["now"] !== "number") throw new Error("not a message");
    this.#message = message;
    if (isRecord(message["about"])) {
      this.#about = message["about"];
      this.#rates = undefined;
      this.#rows.clear();
    }
    const sample = fieldsIn(message, "samples").at(-1);
    if (sample !== undefined) this.#rates = ratesOf(sample);
    this.#topics = namedRates(message["topics"]) ?? this.#topics;
    this.#tables = namedRates(message["tables"]) ?? this.#tables;
    const { removed } = message;
    for (const address of Array.isArray(removed) ? removed : []) this.#rows.delete(String(address));
    for (const row of fieldsIn(message, "peers")) this.#takeRow(row);
  }

  #takeRow(row: Fields): void {
    const address = text(row["address"]);
    if (this.#rows.has(address) || this.#rows.size < MAX_ROWS) this.#rows.set(address, row);
  }

  /** The state after the last message. */
  get state(): LiveState {
    const message = this.#message;
    const now = count(message["now"]);
    return {
      host: text(this.#about["host"]),
      version: text(this.#about["version"]),
      upSeconds: secondsSince(this.#about["startedAt"], now),
      isReady: message["ready"] === true,
      checks: fieldsIn(message, "checks").map(checkOf),
      publishers: fieldsIn(message, "publishers").map((row) => publisherOf(row, now)),
      rates: this.#rates,
      topics: this.#topics,
      tables: this.#tables,
      peers: [...this.#rows.values()].map((row) => peerOf(row, now)),
      total: count(message["total"]),
      reason: message["reason"] === undefined ? undefined : text(message["reason"]),
    };
  }
}

function fieldsIn(message: Fields, name: string): readonly Fields[] {
  const values = message[name];
  return Array.isArray(values) ? values.slice(0, MAX_ROWS).filter(isRecord) : [];
}

function text(value: unknown): string {
  return String(value ?? "").slice(0, MAX_CHARACTERS);
}

function count(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) ? Math.max(0, value) : 0;
}

function secondsSince(at: unknown, now: number): number {
  return typeof at === "number" ? Math.max(0, (now - at) / 1000) : 0;
}

function ratesOf({ received, sent, p50Ms, p99Ms, dbMs }: Fields): LiveRates {
  const time = (value: unknown) => typeof value === "number" ? value : null;
  const times = { p50Ms: time(p50Ms), p99Ms: time(p99Ms), dbMs: time(dbMs) };
  return { received: count(received), sent: count(sent), ...times };
}

function namedRates(rates: unknown): readonly LiveRate[] | undefined {
  if (!Array.isArray(rates)) return undefined;
  return rates.slice(0, MAX_ROWS).filter(Array.isArray)
    .map(([name, rate]) => ({ name: text(name), rate: count(rate) }));
}

function checkOf({ name, ok, detail, warning }: Fields): SeenCheck {
  return {
    name: text(name),
    isOk: ok === true,
    detail: text(detail),
    warning: warning === undefined ? undefined : text(warning),
  };
}

function publisherOf({ id, state, uri, lastActivityAt }: Fields, now: number): LivePublisher {
  const silentFor = typeof lastActivityAt === "number"
    ? secondsSince(lastActivityAt, now)
    : undefined;
  return { id: text(id), state: text(state), uri: text(uri), silentFor };
}

function peerOf(row: Fields, now: number): LivePeer {
  const address = text(row["address"]);
  return {
    name: text(row["node"] ?? address),
    address,
    state: STATES.find((state) => state === row["state"]) ?? "current",
    behind: count(row["behind"]),
    behindFor: count(row["behindFor"]),
    queued: count(row["queued"]),
    skipped: count(row["skipped"]),
    replayed: count(row["replayed"]),
    lost: count(row["lost"]),
    seconds: secondsSince(row["goneSince"] ?? row["since"], now),
  };
}
