import type { NbDbDriver, TableChange, WatchTableOptions } from "../contract/db.ts";
import type { DriverError } from "../contract/errors.ts";
import type { DriverContext } from "../contract/pubsub.ts";
import { EtcdClient } from "../_internal/etcd/client.ts";
import { etcdError } from "../_internal/etcd/errors.ts";
import { EtcdRows } from "../_internal/etcd/rows.ts";
import { TableWatch } from "../_internal/etcd/table_watch.ts";
import { EtcdWatcher } from "../_internal/etcd/watcher.ts";
import { RemoteDb } from "../_internal/remote_db.ts";
import { RowWarnings } from "../_internal/row_warnings.ts";

/**
 * Opens the database on etcd 3, through the JSON gateway of its members. Rows have the original's
 * layout and the topic that their JSON names, even a row that is created without a topic.
 *
 * A write is on a majority of the members when its promise resolves. A write that rejects because a
 * member stopped answering may have been carried out.
 *
 * @throws {DbUnavailable} with each member and its problem
 */
export async function openEtcdDb(context: DriverContext): Promise<NbDbDriver> {
  try {
    return new EtcdDb(await EtcdClient.open(context.settings), context);
  } catch (thrown) {
    throw etcdError("connect", thrown, "");
  }
}

class EtcdDb extends RemoteDb {
  readonly name = "etcd";
  readonly #client: EtcdClient;
  readonly #rows: EtcdRows;
  readonly #closing = new AbortController();
  #watcher: EtcdWatcher | undefined;

  constructor(client: EtcdClient, { log }: DriverContext) {
    const warnings = new RowWarnings(log, `etcd "${client.label}"`);
    const rows = new EtcdRows(client, ({ table, key, message }) => {
      const row = JSON.stringify([table, key]);
      warnings.warn(row, `ignored row "${key}" of table "${table}": ${message}`);
    });
    super(rows, rows);
    this.#client = client;
    this.#rows = rows;
  }

  get place(): string {
    return this.#client.label;
  }

  protected failure(action: string, thrown: unknown): DriverError {
    return etcdError(action, thrown, this.place);
  }

  async *watch(table: string, { signal, known }: WatchTableOptions): AsyncGenerator<TableChange> {
    await this.run("watch", { table }, () => Promise.resolve());
    const watch = new TableWatch(table, {
      watcher: this.#watcher ??= new EtcdWatcher({ client: this.#client }),
      place: this.place,
      readAll: (known) => this.entries(table, { known }),
      readRows: (keys) => this.run("read", { table }, () => this.#rows.byKeys(table, keys)),
    });
    const either = AbortSignal.any([signal, this.#closing.signal]);
    yield* watch.changes({ signal: either, ...(known && { known }) });
  }

  /** Ends the watches, lets requests under way end, which their timeout bounds, and closes. */
  override async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#watcher?.[Symbol.asyncDispose]();
    await super[Symbol.asyncDispose]();
    this.#client[Symbol.dispose]();
  }
}
