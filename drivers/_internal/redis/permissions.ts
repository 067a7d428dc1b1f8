import type { Settings } from "../../contract/option.ts";
import type { AccountRole, ServerPermissions } from "../../contract/permissions.ts";
import { redisDbIndex, redisTls, redisTlsFiles } from "./options.ts";
import { redisSharded } from "./pubsub/options.ts";
import { readRedisServers } from "./settings.ts";
import { NODES_KEY } from "./stream/applied_record.ts";

type Rules = Readonly<Record<AccountRole, readonly string[]>>;

/** Keys of rows, counters and streams begin with a brace. */
const EVERY_KEY = "{*";
/** The tables whose rows name publishers: who writes them decides where nodes connect to. */
const PUBLISHER_TABLES = "{publisher";

const READ = ["+info", "+get", "+mget", "+type", "+scan"];
const WRITE = ["+set", "+del", "+eval", "+evalsha"];
const CLUSTER = ["+cluster|nodes", "+cluster|slots", "+cluster|info"];

/** What accounts of the database need. */
export function redisRowPermissions(settings: Settings): ServerPermissions {
  const common = [...READ, ...commonRules(settings)];
  return {
    ...serverOf(settings),
    roles: {
      controller: [`~${EVERY_KEY}`, ...common, ...WRITE],
      node: [`%R~${EVERY_KEY}`, ...common],
      publisher: [
        `%R~${EVERY_KEY}`,
        ...keysBesides(PUBLISHER_TABLES),
        ...common,
        ...WRITE,
        "+incr",
      ],
    },
  };
}

/** What accounts of the bus of channels need. */
export function redisChannelPermissions(settings: Settings): ServerPermissions {
  const s = settings.get(redisSharded) ? "s" : "";
  // A pattern subscribes to every topic. Sharded channels have no patterns.
  const every = s === "" ? ["+psubscribe"] : [];
  const common = ["&*", "+info", ...commonRules(settings)];
  const publish = [...common, `+${s}publish`];
  const node = [...common, `+${s}subscribe`, `+${s}unsubscribe`, ...every, "+ping"];
  return { ...serverOf(settings), roles: { controller: publish, node, publisher: publish } };
}

/** What accounts of the bus of streams need. */
export function redisStreamPermissions(settings: Settings): ServerPermissions {
  const common = ["+info", "+time", ...commonRules(settings), ...inCluster(settings, ["+asking"])];
  const roles: Rules = {
    controller: [
      ...[`~${EVERY_KEY}`, ...common, "+xadd", "+hgetall", "+hdel", "+xrange", "+xrevrange"],
    ],
    node: [
      ...[`%R~${EVERY_KEY}`, `~${NODES_KEY}`, ...common, "+scan", "+xread", "+xrevrange"],
      ...["+multi", "+exec", "+xinfo|stream", "+client|id", "+client|unblock", "+hset", "+hdel"],
    ],
    publisher: [`~{df-pubsub:*`, ...common, "+xadd", "+xrevrange"],
  };
  return { ...serverOf(settings), roles };
}

function commonRules(settings: Settings): string[] {
  const select = settings.get(redisDbIndex) === 0 ? [] : ["+select"];
  return [...select, ...inCluster(settings, CLUSTER)];
}

/** With `auto` the servers say whether they are a cluster, so the rules are for either. */
function inCluster(settings: Settings, rules: readonly string[]): readonly string[] {
  const { mode } = readRedisServers(settings);
  return mode === "cluster" || mode === "auto" ? rules : [];
}

/** Rules for all keys that begin with a brace, except those with this prefix. */
function keysBesides(prefix: string): string[] {
  return Array.from(
    prefix.slice(1),
    (letter, index) => `~${prefix.slice(0, index + 1)}[^${letter}]*`,
  );
}

function serverOf(settings: Settings): Pick<ServerPermissions, "program" | "server"> {
  const { mode, hosts, tls } = readRedisServers(settings);
  const known = mode === "sentinel" ? undefined : hosts[0];
  const { host, port } = known ?? { host: "HOST", port: 6379 };
  const ca = settings.get(redisTlsFiles.caFile);
  const program = [
    ...["redis-cli", "-h", host, "-p", String(port)],
    ...(tls || settings.get(redisTls) ? ["--tls"] : []),
    ...(ca === "" ? [] : ["--cacert", ca]),
  ];
  return { server: "redis", program };
}
