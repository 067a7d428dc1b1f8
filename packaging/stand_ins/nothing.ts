// In the place of what Commander wants for subcommands that are executables of their own, and for
// programs that leave arguments, output and exit to it: ours does none of that.
const nothing: object = new Proxy({}, {
  get(_, member) {
    throw new Error(`The command line used "${String(member)}", which is not in this program`);
  },
});

export { nothing as "module.exports" };
