import { Bus } from "../../contract/pubsub_bus.ts";
import { withoutLeaks } from "../handles.ts";
import type { Overrides } from "../test_settings.ts";
import { zmqDriver } from "./zmq_drivers.ts";

/** Runs a test of the driver between hosts, with its own bus. */
export function test(
  name: string,
  run: (bus: Bus) => Promise<void>,
  overrides: Overrides = {},
): void {
  Deno.test(`zmq ${name}`, () =>
    withoutLeaks(async () => {
      await using bus = new Bus(zmqDriver(overrides));
      await run(bus);
    }));
}

/** The port of an address. */
export function portOf(address: string): string {
  return address.slice(address.lastIndexOf(":") + 1);
}
