import { Redis } from "ioredis";
import { messageOf } from "../../contract/errors.ts";
import { waitFor } from "../../contract/waiting.ts";
import { commonOptions, endClient, hostOptions, type RedisClientOptions } from "./clients.ts";
import { explainRedis, isReply } from "./errors.ts";
import { Reason } from "../reason.ts";
import { redisTlsServerName } from "./options.ts";
import { explainServer } from "../tls/explain_server.ts";
import { formatServerHost, type ServerHost } from "../server_hosts.ts";
import type { RedisSettings } from "./settings.ts";
import type { ServerLogin } from "../server_login.ts";

/** What a server reports about itself. */
export interface RedisProbe {
  readonly kind: "standalone" | "sentinel" | "cluster";
  /** The server that answered; the master, where sentinels were asked. */
  readonly host: ServerHost;
  /** Whether it follows a master, outside a cluster. */
  readonly isReplica: boolean;
}

/** Options of {@linkcode probeRedis}. */
export interface RedisProbeOptions {
  readonly signal: AbortSignal;
  /** Whether to accept a replica if no master is found. */
  readonly acceptsReplica: boolean;
}

/** Maximum time to wait for servers earlier in the list, after the first reply. */
const TOGETHER_MS = 250;

/**
 * Finds a server that accepts the login and matches the configuration, before a client is created:
 * a client of ioredis hides why it cannot start, and writes to the console. If several servers are
 * masters, the first in the list is used, so that all processes with the same list use the same
 * one.
 *
 * @throws {Reason} with one reason per server, each with its host
 */
export async function probeRedis(
  settings: RedisSettings,
  { signal, acceptsReplica }: RedisProbeOptions,
): Promise<RedisProbe> {
  const enough = new AbortController();
  const either = AbortSignal.any([signal, enough.signal]);
  const ask = settings.mode === "sentinel" ? askSentinel : askServer;
  const answers = settings.hosts.map((host) => ask(host, settings, either));
  try {
    return await choose(answers, acceptsReplica);
  } catch (thrown) {
    throw new Reason(reasonsOf(thrown));
  } finally {
    enough.abort(new Error("another server has answered"));
    await Promise.allSettled(answers);
  }
}

async function choose(
  answers: readonly Promise<RedisProbe>[],
  acceptsReplica: boolean,
): Promise<RedisProbe> {
  const masters = answers.map(async (answer) => wantMaster(await answer));
  try {
    const first = await Promise.any(masters);
    return first.kind === "standalone" ? await firstNamed(masters, first) : first;
  } catch (thrown) {
    if (!acceptsReplica) throw thrown;
    return await Promise.any(answers).catch(() => Promise.reject(thrown));
  }
}

function wantMaster(found: RedisProbe): RedisProbe {
  if (!found.isReplica) return found;
  throw new Reason(`${formatServerHost(found.host)}: it is a replica, wanted the master`);
}

/** The first master in the list, of those that reply at about the same time. */
async function firstNamed(
  masters: readonly Promise<RedisProbe>[],
  first: RedisProbe,
): Promise<RedisProbe> {
  const named = async () => {
    for (const master of masters) {
      const found = await master.catch(() => undefined);
      if (found !== undefined) return found;
    }
    return first;
  };
  return await waitFor(named(), { timeoutMs: TOGETHER_MS }, () => first);
}

function reasonsOf(thrown: unknown): string {
  if (!(thrown instanceof AggregateError)) return String(thrown);
  return [...new Set(thrown.errors.map((error: Error) => error.message))].join("; ");
}

async function askSentinel(
  sentinel: ServerHost,
  settings: RedisSettings,
  signal: AbortSignal,
): Promise<RedisProbe> {
  const { masterName, sentinelLogin: login } = settings;
  const asking = { settings, login, signal, prefix: "sentinel_" } as const;
  const master = await ask(sentinel, asking, async (client) => {
    const found = await client.call("SENTINEL", "GET-MASTER-ADDR-BY-NAME", masterName);
    if (Array.isArray(found)) return { host: String(found[0]), port: Number(found[1]) };
    throw new Error(`this sentinel does not know master "${masterName}": see sentinel_master_name`);
  });
  return wantMaster({ ...await askServer(master, settings, signal), kind: "sentinel" });
}

async function askServer(
  host: ServerHost,
  settings: RedisSettings,
  signal: AbortSignal,
): Promise<RedisProbe> {
  const { mode, db, login } = settings;
  const info = await ask(host, { settings, login, signal }, async (client) => {
    const answer = await client.info();
    if (!answer.includes("\ncluster_enabled:1\r\n")) {
      await selectDatabase(client, settings);
      return answer;
    }
    // The same command that ioredis will send, so that a missing permission shows now.
    await client.cluster("SLOTS");
    return `${answer}\n${await client.cluster("INFO")}`;
  });
  const says = (line: string) => info.includes(`\n${line}\r\n`);
  const kind = says("cluster_enabled:1") ? "cluster" : "standalone";
  const refusal = refusalOf({ mode, db, kind }, says);
  if (refusal !== undefined) throw new Reason(`${formatServerHost(host)}: ${refusal}`);
  return { kind, host, isReplica: kind === "standalone" && says("role:slave") };
}

/** Selects the database now: a client of ioredis would use database 0 if the server refuses. */
async function selectDatabase(client: Redis, { db, login }: RedisSettings): Promise<void> {
  if (db === 0) return;
  await client.select(db).catch((thrown) => {
    if (!isReply(thrown)) throw thrown;
    const reason = explainRedis(thrown, login?.username);
    throw new Reason(`cannot select database ${db}: ${reason}: see option db`);
  });
}

/** Why a server that replies cannot be used, if so. */
function refusalOf(
  { mode, db, kind }: Pick<RedisSettings, "mode" | "db"> & Pick<RedisProbe, "kind">,
  says: (line: string) => boolean,
): string | undefined {
  if (mode === "cluster" && kind !== "cluster") return "it is not in cluster mode: see option mode";
  if (says("loading:1")) return "it is still loading its data";
  if (kind !== "cluster") return undefined;
  if (mode !== "cluster" && mode !== "auto") {
    return `it is in cluster mode, but option mode is ${mode}`;
  }
  if (db !== 0) return `a cluster has no database ${db}: see option db`;
  return says("cluster_state:fail") ? "the cluster is down: some slots have no master" : undefined;
}

interface Asking {
  readonly settings: RedisSettings;
  readonly login: ServerLogin | undefined;
  readonly signal: AbortSignal;
  /** Prefix of the names of the login's options. @default "" */
  readonly prefix?: "sentinel_";
}

/** Connects, logs in, sends one command and disconnects. */
async function ask<T>(
  host: ServerHost,
  asking: Asking,
  question: (client: Redis) => Promise<T>,
): Promise<T> {
  const { settings, login, signal } = asking;
  const options: RedisClientOptions = {
    ...commonOptions(settings),
    ...hostOptions(host),
    enableReadyCheck: false,
  };
  const client = new Redis(options);
  let lastError: unknown;
  client.on("error", (error) => lastError = error);
  const answer = async () => {
    await client.connect();
    if (login !== undefined) await logIn(client, login);
    return await question(client);
  };
  try {
    return await waitFor(answer(), { signal });
  } catch (thrown) {
    const cause = signal.aborted ? signal.reason : lastError ?? thrown;
    const { tls } = settings;
    const server = { ...host, name: tls?.servername, nameOption: redisTlsServerName.name };
    const explained = tls && await explainServer(cause, server, tls);
    throw new Reason(
      `${formatServerHost(host)}: ${explained ?? reasonOf(cause, asking)}`,
    );
  } finally {
    await endClient(client, settings.connectTimeoutMs);
  }
}

function reasonOf(cause: unknown, { settings, login, prefix }: Asking): string {
  const isCut = settings.tls === undefined &&
    /ECONNRESET|^Connection is closed/.test(messageOf(cause));
  if (isCut) return "it closed the connection: if it requires TLS, set option tls";
  return explainRedis(cause, login?.username, prefix);
}

function logIn(client: Redis, { username, password }: ServerLogin): Promise<unknown> {
  return username === undefined ? client.auth(password) : client.auth(username, password);
}
