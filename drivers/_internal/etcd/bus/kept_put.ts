import { clusterOf, type EtcdKeyValue, type EtcdRange, revisionOf } from "../answers.ts";
import type { EtcdClient } from "../client.ts";
import { isCompacted } from "../errors.ts";
import { eventsIn } from "./shared_value.ts";

/** A key as a range request returns it, with counters of its history. */
interface EtcdKeyState extends EtcdKeyValue {
  readonly create_revision: string;
  readonly version: string;
}

/** The last put on a key as of some revision. */
export class KeptPut {
  readonly kv: EtcdKeyValue;
  readonly revision: number;
  /** The revision of the key's first put. */
  readonly created: number;
  /** Number of puts on the key up to this one. */
  readonly version: number;
  readonly events: readonly Uint8Array[];
  /** A revision up to which no other put on the key follows. */
  readonly lastUntil: number;

  constructor(kv: EtcdKeyState, lastUntil: number) {
    this.kv = kv;
    this.revision = Number(kv.mod_revision);
    this.created = Number(kv.create_revision);
    this.version = Number(kv.version);
    this.events = eventsIn(kv);
    this.lastUntil = lastUntil;
  }
}

/** The state of a key now. */
export interface KeyHead {
  /** The revision of the database. */
  readonly revision: number;
  readonly cluster: string;
  /** Undefined for a key that does not exist. */
  readonly put: KeptPut | undefined;
}

/** Reads the state of a key that a majority of the members has. */
export async function readHead(client: EtcdClient, key: string): Promise<KeyHead> {
  const answer = await client.call("kv/range", { key }, "read");
  const revision = Number(revisionOf(answer));
  return { revision, cluster: clusterOf(answer), put: putIn(answer, revision) };
}

/**
 * Reads the last put on a key as of a revision. Returns undefined if the revision is compacted or
 * the key did not exist.
 */
export async function readPut(
  client: EtcdClient,
  key: string,
  revision: number,
): Promise<KeptPut | undefined> {
  try {
    const request = { key, revision: String(revision) };
    return putIn(await client.call("kv/range", request, "read"), revision);
  } catch (thrown) {
    if (isCompacted(thrown)) return undefined;
    throw thrown;
  }
}

function putIn({ kvs: [kv] = [] }: EtcdRange, revision: number): KeptPut | undefined {
  return kv === undefined ? undefined : new KeptPut(kv as EtcdKeyState, revision);
}
