import { invalidOption } from "../../contract/invalid_option.ts";
import type { Settings } from "../../contract/option.ts";
import { checkTransport } from "../publisher_transport.ts";
import { tls } from "../zmtp/tls_options.ts";

/** Refuses options that libzmq cannot fulfil. @throws {DriverError} `CONFIG_INVALID` */
export function checkLibzmqSettings(settings: Settings): void {
  checkTransport(settings);
  const mode = settings.get(tls);
  if (mode === "off") return;
  const wanted = "wanted off, or zmq_pubsub_driver as pub_sub_driver";
  throw invalidOption(settings, tls, `"${mode}", which libzmq does not support, ${wanted}`);
}
