import type { DriverError } from "../contract/errors.ts";
import { invalidOption } from "../contract/invalid_option.ts";
import type { OptionDef, Settings } from "../contract/option.ts";

/** The address of one server. */
export interface ServerHost {
  readonly host: string;
  readonly port: number;
}

/** The configured hosts, and whether any of them has the scheme of TLS. */
export interface ServerHosts {
  readonly hosts: readonly ServerHost[];
  readonly tls: boolean;
}

/** The syntax of hosts for one kind of server. */
export interface ServerHostSyntax {
  /** The option with the hosts. */
  readonly option: OptionDef<readonly string[]>;
  /** Without and with TLS: `redis`, `rediss`. */
  readonly schemes: readonly [plain: string, tls: string];
  /** The port of a host without one. */
  readonly defaultPort: number;
}

const SYNTAX = /^(?:(\w+):\/\/)?(?:\[([\da-fA-F:.%]+)\]|([\w.-]+))(?::(\d{1,5}))?\/?$/;

/**
 * Reads `host:port`, `[address]:port` and `scheme://host:port` from an option.
 *
 * @throws {DriverError} `CONFIG_INVALID` for any other text. The message repeats no text with a login
 */
export function readServerHosts(settings: Settings, syntax: ServerHostSyntax): ServerHosts {
  const { option, schemes, defaultPort } = syntax;
  const refuse = (what: string) => invalidOption(settings, option, what);
  const texts = settings.get(option);
  if (texts.length === 0) throw refuse("empty, wanted host:port");
  const matches = texts.map((text) => match(text, schemes, refuse));
  return {
    hosts: matches.map(([, , address, name, port]) => ({
      host: address ?? name ?? "",
      port: port === undefined ? defaultPort : Number(port),
    })),
    tls: matches.some(([, scheme]) => scheme === schemes[1]),
  };
}

function match(
  text: string,
  schemes: ServerHostSyntax["schemes"],
  refuse: (what: string) => DriverError,
): RegExpExecArray {
  if (text.includes("@")) {
    throw refuse("an address contains a login, wanted username and password in their own options");
  }
  const found = SYNTAX.exec(text.trim());
  const [, scheme = schemes[0], , , port = 1] = found ?? [];
  const isPort = Number(port) >= 1 && Number(port) <= 65535;
  if (found !== null && schemes.includes(scheme) && isPort) return found;
  throw refuse(`"${text}", wanted host:port or ${schemes[1]}://host:port`);
}

/** `host:port`, with an IPv6 address in brackets. */
export function formatServerHost({ host, port }: ServerHost): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
