import type { NbDbDriver } from "../../drivers/contract/db.ts";
import type { HealthEvent } from "../../drivers/contract/health.ts";
import type { DbUpdate } from "../../service/event/db_update.ts";
import { NbChanges } from "../../service/node/nb_changes.ts";
import type { NetworkSubscriber } from "../../service/receive/network_subscriber.ts";
import type { Composition } from "../composition.ts";
import { isGlob, literalOf } from "../events/glob.ts";
import { topicChoice, type TopicFlags } from "../events/topic_choice.ts";
import { UsageError } from "../flags/failure.ts";

/** The flags of `subscribe` for a snapshot. */
export interface SnapshotFlags extends TopicFlags {
  readonly table?: readonly string[] | undefined;
}

/** The sources of rows and events. */
export interface SnapshotSource {
  readonly network: NetworkSubscriber;
  readonly db: NbDbDriver | undefined;
}

/** The rows of tables, then their changes: the output of `subscribe --snapshot`. */
export class Snapshot {
  readonly #composition: Composition;
  readonly #flags: SnapshotFlags;
  readonly #tables: readonly string[];
  #changes: NbChanges | undefined;

  /**
   * Creates it without reading anything. @throws {UsageError} without a table
   */
  constructor(flags: SnapshotFlags, composition: Composition) {
    if (flags.onlyTopic !== undefined || topicChoice(flags).allTopics) {
      const wanted = "wanted --topic with the name of a topic";
      throw new UsageError(`--snapshot follows the broadcast topic and topics by name: ${wanted}`);
    }
    if (flags.table === undefined) {
      throw new UsageError("--snapshot requires at least one --table");
    }
    this.#flags = flags;
    this.#composition = composition;
    const glob = flags.table.find(isGlob);
    if (glob !== undefined) {
      throw new UsageError(`--table "${glob}": a glob, wanted the name of a table with --snapshot`);
    }
    this.#tables = flags.table.map(literalOf);
  }

  /** Adds received events; the rows include events that arrived before they were read. */
  receive(updates: readonly DbUpdate[]): void {
    this.#changes?.push(updates);
  }

  /** Resolves when all events that have arrived by now are printed. */
  async applied(): Promise<void> {
    await this.#changes?.applied();
  }

  /** Handles a change in the state of a connection. */
  onHealth(event: HealthEvent): void {
    this.#changes?.onHealth(event);
  }

  /** Passes on one event after the other, until closed. */
  async run(
    { network, db }: SnapshotSource,
    passOn: (update: DbUpdate) => Promise<void>,
  ): Promise<void> {
    if (db === undefined) throw new TypeError("Snapshot: no database, wanted one");
    const { config: settings, drivers, clock, log } = this.#composition;
    const untilLive = (signal: AbortSignal) => network.ready({ signal });
    const { topic: topics } = this.#flags;
    const positions = () => network.positions;
    const rows = { db, tables: this.#tables, topics };
    const options = { settings, drivers, clock, log, untilLive, positions, ...rows };
    const changes = this.#changes = new NbChanges(options);
    for await (const update of changes.updates()) await passOn(update);
  }

  /** Ends it at once. */
  [Symbol.dispose](): void {
    this.#changes?.close();
  }
}
