const STATES = ["current", "behind", "stuck", "gone"] as const;
/** Rows, publishers and checks that are kept of whatever a service sends. */
const MAX_ROWS = 2_000;
const MAX_CHARACTERS = 500;

/** A subscriber, as the page of the service has it. */
export interface LivePeer {
  /** The name of the node, or the address of one of the original. */
  readonly name: string;
  readonly address: string;
  readonly state: typeof STATES[number];
  /** Events that it is behind. */
  readonly behind: number;
  /** Since when it has been behind, in seconds. */
  readonly behindFor: number;
  readonly queued: number;
  readonly skipped: number;
  readonly replayed: number;
  readonly lost: number;
  /** How long it has been connected, or gone, in seconds. */
  readonly seconds: number;
}

/** One thing that must be so for the service to be of use. */
export interface LiveCheck {
  readonly name: string;
  readonly isOk: boolean;
  readonly detail: string;
  readonly warning: string | undefined;
}

/** A row of the publishers table. */
export interface LivePublisher {
  readonly id: string;
  readonly state: string;
  readonly uri: string;
  /** Time since it last wrote its row, in seconds; undefined when that is not known. */
  readonly silentFor: number | undefined;
}

/** What a service did in the last second, about; null for a time without a batch. */
export interface LiveRates {
  readonly received: number;
  readonly sent: number;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  /** Mean time of a call of the database; null for a time without one. */
  readonly dbMs: number | null;
}

/** Events per second under a name, as of a topic. */
export interface LiveRate {
  readonly name: string;
  readonly rate: number;
}

/** A service at one moment. */
export interface LiveState {
  readonly host: string;
  readonly version: string;
  readonly upSeconds: number;
  readonly isReady: boolean;
  readonly checks: readonly LiveCheck[];
  readonly publishers: readonly LivePublisher[];
  /** Undefined before the first second is over. */
  readonly rates: LiveRates | undefined;
  /** The busiest first; undefined when the service does not know them. */
  readonly topics: readonly LiveRate[] | undefined;
  readonly tables: readonly LiveRate[] | undefined;
  readonly peers: readonly LivePeer[];
  /** Subscribers that are connected, also those that are not among `peers`. */
  readonly total: number;
  /** Why the service sees none. */
  readonly reason: string | undefined;
}

type Fields = Readonly<Record<string, unknown>>;

/** Puts together what a service sends: first everything, then what has changed. */
export class LiveFeed {
  #about: Fields = {};
  #message: Fields = {};
  #rates: LiveRates | undefined;
  /** Events per second, by topic and by table: a message may lack them. */
  #topics: readonly LiveRate[] | undefined;
  #tables: readonly LiveRate[] | undefined;
  readonly #rows = new Map<string, Fields>();

  /** Takes in a message of the feed. @throws {Error} for what is not one */
  take(data: string): void {
    const message: unknown = JSON.parse(data);
    if (!isFields(message) || typeof message["now"] !== "number") throw new Error("not a message");
    this.#message = message;
    if (isFields(message["about"])) {
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

  /** The service as of the last message. */
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

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function fieldsIn(message: Fields, name: string): readonly Fields[] {
  const values = message[name];
  return Array.isArray(values) ? values.slice(0, MAX_ROWS).filter(isFields) : [];
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

function checkOf({ name, ok, detail, warning }: Fields): LiveCheck {
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
