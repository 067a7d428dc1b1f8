import type { PubSubDriver } from "../../drivers/contract/pubsub.ts";
import { isPublisherAddress } from "./publisher_address.ts";

/** An address in quotes, and the reason why a subscriber cannot follow it. */
export function refusedAddress(uri: string, { name, traits }: PubSubDriver): string {
  if (!traits.listensToAddresses) {
    return `"${uri}": "${name}" connects to its broker, wanted no address`;
  }
  if (!isPublisherAddress(uri)) {
    return `"${uri}": not the address of a publisher, wanted one as tcp://192.0.2.10:8866`;
  }
  const [how, scheme] = traits.secures === "required"
    ? ["with TLS only", "tls"]
    : ["without TLS", "tcp"];
  const wanted = uri.replace(/^\w+/, scheme);
  return `"${uri}": "${name}" connects ${how}, wanted ${wanted}: see [df_zmq] tls`;
}
