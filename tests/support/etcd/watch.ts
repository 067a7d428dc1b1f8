import { Buffer } from "node:buffer";
import { EtcdClient } from "../../../drivers/_internal/etcd/client.ts";
import { base64, textOf } from "../../../drivers/_internal/etcd/keys.ts";
import { EtcdWatch, type WatchStart } from "../../../drivers/_internal/etcd/watch.ts";
import { EtcdWatcher } from "../../../drivers/_internal/etcd/watcher.ts";
import type { WatchStreamOptions } from "../../../drivers/_internal/etcd/watch_stream.ts";
import { etcdSettings } from "./db.ts";
import { eventually } from "../eventually.ts";

/** What a test opens watches with. */
export interface WatchFixtureOptions extends Omit<WatchStreamOptions, "client"> {
  /** Options of the group `df_etcd`. */
  readonly options?: Readonly<Record<string, string>>;
}

/** A client of etcd, and watches that note everything they receive. */
export class WatchFixture implements AsyncDisposable {
  readonly client: EtcdClient;
  readonly #watcher: EtcdWatcher;

  static async open(
    hosts: readonly string[],
    { options = {}, ...rest }: WatchFixtureOptions = {},
  ): Promise<WatchFixture> {
    const client = await EtcdClient.open(etcdSettings(hosts, options));
    return new WatchFixture(client, rest);
  }

  private constructor(client: EtcdClient, options: Omit<WatchStreamOptions, "client">) {
    this.client = client;
    this.#watcher = new EtcdWatcher({ client, ...options });
  }

  /** Watches a key, or all keys with the prefix when it ends with a slash. */
  watch(path: string, start: WatchStart = {}): NotedWatch {
    const noted = new NotedWatch(path, start);
    this.#watcher.add(noted.watch);
    return noted;
  }

  /** Puts a value. */
  async put(path: string, value: string): Promise<void> {
    await this.client.call("kv/put", { key: base64(path), value: base64(value) }, "write");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#watcher[Symbol.asyncDispose]();
    this.client[Symbol.dispose]();
  }
}

/** A watch and what it was told, in order: events as `key=value`, else `live`, `lost`, … */
export class NotedWatch {
  readonly watch: EtcdWatch;
  readonly notes: string[] = [];

  constructor(path: string, start: WatchStart) {
    const end = path.endsWith("/") ? { range_end: base64(`${path.slice(0, -1)}0`) } : {};
    this.watch = new EtcdWatch({ key: base64(path), ...end }, {
      onEvents: (events) => {
        for (const { type, kv } of events) {
          const value = Buffer.from(kv.value ?? "", "base64").toString();
          this.notes.push(`${textOf(kv.key)}${type === "DELETE" ? " deleted" : `=${value}`}`);
        }
      },
      onLive: () => this.notes.push("live"),
      onLost: () => this.notes.push("lost"),
      onGap: (reason) => this.notes.push(`gap: ${reason}`),
      onRefused: (error) => this.notes.push(`refused: ${error.message}`),
    }, start);
  }

  /** The notes without those about the connection. */
  get events(): readonly string[] {
    return this.notes.filter((note) => note !== "live" && note !== "lost");
  }

  /** Waits until the last note is this one. */
  async until(last: string): Promise<void> {
    await eventually(() => this.notes.at(-1), (note) => note?.startsWith(last) === true);
  }
}
