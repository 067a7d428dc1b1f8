/**
 * Who has an account on a server: `controller` is `serve`; `node` receives events and reads rows;
 * `publisher` is an application that writes rows and publishes their events.
 */
export type AccountRole = "controller" | "node" | "publisher";

/** What accounts need on a server that drivers use. */
export interface ServerPermissions {
  /** Which kind of server it is. */
  readonly server: "redis" | "etcd";
  /** The administrator's program, with the flags that reach the server. */
  readonly program: readonly string[];
  /** Rules as that program takes them: for Redis of ACL SETUSER, for etcd of grant-permission. */
  readonly roles: Readonly<Record<AccountRole, readonly string[]>>;
}
