import type { DbRow, EntriesOptions, NbDbDriver, TopicOption } from "../contract/db.ts";
import { DbKeyNotFound, DriverError } from "../contract/errors.ts";
import type { DriverContext } from "../contract/pubsub.ts";
import { describeWork, type NamedTexts, requireWellFormed } from "../_internal/db_text.ts";
import { EtcdClient } from "../_internal/etcd/client.ts";
import { etcdError, type InvalidRow } from "../_internal/etcd/errors.ts";
import { EtcdRows } from "../_internal/etcd/rows.ts";
import { WriteOrder } from "../_internal/write_order.ts";

/** Maximum number of reported rows that are remembered. */
const MAX_REPORTED = 10_000;

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
  readonly #log: DriverContext["log"];
  readonly #rows: EtcdRows;
  readonly #writes = new WriteOrder();
  readonly #running = new Set<Promise<unknown>>();
  readonly #reported = new Set<string>();
  #closed = false;

  constructor(client: EtcdClient, { log }: DriverContext) {
    this.#client = client;
    this.#log = log;
    this.#rows = new EtcdRows(client, (row) => this.#report(row));
  }

  get place(): string {
    return this.#client.label;
  }

  async get(table: string, key: string, { topic }: TopicOption = {}): Promise<string> {
    const id = { table, key, topic };
    const value = await this.#run("read", id, () => this.#rows.get(id));
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
    await this.#write("create", { ...id, value }, () => this.#rows.create(id, value));
  }

  async set(
    table: string,
    key: string,
    value: string,
    { topic }: TopicOption = {},
  ): Promise<void> {
    const id = { table, key, topic };
    const found = await this.#write("set", { ...id, value }, () => this.#rows.set(id, value));
    if (!found) throw new DbKeyNotFound(table, key, topic);
  }

  async delete(table: string, key: string, { topic }: TopicOption = {}): Promise<void> {
    const id = { table, key, topic };
    const found = await this.#write("delete", id, () => this.#rows.delete(id));
    if (!found) throw new DbKeyNotFound(table, key, topic);
  }

  keys(table: string, { topic }: TopicOption = {}): Promise<string[]> {
    return this.#run("read", { table, topic }, () => this.#rows.keys(table, topic));
  }

  entries(table: string, options: EntriesOptions = {}): Promise<DbRow[]> {
    const { topic } = options;
    return this.#run("read", { table, topic }, () => this.#rows.entries(table, options));
  }

  compareAndDelete(
    table: string,
    key: string,
    expected: string,
    { topic }: TopicOption = {},
  ): Promise<boolean> {
    const id = { table, key, topic };
    const work = () => this.#rows.compareAndDelete(id, expected);
    return this.#write("delete", { ...id, expected }, work);
  }

  tableVersion(table: string): Promise<string> {
    return this.#run("read", { table }, () => this.#rows.version(table));
  }

  allocateUniqueKey(table: string): Promise<number> {
    return this.#run("count the unique keys of", { table }, () => this.#rows.count(table));
  }

  /** Lets requests under way end, which their timeout bounds, and closes. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await Promise.allSettled(this.#running);
    this.#client[Symbol.dispose]();
  }

  #write<T>(
    verb: string,
    texts: NamedTexts & { readonly table: string; readonly key: string },
    work: () => Promise<T>,
  ): Promise<T> {
    return this.#run(verb, texts, () => this.#writes.run(texts.table, texts.key, work));
  }

  async #run<T>(verb: string, texts: NamedTexts, work: () => Promise<T>): Promise<T> {
    if (this.#closed) throw new DriverError("CLOSED", `Database "${this.place}" is closed`);
    requireWellFormed(texts);
    const running = work();
    this.#running.add(running);
    try {
      return await running;
    } catch (thrown) {
      throw etcdError(describeWork(verb, texts), thrown, this.place);
    } finally {
      this.#running.delete(running);
    }
  }

  #report({ table, key, message }: InvalidRow): void {
    const row = JSON.stringify([table, key]);
    if (this.#reported.has(row)) return;
    if (this.#reported.size >= MAX_REPORTED) this.#reported.clear();
    this.#reported.add(row);
    this.#log.warn(`etcd "${this.place}": ignored row "${key}" of table "${table}": ${message}`);
  }
}
