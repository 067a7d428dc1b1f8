import { DriverError } from "../../contract/errors.ts";
import { publisherPort, pubSubMaxEventBytes } from "../../contract/options.ts";
import type { DriverContext } from "../../contract/pubsub.ts";
import type { RequestHandler, RequestReply } from "../../contract/requests.ts";
import { bindAddress, checkNetworkAddress } from "./addresses.ts";
import { DealerRequester } from "./dealer_requester.ts";
import { addressError } from "./address_error.ts";
import type { ZmqSocket } from "./libzmq.ts";
import { pubSubReplayPort } from "./options.ts";
import { RouterResponder } from "./router_responder.ts";

/** What a request or an answer may hold beside the largest event. */
export const REQUEST_ROOM_BYTES = 64 * 1024;

/** Questions and answers between hosts, at a port beside that of the publisher. */
export function tcpRequests(driver: DriverContext): RequestReply {
  const { settings } = driver;
  const maxBytes = settings.get(pubSubMaxEventBytes) + REQUEST_ROOM_BYTES;
  return {
    maxBytes,
    openResponder: (handler) => openResponder(driver, handler, maxBytes),
    openRequester: async (address = "") => {
      checkNetworkAddress(address, "ask");
      return await DealerRequester.open(driver, { address, maxBytes });
    },
  };
}

async function openResponder(
  driver: DriverContext,
  handler: RequestHandler,
  maxBytes: number,
): Promise<RouterResponder> {
  const { settings, log } = driver;
  const isAnyPort = settings.get(publisherPort) === 0;
  const address = bindAddress(settings, isAnyPort ? 0 : settings.get(pubSubReplayPort));
  const open = (wanted: string) =>
    RouterResponder.open(driver, handler, {
      address: wanted,
      maxBytes,
      bind: (socket) => bindTo(socket, wanted),
    });
  try {
    return await open(address);
  } catch (error) {
    if (!(error instanceof DriverError && error.code === "ADDRESS_IN_USE")) throw error;
    const responder = await open(bindAddress(settings, 0));
    // Subscribers are told the address that is used, so that any will do.
    log.warn(`${error.message}: missed events are asked for at ${responder.address} instead`);
    return responder;
  }
}

function bindTo(socket: ZmqSocket, address: string): void {
  try {
    socket.bind(address);
  } catch (error) {
    throw addressError("answer requests at", address, error);
  }
}
