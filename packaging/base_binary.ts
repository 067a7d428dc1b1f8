import { Buffer } from "node:buffer";
import { elfMachineOf, type Target } from "./targets.ts";

const MARK = "Deno/";
const VERSION_ROOM = 32;

/**
 * Checks that `DENORT_BIN`, if set, is the base binary of this Deno for that platform.
 *
 * @throws {Error} with what it is instead
 */
export async function checkBase(target: Target): Promise<void> {
  const path = Deno.env.get("DENORT_BIN");
  if (path === undefined) return;
  const binary = await Deno.readFile(path);
  if (elfMachineOf(binary) !== target.elfMachine) throw unfit(path, "for another platform", target);
  const version = denoVersionIn(binary);
  if (version === Deno.version.deno) return;
  throw unfit(path, `of Deno ${version ?? "unknown"}`, target);
}

function unfit(path: string, is: string, target: Target): Error {
  return new Error(`Cannot compile with DENORT_BIN "${path}": it is ${is}, ${wantedBase(target)}`);
}

/** What `DENORT_BIN` must be, as the end of a message. */
export function wantedBase({ triple }: Target): string {
  return `wanted the denort of Deno ${Deno.version.deno} for ${triple}`;
}

/** The version of Deno that a base binary belongs to, from its user agent. */
export function denoVersionIn(binary: Uint8Array<ArrayBuffer>): string | undefined {
  const bytes = Buffer.from(binary.buffer, binary.byteOffset, binary.byteLength);
  for (let at = bytes.indexOf(MARK); at >= 0; at = bytes.indexOf(MARK, at + 1)) {
    const text = bytes.toString("latin1", at + MARK.length, at + VERSION_ROOM);
    const version = /^\d+\.\d+\.\d+/.exec(text)?.[0];
    if (version !== undefined) return version;
  }
  return undefined;
}

/**
 * The version of Deno that the program is compiled with: that of `DENORT_BIN`, or else this one.
 */
export async function versionOfBase(): Promise<string> {
  const path = Deno.env.get("DENORT_BIN");
  const found = path === undefined ? undefined : denoVersionIn(await Deno.readFile(path));
  return found ?? Deno.version.deno;
}

/** A command that runs Deno in that version. */
export function denoOf(version: string): [string, ...string[]] {
  return version === Deno.version.deno ? [Deno.execPath()] : ["npx", "-y", `deno@${version}`];
}
