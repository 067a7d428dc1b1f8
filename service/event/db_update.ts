/** The topic that every subscriber receives. */
export const SEND_ALL_TOPIC = "D";

/** Any JSON value. A whole number beyond ±2^53 is a bigint. */
export type JsonValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue };

/**
 * The actions of all releases of the original. Other actions are also passed on;
 * {@linkcode isKnownAction} tells them apart.
 */
export const ACTIONS = [
  "create",
  "set",
  "delete",
  "log",
  "sync",
  "sync_started",
  "sync_finished",
  "update",
  "reinitialize",
  "dbrestart",
  "switch_sync_started",
  "switch_sync_finished",
] as const satisfies readonly Action[];

/**
 * What happened. `initial` is a row of a snapshot and `synced` its end: `NbApi.changes` makes them.
 * The others are those of the original; an action that neither knows is handed on all the same.
 */
export type Action =
  | "create"
  | "set"
  | "delete"
  | "log"
  | "sync"
  | "sync_started"
  | "sync_finished"
  | "update"
  | "reinitialize"
  | "dbrestart"
  | "switch_sync_started"
  | "switch_sync_finished"
  | "initial"
  | "synced"
  // Not `string` alone, which would hide the others from an editor.
  | (string & Record<never, never>);

/**
 * Why this process asks its application to read again.
 *
 * - `gap`: the transport has lost events, in this place among the others.
 * - `lost`: sequence numbers, or a publisher that left or restarted, show that events may be lost.
 * - `reconnected`: a connection was lost on a transport that drops events then, or a publisher became
 *   live that may have published before.
 * - `overflow`: the application was too slow, and its queue of changes was full.
 * - `unreadable`: a row that an event is about could not be read.
 */
export type SyncReason = "gap" | "lost" | "reconnected" | "overflow" | "unreadable";

const KNOWN_ACTIONS: ReadonlySet<string> = new Set(ACTIONS);

/** Actions about one row: they require a table and a key. */
export const ROW_ACTIONS: ReadonlySet<string> = new Set(["create", "set", "delete", "update"]);

/** Whether the original knows an action. */
export function isKnownAction(action: string): boolean {
  return KNOWN_ACTIONS.has(action);
}

/** The table in which publishers announce themselves. */
export const PUBLISHER_TABLE = "publisher";

/** The default priority of an event. The original has priorities; nothing is ordered by them. */
export const DEFAULT_PRIORITY = 5;

/** Where an event comes from. Subscribers use it to detect gaps, duplicates and restarts. */
export interface EventOrigin {
  /** The publisher's id, a UUID. */
  readonly publisher: string;
  /** The epoch: one run of that publisher. */
  readonly epoch: number;
  /** The topic in which the publisher counts it: that of the frame. */
  readonly topic: string;
  /** 1, 2, 3… for each publisher, epoch and topic. */
  readonly seq: number;
  /** When it was published, in microseconds since 1970. */
  readonly sentAt: number;
}

/** One change of the northbound database, as it is published. */
export interface DbUpdate {
  /** Null only for actions that concern no row, such as `sync`. */
  readonly table: string | null;
  /** The row in that table; null if the table is null. */
  readonly key: string | null;
  /** What happened. */
  readonly action: Action;
  /** Usually the row as JSON text; null when the receiver is to read it, or there is none. */
  readonly value: JsonValue;
  /** Selects the receivers: {@linkcode SEND_ALL_TOPIC} or a project. */
  readonly topic: string;
  /** Never leaves the process. @default DEFAULT_PRIORITY */
  readonly priority: number;
  /** When this process made or received it, in milliseconds since 1970. Never leaves the process. */
  readonly timestamp: number;
  /** Of a `sync` that this process made: why. Never leaves the process. */
  readonly reason?: SyncReason;
  /**
   * Set in a row of a snapshot and in the mark after it, which this process made. An event from the
   * network lacks it, even with the action `initial` or `synced`. Never leaves the process.
   */
  readonly isOfSnapshot?: true;
  /**
   * On a broker that keeps events: the position in its topic, from which a subscriber can resume.
   * Never leaves the process.
   */
  readonly position?: string;
  /** Absent if the publisher does not number events, like those of the original. */
  readonly origin?: EventOrigin;
}

/** The input of {@linkcode dbUpdate}. */
export interface DbUpdateInit {
  /** The table it is about. */
  readonly table: string | null;
  /** The row in that table; null if the table is null. */
  readonly key: string | null;
  /** What happened. */
  readonly action: Action;
  /** Null unless given. */
  readonly value?: JsonValue;
  /** {@linkcode SEND_ALL_TOPIC} unless given. */
  readonly topic?: string | null | undefined;
  /** {@linkcode DEFAULT_PRIORITY} unless given. */
  readonly priority?: number;
  /** Now unless given. */
  readonly timestamp?: number;
}

/** Creates an event, with defaults for what is not given. */
export function dbUpdate(init: DbUpdateInit): DbUpdate {
  return {
    table: init.table,
    key: init.key,
    action: init.action,
    value: init.value ?? null,
    topic: init.topic ?? SEND_ALL_TOPIC,
    priority: init.priority ?? DEFAULT_PRIORITY,
    timestamp: init.timestamp ?? Date.now(),
  };
}

/** A change of one row: its action is about a row, and so it has a table and a key. */
export interface RowChange extends DbUpdate {
  /** The table of the row. */
  readonly table: string;
  /** The row in that table. */
  readonly key: string;
  /** What happened to the row; `initial`: it is one of the snapshot. */
  readonly action: "create" | "set" | "delete" | "update" | "initial";
}

/** Whether an update is about one row, as opposed to a mark such as `sync` or `synced`. */
export function isRowChange(update: DbUpdate): update is RowChange {
  const isInitial = update.action === "initial" && update.isOfSnapshot === true;
  const isAboutRow = ROW_ACTIONS.has(update.action) || isInitial;
  return isAboutRow && update.table !== null && update.key !== null;
}

/** A `sync` that this process makes: of one topic, or of everything. */
export function syncUpdate(
  reason: SyncReason,
  { topic, timestamp }: { readonly topic?: string | undefined; readonly timestamp: number },
): DbUpdate {
  return { ...dbUpdate({ table: null, key: null, action: "sync", topic, timestamp }), reason };
}

/** The topic under which an event was sent. */
export function sentTo({ origin, topic }: DbUpdate): string {
  return origin?.topic ?? topic;
}

/** The update as one of one's own, to be published: who published it before is left out. */
export function withoutOrigin(update: DbUpdate): DbUpdate {
  if (update.origin === undefined) return update;
  const { origin: _, ...own } = update;
  return own;
}
