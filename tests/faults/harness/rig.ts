import { Deployment, type Overrides } from "../../support/deployment.ts";
import { programCommand } from "../../support/program.ts";
import { somePort } from "../../support/redis/node.ts";
import { Child } from "./child.ts";
import { Feeder, type FeederOptions } from "./feeder.ts";
import { closeLedger, closes, type LedgerOptions, type LedgerRow } from "./ledger.ts";
import { Node, type NodeOptions } from "./node.ts";
import type { StreamId } from "./record.ts";
import { type RigSecurity, sharedSecurity } from "./security.ts";
import { Service } from "./service.ts";
import { Truth } from "./truth.ts";
import { sleep } from "./wait.ts";
import { Witness } from "./witness.ts";

/** A loss must be reported within this time. Machines under load may take longer. */
export const ANNOUNCED_WITHIN_MS = 1_500;
const LOAD_ALLOWANCE_MS = 3_000;
/** The time in which a witness receives the last positions. */
const WITNESSED_MS = 1_000;

/** Short timeouts, so that rounds are short. */
const QUICK: Overrides = {
  "df.pub_sub_sync_jitter": 0.2,
  "df.pub_sub_sync_interval": 0.5,
  "df.monitor_table_poll_time": 0.5,
  "df.http_address": "127.0.0.1:0",
  "df_zmq.heartbeat_interval": 0.5,
  "df_zmq.heartbeat_timeout": 1.5,
};

/** Options that differ for one process. */
export interface Place {
  readonly overrides?: Overrides;
  readonly wrapper?: readonly string[];
}

/** A publisher service with its publishers and subscribers. Disposing ends them all. */
export class Rig implements AsyncDisposable {
  readonly port = somePort();
  readonly nodes: Node[] = [];
  readonly #deployment: Deployment;
  readonly #security: RigSecurity | undefined;
  readonly #owned = new AsyncDisposableStack();
  readonly #retired: Node[] = [];
  readonly #witnesses: Witness[] = [];
  readonly #feeders: Feeder[] = [];
  #services = 0;

  /** Creates a rig without processes. */
  static async create(overrides: Overrides = {}, security = sharedSecurity()): Promise<Rig> {
    const all = { ...QUICK, ...security?.overrides, ...overrides };
    return new Rig(await Deployment.create(all), security);
  }

  private constructor(deployment: Deployment, security: RigSecurity | undefined) {
    this.#deployment = deployment;
    this.#security = security;
    this.#owned.use(deployment);
  }

  /** The address to which subscribers on this host connect (of the first service). */
  get uri(): string {
    return `${this.#security === undefined ? "tcp" : "tls"}://127.0.0.1:${this.port}`;
  }

  /** The address to which local processes publish (of the first service). */
  get socketPath(): string {
    return this.#deployment.socketPath;
  }

  get databasePath(): string {
    return this.#deployment.databasePath;
  }

  /** Returns the path of a file in the rig's directory. */
  path(name: string): string {
    return this.#deployment.path(name);
  }

  /** The flags of every command of this rig. */
  flags(overrides: Overrides = {}): string[] {
    return this.#deployment.flags({ "df.publisher_port": this.port, ...overrides });
  }

  /**
   * Starts a publisher service. The second and later services need a port and a socket of their
   * own.
   */
  async serve({ overrides, wrapper }: Place = {}): Promise<Service> {
    const named = { "df.publisher_id_name": `service-${++this.#services}`, ...overrides };
    const service = new Service(this.flags(named), wrapper ? { wrapper } : {});
    return await this.#owned.use(service).start();
  }

  /** Starts an application that subscribes, and waits until its publishers are live. */
  async node(
    name: string,
    { overrides, ...place }: Place & Partial<Omit<NodeOptions, "name" | "overrides">> = {},
  ): Promise<Node> {
    const sets = this.flags(overrides).filter((flag) => flag !== "--set");
    const events = "df.enable_df_pub_sub=true";
    const spec = { kind: "network" as const, topics: [], ...place };
    const node = this.#owned.use(new Node({ name, ...spec, overrides: [...sets, events] }));
    this.nodes.push(node);
    return await node.ready();
  }

  /** Starts the real `subscribe --json`, and waits until it has a live publisher. */
  async subscribe(args: readonly string[] = []): Promise<Child> {
    const command = programCommand(["subscribe", "--json", ...args, ...this.flags()]);
    const program = this.#owned.use(new Child("subscribe", command));
    await program.stderr.waitFor(/^listening on /m);
    return program;
  }

  /** Excludes a node from the account from now on. Its record up to here still counts as truth. */
  retire(node: Node): void {
    this.nodes.splice(this.nodes.indexOf(node), 1);
    this.#retired.push(node);
  }

  /** Creates a publisher that begins when it is started. */
  feeder(name: string, perSecond: number, more: FeederExtras = {}): Feeder {
    const { overrides, extraFlags = [], ...rest } = more;
    const flags = [...extraFlags, ...this.flags(overrides)];
    const args = ["publish", "--stdin", "--quiet", "--timeout", "30", ...flags];
    const command = programCommand(args);
    const feeder = this.#owned.use(new Feeder({ name, perSecond, command, ...rest }));
    this.#feeders.push(feeder);
    return feeder;
  }

  /** The number of events that all feeders have written. */
  get written(): number {
    return this.#feeders.reduce((sum, { written }) => sum + written, 0);
  }

  /**
   * Starts an independent subscriber that records the positions of the publisher at this address.
   */
  async witness(address: string = this.uri, wrapper: readonly string[] = []): Promise<Witness> {
    const witness = this.#owned.use(await Witness.open(address, wrapper, this.#security));
    this.#witnesses.push(witness);
    return witness;
  }

  /**
   * Everything known to have been published.
   * @param isReal selects the streams that count; forged streams do not
   */
  truth(isReal: (id: StreamId) => boolean = () => true): Truth {
    const truth = new Truth();
    for (const { record } of [...this.#retired, ...this.nodes]) truth.addRecord(record, isReal);
    for (const { positions, syncs } of this.#witnesses) {
      for (const [id, seq] of positions) truth.addPosition(id, seq);
      for (const [id, taken] of syncs) truth.ignore(id, taken);
    }
    return truth;
  }

  /** The current ledger. */
  rows({ isReal, ...options }: RowOptions = {}): LedgerRow[] {
    const truth = this.truth(isReal);
    return this.nodes.map(({ name, record }) =>
      closeLedger(record, truth, { subscriber: name, ...options })
    );
  }

  /**
   * Waits until each row closes, for at most the time that announcements may take. Returns the
   * rows.
   */
  async settle(options: RowOptions = {}): Promise<LedgerRow[]> {
    const deadline = performance.now() + ANNOUNCED_WITHIN_MS + LOAD_ALLOWANCE_MS;
    await sleep(WITNESSED_MS);
    for (;;) {
      const rows = this.rows(options);
      if (rows.every(closes) || performance.now() > deadline) return rows;
      await sleep(100);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#owned.disposeAsync();
  }
}

type RowOptions = Omit<LedgerOptions, "subscriber"> & {
  readonly isReal?: (id: StreamId) => boolean;
};

type FeederExtras = Partial<Omit<FeederOptions, "name" | "command" | "perSecond">> & {
  readonly overrides?: Overrides;
  /** Options besides those that every feeder has. */
  readonly extraFlags?: readonly string[];
};
