import { openLibc } from "./libc.ts";

const SYMBOLS = {
  sigaction: { parameters: ["i32", "pointer", "buffer"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;

/** Size for a `struct sigaction` of any platform; it begins with the handler. */
const ACTION_BYTES = 256;
const SIG_IGN = 1n;
const NUMBERS = { SIGHUP: 1 } as const;

/**
 * Whether the parent of this process has made it ignore a signal, as nohup(1) does with SIGHUP.
 * False without permission to call C.
 */
export function isSignalIgnored(signal: keyof typeof NUMBERS): boolean {
  const action = new BigUint64Array(ACTION_BYTES / 8);
  try {
    using libc = openLibc(SYMBOLS);
    libc.symbols.sigaction(NUMBERS[signal], null, action);
  } catch {
    return false;
  }
  return action[0] === SIG_IGN;
}
