import { startRedis } from "../../support/redis/server.ts";
import type { Feeder } from "../harness/feeder.ts";
import type { Node } from "../harness/node.ts";
import { Rig } from "../harness/rig.ts";
import type { LedgerRow } from "../harness/ledger.ts";
import type { Scenario, ScenarioContext } from "../harness/scenario.ts";
import type { Service } from "../harness/service.ts";
import { sleep, until } from "../harness/wait.ts";

const VICTIMS = ["publisher", "subscriber", "service", "database"] as const;
const PER_SECOND = 300;
/**
 * After a kill, events from the restarted service arrive within this time, even on a busy machine.
 */
const BACK_WITHIN_MS = 20_000;

/** A database that can be killed. */
interface KillableDatabase extends AsyncDisposable {
  readonly name: string;
  readonly overrides: Readonly<Record<string, string>>;
  kill(databasePath: string): Promise<void>;
  restart(): Promise<void>;
}

function sqliteFile(): KillableDatabase {
  return {
    name: "sqlite",
    overrides: {},
    async kill(path) {
      for (const suffix of ["", "-wal", "-shm"]) await Deno.remove(path + suffix).catch(() => {});
    },
    restart: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

async function redisServer(): Promise<KillableDatabase> {
  const redis = await startRedis();
  return {
    name: "redis",
    overrides: { "df.nb_db_class": "redis_nb_db_driver", "df.remote_db_hosts": redis.address },
    kill: () => redis.kill(),
    restart: () => redis.restart(),
    [Symbol.asyncDispose]: () => redis[Symbol.asyncDispose](),
  };
}

/** Kills one process after the other while events flow, and waits for each to recover. */
class Killer {
  readonly #rig: Rig;
  readonly #database: KillableDatabase;
  readonly #context: ScenarioContext;
  readonly #service: Service;
  readonly #feeder: Feeder;
  #subscriber: Node;
  #generation = 1;

  static async create(
    rig: Rig,
    database: KillableDatabase,
    context: ScenarioContext,
  ): Promise<Killer> {
    const service = await rig.serve();
    await rig.node("subscriber");
    await rig.node("nbapi", { kind: "nbapi" });
    const subscriber = await rig.node("victim 1");
    await rig.witness();
    const feeder = rig.feeder("e", PER_SECOND).start();
    return new Killer(rig, database, { context, service, feeder, subscriber });
  }

  private constructor(rig: Rig, database: KillableDatabase, processes: Processes) {
    this.#rig = rig;
    this.#database = database;
    this.#context = processes.context;
    this.#service = processes.service;
    this.#feeder = processes.feeder;
    this.#subscriber = processes.subscriber;
  }

  async round(victim: (typeof VICTIMS)[number]): Promise<void> {
    const { random } = this.#context;
    await sleep(random.between(50, 400));
    await this.#kill(victim, random.between(0, 300));
    const before = this.#rig.nodes.map(({ record }) => record.received);
    const haveMore = () =>
      this.#rig.nodes.every(({ record }, n) => record.received > (before[n] ?? 0));
    const what = `every subscriber receives events after the ${victim} was killed`;
    await until(haveMore, { what, timeoutMs: BACK_WITHIN_MS });
  }

  async #kill(victim: (typeof VICTIMS)[number], pauseMs: number): Promise<void> {
    if (victim === "publisher") this.#feeder.child?.signal("SIGKILL");
    if (victim === "subscriber") await this.#replaceSubscriber();
    if (victim === "service") await this.#killService(pauseMs);
    if (victim === "database") await this.#killDatabase(pauseMs);
  }

  async #killService(pauseMs: number): Promise<void> {
    await this.#service.kill();
    await sleep(pauseMs);
    await this.#service.start();
  }

  async #killDatabase(pauseMs: number): Promise<void> {
    await this.#database.kill(this.#rig.databasePath);
    await sleep(pauseMs);
    await this.#database.restart();
  }

  async #replaceSubscriber(): Promise<void> {
    await this.#subscriber.kill();
    this.#rig.retire(this.#subscriber);
    this.#subscriber = await this.#rig.node(`victim ${++this.#generation}`);
  }

  async finish(): Promise<LedgerRow[]> {
    await sleep(1_000);
    await this.#feeder.finish();
    const note = `${this.#database.name}, publisher started ${this.#feeder.starts} times`;
    return await this.#rig.settle({ note, withinMs: BACK_WITHIN_MS });
  }
}

interface Processes {
  readonly context: ScenarioContext;
  readonly service: Service;
  readonly feeder: Feeder;
  readonly subscriber: Node;
}

async function killAll(
  rounds: number,
  database: KillableDatabase,
  context: ScenarioContext,
): Promise<LedgerRow[]> {
  await using _database = database;
  await using rig = await Rig.create(database.overrides);
  const killer = await Killer.create(rig, database, context);
  for (let round = 0; round < rounds; round++) {
    // The first four rounds kill each kind of process once, so that even a short run covers all.
    const victim = round < VICTIMS.length ? VICTIMS[round] : context.random.pick(VICTIMS);
    await killer.round(victim ?? "service");
    if (rounds <= VICTIMS.length || (round + 1) % 20 === 0) {
      context.say(`${database.name}: ${round + 1} of ${rounds} rounds, the last: ${victim}`);
    }
  }
  return await killer.finish();
}

/** kill -9 of any process at random moments. */
export const kill: Scenario = {
  name: "kill",
  summary: "kill -9 of publisher, subscriber, service or database at random moments",
  hasShortForm: true,
  async run(context) {
    if (context.isShort) return { rows: await killAll(VICTIMS.length, sqliteFile(), context) };
    const onFile = await killAll(100, sqliteFile(), context);
    return { rows: [...onFile, ...await killAll(100, await redisServer(), context)] };
  },
};
