import { DriverError, type DriverErrorCode, messageOf } from "../../drivers/contract/errors.ts";
import { pubSubMultiprocDriver, pubSubUseMultiproc } from "../../service/config/options/pub_sub.ts";
import type { Composition } from "../composition.ts";

/** Whether a process of this account can publish through the service of this host. */
export interface LocalAccess {
  /** Why it cannot; undefined when it can. */
  readonly fault: string | undefined;
  readonly code: DriverErrorCode | undefined;
}

/** Finds that out; undefined where events do not go through a service, or only sending tells. */
export async function checkLocalAccess(
  { config: settings, log, drivers }: Composition,
): Promise<LocalAccess | undefined> {
  if (!settings.get(pubSubUseMultiproc)) return undefined;
  const name = settings.get(pubSubMultiprocDriver);
  const driver = await drivers.loadPubSubDriver(name, { settings, log });
  if (driver.checkAccess === undefined) return undefined;
  try {
    await driver.checkAccess();
    return { fault: undefined, code: undefined };
  } catch (error) {
    const code = error instanceof DriverError ? error.code : undefined;
    return { fault: messageOf(error), code };
  }
}
