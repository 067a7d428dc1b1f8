import { DriverError, messageOf } from "../../drivers/contract/errors.ts";
import { byPortOwner } from "../../drivers/host.ts";
import { listenTls } from "../../drivers/tls.ts";
import {
  httpAddress,
  httpTlsAllowedNames,
  httpTlsFiles,
} from "../../service/config/options/observability.ts";
import { hasUsualAddress, pagesAddress } from "../../service/config/pages_address.ts";
import type { Composition } from "../composition.ts";
import { type HttpListener, listenPlain } from "./http_listener.ts";

/**
 * Listens at the configured address of the health pages, with TLS if there is a certificate;
 * undefined if the pages are off, or if the default address is in use.
 *
 * @throws {DriverError} `ADDRESS_IN_USE` or `ADDRESS_INVALID` for the configured address, and
 * `CONFIG_INVALID` or `FILE_UNUSABLE` if TLS, or one of its files, is not usable
 */
export async function openPages(composition: Composition): Promise<HttpListener | undefined> {
  const { config, log, settings } = composition;
  const at = pagesAddress(config);
  if (at === undefined) return undefined;
  try {
    const { certFile, keyFile } = httpTlsFiles;
    if (config.get(certFile) === "" && config.get(keyFile) === "") return listenPlain(at);
    return await listenTls({
      ...{ ...at, settings, files: httpTlsFiles, use: "the health pages", log },
      allowedNames: httpTlsAllowedNames,
    });
  } catch (error) {
    if (error instanceof DriverError) throw error;
    return refuse(error, at.port, composition);
  }
}

/** @throws {DriverError} unless the address is the default one */
function refuse(error: unknown, port: number, { config, log }: Composition): undefined {
  const address = config.get(httpAddress);
  const isInUse = error instanceof Deno.errors.AddrInUse || /EADDRINUSE/.test(messageOf(error));
  const owner = isInUse ? byPortOwner(port) : "";
  const what = `Cannot serve the health pages at "${address}": ${messageOf(error)}${owner}`;
  if (!hasUsualAddress(config)) {
    const isDenied = error instanceof Deno.errors.PermissionDenied || /EACCES/.test(what);
    const [code, advice] = isInUse
      ? ["ADDRESS_IN_USE", "to another address, or stop the process that uses it"] as const
      : isDenied
      ? ["ADDRESS_INVALID", "to a port from 1024 on, or allow this account the port"] as const
      : ["ADDRESS_INVALID", "to an address of this host"] as const;
    throw new DriverError(code, `${what}: set [df] http_address ${advice}`, { cause: error });
  }
  log.warn(`${what}; the service runs without them: set [df] http_address`);
  return undefined;
}
