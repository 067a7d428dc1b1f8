import type { LibzmqSymbols } from "./libzmq_library.ts";
import { Poller } from "./poller.ts";

interface Shared {
  readonly poller: Poller;
  users: number;
}

const shared = new Map<LibzmqSymbols, Shared>();

/**
 * The one poller of the process, for as long as somebody uses it: give it back with
 * {@linkcode releasePoller}.
 *
 * A wait takes one of the runtime's 32 threads for blocking work. With a poller for each engine a
 * few dozen sockets would take all of them, and nothing else that needs one would ever run.
 */
export function acquirePoller(symbols: LibzmqSymbols): Poller {
  const known = shared.get(symbols) ?? { poller: new Poller(symbols), users: 0 };
  shared.set(symbols, known);
  known.users++;
  return known.poller;
}

/** Closes it after its last user, who must watch nothing any more. */
export async function releasePoller(symbols: LibzmqSymbols): Promise<void> {
  const known = shared.get(symbols);
  if (known === undefined || --known.users > 0) return;
  shared.delete(symbols);
  await known.poller.close();
}
