import { join } from "node:path";

const PACKAGES = {
  "redis-server": "redis-server",
  "redis-sentinel": "redis-sentinel",
  "redis-cli": "redis-tools",
  etcd: "etcd-server",
  etcdctl: "etcd-client",
  openssl: "openssl",
  curl: "curl",
  setpriv: "util-linux",
} as const;

/** A system program that the tests run. */
export type SystemProgram = keyof typeof PACKAGES;

/**
 * Returns the path of a program.
 * @throws {Error} when it is not installed; the message has the command that installs it
 */
export function programPath(name: SystemProgram): string {
  const directories = (Deno.env.get("PATH") ?? "").split(":");
  const path = directories.map((directory) => join(directory, name)).find(isFile);
  if (path !== undefined) return path;
  throw new Error(`"${name}" is not installed, install it: apt-get install ${PACKAGES[name]}`);
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
