/** The variables of a process, by name. */
export type Environment = Readonly<Record<string, string>>;

/**
 * The variables of this process, each read when it is asked for by name. Their list is there where
 * it may be seen: the compiled program may see those that it knows, and no list of all the others.
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
