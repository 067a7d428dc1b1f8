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

/** What a command wants to hear. */
export interface EventSourceOptions {
  readonly topics: readonly string[];
  /** Only these publishers; without any, those of the configuration and of the publishers table. */
  readonly uris?: readonly string[] | undefined;
  /** On a broker that keeps events: where to begin. */
  readonly since?: string | number | undefined;
  /** Whether the database is wanted even when the publishers table is not. */
  readonly needsDb?: boolean;
  /** Called when a publisher is live, each time it becomes so. */
  readonly onLive?: (address: string) => void;
  /** Called with what is found out about missing events. */
  readonly onNotice?: (notice: GapNotice) => void;
  /** Called with each change in the state of a connection. */
  readonly onHealth?: (event: HealthEvent) => void;
  readonly onUpdates: (updates: readonly DbUpdate[]) => void | Promise<void>;
  /** Resolves when the updates of all calls so far are printed. @default when each call is done */
  readonly whenApplied?: (() => Promise<void>) | undefined;
}

/** The network's events for a command, and the database it was found through. */
export interface EventSource extends AsyncDisposable {
  readonly network: NetworkSubscriber;
  /**
   * Rejects when a broker refuses a topic, as to a user without the permission; resolves when it
   * has not, and at once where there is no broker.
   */
  readonly accepted: Promise<void>;
  /** Absent when nothing needed it. */
  readonly db: NbDbDriver | undefined;
}

/** Opens the database and the cross-node subscriber of the configuration. */
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
  // Who does not ask for it has other ways to notice.
  accepted.catch(() => {});
  return { network, db, accepted, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

function requireKeeping({ name, traits }: PubSubDriver): void {
  // A publisher of our own transport keeps events for connections that were lost, not for new ones.
  if (traits.delivery === "keeps" && !traits.listensToAddresses) return;
  throw new UsageError(
    `--since: "${name}" keeps no events, wanted one that does, as redis_stream_pubsub_driver`,
  );
}

// In the publishers table a bad address is somebody else's mistake, on the command line the user's.
function checkUris(uris: readonly string[], { publisherUris }: NetworkSubscriber): void {
  const refused = uris.find((uri) => !publisherUris.includes(uri));
  if (refused === undefined) return;
  throw new UsageError(
    `--uri "${refused}": cannot listen there, wanted a publisher as tcp://192.0.2.10:8866`,
  );
}
