import { messageOf } from "../../../contract/errors.ts";
import type { Settings } from "../../../contract/option.ts";
import { publisherBindAddress, publisherPort } from "../../../contract/options.ts";
import { addressError } from "../../sockets/address_error.ts";
import { bindAddress, type SocketAddress } from "../../sockets/endpoint.ts";
import type { EventLoop } from "../../sockets/event_loop.ts";
import type { Listener } from "../../sockets/listener.ts";
import { tls, tlsBindAddress, tlsPort } from "../tls_options.ts";

/** Where a publisher listens. */
export interface Place {
  readonly scheme: "tcp" | "tls";
  readonly host: string;
  readonly port: number;
  readonly address: SocketAddress;
}

/**
 * Where a publisher is configured to listen: the port in its row first.
 *
 * @throws {DriverError} `ADDRESS_INVALID`
 */
export async function placesOf(settings: Settings, loop: EventLoop): Promise<readonly Place[]> {
  const mode = settings.get(tls);
  const host = bare(settings.get(publisherBindAddress));
  const port = settings.get(publisherPort);
  const scheme = mode === "required" ? "tls" : "tcp";
  const places = [await placeAt(loop, { scheme, host, port })];
  if (mode === "on") {
    const secure = {
      host: bare(settings.get(tlsBindAddress)) || host,
      port: settings.get(tlsPort),
    };
    places.push(await placeAt(loop, { scheme: "tls", ...secure }));
  }
  return places;
}

async function placeAt(loop: EventLoop, place: Omit<Place, "address">): Promise<Place> {
  try {
    return { ...place, address: await bindAddress(loop.kernel, place.host, place.port) };
  } catch (error) {
    const wanted = "wanted an address, an interface or a name of this host";
    throw placeError(place, new Error(`${messageOf(error)}, ${wanted}`, { cause: error }));
  }
}

function bare(host: string): string {
  return host.replace(/^\[|\]$/g, "");
}

function placeError({ scheme, host, port }: Omit<Place, "address">, error: unknown): Error {
  const bracketed = host.includes(":") ? `[${host}]` : host;
  const shown = `${scheme}://${bracketed}:${port === 0 ? "*" : port}`;
  return addressError("bind the publisher to", shown, error);
}

/** Listens at all places, or at none. @throws {DriverError} `ADDRESS_IN_USE`, `ADDRESS_INVALID` */
export function listenAll(
  places: readonly Place[],
  listen: (place: Place) => Listener,
): readonly Listener[] {
  const listeners: Listener[] = [];
  for (const place of places) {
    try {
      listeners.push(listen(place));
    } catch (error) {
      for (const listener of listeners) listener.close();
      throw placeError(place, error);
    }
  }
  return listeners;
}
