import type { NbDbDriver } from "../../drivers/contract/db.ts";
import type { HealthEvent } from "../../drivers/contract/health.ts";
import type { PubSubDriver } from "../../drivers/contract/pubsub.ts";
import { nbDbClass } from "../../service/config/options/host.ts";
import { pubSubDriver } from "../../service/config/options/pub_sub.ts";
import type { DbUpdate } from "../../service/event/db_update.ts";
import type { GapNotice } from "../../service/protocol/notices.ts";
import { NetworkSubscriber } from "../../service/receive/network_subscriber.ts";
import { configuredPublisherUris } from "../../service/publishers/publisher_uris.ts";
import type { Composition } from "../composition.ts";
import { UsageError } from "../flags/failure.ts";

/** Options of {@linkcode openEventSource}. */
export interface EventSourceOptions {
  readonly topics: readonly string[];
  /**
   * Follow only these publishers. @default those of the configuration and of the publishers table
   */
  readonly uris?: readonly string[] | undefined;
  /** On a broker that keeps events: where to begin. */
  readonly since?: string | number | undefined;
  /** Whether to open the database even if the publishers table is not needed. */
  readonly needsDb?: boolean;
  /** Called each time a publisher becomes live. */
  readonly onLive?: (address: string) => void;
  /** Called with each notice about missing events. */
  readonly onNotice?: (notice: GapNotice) => void;
  /** Called with each change in the state of a connection. */
  readonly onHealth?: (event: HealthEvent) => void;
  readonly onUpdates: (updates: readonly DbUpdate[]) => void | Promise<void>;
  /** Resolves when the events of all calls so far are printed. @default when each call is done */
  readonly whenApplied?: (() => Promise<void>) | undefined;
}

/** The network's events for a command, and the database. */
export interface EventSource extends AsyncDisposable {
  readonly network: NetworkSubscriber;
  /**
   * Rejects if a broker refuses a topic, for example because the user lacks the permission.
   * Resolves if it does not, and at once without a broker.
   */
  readonly accepted: Promise<void>;
  /** Absent if nothing needs it. */
  readonly db: NbDbDriver | undefined;
}

/** Opens the configured database and the subscriber between hosts. */
export async function openEventSource(
  { config: settings, log, clock, drivers }: Composition,
  { topics, uris, since, needsDb = false, onLive, onHealth, ...handlers }: EventSourceOptions,
): Promise<EventSource> {
  const context = { settings, log };
  const driver = await drivers.loadPubSubDriver(settings.get(pubSubDriver), context);
  if (since !== undefined) requireKeeping(driver);
  await using undo = new AsyncDisposableStack();
  const db = uris === undefined || needsDb
    ? undo.use(await drivers.loadDbDriver(settings.get(nbDbClass), { ...context, create: false }))
    : undefined;
  const network = undo.use(
    await NetworkSubscriber.open({
      settings,
      driver,
      db: uris === undefined ? db : undefined,
      publisherUris: uris ?? configuredPublisherUris(settings),
      topics,
      since: since === undefined ? undefined : () => since,
      ...handlers,
      onHealth: (event) => {
        if (event.kind === "live") onLive?.(event.address);
        onHealth?.(event);
      },
      clock,
      log,
    }),
  );
  if (uris !== undefined) checkUris(uris, network);
  const owned = undo.move();
  const accepted = driver.traits.listensToAddresses ? Promise.resolve() : network.ready();
  // Callers that do not ask for it are notified in other ways.
  accepted.catch(() => {});
  return { network, db, accepted, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

function requireKeeping({ name, traits }: PubSubDriver): void {
  // A publisher of our own transport keeps events for lost connections, but not for new ones.
  if (traits.delivery === "keeps" && !traits.listensToAddresses) return;
  throw new UsageError(
    `--since: "${name}" does not keep events, wanted a driver that does, as redis_stream_pubsub_driver`,
  );
}

// An invalid address in the publishers table is another host's mistake; on the command line it is
// the user's.
function checkUris(uris: readonly string[], { publisherUris }: NetworkSubscriber): void {
  const refused = uris.find((uri) => !publisherUris.includes(uri));
  if (refused === undefined) return;
  throw new UsageError(
    `--uri "${refused}": not the address of a publisher, wanted one as tcp://192.0.2.10:8866`,
  );
}
