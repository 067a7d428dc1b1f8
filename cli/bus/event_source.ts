import type { NbDbDriver } from "../../drivers/contract/db.ts";
import type { PubSubDriver } from "../../drivers/contract/pubsub.ts";
import type { EffectiveConfig } from "../../service/config/effective_config.ts";
import { DEFAULT_ORIGIN } from "../../service/config/option_resolver.ts";
import { nbDbClass } from "../../service/config/options/host.ts";
import { publishersIps } from "../../service/config/options/publishers.ts";
import { pubSubDriver } from "../../service/config/options/pub_sub.ts";
import { NetworkSubscriber } from "../../service/receive/network_subscriber.ts";
import { configuredPublisherUris } from "../../service/publishers/publisher_uris.ts";
import { refusedAddress } from "../../service/publishers/refused_address.ts";
import type {
  PastOptions,
  SubscriptionOptions,
} from "../../service/receive/subscription_options.ts";
import type { Composition } from "../composition.ts";
import { UsageError } from "../flags/failure.ts";

/** Options of {@linkcode openEventSource}. */
export interface EventSourceOptions extends Omit<SubscriptionOptions, "since">, PastOptions {
  /**
   * Follow only these publishers. @default those of the configuration and of the publishers table
   */
  readonly uris?: readonly string[] | undefined;
  /** On a bus that keeps events: where to begin. */
  readonly since?: string | number | undefined;
  /** Whether to open the database even if the publishers table is not needed. */
  readonly needsDb?: boolean;
  /** Called each time a publisher becomes live. */
  readonly onLive?: (address: string) => void;
}

/** The network's events for a command, and the database. */
export interface EventSource extends AsyncDisposable {
  readonly network: NetworkSubscriber;
  /**
   * Rejects if a broker refuses a topic, for example because the user lacks the permission.
   * Resolves if it does not, and at once without a broker.
   */
  readonly accepted: Promise<unknown>;
  /** Absent if nothing needs it. */
  readonly db: NbDbDriver | undefined;
}

/** Opens the configured database and the subscriber between hosts. */
export async function openEventSource(
  { config: settings, log, clock, drivers }: Composition,
  { uris, since, last, needsDb = false, onLive, onHealth, ...subscription }: EventSourceOptions,
): Promise<EventSource> {
  const context = { settings, log };
  const driver = await drivers.loadPubSubDriver(settings.get(pubSubDriver), context);
  if (subscription.allTopics && (since !== undefined || last !== undefined)) {
    const flag = since === undefined ? "--last" : "--since";
    throw new UsageError(`${flag}: wanted topics by name, neither globs nor --all-topics`);
  }
  requirePast(driver, { since, last });
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
      since: since === undefined ? undefined : () => since,
      last,
      ...subscription,
      onHealth: (event) => {
        if (event.kind === "live") onLive?.(event.address);
        onHealth?.(event);
      },
      clock,
      log,
    }),
  );
  // An invalid address in the publishers table is another host's mistake; on the command line it is
  // the user's.
  const refused = refusedAddress(uris ?? [], network.publisherUris, driver);
  if (refused !== undefined) throw new UsageError(`--uri ${refused}`);
  const owned = undo.move();
  const accepted = driver.traits.listensToAddresses ? Promise.resolve() : network.ready();
  // Callers that do not ask for it are notified in other ways.
  accepted.catch(() => {});
  return { network, db, accepted, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** The publishers that the configuration names; empty for the default, which is this host. */
export function namedPublishers(config: EffectiveConfig): string[] {
  const isDefault = config.originOf(publishersIps) === DEFAULT_ORIGIN;
  return isDefault ? [] : configuredPublisherUris(config);
}

function requirePast(
  { name, traits: { begins } }: PubSubDriver,
  { since, last }: Pick<EventSourceOptions, "last" | "since">,
): void {
  if (since === undefined && last === undefined) return;
  if (begins.length === 0) {
    // Also --end and --until begin in the past.
    const problem = `"${name}" does not keep events, wanted a driver that does`;
    throw new UsageError(`Cannot begin in the past: ${problem}`);
  }
  const place = typeof since === "number" ? "time" : since === "start" ? "start" : "position";
  const wanted = [...(since === undefined ? [] : [place]), ...(last === undefined ? [] : ["last"])];
  const missing = wanted.find((each) => !begins.some((known) => known === each));
  if (missing === undefined) return;
  const what = missing === "last" ? "--last" : `--since with a ${missing}`;
  throw new UsageError(
    `${what}: "${name}" does not support it: it can begin at ${begins.join(", ")}`,
  );
}

/** The publishers that a command follows, each with the reason if it has no connection to it. */
export function followedPublishers(
  network: Pick<NetworkSubscriber, "failureOf" | "publisherUris">,
): readonly string[] {
  return network.publisherUris.map((uri) => {
    const failure = network.failureOf(uri);
    return failure === undefined ? uri : `${uri} (${failure})`;
  });
}

/** Why no publisher was ever live. @param publishers as {@linkcode followedPublishers} */
export function neverLive(publishers: readonly string[]): string {
  if (publishers.length > 0) return `no publisher was live: tried ${publishers.join(", ")}`;
  return "no publisher was known: see df-pubsub publishers list";
}
