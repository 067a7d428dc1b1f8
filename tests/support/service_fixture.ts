import type { Clock } from "../../service/base/clock.ts";
import type { EffectiveConfig } from "../../service/config/effective_config.ts";
import { PublisherService } from "../../service/controller/publisher_service.ts";
import {
  identified,
  type IdentifiedOptions,
} from "../../service/controller/publisher_service_options.ts";
import { effectiveSettings } from "./effective_settings.ts";
import { FakeClock } from "./fakes/fake_clock.ts";
import { LocalDrivers, MEMORY_DRIVERS } from "./zmq/local_drivers.ts";
import { RecordingLogger } from "./fakes/recording_logger.ts";

/** `uuid5(NAMESPACE_DNS, "node.example.com")`, as Python computes it. */
export const OWN_ID = "58edf3d5-b797-52ba-b70b-5647a5c19a27";

/** The parts of a service on memory drivers, and what tests inspect. */
export interface ServiceParts extends IdentifiedOptions {
  readonly settings: EffectiveConfig;
  readonly drivers: LocalDrivers;
  readonly clock: FakeClock;
  readonly log: RecordingLogger;
}

/** The parts of a service on host `node.example.com`. */
export async function serviceParts(
  overrides: Readonly<Record<string, string>> = {},
): Promise<ServiceParts> {
  return await identified({
    settings: await effectiveSettings({ ...MEMORY_DRIVERS, ...overrides }),
    drivers: new LocalDrivers(),
    hostName: "node.example.com",
    clock: new FakeClock(),
    log: new RecordingLogger(),
  });
}

/** Starts a service from these parts, some of which a test may replace. */
export function startService(
  parts: ServiceParts,
  other: { readonly clock?: Clock; readonly pages?: string } = {},
): Promise<PublisherService> {
  return PublisherService.open({ ...parts, ...other });
}
