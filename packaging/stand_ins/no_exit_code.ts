/** What Commander asks `node:process` for when it shows help: nobody sets it before the end. */
export const exitCode: number | undefined = undefined;
