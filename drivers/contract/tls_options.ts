import { type OptionDef, pathOption } from "./option.ts";

/** The options of the TLS files, which are the same for every use. */
export interface TlsFileOptions {
  readonly caFile: OptionDef<string>;
  readonly certFile: OptionDef<string>;
  readonly keyFile: OptionDef<string>;
}

/**
 * Creates the three options: their names are the prefix and `ca_file`, `cert_file`, `key_file`.
 *
 * @param help what the authorities and the certificate are for, as a sentence of its own
 */
export function tlsFileOptions(
  { group, prefix = "tls_", reloadable = true, help }: {
    readonly group: string;
    readonly prefix?: string;
    readonly reloadable?: OptionDef["reloadable"];
    readonly help: { readonly ca: string; readonly cert: string };
  },
): TlsFileOptions {
  const file = (name: string, text: string) =>
    pathOption({ group, name: `${prefix}${name}`, reloadable, default: "", help: text });
  return {
    caFile: file("ca_file", help.ca),
    certFile: file("cert_file", help.cert),
    keyFile: file("key_file", `Path of the private key (PEM) that belongs to ${prefix}cert_file`),
  };
}
