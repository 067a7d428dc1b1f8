import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { freePort } from "../support/deployment.ts";
import type { Settings } from "./example_rules.ts";

/** The topic that examples name. */
export const TENANT = "6f9f3e1a0c594c4b9a5e4d0e5a1f00aa";

/** The configuration of commands without --config-file. */
export const DEFAULT_INI = "default.ini";

const DIRECTORIES = [
  ...["etc/neutron", "etc/bash_completion.d", "usr/share/zsh/vendor-completions", "usr/local/bin"],
  ...["srv", "var/tmp", "var/lib/prometheus/node-exporter", ".config/fish/completions"],
];
/** More than the line from which an example begins. */
const RECORDED = 1300;
/** The first time that an example names. */
const RECORDED_FROM = Date.parse("2026-11-29T10:00:00Z");

/** Makes the directories that examples name, and the files that they read. */
export async function writeExampleFiles(directory: string): Promise<void> {
  for (const name of DIRECTORIES) await Deno.mkdir(join(directory, name), { recursive: true });
  const files = [
    ["events.jsonl", recording()],
    ["events.jsonl.gz", gzipSync(recording())],
    ["traffic.jsonl", traffic()],
  ] as const;
  for (const [name, content] of files) {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    await Deno.writeFile(join(directory, name), bytes);
  }
  await writeScript(join(directory, "usr/local/bin/on-port"), "echo on-port runs >&2");
}

/** Writes a configuration under each name that examples have for theirs. */
export async function writeIni(directory: string, text: string): Promise<void> {
  for (const name of [DEFAULT_INI, "dragonflow.ini", "etc/neutron/dragonflow.ini"]) {
    await Deno.writeTextFile(join(directory, name), text);
  }
}

/** Writes an executable script. */
export async function writeScript(path: string, text: string): Promise<void> {
  await Deno.writeTextFile(path, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
}

function recording(): string {
  return linesOf(Array.from({ length: RECORDED }, (_, index) => ({
    ...port("D", index % 10),
    receivedAt: new Date(RECORDED_FROM + index).toISOString(),
  })));
}

function traffic(): string {
  return linesOf(["D", TENANT].map((topic) => port(topic, 1)));
}

function port(topic: string, number: number) {
  const value = JSON.stringify({ name: `eth${number}` });
  return { topic, table: "lport", key: `port-${number}`, action: "set", value };
}

function linesOf(values: readonly unknown[]): string {
  return values.map((value) => `${JSON.stringify(value)}\n`).join("");
}

/** Ports and addresses that configurations of examples have in common. */
export interface Addresses {
  readonly directory: string;
  readonly httpPort: number;
  readonly publisherPort: number;
  readonly redis: string;
}

/** The configuration of the service that runs, and of all that belongs to it. */
export function serviceIni({ directory, httpPort, publisherPort }: Addresses): string {
  return `[df]
publisher_port = ${publisherPort}
management_ip = 127.0.0.1
http_address = 127.0.0.1:${httpPort}
publisher_multiproc_socket = ${directory}/run/socket
sqlite_path = ${directory}/northbound.sqlite3
recorder_path = ${directory}/recorder
`;
}

/** A configuration for a service or certificates of its own in a directory, or for Redis. */
export function otherIni(
  settings: Settings,
  { directory, redis }: Pick<Addresses, "directory" | "redis">,
): string {
  if (settings === "Redis") {
    return `[df]
nb_db_class = redis_nb_db_driver
pub_sub_driver = redis_db_pubsub_driver
pub_sub_use_multiproc = false
remote_db_hosts = ${redis}
`;
  }
  const own = { directory, redis, httpPort: freePort(), publisherPort: freePort() };
  const tls = `[df_etcd]\ntls_ca_file = ${directory}/etc/df-pubsub/tls/ca.crt\n`;
  return settings === "certificates" ? tls : serviceIni(own);
}
