import assert from "node:assert/strict";
import { loadPubSubDriver } from "../../../drivers/registry.ts";
import { localDriver } from "../../../service/base/publish_route.ts";
import { LocalDrivers } from "../../support/zmq/local_drivers.ts";
import { effectiveSettings } from "../../support/effective_settings.ts";

/** Whether a process publishes to the service or to the network itself. */
async function route(network: string, wanted?: string): Promise<"service" | "network"> {
  const drivers = new LocalDrivers();
  const settings = await effectiveSettings({
    "df.pub_sub_driver": network,
    ...(wanted === undefined ? {} : { "df.pub_sub_use_multiproc": wanted }),
  });
  const { log } = drivers.context;
  const found = await localDriver({
    settings,
    log,
    drivers: { loadPubSubDriver: () => Promise.resolve(drivers.local) },
    network: () => loadPubSubDriver(network, { settings, log }),
  });
  return found === undefined ? "network" : "service";
}

const BROKERS = ["redis_db_pubsub_driver", "redis_stream_pubsub_driver"];

Deno.test("localDriver is the service's driver, when the option is auto and the network has addresses", async () => {
  assert.equal(await route("zmq_pubsub_driver"), "service");
});

Deno.test("localDriver is undefined, when the option is auto and there is a broker", async () => {
  for (const broker of BROKERS) {
    assert.equal(await route(broker), "network");
    assert.equal(await route(broker, "AUTO"), "network");
  }
});

Deno.test("localDriver is the configured one, when the option is set", async () => {
  for (const driver of [...BROKERS, "zmq_pubsub_driver"]) {
    assert.equal(await route(driver, "true"), "service");
    assert.equal(await route(driver, "no"), "network");
  }
});
