/** The variables of a process, by name. */
export type Environment = Readonly<Record<string, string>>;

/**
 * The variables of this process, each read on demand by its name. They can be listed if the process
 * has the permission: the compiled program may read those that it knows, but not list all others.
 */
export function createEnvironment(): Environment {
  const read = (name: string | symbol) => typeof name === "string" ? Deno.env.get(name) : undefined;
  return new Proxy<Record<string, string>>({}, {
    get: (_, name) => read(name),
    has: (_, name) => read(name) !== undefined,
    ownKeys: () => mayList() ? Object.keys(Deno.env.toObject()) : [],
    getOwnPropertyDescriptor: (_, name) => {
      const value = read(name);
      return value === undefined ? undefined : { value, configurable: true, enumerable: true };
    },
  });
}

function mayList(): boolean {
  return Deno.permissions.querySync({ name: "env" }).state === "granted";
}
