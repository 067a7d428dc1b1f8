/** The addon of the target's platform, which is beside the bundle. */
export function packagedLibrary(): string {
  return `${import.meta.dirname}/addon.node`;
}
