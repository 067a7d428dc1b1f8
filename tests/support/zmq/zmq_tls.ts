import type { KeyPair } from "../openssl.ts";
import type { TlsFiles } from "../tls_files.ts";
import type { Overrides } from "../test_settings.ts";

/** The settings of an end with TLS that trusts an authority. */
export function tlsOverrides(
  mode: "on" | "required",
  authority: Pick<KeyPair, "cert">,
  own?: KeyPair,
): Overrides {
  return {
    "df_zmq.tls": mode,
    "df_zmq.tls_port": "0",
    "df_zmq.tls_ca_file": authority.cert,
    ...(own === undefined
      ? {}
      : { "df_zmq.tls_cert_file": own.cert, "df_zmq.tls_key_file": own.key }),
  };
}

/** The settings of one process that publishes and subscribes over TLS only. */
export function bothEnds({ authority, server }: TlsFiles): Overrides {
  return tlsOverrides("required", authority, server);
}
