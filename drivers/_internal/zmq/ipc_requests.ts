import { pubSubMaxEventBytes } from "../../contract/options.ts";
import type { DriverContext } from "../../contract/pubsub.ts";
import type { RequestHandler, RequestReply } from "../../contract/requests.ts";
import { checkAddress } from "./addresses.ts";
import { DealerRequester } from "./dealer_requester.ts";
import { addressError } from "./address_error.ts";
import type { ZmqSocket } from "./libzmq.ts";
import { loadLibzmq } from "./libzmq_library.ts";
import { ipcSocket, ipcSocketGroup, ipcSocketMode, zmqLibrary } from "./options.ts";
import { RouterResponder } from "./router_responder.ts";
import { type SocketAccess, SocketPath } from "./socket_path.ts";
import { REQUEST_ROOM_BYTES } from "./tcp_requests.ts";
import { KernelSockets } from "./kernel_sockets.ts";

/** What the path of the responder has behind that of the socket for events. */
const SUFFIX = ".ask";

/** Questions and answers inside a host, at a path beside that of the publisher service. */
export function ipcRequests(driver: DriverContext): RequestReply {
  const { settings } = driver;
  const path = () => settings.get(ipcSocket) + SUFFIX;
  const maxBytes = settings.get(pubSubMaxEventBytes) + REQUEST_ROOM_BYTES;
  return {
    maxBytes,
    openResponder: (handler) => openResponder(driver, handler, { path: path(), maxBytes }),
    openRequester: async (address = `ipc://${path()}`) => {
      checkAddress(address, "ask");
      return await DealerRequester.open(driver, { address, maxBytes });
    },
  };
}

async function openResponder(
  driver: DriverContext,
  handler: RequestHandler,
  { path, maxBytes }: { readonly path: string; readonly maxBytes: number },
): Promise<RouterResponder> {
  const { symbols } = loadLibzmq(driver.settings.get(zmqLibrary));
  const claimed = await SocketPath.claim(path, accessOf(driver), new KernelSockets(symbols));
  try {
    return await RouterResponder.open(driver, handler, {
      address: `ipc://${path}`,
      maxBytes,
      bind: (socket) => bindTo(socket, claimed, driver),
      onClosed: () => claimed.release(),
    });
  } catch (error) {
    claimed.release();
    throw error;
  }
}

function accessOf({ settings }: DriverContext): SocketAccess {
  return { mode: settings.get(ipcSocketMode), group: settings.get(ipcSocketGroup) };
}

function bindTo(socket: ZmqSocket, claimed: SocketPath, driver: DriverContext): void {
  const address = `ipc://${claimed.path}`;
  try {
    claimed.bindWith(() => socket.bind(address), accessOf(driver));
  } catch (error) {
    throw addressError("answer requests at", address, error);
  }
}
