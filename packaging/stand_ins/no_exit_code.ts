/** Commander reads it from `node:process` when it shows help; it is never set before the end. */
export const exitCode: number | undefined = undefined;
