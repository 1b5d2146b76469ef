import { deepEqual, equal } from "node:assert/strict";
import { SYSTEMD_VARIABLES } from "../../src/cli/host.ts";
import { SETTABLE_KEYS } from "../../src/config.ts";
import manifest from "../../deno.json" with { type: "json" };

/** Where visitors, Discord and the database are is a setting, so these have no narrower form. */
const WHOLE = ["net", "read", "write"];

/** The permissions that a task of deno.json asks for, by name. */
function permissionsOf(task: string): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(
    [...task.matchAll(/ --allow-([a-z]+)(?:=(\S+))?| (-A)\b/g)].map(([, name, values, all]) => [
      name ?? all,
      values?.split(",") ?? [],
    ]),
  );
}

const EXPECTED = {
  ...Object.fromEntries(WHOLE.map((name) => [name, []])),
  // How much of the disk is free, for KEEP_FREE_MIB.
  sys: ["statfs"],
  env: [...SETTABLE_KEYS, ...SYSTEMD_VARIABLES],
};

Deno.test("[S6] the executable may use the network and files, read its own settings, look how full a disk is, and nothing else", () => {
  const { compile, start } = manifest.tasks;
  deepEqual(permissionsOf(compile.command), EXPECTED);
  // The end-to-end tests run the program with these: they are enough.
  deepEqual(permissionsOf(start.command), EXPECTED);
  // Libraries look for variables of their own: those are unset for them, not forbidden.
  for (const { command } of [compile, start]) equal(/ --ignore-env /.test(command), true);
  equal(/unstable/.test(compile.command), false);
});

Deno.test({
  name: "[S6] the executable has in itself what its task asks for",
  ignore: Deno.env.get("CHATBOX50_EXECUTABLE") === undefined,
  fn: async () => {
    // `deno compile` appends what the program runs with as JSON.
    const bytes = await Deno.readFile(Deno.env.get("CHATBOX50_EXECUTABLE") ?? "");
    const [json = "null"] = /(?<="permissions":)\{[^{}]*\}/.exec(new TextDecoder("latin1").decode(bytes)) ??
      [];
    const granted = Object.entries(JSON.parse(json)).filter(([name, value]) =>
      name.startsWith("allow_") && value !== null && value !== false
    );
    deepEqual(Object.fromEntries(granted), {
      ...Object.fromEntries(WHOLE.map((name) => [`allow_${name}`, []])),
      allow_env: EXPECTED.env,
      allow_sys: EXPECTED.sys,
      // What Deno lets every program import; this one has all its modules inside.
      allow_import: Object.fromEntries(granted).allow_import,
    });
  },
});
