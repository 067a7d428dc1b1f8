import { DriverError, messageOf } from "../../drivers/contract/errors.ts";
import { pubSubMultiprocDriver, pubSubUseMultiproc } from "../../service/config/options/pub_sub.ts";
import type { CheckResult } from "./check_report.ts";
import type { Composition } from "../composition.ts";

/** Looks whether processes of this account can publish through the service of this host. */
export async function checkLocal(
  { config: settings, log, drivers }: Composition,
): Promise<CheckResult[]> {
  if (!settings.get(pubSubUseMultiproc)) return [];
  const name = settings.get(pubSubMultiprocDriver);
  const driver = await drivers.loadPubSubDriver(name, { settings, log });
  if (driver.checkAccess === undefined) return [];
  try {
    await driver.checkAccess();
    return [result("ok", "this user may publish")];
  } catch (error) {
    // That a monitoring system's own user may not publish is no fault of the service.
    const isDenied = error instanceof DriverError && error.code === "PERMISSION_DENIED";
    return [result(isDenied ? "warning" : "critical", messageOf(error))];
  }
}

function result(state: CheckResult["state"], detail: string): CheckResult {
  return { name: "local", state, detail, isReachable: state !== "critical", measures: [] };
}
