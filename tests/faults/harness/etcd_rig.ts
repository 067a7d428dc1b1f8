import { enableEtcdLogin } from "../../support/etcd/login.ts";
import { type EtcdMember, EtcdServer } from "../../support/etcd/server.ts";
import { WatchFixture } from "../../support/etcd/watch.ts";
import { startProxy, type TcpProxy } from "../../support/tcp_proxy.ts";
import { tempDir } from "../../support/temp_dir.ts";
import { type Feeder, keyPrefix } from "./feeder.ts";
import type { LedgerRow } from "./ledger.ts";
import type { Node } from "./node.ts";
import type { SubscriberRecord } from "./record.ts";
import { Rig } from "./rig.ts";
import { until } from "./wait.ts";

const PER_SECOND = 100;
/** A cluster that has lost a member or its quorum has a leader again within this time. */
const BACK_WITHIN_MS = 30_000;
/** Size of the storage of each member. */
const QUOTA_BYTES = 32 * 1024 * 1024;
const FILLING = "x".repeat(1024 * 1024);
const LOGIN = { username: "root", password: "s3cret" };

/**
 * Three members of etcd as bus and database, with authentication and tokens that expire after a
 * second; a publisher service; a publisher that uses it and one that puts its events itself; and
 * subscribers, of which `far` connects through proxies.
 */
export class EtcdRig implements AsyncDisposable {
  readonly etcd: EtcdServer;
  readonly far: Node;
  readonly #rig: Rig;
  readonly #proxies: readonly TcpProxy[];
  readonly #feeders: readonly Feeder[];
  readonly #owned: AsyncDisposableStack;

  static async create(): Promise<EtcdRig> {
    await using undo = new AsyncDisposableStack();
    const etcd = undo.use(
      await EtcdServer.start({
        members: 3,
        flags: ["--auth-token-ttl", "1", "--quota-backend-bytes", String(QUOTA_BYTES)],
        ctlFlags: ["--user", `${LOGIN.username}:${LOGIN.password}`],
      }),
    );
    await enableEtcdLogin(etcd);
    const passwordFile = undo.use(await tempDir()).join("password");
    await Deno.writeTextFile(passwordFile, LOGIN.password);
    const rig = undo.use(
      await Rig.create({
        "df.pub_sub_driver": "etcd_pubsub_driver",
        "df.nb_db_class": "etcd_nb_db_driver",
        "df.remote_db_hosts": etcd.addresses.join(","),
        "df_etcd.username": LOGIN.username,
        "df_etcd.password_file": passwordFile,
        "df_etcd.request_timeout": 2,
      }),
    );
    const proxies: TcpProxy[] = [];
    for (const address of etcd.addresses) {
      proxies.push(undo.use(await startProxy(Number(address.split(":")[1]))));
    }
    await rig.serve();
    await rig.node("subscriber");
    await rig.node("nbapi", { kind: "nbapi" });
    const hosts = proxies.map(({ uri }) => new URL(uri).host).join(",");
    const far = await rig.node("far", { overrides: { "df.remote_db_hosts": hosts } });
    const feeders = [
      rig.feeder("direct", PER_SECOND, { overrides: { "df.pub_sub_use_multiproc": false } }),
      rig.feeder("relayed", PER_SECOND, { overrides: { "df.pub_sub_use_multiproc": true } }),
    ];
    for (const feeder of feeders) feeder.start();
    return new EtcdRig({ etcd, rig, proxies, far, feeders, owned: undo.move() });
  }

  private constructor(parts: RigParts) {
    this.etcd = parts.etcd;
    this.far = parts.far;
    this.#rig = parts.rig;
    this.#proxies = parts.proxies;
    this.#feeders = parts.feeders;
    this.#owned = parts.owned;
  }

  /** Runs etcdctl as the administrator. @throws {Error} when it fails */
  async ctl(args: readonly string[], member?: EtcdMember): Promise<string> {
    const { isOk, output } = await this.etcd.ctl(args, member);
    if (!isOk) throw new Error(`etcdctl ${args.join(" ")}: ${output}`);
    return output;
  }

  /** A member, with its number and that of its leader, which are larger than exact numbers. */
  async stateOf(member: EtcdMember): Promise<MemberState> {
    const status = await this.ctl(["endpoint", "status", "-w", "json"], member);
    const number = (name: string) => BigInt(new RegExp(`"${name}":(\\d+)`).exec(status)?.[1] ?? 0);
    return { member, id: number("member_id"), leader: number("leader") };
  }

  /** The current revision. */
  async revision(): Promise<number> {
    return JSON.parse(await this.ctl(["get", "none", "-w", "json"])).header.revision;
  }

  /** Cuts the subscriber `far` off, or connects it again. */
  cut(isCut: boolean): void {
    for (const proxy of this.#proxies) isCut ? proxy.cut() : proxy.mend();
  }

  /** Waits until every subscriber receives events of both publishers that are sent from now on. */
  async flows(after: string): Promise<void> {
    const from = this.#feeders.map(({ written }) => written);
    const haveMore = () =>
      this.#rig.nodes.every(({ record }) =>
        this.#feeders.every((feeder, at) => hasLater(record, feeder, from[at] ?? 0))
      );
    const what = `every subscriber receives events after: ${after}`;
    await until(haveMore, { what, timeoutMs: BACK_WITHIN_MS });
  }

  /** Writes until the storage of a member is full. @returns what etcd said */
  async fill(): Promise<string> {
    await using writer = await WatchFixture.open(this.etcd.addresses, { options: LOGIN });
    for (let n = 0; n < 2 * QUOTA_BYTES / FILLING.length; n++) {
      try {
        await writer.put("/filling", FILLING);
      } catch (error) {
        return String(error);
      }
    }
    throw new Error("the storage of etcd did not fill up");
  }

  /** Makes room again, as an administrator does. */
  async makeRoom(): Promise<void> {
    await this.ctl(["del", "/filling"]);
    await this.ctl(["compact", String(await this.revision())]);
    for (const member of this.etcd.members) await this.ctl(["defrag"], member);
    await this.ctl(["alarm", "disarm"]);
  }

  /** Ends the publishers. @returns the ledger */
  async finish(): Promise<LedgerRow[]> {
    for (const feeder of this.#feeders) await feeder.finish();
    return await this.#rig.settle({ withinMs: BACK_WITHIN_MS });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#owned.disposeAsync();
  }
}

/** Whether an event of a feeder with a number above this one has arrived. */
function hasLater({ keys }: SubscriberRecord, { name, written }: Feeder, number: number): boolean {
  for (let later = written; later > number; later--) {
    if (keys.has(keyPrefix(name) + later)) return true;
  }
  return false;
}

/** Who leads, by one member. */
export interface MemberState {
  readonly member: EtcdMember;
  readonly id: bigint;
  readonly leader: bigint;
}

interface RigParts {
  readonly etcd: EtcdServer;
  readonly rig: Rig;
  readonly proxies: readonly TcpProxy[];
  readonly far: Node;
  readonly feeders: readonly Feeder[];
  readonly owned: AsyncDisposableStack;
}
