import type {
  DbRow,
  EntriesOptions,
  NbDbDriver,
  TableChange,
  TopicOption,
  WatchTableOptions,
} from "../contract/db.ts";
import { DbKeyNotFound } from "../contract/errors.ts";
import type { DriverContext } from "../contract/pubsub.ts";
import { DbOperations } from "../_internal/db_operations.ts";
import { EtcdClient } from "../_internal/etcd/client.ts";
import { etcdError } from "../_internal/etcd/errors.ts";
import { EtcdRows } from "../_internal/etcd/rows.ts";
import { TableWatch } from "../_internal/etcd/table_watch.ts";
import { EtcdWatcher } from "../_internal/etcd/watcher.ts";
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

class EtcdDb implements NbDbDriver {
  readonly name = "etcd";
  readonly #client: EtcdClient;
  readonly #rows: EtcdRows;
  readonly #operations: DbOperations;
  readonly #closing = new AbortController();
  #watcher: EtcdWatcher | undefined;

  constructor(client: EtcdClient, { log }: DriverContext) {
    const warnings = new RowWarnings(log, `etcd "${client.label}"`);
    this.#client = client;
    this.#rows = new EtcdRows(client, ({ table, key, message }) => {
      const row = JSON.stringify([table, key]);
      warnings.warn(row, `ignored row "${key}" of table "${table}": ${message}`);
    });
    this.#operations = new DbOperations({
      place: () => this.place,
      failure: (action, thrown) => etcdError(action, thrown, this.place),
    });
  }

  get place(): string {
    return this.#client.label;
  }

  async get(table: string, key: string, { topic }: TopicOption = {}): Promise<string> {
    const id = { table, key, topic };
    const value = await this.#operations.run("read", id, () => this.#rows.get(id));
    if (value === undefined) throw new DbKeyNotFound(table, key, topic);
    return value;
  }

  async create(
    table: string,
    key: string,
    value: string,
    { topic }: TopicOption = {},
  ): Promise<void> {
    const id = { table, key, topic };
    await this.#operations.write("create", { ...id, value }, () => this.#rows.create(id, value));
  }

  async set(
    table: string,
    key: string,
    value: string,
    { topic }: TopicOption = {},
  ): Promise<void> {
    const id = { table, key, topic };
    const found = await this.#operations.write(
      "set",
      { ...id, value },
      () => this.#rows.set(id, value),
    );
    if (!found) throw new DbKeyNotFound(table, key, topic);
  }

  async delete(table: string, key: string, { topic }: TopicOption = {}): Promise<void> {
    const id = { table, key, topic };
    const found = await this.#operations.write("delete", id, () => this.#rows.delete(id));
    if (!found) throw new DbKeyNotFound(table, key, topic);
  }

  keys(table: string, { topic }: TopicOption = {}): Promise<string[]> {
    return this.#operations.run("read", { table, topic }, () => this.#rows.keys(table, topic));
  }

  entries(table: string, options: EntriesOptions = {}): Promise<DbRow[]> {
    const { topic } = options;
    return this.#operations.run("read", { table, topic }, () => this.#rows.entries(table, options));
  }

  compareAndDelete(
    table: string,
    key: string,
    expected: string,
    { topic }: TopicOption = {},
  ): Promise<boolean> {
    const id = { table, key, topic };
    const work = () => this.#rows.compareAndDelete(id, expected);
    return this.#operations.write("delete", { ...id, expected }, work);
  }

  tableVersion(table: string): Promise<string> {
    return this.#operations.run("read", { table }, () => this.#rows.version(table));
  }

  async *watch(table: string, { signal, known }: WatchTableOptions): AsyncGenerator<TableChange> {
    await this.#operations.run("watch", { table }, () => Promise.resolve());
    const watch = new TableWatch(table, {
      watcher: this.#watcher ??= new EtcdWatcher({ client: this.#client }),
      place: this.place,
      readAll: (known) => this.entries(table, { known }),
      readRows: (keys) => {
        return this.#operations.run("read", { table }, () => this.#rows.byKeys(table, keys));
      },
    });
    const either = AbortSignal.any([signal, this.#closing.signal]);
    yield* watch.changes({ signal: either, ...(known && { known }) });
  }

  allocateUniqueKey(table: string): Promise<number> {
    return this.#operations.run(
      "count the unique keys of",
      { table },
      () => this.#rows.count(table),
    );
  }

  /** Ends the watches, lets requests under way end, which their timeout bounds, and closes. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#watcher?.[Symbol.asyncDispose]();
    await this.#operations.close();
    this.#client[Symbol.dispose]();
  }
}
