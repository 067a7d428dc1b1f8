import { Broadcast } from "../../contract/channel.ts";
import type { HealthEvent } from "../../contract/health.ts";
import { pubSubMaxEventBytes } from "../../contract/options.ts";
import type { DriverContext } from "../../contract/pubsub.ts";
import type { RequestHandler, RequestReply, Responder } from "../../contract/requests.ts";
import { checkAddress } from "./addresses.ts";
import { DealerRequester } from "./dealer_requester.ts";
import { addressError } from "./address_error.ts";
import type { ZmqSocket } from "./libzmq.ts";
import { ipcSocket, ipcSocketGroup, ipcSocketMode, REQUEST_SOCKET_SUFFIX } from "./options.ts";
import { RouterResponder } from "./router_responder.ts";
import { type SocketAccess, SocketPath } from "../local_socket/socket_path.ts";
import { SocketWatch, type SocketWatchOptions } from "../local_socket/socket_watch.ts";
import { REQUEST_ROOM_BYTES } from "./tcp_requests.ts";

/** Questions and answers inside a host, at a path beside that of the publisher service. */
export function ipcRequests(driver: DriverContext): RequestReply {
  const { settings } = driver;
  const path = () => settings.get(ipcSocket) + REQUEST_SOCKET_SUFFIX;
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
): Promise<Responder> {
  const { log } = driver;
  const access = accessOf(driver);
  const claimed = await SocketPath.claim(path, access);
  const address = `ipc://${path}`;
  try {
    let bound: ZmqSocket | undefined;
    const responder = await RouterResponder.open(driver, handler, {
      address,
      maxBytes,
      bind: (socket) => {
        claimed.bindWith(() => bindTo(socket, address), access);
        bound = socket;
      },
      onClosed: () => claimed.release(),
    });
    const bindAgain = () => {
      // With its listener libzmq ends the connections: what was asked on them is asked again.
      bound?.unbind(address);
      if (bound !== undefined) bindTo(bound, address);
    };
    return watched(responder, { path: claimed, bindAgain, address, log });
  } catch (error) {
    claimed.release();
    throw error;
  }
}

function accessOf({ settings }: DriverContext): SocketAccess {
  return { mode: settings.get(ipcSocketMode), group: settings.get(ipcSocketGroup) };
}

/** The same responder, which notices when its socket's file is removed or replaced. */
function watched(
  responder: RouterResponder,
  options: Omit<SocketWatchOptions, "onHealth">,
): Responder {
  const health = new Broadcast<HealthEvent>();
  const watch = new SocketWatch({ ...options, onHealth: (event) => health.publish(event) });
  return {
    address: responder.address,
    health,
    async [Symbol.asyncDispose]() {
      await watch.stop();
      await responder[Symbol.asyncDispose]();
      health.close();
    },
  };
}

function bindTo(socket: ZmqSocket, address: string): void {
  try {
    socket.bind(address);
  } catch (error) {
    throw addressError("answer requests at", address, error);
  }
}
