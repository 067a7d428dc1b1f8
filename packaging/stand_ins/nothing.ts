// Replaces what Commander needs for subcommands that are separate executables, and for programs
// that leave arguments, output and exit to it: this program does none of that.
const nothing: object = new Proxy({}, {
  get(_, member) {
    throw new Error(`The command line used "${String(member)}", which is not in this program`);
  },
});

export { nothing as "module.exports" };
