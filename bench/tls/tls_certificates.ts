const DAYS = ["-days", "2"] as const;
const KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"] as const;

async function openssl(args: readonly string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command("openssl", { args: [...args] }).output();
  if (!success) throw new Error(`openssl ${args[0]}: ${new TextDecoder().decode(stderr)}`);
}

/** Makes an authority and one certificate for all ends, and returns the settings that use them. */
export async function tlsSettings(directory: string): Promise<string[]> {
  const [ca, end] = [`${directory}/ca`, `${directory}/end`];
  await openssl(
    [
      "req",
      "-x509",
      ...KEY,
      ...DAYS,
      "-subj",
      "/CN=ca",
      "-keyout",
      `${ca}.key`,
      "-out",
      `${ca}.crt`,
    ],
  );
  await openssl(["req", ...KEY, "-subj", "/CN=end", "-keyout", `${end}.key`, "-out", `${end}.csr`]);
  await Deno.writeTextFile(`${end}.ext`, "subjectAltName = DNS:end.example\n");
  await openssl([
    ...["x509", "-req", ...DAYS, "-in", `${end}.csr`, "-out", `${end}.crt`],
    ...["-CA", `${ca}.crt`, "-CAkey", `${ca}.key`, "-CAcreateserial", "-extfile", `${end}.ext`],
  ]);
  return [
    "df_zmq.tls=required",
    "df_zmq.tls_publisher_names=end.example",
    `df_zmq.tls_ca_file=${ca}.crt`,
    `df_zmq.tls_cert_file=${end}.crt`,
    `df_zmq.tls_key_file=${end}.key`,
  ];
}
