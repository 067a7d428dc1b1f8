import type { EffectiveConfig } from "../../service/config/effective_config.ts";
import type { Examination, Finding } from "./finding.ts";

/** A value of the configuration that determines which hosts connect to each other. */
export interface ImportantValue {
  /** The option, as `[df] publisher_port`. */
  readonly option: string;
  readonly value: string;
  /** The file and line, the variable, `--set` or `default`. */
  readonly origin: string;
}

const IMPORTANT: ReadonlySet<string> = new Set([
  ...["nb_db_class", "sqlite_path", "remote_db_hosts", "pub_sub_driver", "publisher_bind_address"],
  ...["publisher_port", "management_ip", "publisher_timeout", "pub_sub_multiproc_driver"],
  ...["publisher_multiproc_socket", "http_address"],
]);
/** Options that only one of the databases uses. */
const OF_DATABASE: Readonly<Record<string, RegExp>> = {
  sqlite_path: /sqlite/,
  remote_db_hosts: /redis|etcd/,
};

/** The most important values, in the order of the table. */
export function importantValues(config: EffectiveConfig): ImportantValue[] {
  const entries = config.entries().filter(({ option }) => IMPORTANT.has(option.name));
  const database = entries.find(({ option }) => option.name === "nb_db_class")?.value ?? "";
  return entries.filter(({ option }) => OF_DATABASE[option.name]?.test(database) ?? true)
    .map(({ option, value, origin }) => ({
      option: `[${option.group}] ${option.name}`,
      value,
      origin,
    }));
}

/** Warnings about the configuration, and secrets in files that every account can read. */
export async function examineConfiguration(config: EffectiveConfig): Promise<Examination> {
  const secrets = await secretFiles(config);
  const looks = secrets.length === 0
    ? []
    : [{ subject: "secrets", detail: secrets.map(({ path }) => path).join(", ") }];
  const findings = [
    ...config.warnings.map(mistake),
    ...secrets.filter(({ mode }) => (mode & OTHERS_READ) !== 0).map(readable),
  ];
  return { looks, findings };
}

function mistake(what: string): Finding {
  return {
    severity: "warning",
    subject: "configuration",
    what,
    why: "The program does not use the value that was probably meant.",
    advice: "Correct it. `df-pubsub config check` prints all problems of the configuration.",
  };
}

const OTHERS_READ = 0o004;
const SECRET_FILE = /_(?:password|key|token)_file$|^password_file$/;

interface SecretFile {
  readonly option: string;
  readonly path: string;
  readonly mode: number;
}

/** The files that options name as secrets, and the configuration files that contain a secret. */
async function secretFiles(config: EffectiveConfig): Promise<SecretFile[]> {
  const found: SecretFile[] = [];
  for (const { option, value, origin, isSecret } of config.entries()) {
    const source = config.files.find((file) => origin.startsWith(`${file}:`)) ?? "";
    const path = SECRET_FILE.test(option.name) ? value : isSecret ? source : "";
    if (path === "" || found.some((known) => known.path === path)) continue;
    // A missing or unreadable file is an error of the database or the bus.
    const info = await Deno.stat(path).catch(() => undefined);
    if (info === undefined) continue;
    found.push({ option: `[${option.group}] ${option.name}`, path, mode: info.mode ?? 0 });
  }
  return found;
}

function readable({ option, path }: SecretFile): Finding {
  return {
    severity: "warning",
    subject: path,
    what: `Every account of this host can read "${path}"`,
    why: `It contains the secret of ${option}, which all these accounts can use.`,
    advice: `Run chmod o= "${path}" and set the group of the file to that of the service.`,
  };
}
