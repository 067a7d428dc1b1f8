import { kindOf } from "../drivers/contract/argument.ts";

/** Says what a value is and what is wanted; undefined for a valid value. */
type Check = (value: unknown) => string | undefined;

const LOGGER = ["debug", "info", "warn", "error"];
const CLOCK = ["now", "micros", "monotonic", "sleep"];

const CHECKS: Readonly<Record<string, Check>> = {
  files: textList,
  directories: textList,
  tables: textList,
  topics: textList,
  publisherUris: textList,
  set: textsByName,
  env: textsByName,
  config: withMethods("the result of loadConfig", ["get"]),
  log: withMethods(`a Logger, with ${LOGGER.join(", ")}`, LOGGER),
  clock: withMethods(`a Clock, with ${CLOCK.join(", ")}`, CLOCK),
  pubSubDrivers: driverList,
  dbDrivers: driverList,
  since: callback,
  onUpdates: callback,
  onHealth: callback,
  onNotice: callback,
  whenApplied: callback,
};

/**
 * Refuses options that code without types may pass, and that would be ignored, such as a `Map`, or
 * misread: the characters of a string would become the items of a list.
 *
 * @param required names of options that must be given
 * @throws {TypeError}
 */
export function requireValid(options: object, required: readonly string[] = []): void {
  if (kindOf(options) !== "Object") {
    throw new TypeError(`"options": ${kindOf(options)}, wanted an object such as { set: {} }`);
  }
  const given = new Map(Object.entries(options));
  for (const [name, check] of Object.entries(CHECKS)) {
    const value = given.get(name);
    const wanted = value === undefined && !required.includes(name) ? undefined : check(value);
    if (wanted !== undefined) throw new TypeError(`"${name}": ${wanted}`);
  }
}

function textList(value: unknown): string | undefined {
  const isList = Array.isArray(value) && value.every((each) => typeof each === "string");
  return isList ? undefined : 'not a list of strings, wanted a list such as ["a", "b"]';
}

function textsByName(value: unknown): string | undefined {
  return kindOf(value) === "Object"
    ? undefined
    : `${kindOf(value)}, wanted an object of values by name`;
}

function callback(value: unknown): string | undefined {
  return typeof value === "function" ? undefined : `${kindOf(value)}, wanted a function`;
}

function withMethods(wanted: string, names: readonly string[]): Check {
  return (value) => hasMethods(value, names) ? undefined : `${kindOf(value)}, wanted ${wanted}`;
}

function driverList(value: unknown): string | undefined {
  if (!Array.isArray(value)) return `${kindOf(value)}, wanted a list of driver entries`;
  const isEntry = ({ name, aliases, options, load }: Record<string, unknown>) =>
    typeof name === "string" && Array.isArray(aliases) && Array.isArray(options) &&
    typeof load === "function";
  const wrong = value.findIndex((each) => !isEntry(Object(each)));
  if (wrong < 0) return undefined;
  return `item ${wrong} is not a driver entry, wanted one with name, aliases, options and load`;
}

function hasMethods(value: unknown, names: readonly string[]): boolean {
  const methods: Record<string, unknown> = Object(value);
  return names.every((name) => typeof methods[name] === "function");
}
