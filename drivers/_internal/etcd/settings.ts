import type { Settings } from "../../contract/option.ts";
import { remoteDbHosts } from "../../contract/options.ts";
import { formatServerHost, readServerHosts } from "../server_hosts.ts";
import { readLogin, type ServerLogin } from "../server_login.ts";
import { readRuntimeTlsFiles } from "../tls/runtime_tls.ts";
import type { TlsTexts } from "../tls/tls_files.ts";
import {
  etcdPassword,
  etcdPasswordFile,
  etcdRequestTimeout,
  etcdTls,
  etcdTlsFiles,
  etcdUsername,
} from "./options.ts";

/** All settings for connecting, including the content of files. */
export interface EtcdSettings {
  /** `http://host:port` of each member. */
  readonly members: readonly string[];
  readonly login: ServerLogin | undefined;
  /** Undefined turns encryption off. */
  readonly tls: TlsTexts | undefined;
  /** May change while the client is open. */
  readonly requestTimeoutMs: number;
}

const SCHEMES = ["http", "https"] as const;
const CLIENT_PORT = 2379;

/**
 * Reads the options and the files that they name.
 *
 * @throws {DriverError} `CONFIG_INVALID` or `FILE_UNUSABLE` with the option and its file, but never
 * the content of the file
 */
export async function readEtcdSettings(settings: Settings): Promise<EtcdSettings> {
  const { members, isEncrypted } = readEtcdMembers(settings);
  return {
    members,
    login: await readLogin(settings, {
      username: etcdUsername,
      password: etcdPassword,
      passwordFile: etcdPasswordFile,
    }),
    tls: isEncrypted ? (await readRuntimeTlsFiles(settings, etcdTlsFiles)).texts : undefined,
    get requestTimeoutMs() {
      return 1000 * settings.get(etcdRequestTimeout);
    },
  };
}

/** The URLs of the members, and whether their connections are encrypted. @throws {DriverError} */
export function readEtcdMembers(
  settings: Settings,
): Pick<EtcdSettings, "members"> & { readonly isEncrypted: boolean } {
  const { hosts, tls } = readServerHosts(settings, {
    option: remoteDbHosts,
    schemes: SCHEMES,
    defaultPort: CLIENT_PORT,
  });
  const isEncrypted = tls || settings.get(etcdTls);
  const scheme = SCHEMES[isEncrypted ? 1 : 0];
  return { members: hosts.map((host) => `${scheme}://${formatServerHost(host)}`), isEncrypted };
}
