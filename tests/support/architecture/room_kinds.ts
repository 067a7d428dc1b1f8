/** A folder or a file: its content, and what its files may import besides each other. */
export interface Room {
  /**
   * `service/base/`, or a file such as `main.ts`. A file belongs to the room with the longest
   * matching path.
   */
  readonly path: string;
  readonly holds: string;
  /**
   * Paths of rooms, including everything below them, and of packages: `npm:`, `node:crypto`. A path
   * that ends in `/.` is that room without the rooms below it.
   */
  readonly mayImport: readonly string[];
  /** Whether its files may not import each other. @default false */
  readonly isApart?: boolean;
}

export const CONTRACT = "drivers/contract/";
export const LIBC = "drivers/_internal/libc.ts";
export const SOCKETS = "drivers/_internal/sockets/";
export const TLS = "drivers/_internal/tls/";
export const TLS_FOR_CALLERS = "drivers/tls.ts";
export const REASON = "drivers/_internal/reason.ts";
export const OPTION_FILE = "drivers/_internal/option_file.ts";
export const EVENT = "service/event/";
export const COMPOSITION = "cli/composition.ts";

export function command(name: string, holds: string, ...others: readonly string[]): Room {
  const shared = [COMPOSITION, "cli/terminal/", "cli/flags/"];
  return {
    path: `cli/${name}/`,
    holds,
    mayImport: [...shared, ...others, "service/", CONTRACT, "node:"],
  };
}

export function service(name: string, holds: string, ...lower: readonly string[]): Room {
  const rooms = lower.map((each) => `service/${each}/`);
  return { path: `service/${name}/`, holds, mayImport: [CONTRACT, "node:crypto", ...rooms] };
}

export function zmtp(role: string, holds: string): Room {
  return {
    path: `drivers/_internal/zmtp/${role}/`,
    holds,
    mayImport: [CONTRACT, "drivers/_internal/.", SOCKETS],
  };
}

export function driver(kind: string, holds: string): Room {
  return {
    path: `drivers/${kind}/`,
    holds,
    mayImport: [CONTRACT, "drivers/_internal/", "node:", "npm:"],
    isApart: true,
  };
}
