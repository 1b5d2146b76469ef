/** Where the units lie. */
const DEPLOY = new URL("../../docs/deploy/", import.meta.url);

/**
 * Reads the commands of a unit as systemd does: quotes, C escapes, two dollars for one, specifiers.
 *
 * @param unit its file's name
 * @param key such as ExecStart
 * @param credentials what `%d` stands for
 * @returns program and arguments of each
 */
export async function unitCommands(
  unit: string,
  key: string,
  credentials = "%d",
): Promise<readonly (readonly string[])[]> {
  const text = await Deno.readTextFile(new URL(unit, DEPLOY));
  return [...text.matchAll(new RegExp(`^${key}=(.*)$`, "gm"))].map(([, line = ""]) =>
    [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(([, single, double, bare]) =>
      (single ?? double ?? bare ?? "")
        .replaceAll(/%([d%])/g, (_, specifier) => specifier === "d" ? credentials : "%")
        .replaceAll("$$", "$")
        .replaceAll("\\\\", "\\")
    )
  );
}
