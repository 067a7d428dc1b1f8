import { messageOf } from "../../drivers/contract/errors.ts";
import type { IssuedPair } from "../../drivers/tls.ts";
import type { Io } from "../terminal/io.ts";

/** A directory with certificates and keys. */
export interface CertificateStore {
  path(name: string, kind: "crt" | "key"): string;
  /** Whether one of the files of a pair exists. */
  exists(name: string): Promise<boolean>;
  /** @throws {Error} with the path of the file that cannot be read */
  read(name: string): Promise<IssuedPair>;
  /**
   * Writes a pair that only its owner can read. Each file is complete at any time.
   *
   * @returns the paths @throws {Deno.errors.AlreadyExists} unless it replaces files
   */
  write(
    name: string,
    pair: IssuedPair,
    options: WriteOptions,
  ): Promise<readonly string[]>;
}

/** Options of {@linkcode CertificateStore.write}. */
export interface WriteOptions {
  /** @default false */
  readonly replaces?: boolean | undefined;
  /** What to do if a file exists, for the error. */
  readonly advice: string;
}

/** The store in a directory; by default that of the account. */
export function certificateStore(
  directory: string | undefined,
  io: Pick<Io, "facts" | "readTextFile" | "exists" | "replaceFile">,
): CertificateStore {
  const base = directory ??
    (io.facts.isRoot ? "/etc/df-pubsub/tls" : `${io.facts.home}/.config/df-pubsub/tls`);
  const path = (name: string, kind: "crt" | "key") => `${base}/${name}.${kind}`;
  const read = (file: string) =>
    io.readTextFile(file).catch((cause) => {
      throw new Error(`Cannot read "${file}": ${messageOf(cause)}`, { cause });
    });
  return {
    path,
    exists: async (name) =>
      await io.exists(path(name, "crt")) || await io.exists(path(name, "key")),
    read: async (name) => ({
      cert: await read(path(name, "crt")),
      key: await read(path(name, "key")),
    }),
    async write(name, { cert, key }, { replaces = false, advice }) {
      const files = [[path(name, "key"), key], [path(name, "crt"), cert]] as const;
      for (const [file] of replaces ? [] : files) {
        if (await io.exists(file)) throw existing(file, advice);
      }
      for (const [file, text] of files) {
        await io.replaceFile(file, text).catch((cause) => {
          throw new Error(`Cannot write "${file}": ${messageOf(cause)}`, { cause });
        });
      }
      return files.map(([file]) => file);
    },
  };
}

function existing(path: string, advice: string): Error {
  return new Deno.errors.AlreadyExists(`Cannot write "${path}": it exists: ${advice}`);
}
