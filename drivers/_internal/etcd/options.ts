import { boolOption, floatOption, type OptionDef, stringOption } from "../../contract/option.ts";

const group = "df_etcd";

/** Who logs in. */
export const etcdUsername: OptionDef<string> = stringOption({
  group,
  name: "username",
  reloadable: true,
  default: "",
  help: "User to log in as; empty where etcd has no authentication",
});

/** The password, in the configuration itself. */
export const etcdPassword: OptionDef<string> = stringOption({
  group,
  name: "password",
  reloadable: true,
  default: "",
  secret: true,
  help: "Password of that user",
});

/** The password, kept out of the configuration. */
export const etcdPasswordFile: OptionDef<string> = stringOption({
  group,
  name: "password_file",
  reloadable: true,
  default: "",
  help: "Path of a file that holds the password and nothing else; it goes before the password",
});

/** Whether connections are encrypted. */
export const etcdTls: OptionDef<boolean> = boolOption({
  group,
  name: "tls",
  default: "false",
  help: "Whether to speak TLS to etcd; a host written https://host:port says so too",
});

/** Which authorities are trusted. */
export const etcdTlsCaFile: OptionDef<string> = stringOption({
  group,
  name: "tls_ca_file",
  reloadable: true,
  default: "",
  help: "Path of the certificates (PEM) that may have signed those of the members; empty trusts " +
    "the well-known authorities",
});

/** Our own certificate. */
export const etcdTlsCertFile: OptionDef<string> = stringOption({
  group,
  name: "tls_cert_file",
  reloadable: true,
  default: "",
  help: "Path of our own certificate (PEM), where etcd wants one; with authentication on, etcd's " +
    "JSON gateway refuses a certificate that has a CommonName",
});

/** The key of that certificate. */
export const etcdTlsKeyFile: OptionDef<string> = stringOption({
  group,
  name: "tls_key_file",
  reloadable: true,
  default: "",
  help: "Path of the private key (PEM) of our own certificate",
});

/** The bound of one request. */
export const etcdRequestTimeout: OptionDef<number> = floatOption({
  group,
  name: "request_timeout",
  reloadable: true,
  min: 0.1,
  max: 300,
  default: "5",
  unit: "seconds",
  help: "Maximum time a member may take to answer a request before the next member is asked",
});

/** The options of the etcd drivers. */
export const etcdOptions: readonly OptionDef[] = [
  etcdUsername,
  etcdPassword,
  etcdPasswordFile,
  etcdTls,
  etcdTlsCaFile,
  etcdTlsCertFile,
  etcdTlsKeyFile,
  etcdRequestTimeout,
];
