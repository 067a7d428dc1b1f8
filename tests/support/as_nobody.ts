import { openLibc } from "../../drivers/_internal/libc.ts";

const NOBODY = 65534;

/** Makes this process, of root, one of the account "nobody"; imports of more modules may fail then. */
export function becomeNobody(): void {
  using libc = openLibc({
    setgroups: { parameters: ["usize", "pointer"], result: "i32" },
    setgid: { parameters: ["u32"], result: "i32" },
    setuid: { parameters: ["u32"], result: "i32" },
  });
  const { setgroups, setgid, setuid } = libc.symbols;
  if (setgroups(0n, null) !== 0 || setgid(NOBODY) !== 0 || setuid(NOBODY) !== 0) {
    throw new Error("cannot become nobody: only root can");
  }
}
