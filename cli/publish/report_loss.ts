import { messageOf } from "../../drivers/contract/errors.ts";
import { pubSubMultiprocDriver } from "../../service/config/options/pub_sub.ts";
import { dbUpdate } from "../../service/event/db_update.ts";
import { openLocal } from "../../service/publish/confirmed_publisher.ts";
import { Publisher, publisherOptions } from "../../service/publish/publisher.ts";
import type { Composition } from "../composition.ts";

/** Maximum time for the service to take the requests. */
const TIMEOUT_MS = 2_000;

/**
 * Reports the topics of events that a broker has refused to the service of this host. The service
 * requests a sync of them as soon as the broker accepts one: this process ends before that. Without
 * a service it does nothing.
 */
export async function reportLoss(
  { config: settings, log, drivers }: Composition,
  topics: Iterable<string>,
): Promise<void> {
  const name = settings.get(pubSubMultiprocDriver);
  const local = await drivers.loadPubSubDriver(name, { settings, log });
  try {
    await local.checkAccess?.();
    const sending = { ...publisherOptions(settings), sendTimeoutMs: TIMEOUT_MS };
    await using publisher = new Publisher(await openLocal(local), sending);
    for (const topic of topics) {
      const sync = dbUpdate({ table: null, key: null, action: "sync", topic });
      // The service answers that the broker refuses the sync for now.
      await publisher.sendEvent(sync).catch((error) => log.debug(messageOf(error)));
    }
    await publisher.close({ timeoutMs: TIMEOUT_MS });
  } catch (error) {
    log.debug(`No service requests a sync for the events that were refused: ${messageOf(error)}`);
  }
}
