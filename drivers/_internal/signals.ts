import { openLibc } from "./libc.ts";

const SYMBOLS = {
  sigaction: { parameters: ["i32", "pointer", "buffer"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;

/** `struct sigaction` begins with the handler; the whole of it is no larger on any platform. */
const ACTION_BYTES = 256;
const SIG_IGN = 1n;
const NUMBERS = { SIGHUP: 1 } as const;

/**
 * Whether the parent of this process has made it ignore a signal, as nohup(1) does with SIGHUP.
 * False where C may not be called.
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
