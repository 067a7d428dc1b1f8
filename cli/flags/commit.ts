/** The commit that a compiled program was made from; `deno task compile` writes it here. */
export const COMMIT: string | undefined = undefined;
