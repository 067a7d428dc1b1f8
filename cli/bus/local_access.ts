import { DriverError, type DriverErrorCode, messageOf } from "../../drivers/contract/errors.ts";
import { localDriver } from "../../service/base/publish_route.ts";
import { pubSubDriver } from "../../service/config/options/pub_sub.ts";
import type { Composition } from "../composition.ts";

/** Whether processes of this account can publish through the service of this host. */
export interface LocalAccess {
  /** Why they cannot; undefined if they can. */
  readonly fault: string | undefined;
  readonly code: DriverErrorCode | undefined;
}

/** Checks that; undefined if events do not go through a service, or if only sending shows it. */
export async function checkLocalAccess(
  { config: settings, log, drivers }: Composition,
): Promise<LocalAccess | undefined> {
  const network = () => drivers.loadPubSubDriver(settings.get(pubSubDriver), { settings, log });
  const driver = await localDriver({ settings, log, drivers, network });
  if (driver?.checkAccess === undefined) return undefined;
  try {
    await driver.checkAccess();
    return { fault: undefined, code: undefined };
  } catch (error) {
    const code = error instanceof DriverError ? error.code : undefined;
    return { fault: messageOf(error), code };
  }
}
