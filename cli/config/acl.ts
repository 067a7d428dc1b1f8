import type { AccountRole, ServerPermissions } from "../../drivers/contract/permissions.ts";
import { findDbDriver, findPubSubDriver } from "../../drivers/registry.ts";
import type { EffectiveConfig } from "../../service/config/effective_config.ts";
import { nbDbClass } from "../../service/config/options/host.ts";
import { pubSubDriver, pubSubUseMultiproc } from "../../service/config/options/pub_sub.ts";
import { type CommonFlags, compose } from "../composition.ts";
import { EXIT, type ExitCode } from "../terminal/exit_code.ts";
import type { Io } from "../terminal/io.ts";

const ROLES: Readonly<Record<AccountRole, string>> = {
  controller: "df-pubsub serve: writes rows, publishes, and names itself in the publishers table",
  node: "compute nodes: receive events and read rows; cannot write rows or publish",
  publisher: "applications: write rows and publish, but cannot write the publishers table",
};

/** Prints commands that make accounts with the permissions that this configuration needs. */
export async function printAccounts(flags: CommonFlags, io: Io): Promise<ExitCode> {
  const { config } = await compose(flags, io, { level: "warn" });
  const servers = together(await permissionsOf(config));
  if (servers.length === 0) {
    io.err.write("df-pubsub: this configuration uses no server with accounts of its own\n");
    return EXIT.done;
  }
  io.out.write(servers.map((server) => SCRIPTS[server.server](server)).join("\n"));
  return EXIT.done;
}

async function permissionsOf(config: EffectiveConfig): Promise<ServerPermissions[]> {
  const bus = await findPubSubDriver(config.get(pubSubDriver)).loadPermissions?.();
  const database = await findDbDriver(config.get(nbDbClass)).loadPermissions?.();
  const ofBus = bus?.(config);
  // Such applications publish through the service of their host only.
  const isIndirect = config.get(pubSubUseMultiproc) === true;
  const indirect = ofBus && isIndirect
    ? { ...ofBus, roles: { ...ofBus.roles, publisher: [] } }
    : ofBus;
  return [database?.(config), indirect].filter((each) => each !== undefined);
}

/** The database and the bus on one server share their accounts. */
function together(all: readonly ServerPermissions[]): readonly ServerPermissions[] {
  const [first, second] = all;
  if (first === undefined || second === undefined || first.server !== second.server) return all;
  const merged = (role: AccountRole) => [
    ...new Set([...first.roles[role], ...second.roles[role]]),
  ];
  const roles = {
    controller: merged("controller"),
    node: merged("node"),
    publisher: merged("publisher"),
  };
  return [{ ...first, roles }];
}

const SCRIPTS = { redis: redisScript, etcd: etcdScript };

function redisScript(permissions: ServerPermissions): string {
  const { program, roles } = permissions;
  return [
    "# Accounts of Redis 7. Run it on an administrator's host, once for each server (also each",
    "# replica), with the administrator's password in the variable REDISCLI_AUTH. Write the password",
    "# of each account to the file NAME.password first. Then make it permanent with CONFIG REWRITE,",
    "# or with ACL SAVE if the server has an ACL file.",
    ...rolesOf(roles).flatMap(([role, rules]) => [
      ...["", `# ${ROLES[role]}`],
      `printf '>%s' "$(cat ${role}.password)" |`,
      ...wrapped([
        ...[...program, "-x", "ACL", "SETUSER", role, "reset", "on"],
        // Keys and channels before commands, so that the rules are easier to read.
        ...rules.toSorted((one, other) =>
          Number(one.startsWith("+")) - Number(other.startsWith("+"))
        ),
      ]),
    ]),
    "",
  ].join("\n");
}

function etcdScript({ program, roles }: ServerPermissions): string {
  return [
    "# Accounts of etcd 3. Run it as root of etcd, whose login is in the variable ETCDCTL_USER. Write",
    "# the password of each account, without blanks, to the file NAME.password first. The accounts",
    "# count once authentication is on: etcdctl auth enable",
    ...rolesOf(roles).flatMap(([role, rules]) => [
      ...["", `# ${ROLES[role]}`],
      ...wrapped([...program, "role", "add", role]),
      ...rules.flatMap((rule) => {
        const words = rule.split(" ");
        const flags = words.filter((word) => word.startsWith("--"));
        const grant = words.filter((word) => !word.startsWith("--"));
        return wrapped([...program, "role", "grant-permission", ...flags, role, ...grant]);
      }),
      ...wrapped([...program, "user", "add", role, "--interactive=false"], ` < ${role}.password`),
      ...wrapped([...program, "user", "grant-role", role, role]),
    ]),
    "",
  ].join("\n");
}

function rolesOf(roles: ServerPermissions["roles"]) {
  return Object.entries(roles) as [AccountRole, readonly string[]][];
}

const COLUMNS = 78;

/** A command in as many lines as it needs. */
function wrapped(words: readonly string[], end = ""): string[] {
  const lines: string[] = [];
  for (const word of words.map(quoted)) {
    const last = lines.at(-1);
    const joined = `${last} ${word}`;
    if (last === undefined) lines.push(word);
    else if (joined.length <= COLUMNS) lines[lines.length - 1] = joined;
    else lines.push(`  ${word}`);
  }
  return lines.map((line, index) => line + (index < lines.length - 1 ? " \\" : end));
}

function quoted(word: string): string {
  return /^[\w./:=,@+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
