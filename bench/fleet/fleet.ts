import { fileURLToPath } from "node:url";
import * as registry from "../../drivers/registry.ts";
import { silentLogger } from "../../drivers/contract/logger.ts";
import { encodeUpdate } from "../../service/event/codec/encode.ts";
import { dbUpdate } from "../../service/event/db_update.ts";
import { placeOf, type ServicePlace } from "../../service/fleet/service_place.ts";
import { Child } from "../child.ts";
import { benchSettings } from "../redis/settings.ts";
import type { RunningRelay } from "../relay/running_relay.ts";

const NODES = fileURLToPath(new URL("fleet_nodes.ts", import.meta.url));
export const START_MS = 60_000;

/** Starts nodes of a service in a process of their own, and waits until they are live. */
export async function startNodes(
  { subscribeEndpoint }: RunningRelay,
  count: number,
  ...more: readonly string[]
): Promise<Child> {
  const args = ["run", "-A", NODES, subscribeEndpoint, String(count), ...more];
  const nodes = new Child(Deno.execPath(), args, { read: "stdout" });
  await nodes.line(/^live$/, START_MS);
  return nodes;
}

/** A publisher of the host of a service. */
export interface LocalEnd extends AsyncDisposable {
  /** Where the service can be asked. */
  readonly place: ServicePlace;
  readonly send: () => Promise<void>;
}

/** Where the service answers, as it says to local publishers, and how it is sent an event. */
export async function localEnd({ pushEndpoint }: RunningRelay): Promise<LocalEnd> {
  const path = pushEndpoint.replace("ipc://", "");
  const settings = await benchSettings([`df.publisher_multiproc_socket=${path}`]);
  const driver = await registry.loadPubSubDriver("zmq_pubsub_multiproc_driver", {
    settings,
    log: silentLogger,
  });
  const publisher = await driver.openPublisher();
  const update = dbUpdate({ table: "lport", key: "k", action: "set", value: "v" });
  const payload = encodeUpdate(update, "map");
  const send = () => publisher.send("D", payload, { timeoutMs: START_MS });
  await send();
  const place = publisher.service && placeOf(publisher.service, pushEndpoint);
  if (place === undefined) throw new Error("the service does not say where its pages are");
  return { place, send, [Symbol.asyncDispose]: () => publisher[Symbol.asyncDispose]() };
}
