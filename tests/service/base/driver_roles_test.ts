import assert from "node:assert/strict";
import { DriverError } from "../../../drivers/contract/errors.ts";
import type { PubSubDriver, PubSubTraits } from "../../../drivers/contract/pubsub.ts";
import { requireLocalDriver, requireNetworkDriver } from "../../../service/base/driver_roles.ts";
import { effectiveSettings } from "../../support/effective_settings.ts";

const NETWORK: PubSubTraits = {
  reach: "network",
  listensToAddresses: true,
  fanOut: "all",
  delivery: "drops-when-slow",
  begins: [],
  liveProof: "confirmed",
  confirms: false,
};
const HOST: PubSubTraits = { ...NETWORK, reach: "host", listensToAddresses: false, fanOut: "one" };

const settings = await effectiveSettings({});

function driver(traits: PubSubTraits): PubSubDriver {
  const unused = () => Promise.reject(new Error("not opened in this test"));
  return { name: "a-driver", traits, openPublisher: unused, openSubscriber: unused };
}

Deno.test("requireNetworkDriver refuses a driver, when only one subscriber receives each event", () => {
  requireNetworkDriver(settings, driver(NETWORK));
  assert.throws(() => requireNetworkDriver(settings, driver(HOST)), (error) => {
    assert(error instanceof DriverError && error.code === "CONFIG_INVALID");
    assert.match(error.message, /^\[df\] pub_sub_driver: "a-driver": /);
    return true;
  });
});

Deno.test("requireLocalDriver refuses a driver, when it reaches other hosts", () => {
  requireLocalDriver(settings, driver(HOST));
  assert.throws(() => requireLocalDriver(settings, driver(NETWORK)), (error) => {
    assert(error instanceof DriverError && error.code === "CONFIG_INVALID");
    assert.match(error.message, /^\[df\] pub_sub_multiproc_driver: "a-driver": /);
    return true;
  });
});
