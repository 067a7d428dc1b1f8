import { type OptionDef, patternOption, stringOption } from "../../../drivers/contract/option.ts";
import { addressOption } from "../../../drivers/contract/options.ts";

/** `[DEFAULT] host`. */
export const host: OptionDef<string> = patternOption({
  group: "DEFAULT",
  name: "host",
  pattern: /^\S*$/,
  wanted: "a host name without blanks",
  default: "",
  defaultHelp: "the fully qualified name of this host",
  help:
    "Name of this host in Neutron's files. The service recognizes a publisher row that it once wrote under " +
    "this name. To change the id of the service, set publisher_id_name",
});

/** `[df] local_ip`. */
export const localIp: OptionDef<string> = addressOption({
  group: "df",
  name: "local_ip",
  default: "127.0.0.1",
  help: "Address of this host; in the original, the address of its tunnels",
});

/** `[df] management_ip`. */
export const managementIp: OptionDef<string> = addressOption({
  group: "df",
  name: "management_ip",
  default: "$local_ip",
  help: "Address at which other nodes reach this host. The publisher announces it if " +
    "publisher_bind_address does not name one",
});

/** `[df] nb_db_class`. */
export const nbDbClass: OptionDef<string> = stringOption({
  group: "df",
  name: "nb_db_class",
  default: "sqlite_nb_db_driver",
  defaultHelp: "sqlite_nb_db_driver; etcd_nb_db_driver, the original's, where remote_db_hosts, " +
    "remote_db_ip or remote_db_port is set and the bus is not Redis",
  defaultWhenSet: {
    options: ["remote_db_hosts", "remote_db_ip", "remote_db_port"],
    value: "etcd_nb_db_driver",
    // Then the remote servers are Redis.
    unless: { option: "pub_sub_driver", matches: /redis/i },
  },
  help: "Driver of the northbound database, by name or by the original's class path",
});

/** The options of this host and its database. */
export const hostOptions: readonly OptionDef[] = [host, localIp, managementIp, nbDbClass];
