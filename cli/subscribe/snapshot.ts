import type { NbDbDriver } from "../../drivers/contract/db.ts";
import type { HealthEvent } from "../../drivers/contract/health.ts";
import type { DbUpdate } from "../../service/event/db_update.ts";
import { NbChanges } from "../../service/node/nb_changes.ts";
import type { NetworkSubscriber } from "../../service/receive/network_subscriber.ts";
import type { Composition } from "../composition.ts";
import { UsageError } from "../flags/failure.ts";

/** The flags of `subscribe` that a snapshot of tables depends on. */
export interface SnapshotFlags {
  readonly table?: readonly string[] | undefined;
  readonly topic?: readonly string[] | undefined;
  readonly since?: string | number | undefined;
}

/** What rows and events are had from. */
export interface SnapshotSource {
  readonly network: NetworkSubscriber;
  readonly db: NbDbDriver | undefined;
}

/** The rows of tables, then what changes in them: what `subscribe --snapshot` prints. */
export class Snapshot {
  readonly #composition: Composition;
  readonly #flags: SnapshotFlags;
  readonly #tables: readonly string[];
  #changes: NbChanges | undefined;

  /** Nothing is read yet. @throws {UsageError} for no table, or a place to begin as well */
  constructor(flags: SnapshotFlags, composition: Composition) {
    if (flags.since !== undefined) {
      throw new UsageError("--snapshot: given together with --since, wanted one of them");
    }
    if (flags.table === undefined) {
      throw new UsageError("--snapshot: no table, wanted --table once or more");
    }
    this.#flags = flags;
    this.#composition = composition;
    this.#tables = flags.table;
  }

  /** Takes in what arrived; what comes before the rows are read is in them. */
  receive(updates: readonly DbUpdate[]): void {
    this.#changes?.push(updates);
  }

  /** Resolves when what has arrived by now is printed. */
  async applied(): Promise<void> {
    await this.#changes?.applied();
  }

  /** Takes in a change in the state of a connection. */
  onHealth(event: HealthEvent): void {
    this.#changes?.onHealth(event);
  }

  /** Hands on one update after the other, until closed. */
  async run(
    { network, db }: SnapshotSource,
    handOn: (update: DbUpdate) => Promise<void>,
  ): Promise<void> {
    if (db === undefined) throw new TypeError("Snapshot: no database, wanted one");
    const { config: settings, drivers, clock, log } = this.#composition;
    const untilLive = (signal: AbortSignal) => network.ready({ signal });
    const { topic: topics } = this.#flags;
    const positions = () => network.positions;
    const rows = { db, tables: this.#tables, topics };
    const options = { settings, drivers, clock, log, untilLive, positions, ...rows };
    const changes = this.#changes = new NbChanges(options);
    for await (const update of changes.updates()) await handOn(update);
  }

  /** Ends it at once. */
  [Symbol.dispose](): void {
    this.#changes?.close();
  }
}
