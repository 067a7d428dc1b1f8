import {
  boolOption,
  floatOption,
  type OptionDef,
  pathOption,
  stringOption,
} from "../../contract/option.ts";
import { type TlsFileOptions, tlsFileOptions } from "../../contract/tls_options.ts";

const group = "df_etcd";

/** The user of the login. */
export const etcdUsername: OptionDef<string> = stringOption({
  group,
  name: "username",
  reloadable: true,
  default: "",
  help: "User of the login; an empty value means no login",
});

/** The password of the login. */
export const etcdPassword: OptionDef<string> = stringOption({
  group,
  name: "password",
  reloadable: true,
  default: "",
  secret: true,
  help: "Password of the login",
});

/** A file with the password of the login. */
export const etcdPasswordFile: OptionDef<string> = pathOption({
  group,
  name: "password_file",
  reloadable: true,
  default: "",
  help:
    "Path of a file that contains only the password; it has precedence over the password option",
});

/** Whether connections are encrypted. */
export const etcdTls: OptionDef<boolean> = boolOption({
  group,
  name: "tls",
  default: "false",
  help: "Whether to use TLS for etcd; a host in the form https://host:port also turns it on",
});

/** The trusted certificate authorities, and the client certificate. */
export const etcdTlsFiles: TlsFileOptions = tlsFileOptions({
  group,
  help: {
    ca:
      "Path of the trusted certificate authorities (PEM); an empty value trusts the well-known authorities",
    cert:
      "Path of the client certificate (PEM), for members that require one; with authentication on, etcd's " +
      "JSON gateway refuses a certificate that has a CommonName",
  },
});

/** Maximum time for one request, in seconds. */
export const etcdRequestTimeout: OptionDef<number> = floatOption({
  group,
  name: "request_timeout",
  reloadable: true,
  min: 0.1,
  max: 300,
  default: "5",
  unit: "seconds",
  help: "Maximum time to wait for a member's answer before the request goes to the next member",
});

/** The options of the etcd drivers. */
export const etcdOptions: readonly OptionDef[] = [
  etcdUsername,
  etcdPassword,
  etcdPasswordFile,
  etcdTls,
  ...Object.values(etcdTlsFiles),
  etcdRequestTimeout,
];
