import type { PubSubDriver } from "../../drivers/contract/pubsub.ts";
import { isPublisherAddress } from "./publisher_address.ts";

/**
 * The first of the wanted addresses that is not followed, in quotes, and the reason; undefined if
 * all are followed.
 */
export function refusedAddress(
  wanted: readonly string[],
  followed: readonly string[],
  driver: PubSubDriver,
): string | undefined {
  const refused = wanted.find((uri) => !followed.includes(uri));
  return refused === undefined ? undefined : `"${refused}": ${refusal(refused, driver)}`;
}

function refusal(uri: string, { name, traits }: PubSubDriver): string {
  if (!traits.listensToAddresses) {
    return `"${name}" connects to its broker, wanted no address`;
  }
  if (!isPublisherAddress(uri)) {
    return `not the address of a publisher, wanted one as tcp://192.0.2.10:8866`;
  }
  const [how, scheme] = traits.secures === "required"
    ? ["with TLS only", "tls"]
    : ["without TLS", "tcp"];
  const wanted = uri.replace(/^\w+/, scheme);
  return `"${name}" connects ${how}, wanted ${wanted}: see [df_zmq] tls`;
}
